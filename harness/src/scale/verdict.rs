//! What a run came to.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

use super::{
    disagreement::Agreement,
    guard::{Crossing, Judgement},
};
use crate::record::{Quantiles, StepReport};

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Every target was reached in time.
    Held,
    /// A target was not reached in time.
    NotReached {
        /// Which step, from 1.
        step: usize,
        /// Its target.
        target: u32,
        /// What the last poll saw, in words.
        why: String,
    },
    /// A threshold was crossed.
    Crossed(Crossing),
    /// The caller's token was cancelled.
    Interrupted,
    /// The run could not go on.
    Failed(DriveError),
}

impl Outcome {
    /// Whether every target was reached.
    #[must_use]
    pub fn held(&self) -> bool {
        matches!(self, Self::Held)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("held"),
            Self::NotReached { step, target, why } => write!(f, "step {step} did not reach {target} tasks: {why}"),
            Self::Crossed(crossing) => crossing.fmt(f),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Failed(error) => write!(f, "could not go on: {error}"),
        }
    }
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// Marathon answered something that no later poll can mend: the app is gone, the login is refused.
    #[error("{0}")]
    Marathon(Box<dyn std::error::Error + Send + Sync>),
    /// A result could not be written, for instance because the disk is full.
    #[error("a result could not be written: {0}")]
    Write(io::Error),
}

/// A whole run.
#[derive(Debug)]
pub struct RunReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The steps that were begun, in order.
    pub steps: Vec<StepReport>,
    /// What was measured over the whole run.
    pub totals: Totals,
}

/// What was measured over a whole run, steps and tries together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Totals {
    /// How long the run took, in seconds.
    pub seconds: f64,
    /// Polls that answered.
    pub samples: u64,
    /// Polls that failed for a passing reason.
    pub failed_polls: u64,
    /// Polls that began later than a tenth of the interval after their tick.
    pub late_ticks: u64,
    /// Ticks at which no poll could be made because the one before still ran.
    pub missed_ticks: u64,
    /// Seconds from one poll to the next at the end of the run; more than asked for when the answers were slow or large.
    pub poll_seconds: f64,
    /// How late the polls began after their ticks, in seconds.
    #[serde(rename = "lateness_seconds")]
    pub lateness: Option<Quantiles>,
    /// How long the polls took, in seconds: the latency of the API.
    #[serde(rename = "api_seconds")]
    pub api: Option<Quantiles>,
    /// How old the last check results of all running tasks were at all polls, in seconds by the server's clock.
    #[serde(rename = "result_age_seconds")]
    pub age: Option<Quantiles>,
    /// The check is native: `age` is that of the last change, and the age of the last check cannot be known.
    pub age_of_changes_only: bool,
    /// From the request to the first healthy result, over the new tasks of all steps.
    #[serde(rename = "time_to_healthy_seconds")]
    pub time_to_healthy: Option<Quantiles>,
    /// See [`StepReport::time_to_unhealthy`].
    #[serde(rename = "time_to_unhealthy_seconds")]
    pub time_to_unhealthy: Option<Quantiles>,
    /// Changes of health after a task was first healthy.
    pub flips: u64,
    /// Tasks killed by a health check.
    pub kills: u64,
    /// Tasks that ended in any other way without having been asked to.
    pub losses: u64,
    /// Events received.
    pub events: u64,
    /// How often the event stream broke, so that events may be missing.
    pub event_gaps: u64,
    /// How far polls and events agreed; nothing to compare without events.
    pub agreement: Option<Agreement>,
    /// What became of each threshold.
    pub thresholds: Vec<Judgement>,
}

impl RunReport {
    pub(super) fn empty() -> Self {
        Self { outcome: Outcome::Interrupted, steps: Vec::new(), totals: Totals::default() }
    }

    /// The largest target that was reached.
    #[must_use]
    pub fn reached(&self) -> Option<u32> {
        self.steps.iter().filter(|step| step.reached_at.is_some()).map(|step| step.target).max()
    }
}
