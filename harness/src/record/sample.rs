//! One line of `samples.jsonl`: what one poll saw.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::observed::Observed;
use crate::model::TaskState;

/// The version of the line format that is written. Readers accept this and every earlier one.
pub const FORMAT: u32 = 1;

/// What one poll of the app saw. Unknown keys are ignored and missing ones defaulted, so that later readers understand
/// earlier files. A task is an object as Marathon wrote it, or only what a reader needs of it ([`super::Listed`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample<T = Value> {
    /// The format version, [`FORMAT`].
    pub v: u32,
    /// When the answer arrived, ISO 8601 in UTC with milliseconds, by the rig's clock.
    pub at: String,
    /// Seconds since the run began, at the same moment.
    pub t: f64,
    /// The number of the poll, from 1: the chart's X axis. Missed ticks leave no gap.
    #[serde(deserialize_with = "super::json::count")]
    pub request: u64,
    /// The step of the run, from 1; 0 in files of before it was written.
    #[serde(deserialize_with = "super::json::count")]
    pub step: usize,
    /// The number of tasks asked for at this moment.
    pub target: u32,
    /// The tasks by state. They add up to the target, or to more while tasks are being replaced or removed.
    pub counts: Counts,
    /// Whether a deployment of the app was under way.
    pub deploying: bool,
    /// Seconds that the poll took, from request to decoded answer.
    pub took: f64,
    /// Seconds after its scheduled tick that the poll began.
    pub late: f64,
    /// Ticks since the previous sample at which no poll could be made.
    #[serde(deserialize_with = "super::json::count")]
    pub missed: u64,
    /// The age of the tasks' last check results, absent when no running task has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<Ages>,
    /// Check results newer than in the previous sample; absent in files of before it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<u32>,
    /// Whether `tasks` holds all tasks, or only those that are new or changed since the previous sample. A later
    /// `lastSuccess` alone is no change.
    pub complete: bool,
    /// Task objects exactly as Marathon wrote them, in Marathon's order.
    pub tasks: Vec<T>,
    /// Ids of tasks that the previous sample had and this one has no more.
    pub gone: Vec<String>,
}

/// A sample as a run makes it. Its tasks are written one by one.
pub type PolledSample = Sample<Arc<Observed>>;

impl<T> Sample<T> {
    /// The same sample with these tasks.
    #[must_use]
    pub fn with_tasks<U>(&self, tasks: Vec<U>) -> Sample<U> {
        Sample {
            v: self.v,
            at: self.at.clone(),
            t: self.t,
            request: self.request,
            step: self.step,
            target: self.target,
            counts: self.counts,
            deploying: self.deploying,
            took: self.took,
            late: self.late,
            missed: self.missed,
            age: self.age,
            results: self.results,
            complete: self.complete,
            tasks,
            gone: self.gone.clone(),
        }
    }
}

/// How many tasks are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Counts {
    /// Asked for, not launched.
    #[serde(deserialize_with = "super::json::count")]
    pub scheduled: u64,
    /// Accepted by an agent, not running.
    #[serde(deserialize_with = "super::json::count")]
    pub staged: u64,
    /// Running without a check result.
    #[serde(deserialize_with = "super::json::count")]
    pub running: u64,
    /// Last result good.
    #[serde(deserialize_with = "super::json::count")]
    pub healthy: u64,
    /// Last result bad, and it counts.
    #[serde(deserialize_with = "super::json::count")]
    pub unhealthy: u64,
    /// Last result bad, but within the grace period, in which no failure counts; part of `unhealthy` in files of before.
    #[serde(deserialize_with = "super::json::count")]
    pub unhealthy_in_grace: u64,
    /// Agent not heard of.
    #[serde(deserialize_with = "super::json::count")]
    pub unreachable: u64,
    /// On its way out, or over.
    #[serde(deserialize_with = "super::json::count")]
    pub killing: u64,
}

