//! One step of a run: a target, and what happened until it was reached.

use serde::{Deserialize, Serialize};

use super::{quantile::Quantiles, sample::Counts};

/// One step of the plan, as far as it came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct StepReport {
    /// Which step, from 1.
    #[serde(deserialize_with = "super::json::count")]
    pub step: usize,
    /// The number of tasks asked for.
    pub target: u32,
    /// When they were asked for, in seconds since the run began.
    pub asked_at: f64,
    /// When all of them were healthy and no deployment was left; absent when that never happened.
    pub reached_at: Option<f64>,
    /// From the request to each new task's first healthy result: a task counts once, its successors do not.
    pub time_to_healthy: Option<Quantiles>,
    /// Of the tasks that turned unhealthy for the first time: from their first healthy result, or from their start if
    /// they had none. Successors do not count.
    pub time_to_unhealthy: Option<Quantiles>,
    /// How many healthy tasks turned unhealthy, and unhealthy ones healthy again, during the step.
    #[serde(deserialize_with = "super::json::count")]
    pub flips: u64,
    /// How many tasks were killed by a health check during the step.
    #[serde(deserialize_with = "super::json::count")]
    pub kills: u64,
    /// How many tasks ended in any other way without having been asked to.
    #[serde(deserialize_with = "super::json::count")]
    pub losses: u64,
    /// Polls that answered.
    #[serde(deserialize_with = "super::json::count")]
    pub samples: u64,
    /// The oldest last check result seen in any poll of the step, in seconds.
    pub oldest_result: Option<f64>,
    /// The tasks by state at the last poll.
    pub counts: Counts,
    /// Why it ended when it did not end well: its target was not reached in time, or a threshold was crossed.
    pub why: Option<String>,
}

impl StepReport {
    /// A step that begins at `asked_at` seconds.
    #[must_use]
    pub fn begin(step: usize, target: u32, asked_at: f64) -> Self {
        Self { step, target, asked_at, ..Self::default() }
    }

    /// Seconds from the request until the target was reached.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        Some(self.reached_at? - self.asked_at)
    }
}
