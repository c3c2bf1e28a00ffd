//! Why a launch ends before any agent sees the task.

use std::{ops::RangeInclusive, sync::Arc};

use super::{resources::Resources, status::Status};
use crate::{
    checkers::ProbeKind,
    clock::Time,
    ids::OfferId,
    wire::{Reason, StatusUpdate, TaskInfo, TaskState},
};

/// Why the master refuses a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The offer was used, declined or rescinded.
    OfferGone(OfferId),
    /// The agent cannot make the sandbox: it has no such user.
    NoUser {
        /// The sandbox.
        directory: String,
        /// The user.
        user: String,
    },
    /// The task itself is invalid (`src/common/validation.cpp`).
    Invalid(String),
    /// A task of the group is invalid, and so is the group.
    InvalidGroup(String),
    /// The offer does not hold what the task needs.
    DoesNotFit,
}

/// Takes what a task needs out of an offer; returns what it took.
pub(super) fn take(info: &TaskInfo, offered: &mut Resources) -> Result<Resources, Refusal> {
    if let Some(why) = invalid(info).or_else(|| overlapping(&info.ports)) {
        return Err(Refusal::Invalid(why));
    }
    let needed = Resources::of(info);
    if offered.take(&needed) { Ok(needed) } else { Err(Refusal::DoesNotFit) }
}

/// What the tasks of a launch take.
#[derive(Debug)]
pub(super) struct Taken {
    /// Of each task, in their order.
    pub(super) tasks: Vec<Resources>,
    /// Of the executor that they share.
    pub(super) executor: Option<Resources>,
}

/// [`take`] for a task by itself or for all tasks of a group with their executor.
pub(super) fn take_all(group: &[Arc<TaskInfo>], offered: &mut Resources) -> Result<Taken, Refusal> {
    let executor = group.first().and_then(|info| info.executor.as_ref()).map(|e| Resources::of_executor(e));
    if executor.as_ref().is_some_and(|needed| !offered.take(needed)) {
        return Err(Refusal::DoesNotFit);
    }
    let tasks = group.iter().map(|info| take(info, offered).map_err(|refusal| of_group(info, refusal)));
    Ok(Taken { tasks: tasks.collect::<Result<_, _>>()?, executor })
}

/// The refusal of a whole group names the task that is invalid (`validation::task::group::validate`).
fn of_group(info: &TaskInfo, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid(why) if info.executor.is_some() => {
            Refusal::InvalidGroup(format!("Task '{}' is invalid: {why}", info.id))
        }
        Refusal::Invalid(_)
        | Refusal::InvalidGroup(_)
        | Refusal::OfferGone(_)
        | Refusal::NoUser { .. }
        | Refusal::DoesNotFit => refusal,
    }
}

/// The rules in Mesos's order (`master/validation.cpp`, `common/validation.cpp`).
fn invalid(info: &TaskInfo) -> Option<String> {
    let path_of = |kind: &ProbeKind| match kind {
        ProbeKind::Http { path, .. } => Some(path.clone()),
        ProbeKind::Tcp | ProbeKind::Command { .. } => None,
    };
    // A path that is not given is empty.
    let wrong = |path: &String| !path.is_empty() && !path.starts_with('/');
    if let Some(path) = info.check.as_ref().and_then(|check| path_of(&check.kind)).filter(wrong) {
        return Some(format!("Task uses invalid check: The path '{path}' of HTTP check must start with '/'"));
    }
    if let Some(check) = &info.health_check
        && let Some(path) = path_of(&check.kind).filter(|path| check.path_is_empty || wrong(path))
    {
        let what = "Task uses invalid health check";
        return Some(format!("{what}: The path '{path}' of HTTP health check must start with '/'"));
    }
    (Resources::of(info) == Resources::default()).then(|| String::from("Task uses no resources"))
}

/// One port twice makes ranges that overlap (`src/common/resources.cpp`; recorded in `ports.same_host_port_twice`), unless
/// the second one begins below the first: Mesos looks only there for it.
fn overlapping(ports: &[u16]) -> Option<String> {
    let ranges = ranges(ports);
    let overlap =
        |(n, one): (usize, &RangeInclusive<u16>)| ranges[n + 1..].iter().any(|later| one.contains(later.start()));
    ranges.iter().enumerate().any(overlap).then(|| {
        let texts: Vec<String> = ranges.iter().map(|range| format!("{}-{}", range.start(), range.end())).collect();
        format!("Resource 'ports:[{}]' is invalid: Invalid ranges resource: overlapping ranges", texts.join(", "))
    })
}

/// Ports in their order as Marathon's ranges: a port that follows the one before it widens its range (`createRanges`).
fn ranges(ports: &[u16]) -> Vec<RangeInclusive<u16>> {
    let mut ranges: Vec<RangeInclusive<u16>> = Vec::new();
    for port in ports {
        match ranges.last_mut() {
            Some(last) if last.end().checked_add(1) == Some(*port) => *last = *last.start()..=*port,
            Some(_) | None => ranges.push(*port..=*port),
        }
    }
    ranges
}

impl Refusal {
    /// The status update that reports it.
    pub(super) fn status(self, now: Time, info: &TaskInfo) -> StatusUpdate {
        let status = match self {
            Self::OfferGone(offer) => {
                let message = format!("Task launched with invalid offers: Offer {offer} is no longer valid");
                Status::because(TaskState::Dropped, message, Reason::InvalidOffers)
            }
            Self::NoUser { directory, user } => {
                // Recorded in `user.unknown`.
                let message = format!(
                    "Failed to create executor directory '{directory}': Failed to chown directory to '{user}': \
                     No such user '{user}'"
                );
                Status::because(TaskState::Dropped, message, Reason::ContainerLaunchFailed)
            }
            Self::Invalid(why) => Status::because(TaskState::Error, why, Reason::TaskInvalid),
            Self::InvalidGroup(why) => Status::because(TaskState::Error, why, Reason::TaskGroupInvalid),
            Self::DoesNotFit => {
                let message = "Task uses more resources than available in its offer";
                Status::because(TaskState::Error, message, Reason::TaskInvalid)
            }
        };
        status.update(now, info.id.clone(), info.agent.clone(), Vec::new())
    }
}
