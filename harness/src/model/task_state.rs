//! The state of a task, decided in one place: every chart, count and verdict asks here.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TaskStatus;

/// What a task counts as. The order of the variants is the order in which the charts stack them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Asked for, but not listed by Marathon: it waits for an offer.
    Scheduled,
    /// Launched, but not running yet (`TASK_STAGING`, `TASK_STARTING`).
    Staged,
    /// Being killed, or over and waiting for its successor: Marathon goes on listing it.
    Killing,
    /// Mesos has lost its agent. Its last check result is stale.
    Unreachable,
    /// Running, and at least one check reports it as not alive.
    Unhealthy,
    /// The same, but no failure counts: the grace period is not over, or the result is its predecessor's. Only records
    /// tell it apart ([`TaskState::of_raw`]).
    #[serde(rename = "unhealthy_in_grace")]
    UnhealthyInGrace,
    /// Running, and every check reports it as alive.
    Healthy,
    /// Running without any result: no check, or none reported yet.
    Running,
}

impl TaskState {
    /// All states in stacking order.
    pub const ALL: [Self; 8] = [
        Self::Scheduled,
        Self::Staged,
        Self::Killing,
        Self::Unreachable,
        Self::Unhealthy,
        Self::UnhealthyInGrace,
        Self::Healthy,
        Self::Running,
    ];

    /// The state of a listed task from Marathon's `state` and the `alive` of each of its `healthCheckResults`.
    ///
    /// The first that fits wins: staged, killing or over, unreachable, unhealthy, healthy, running. Marathon itself
    /// counts differently: an unreachable task stays in `tasksHealthy` with its old result (golden case
    /// `observed/agent-lost`), and a successor that inherited a record is staged and unhealthy at once. An unknown
    /// state counts as unreachable, since nothing is known about such a task.
    #[must_use]
    pub fn of(state: &str, alive: impl IntoIterator<Item = bool>) -> Self {
        let Some(status) = TaskStatus::parse(state) else { return Self::Unreachable };
        match status {
            TaskStatus::Created | TaskStatus::Staging | TaskStatus::Starting => Self::Staged,
            TaskStatus::Killing
            | TaskStatus::Finished
            | TaskStatus::Failed
            | TaskStatus::Killed
            | TaskStatus::Error
            | TaskStatus::Lost
            | TaskStatus::Dropped
            | TaskStatus::Gone
            | TaskStatus::GoneByOperator => Self::Killing,
            TaskStatus::Unreachable | TaskStatus::Unknown => Self::Unreachable,
            TaskStatus::Running => {
                let mut any = false;
                for alive in alive {
                    if !alive {
                        return Self::Unhealthy;
                    }
                    any = true;
                }
                if any { Self::Healthy } else { Self::Running }
            }
        }
    }

    /// The state of a task object as Marathon writes it into `app.tasks`.
    #[must_use]
    pub fn of_raw(task: &Value) -> Self {
        fn text<'a>(object: &'a Value, key: &str) -> &'a str {
            object[key].as_str().unwrap_or_default()
        }
        let results = task["healthCheckResults"].as_array().map_or(&[][..], Vec::as_slice);
        let results = results.iter().map(|result| (result["alive"].as_bool(), text(result, "lastFailure")));
        Self::of_listed(text(task, "state"), text(task, "stagedAt"), results)
    }

    /// The same from the fields: of each result `alive`, if it is there, and `lastFailure`, empty if it is not.
    pub(crate) fn of_listed<'a>(
        state: &str,
        staged_at: &str,
        results: impl Iterator<Item = (Option<bool>, &'a str)> + Clone,
    ) -> Self {
        // Marathon up to 1.5 writes `null` for a check without a result.
        let state = Self::of(state, results.clone().filter_map(|(alive, _)| alive));
        // ISO 8601 in UTC, as Marathon writes it, sorts as text.
        let counts = |at: &str| !at.is_empty() && at >= staged_at;
        let failed = results.into_iter().any(|(alive, failure)| alive == Some(false) && counts(failure));
        if state == Self::Unhealthy && !failed { Self::UnhealthyInGrace } else { state }
    }

    /// What the checks report of a running task; `None` in every other state, and before the first result.
    #[must_use]
    pub fn health(self) -> Option<bool> {
        match self {
            Self::Healthy => Some(true),
            Self::Unhealthy | Self::UnhealthyInGrace => Some(false),
            Self::Scheduled | Self::Staged | Self::Killing | Self::Unreachable | Self::Running => None,
        }
    }

    /// The name used in the files and charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Staged => "staged",
            Self::Killing => "killing",
            Self::Unreachable => "unreachable",
            Self::Unhealthy => "unhealthy",
            Self::UnhealthyInGrace => "unhealthy_in_grace",
            Self::Healthy => "healthy",
            Self::Running => "running",
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::TaskState::{self, *};

    #[rstest]
    #[case("TASK_STAGING", json!([]), Staged)]
    #[case::inherited_record("TASK_STAGING", json!([{"alive": false}]), Staged)]
    #[case("TASK_RUNNING", json!([]), Running)]
    #[case("TASK_RUNNING", json!([null]), Running)]
    #[case("TASK_RUNNING", json!([{"alive": true}]), Healthy)]
    #[case::one_of_two(
        "TASK_RUNNING",
        json!([{"alive": true}, {"alive": false, "lastFailure": "2026-11-22T17:00:05.000Z"}]),
        Unhealthy
    )]
    #[case::in_grace("TASK_RUNNING", json!([{"alive": false, "consecutiveFailures": 0}]), UnhealthyInGrace)]
    #[case::of_the_predecessor(
        "TASK_RUNNING",
        json!([{"alive": false, "lastFailure": "2026-11-22T16:59:59.000Z"}]),
        UnhealthyInGrace
    )]
    #[case::stale_result("TASK_UNREACHABLE", json!([{"alive": true}]), Unreachable)]
    #[case::waits_for_successor("TASK_KILLED", json!([{"alive": false}]), Killing)]
    #[case::unheard_of("TASK_DREAMING", json!([]), Unreachable)]
    fn first_state_that_fits_wins(
        #[case] state: &str,
        #[case] results: serde_json::Value,
        #[case] expected: TaskState,
    ) {
        assert_eq!(
            TaskState::of_raw(
                &json!({"state": state, "stagedAt": "2026-11-22T17:00:00.000Z", "healthCheckResults": results})
            ),
            expected
        );
    }
}
