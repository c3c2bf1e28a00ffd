//! The life of one task: what is known of it, and how it is summed up.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::model::{TaskId, TaskStatus};

/// One thing that happened to a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// What happened.
    pub what: Happening,
}

/// What can happen to a task. It is written as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Marathon launched it.
    Staged,
    /// A status update named this state.
    State(String),
    /// Its first good result.
    Healthy,
    /// A good result after a bad one.
    HealthyAgain,
    /// A bad result, with the cause if the check gave one.
    Unhealthy(String),
    /// A bad result within its grace period, which does not count.
    FailedInGrace,
    /// Marathon kills it for its failed health check.
    KilledByMarathon,
    /// Mesos has lost contact with its agent.
    AgentUnreachable,
    /// It ended.
    Ended {
        /// Mesos's state, or [`GONE`].
        state: String,
        /// Mesos's message.
        message: String,
    },
    /// Another task took its place.
    Replaced(String),
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staged => f.write_str("staged"),
            Self::State(state) => f.write_str(state),
            Self::Healthy => f.write_str("healthy"),
            Self::HealthyAgain => f.write_str("healthy again"),
            Self::Unhealthy(cause) if cause.is_empty() => f.write_str("unhealthy"),
            Self::Unhealthy(cause) => write!(f, "unhealthy: {cause}"),
            Self::FailedInGrace => f.write_str("a check failed within the grace period"),
            Self::KilledByMarathon => f.write_str("Marathon kills it because its health check failed too often"),
            Self::AgentUnreachable => f.write_str("its agent is unreachable"),
            Self::Ended { state, message } if message.is_empty() => f.write_str(state),
            Self::Ended { state, message } => write!(f, "{state}: {message}"),
            Self::Replaced(successor) => write!(f, "successor {successor}"),
        }
    }
}

impl Serialize for Happening {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A bad check result that counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckFailure {
    /// Index of the check in the definition.
    pub check: usize,
    /// Request number of the first sample that shows it.
    pub request: u64,
    /// Seconds on the samples' clock of that sample.
    pub t: f64,
    /// Marathon's `lastFailure` of that first result, ISO 8601.
    pub since: String,
    /// The largest `consecutiveFailures` seen.
    pub failures: u64,
    /// Marathon's `lastFailureCause`; native checks give none.
    pub cause: String,
    /// Whether a good result came before it.
    pub was_healthy: bool,
    /// Whether the last result seen was good again.
    pub recovered: bool,
    /// Seconds on the samples' clock of the first good result after it.
    pub recovered_at: Option<f64>,
}

/// [`End::state`] of a task that was only seen to be missing.
pub const GONE: &str = "gone";

/// How a task ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// `TASK_KILLED`, `TASK_FAILED`, … or [`GONE`].
    pub state: String,
    /// Mesos's message.
    pub message: String,
}

/// Everything known of one task. Seconds are on the samples' clock, which begins with the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskLife {
    /// Marathon's task id.
    pub id: String,
    /// The agent's host name.
    pub host: String,
    /// The agent's Mesos id.
    pub agent: String,
    /// Its host ports, kept after Marathon has forgotten them.
    pub ports: Vec<u64>,
    /// The step of the run, from 1, in which it was first seen.
    pub step: usize,
    /// When it was first seen at all.
    pub first_seen: f64,
    /// When it was first seen running.
    pub running: Option<f64>,
    /// When its first good result was seen.
    pub first_healthy: Option<f64>,
    /// When its first bad result that counts was seen.
    pub first_unhealthy: Option<f64>,
    /// From staging to its first good result, by Marathon's own times.
    pub seconds_to_healthy: Option<f64>,
    /// The last state that Marathon named.
    pub state: String,
    /// Whether Mesos lost contact with its agent at any time.
    pub was_unreachable: bool,
    /// The task that took its place under the same instance id.
    pub successor: Option<String>,
    /// The process id of its executor on the agent, if it was asked while the task ran.
    pub executor_pid: Option<i64>,
    /// A bad result of its own, the worst if there were several.
    pub check_failure: Option<CheckFailure>,
    /// When a sample first showed a failure within its grace period: Marathon then says `"alive": false` and counts none.
    /// Native checks do not show such failures.
    pub failed_in_grace: Option<f64>,
    /// Changes of health after it was first healthy.
    pub flips: u64,
    /// The last health known, from results of its own.
    pub healthy: Option<bool>,
    /// The reason in Marathon's own kill event.
    pub kill_reason: Option<String>,
    /// When a failed health check had it killed: Marathon's kill event, or for native checks its end as unhealthy.
    pub killed: Option<f64>,
    /// Its end, unless it was scaled down or ended with the run's clean-up.
    pub end: Option<End>,
    /// When it was killed because fewer tasks were asked for.
    pub scaled_down: Option<f64>,
    /// What happened, in order. Of a task that flaps for hours the first and the latest moments.
    pub timeline: Vec<Moment>,
    /// When it was launched, ISO 8601 by Marathon's clock.
    pub staged_at: String,
    /// Whether Marathon lists it, as far as samples show.
    pub listed: bool,
}

impl TaskLife {
    /// Whether it had a bad result that counts, ended during the run, was unreachable, or came no further than to fail
    /// within its grace period. To fail there first and become healthy is what that period is for.
    #[must_use]
    pub fn is_troubled(&self) -> bool {
        self.trouble_at().is_some() || self.was_unreachable
    }

    /// When it was first in trouble: at its first bad result, or its end.
    #[must_use]
    pub fn trouble_at(&self) -> Option<f64> {
        let failed = self.check_failure.as_ref().map(|check_failure| check_failure.t);
        let in_grace = self.failed_in_grace.filter(|_| self.healthy.is_none());
        let end = self.end.as_ref().map(|end| end.t);
        [failed, in_grace, end].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// Whether it runs, or did until it was scaled down, without any check result that counts.
    #[must_use]
    pub fn is_unjudged(&self) -> bool {
        let there = TaskStatus::parse(&self.state) == Some(TaskStatus::Running) || self.scaled_down.is_some();
        there && self.healthy.is_none() && self.end.is_none() && self.check_failure.is_none()
    }

    /// The instance, and which life of it this task is; the whole id and 1 for a Marathon before 1.8.
    #[must_use]
    pub fn life(&self) -> (&str, u64) {
        life_of(&self.id)
    }

    /// Whether a failed health check had it killed.
    #[must_use]
    pub fn is_killed_by_check(&self) -> bool {
        self.killed.is_some()
    }

    pub(super) fn note(&mut self, t: f64, what: Happening) {
        // A task that flaps for an hour must not fill memory or report.
        const KEPT: usize = 40;
        if self.timeline.len() >= KEPT {
            self.timeline.remove(KEPT / 2);
        }
        self.timeline.push(Moment { t, what });
    }
}

/// The instance of a task id and which life of it the task is.
pub(super) fn life_of(id: &str) -> (&str, u64) {
    TaskId::incarnation_of(id).map_or((id, 1), |incarnation| (TaskId::instance_of(id), incarnation))
}
