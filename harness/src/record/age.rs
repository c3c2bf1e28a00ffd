//! Result age: how old the last check result of each task is.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;

use super::{observed::Observed, quantile::Quantiles, sample::Ages};
use crate::model::TaskState;

/// The ages in seconds of the last results of all running tasks that have one, at `now` by the clock that wrote the
/// results.
///
/// A result from the future has age 0: the server's clock is known within bounds only.
#[must_use]
pub fn ages(tasks: &[Arc<Observed>], now: OffsetDateTime) -> Vec<f64> {
    let running = |task: &&Arc<Observed>| task.state().health().is_some() || task.state() == TaskState::Running;
    tasks
        .iter()
        .filter(running)
        .filter_map(|task| task.last_result())
        .map(|time| (now - time).as_seconds_f64().max(0.0))
        .collect()
}

impl Ages {
    /// The summary of these ages in seconds, which are off by at most `uncertainty`; none without an age.
    #[must_use]
    pub fn of(ages: &mut [f64], uncertainty: Duration, changes_only: bool) -> Option<Self> {
        let quantiles = Quantiles::of(ages)?;
        Some(Self {
            p50: quantiles.p50,
            p99: quantiles.p99,
            max: quantiles.max,
            tasks: u32::try_from(quantiles.n).unwrap_or(u32::MAX),
            uncertainty: uncertainty.as_secs_f64(),
            changes_only,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 17:00:10 UTC);
    const UNCERTAINTY: Duration = Duration::from_millis(250);

    fn task(state: &str, result: Value) -> Arc<Observed> {
        Observed::of_value(&json!({"state": state, "healthCheckResults": [result]}))
    }

    #[test]
    fn the_latest_of_success_and_failure_counts() {
        let task = task(
            "TASK_RUNNING",
            json!({"alive": false, "lastSuccess": "2026-11-22T17:00:01.000Z", "lastFailure": "2026-11-22T17:00:08.500Z"}),
        );
        let ages = Ages::of(&mut ages(&[task], NOW), UNCERTAINTY, false).expect("an age");
        assert_eq!((ages.p50, ages.tasks, ages.uncertainty), (1.5, 1, 0.25));
    }

    #[test]
    fn tasks_that_do_not_run_or_have_no_result_have_no_age() {
        let old = json!({"alive": true, "lastSuccess": "2026-11-22T16:00:00.000Z"});
        let in_grace = json!({"alive": false, "consecutiveFailures": 0});
        let tasks = [task("TASK_UNREACHABLE", old.clone()), task("TASK_KILLED", old), task("TASK_RUNNING", in_grace)];
        assert!(ages(&tasks, NOW).is_empty());
        assert_eq!(Ages::of(&mut [], UNCERTAINTY, false), None);
    }

    #[test]
    fn nothing_is_younger_than_now() {
        let ahead = json!({"alive": true, "lastSuccess": "2026-11-22T17:00:10.900Z"});
        assert_eq!(ages(&[task("TASK_RUNNING", ahead)], NOW), [0.0]);
    }
}
