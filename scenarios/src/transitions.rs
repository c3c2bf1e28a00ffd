//! What happens to the tasks of an app, in order: to compare a workload as a script with the same workload as a process.

use std::{fmt, path::Path};

use eyre::ensure;
use fixtures::App;
use harness::{
    model::{Event, EventKind, TaskStatus},
    wait::{Condition, Look},
    watch::AppView,
};

use crate::{Arena, Result, needs, offline};

/// Something that happened to the one instance of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// `TASK_RUNNING`.
    Runs,
    /// Its checks pass.
    Healthy,
    /// Its checks fail.
    Unhealthy,
    /// `TASK_KILLED`.
    Killed,
    /// `TASK_FAILED` or `TASK_FINISHED`.
    Ended,
}

impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Runs => "runs",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
            Self::Killed => "killed",
            Self::Ended => "ended",
        })
    }
}

/// The transitions of an app, from its events; a repeated event counts once.
fn transitions<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<Transition> {
    let mut seen = Vec::new();
    for event in events {
        let status = event.task_status().and_then(TaskStatus::parse);
        let next = match (event.kind(), status, event.healthy()) {
            (Some(EventKind::StatusUpdate), Some(TaskStatus::Running), _) if !runs(&seen) => Transition::Runs,
            (Some(EventKind::StatusUpdate), Some(TaskStatus::Killed), _) => Transition::Killed,
            (Some(EventKind::StatusUpdate), Some(TaskStatus::Failed | TaskStatus::Finished), _) => Transition::Ended,
            (Some(EventKind::InstanceHealthChanged), _, Some(true)) => Transition::Healthy,
            (Some(EventKind::InstanceHealthChanged), _, Some(false)) => Transition::Unhealthy,
            _ => continue,
        };
        // A native check reports each change twice.
        if seen.last() != Some(&next) {
            seen.push(next);
        }
    }
    seen
}

/// Whether the last task still runs: a native check repeats TASK_RUNNING with each change of health.
fn runs(seen: &[Transition]) -> bool {
    seen.iter().rev().find_map(|transition| match transition {
        Transition::Killed | Transition::Ended => Some(false),
        Transition::Runs => Some(true),
        Transition::Healthy | Transition::Unhealthy => None,
    }) == Some(true)
}

/// This many transitions have happened.
fn so_many(n: usize) -> impl Condition<AppView, Output = Vec<Transition>> + Clone {
    let look = move |view: &AppView| {
        let mut seen = transitions(view.events.iter());
        if seen.len() >= n {
            seen.truncate(n);
            return Look::Met(seen);
        }
        let transitions: Vec<_> = seen.iter().map(Transition::to_string).collect();
        Look::NotYet(format!("{} of {n} transitions: {}", seen.len(), transitions.join(", ")))
    };
    look.named(format!("{n} transitions"))
}

async fn observe(arena: &Arena, app: &App, n: usize) -> Result<Vec<Transition>> {
    let app = arena.deploy(app.clone()).await?;
    Ok(arena.wait_for(&app, so_many(n)).await?)
}

/// Runs the app as a process on real sockets, then as a script in virtual time, and compares the first `n` transitions.
///
/// Must be called outside of a runtime: each kind gets one of its own, since virtual and real time do not mix.
///
/// # Errors
/// When they differ, or when one of them does not reach `n` transitions.
pub fn as_process_and_as_script(task_tools: &Path, app: &App, n: usize) -> Result {
    let on = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (mut process, mut script) = (Vec::new(), Vec::new());
    on()?.block_on(offline::process(task_tools, needs(), async |arena| {
        process = observe(arena, app, n).await?;
        Ok(())
    }))?;
    on()?.block_on(offline::simulated(needs(), async |arena| {
        script = observe(arena, app, n).await?;
        Ok(())
    }))?;
    ensure!(process == script, "as a process: {process:?}; as a script: {script:?}; definition: {:#}", app.to_json());
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Transition::*, *};

    fn status(status: &str) -> Event {
        Event::new("status_update_event", json!({"appId": "/hc", "taskStatus": status}))
    }

    fn health(healthy: bool) -> Event {
        Event::new("instance_health_changed_event", json!({"runSpecId": "/hc", "healthy": healthy}))
    }

    #[test]
    fn a_repeated_event_counts_once() {
        let events = [
            status("TASK_STARTING"),
            status("TASK_RUNNING"),
            status("TASK_RUNNING"),
            health(true),
            health(true),
            status("TASK_RUNNING"),
            health(false),
            status("TASK_KILLED"),
            status("TASK_RUNNING"),
        ];
        assert_eq!(transitions(events.iter()), [Runs, Healthy, Unhealthy, Killed, Runs]);
    }
}
