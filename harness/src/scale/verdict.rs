//! What a run came to.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use super::disagreement::Agreement;
use super::guard::Crossing;
use super::quantile::Quantiles;
use super::sample::Counts;

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

/// One step of the plan, as far as it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Which step, from 1.
    pub step: usize,
    /// The number of tasks asked for.
    pub target: u32,
    /// When they were asked for, in seconds since the run began.
    pub asked_at: f64,
    /// When all of them were healthy and no deployment was left; absent when that never happened.
    pub reached_at: Option<f64>,
    /// From the request to each new task's first healthy result: a task counts once, its successors do not.
    pub time_to_healthy: Option<Quantiles>,
    /// How many healthy tasks turned unhealthy, and unhealthy ones healthy again, during the step.
    pub flips: u64,
    /// How many tasks were killed by a health check during the step.
    pub kills: u64,
    /// How many tasks ended in any other way without having been asked to.
    pub losses: u64,
    /// Polls that answered.
    pub samples: u64,
    /// The oldest last check result seen in any poll of the step, in seconds.
    pub oldest_result: Option<f64>,
    /// The tasks by state at the last poll.
    pub counts: Counts,
}

impl StepReport {
    pub(super) fn begin(step: usize, target: u32, asked_at: f64) -> Self {
        Self {
            step,
            target,
            asked_at,
            reached_at: None,
            time_to_healthy: None,
            flips: 0,
            kills: 0,
            losses: 0,
            samples: 0,
            oldest_result: None,
            counts: Counts::default(),
        }
    }

    /// Seconds from the request until the target was reached.
    #[must_use]
    pub fn seconds(&self) -> Option<f64> {
        Some(self.reached_at? - self.asked_at)
    }
}

/// A whole run.
#[derive(Debug)]
pub struct RunReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The steps that were begun, in order.
    pub steps: Vec<StepReport>,
    /// Polls that answered.
    pub samples: u64,
    /// Polls that failed for a passing reason.
    pub failed_polls: u64,
    /// Ticks at which no poll could be made because the one before still ran.
    pub missed_ticks: u64,
    /// The largest lateness of a poll against its tick, in seconds.
    pub latest_tick: f64,
    /// How long the polls took, in seconds.
    pub took: Option<Quantiles>,
    /// Events received.
    pub events: u64,
    /// How often the event stream broke, so that events may be missing.
    pub event_gaps: u64,
    /// How far polls and events agreed; nothing to compare without events.
    pub agreement: Option<Agreement>,
    /// Thresholds whose measure was never known, so that nothing can be said about them.
    pub unjudged: Vec<String>,
    /// How long the run took, in seconds.
    pub seconds: f64,
}

impl RunReport {
    pub(super) fn empty() -> Self {
        Self {
            outcome: Outcome::Interrupted,
            steps: Vec::new(),
            samples: 0,
            failed_polls: 0,
            missed_ticks: 0,
            latest_tick: 0.0,
            took: None,
            events: 0,
            event_gaps: 0,
            agreement: None,
            unjudged: Vec::new(),
            seconds: 0.0,
        }
    }

    /// The largest target that was reached.
    #[must_use]
    pub fn reached(&self) -> Option<u32> {
        self.steps.iter().filter(|step| step.reached_at.is_some()).map(|step| step.target).max()
    }
}
