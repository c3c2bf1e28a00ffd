//! The configuration of a run.

use std::time::Duration;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::{plan::Plan, threshold::Threshold};

/// The configuration of a run. The app exists already, with the plan's first target as its instances: the driver only
/// scales, and deploys and deletes nothing.
#[derive(Clone, Debug)]
pub struct Drive {
    /// The targets.
    pub plan: Plan,
    /// From one poll to the next.
    pub poll: Duration,
    /// How long a step may take from the request until its target is reached.
    pub step_deadline: Duration,
    /// When the next target is requested.
    pub advance: Advance,
    /// Polls less often than configured when answers are slow or large, so that polling stays a small part of the
    /// server's work. A fake in the same process does not need it.
    pub spare_the_server: bool,
    /// How long a target must stay reached before the next one is requested.
    pub hold: Duration,
    /// The first sample and every n-th after it carry all tasks.
    pub full_every: u64,
    /// The time of day at which the run begins; from here on it moves with tokio's clock.
    pub started: OffsetDateTime,
    /// How far an earlier process came with this run; zero for a new one.
    pub before: Before,
    /// Bounds whose crossing ends the run.
    pub thresholds: Vec<Threshold>,
    /// Ends the run when cancelled.
    pub cancel: CancellationToken,
}

/// When the next target is requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Advance {
    /// Once the previous one has been reached and held.
    #[default]
    WhenReached,
    /// At fixed times from the beginning of the run, reached or not. Only the last target must be reached.
    Every(Duration),
}

/// How far an earlier process came with the same run, so that steps, polls and the clock go on counting.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Before {
    /// Steps that are over.
    pub steps: usize,
    /// Polls that answered.
    pub samples: u64,
    /// Time since the run began.
    pub elapsed: Duration,
}

impl Drive {
    /// The manual procedure's run: a poll every two seconds and no hold. A step may take five minutes; every 30th sample is
    /// complete.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            poll: Duration::from_secs(2),
            step_deadline: Duration::from_secs(300),
            advance: Advance::default(),
            spare_the_server: false,
            hold: Duration::ZERO,
            full_every: 30,
            started: OffsetDateTime::now_utc(),
            before: Before::default(),
            thresholds: Vec::new(),
            cancel: CancellationToken::new(),
        }
    }
}
