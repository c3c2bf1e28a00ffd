//! What the lives of the tasks add up to, per step and between two samples.

use super::quantile::Spread;

/// What happened, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Changes of health after a task was first healthy.
    pub flips: u64,
    /// Tasks killed by a health check.
    pub kills: u64,
    /// Tasks that died in any other way: failed, finished, lost or killed without having been scaled down.
    pub losses: u64,
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { flips: self.flips + other.flips, kills: self.kills + other.kills, losses: self.losses + other.losses }
    }
}

/// What happened between two samples, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// See [`Tally::flips`].
    pub flips: u64,
    /// Tasks that died.
    pub ended: u64,
    /// Those of them that a failed health check had killed.
    pub killed: u64,
}

/// One step as far as the lives of its tasks show it.
#[derive(Clone, Debug, Default)]
pub struct StepLives {
    /// Which step, from 1; 0 in files of before it was written.
    pub step: usize,
    /// The number of tasks asked for.
    pub target: u32,
    /// When they were asked for, in seconds since the run began.
    pub asked_at: f64,
    /// What happened in it.
    pub tally: Tally,
    /// Seconds from `asked_at` to the first healthy result of each of its new tasks, successors left out.
    pub times_to_healthy: Spread,
    /// Of the tasks that turned unhealthy for the first time: seconds since their first healthy result, or since they ran
    /// if they never had one. Successors are left out.
    pub times_to_unhealthy: Spread,
}