impl Counts {
    /// Counts the listed tasks; what the target asks for beyond them is scheduled.
    #[must_use]
    pub fn of(tasks: &[Arc<Observed>], target: u32) -> Self {
        let mut counts = Self::default();
        for task in tasks {
            *counts.slot(task.state()) += 1;
        }
        counts.scheduled = u64::from(target).saturating_sub(tasks.len() as u64);
        counts
    }

    /// The number in one state.
    #[must_use]
    pub fn get(&self, state: TaskState) -> u64 {
        let mut copy = *self;
        *copy.slot(state)
    }

    /// All tasks, scheduled ones included.
    #[must_use]
    pub fn total(&self) -> u64 {
        TaskState::ALL.iter().map(|&state| self.get(state)).sum()
    }

    fn slot(&mut self, state: TaskState) -> &mut u64 {
        match state {
            TaskState::Scheduled => &mut self.scheduled,
            TaskState::Staged => &mut self.staged,
            TaskState::Killing => &mut self.killing,
            TaskState::Unreachable => &mut self.unreachable,
            TaskState::Unhealthy => &mut self.unhealthy,
            TaskState::UnhealthyInGrace => &mut self.unhealthy_in_grace,
            TaskState::Healthy => &mut self.healthy,
            TaskState::Running => &mut self.running,
        }
    }
}

impl fmt::Display for Counts {
    /// The states that occur, such as `3 staged, 1 unhealthy, 16 healthy`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = TaskState::ALL.iter().filter(|&&state| self.get(state) > 0).peekable();
        if parts.peek().is_none() {
            return f.write_str("no tasks");
        }
        for (index, &state) in parts.enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} {state}", self.get(state))?;
        }
        Ok(())
    }
}

/// How old the last check results of the running tasks are, in seconds by the server's clock.
///
/// For checks made by Marathon this is the age of the last *check*, the measure that breaks first. Native checks
/// report changes only: there it is the age of the last *change*, and the age of the last check cannot be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ages {
    /// The median.
    pub p50: f64,
    /// At most one result in a hundred is older.
    pub p99: f64,
    /// The oldest.
    pub max: f64,
    /// How many running tasks have a result at all.
    pub tasks: u32,
    /// The ages are off by at most so many seconds: what is not known of the server's clock.
    pub uncertainty: f64,
    /// The check is native: these are ages of the last change, and the age of the last check cannot be known.
    pub changes_only: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_asked_for_and_not_listed_is_scheduled() {
        let tasks = [
            json!({"id": "a", "state": "TASK_RUNNING", "healthCheckResults": [{"alive": true}]}),
            json!({"id": "b", "state": "TASK_KILLED", "healthCheckResults": [{"alive": false}]}),
            json!({"id": "c", "state": "TASK_RUNNING", "healthCheckResults": [{"alive": false}]}),
        ];
        let tasks = tasks.map(|task| Observed::of_value(&task));
        let counts = Counts::of(&tasks, 5);
        assert_eq!(counts, Counts { scheduled: 2, healthy: 1, killing: 1, unhealthy_in_grace: 1, ..Counts::default() });
        assert_eq!(counts.total(), 5);
        assert_eq!(Counts::of(&tasks, 1).scheduled, 0, "more listed than asked for, as while scaling down");
    }

    #[test]
    fn a_line_with_a_count_that_nobody_can_have_is_no_sample() {
        let read = |count: u64| serde_json::from_value::<Sample>(json!({"counts": {"healthy": 1, "unhealthy": count}}));
        assert_eq!(read(u32::MAX.into()).unwrap().counts.total(), 1 << 32);
        read(1 << 32).unwrap_err();
        read(u64::MAX).unwrap_err();
    }

    #[test]
    fn a_line_with_only_the_first_keys_is_read() {
        let line = json!({
            "v": 1, "at": "2026-11-22T17:00:00.000Z", "t": 0.5, "request": 1, "target": 2,
            "counts": {"scheduled": 2}, "complete": true, "tasks": [], "from the future": 1,
        });
        let sample: Sample = serde_json::from_value(line).expect("readable");
        assert_eq!(sample.counts.scheduled, 2);
        assert_eq!(sample.age, None);
    }
}
