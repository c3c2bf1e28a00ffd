//! The engine's time, which never runs backwards and never stands still for ever.

use crate::clock::Time;

/// More steps than this without progress of time are an endless loop.
const STEPS_PER_INSTANT: u32 = 10_000_000;

#[derive(Debug)]
pub(super) struct Progress {
    now: Time,
    at_this_instant: u32,
}

impl Progress {
    pub(super) fn new(now: Time) -> Self {
        Self { now, at_this_instant: 0 }
    }

    pub(super) fn now(&self) -> Time {
        self.now
    }

    /// Moves on to `to`, unless that has passed, and returns the present time.
    ///
    /// # Panics
    ///
    /// When time stands still: a deadline is never met.
    pub(super) fn pass(&mut self, to: Time) -> Time {
        if to > self.now {
            self.now = to;
            self.at_this_instant = 0;
        }
        self.at_this_instant += 1;
        let stuck = self.at_this_instant >= STEPS_PER_INSTANT;
        assert!(!stuck, "the engine stands still at {}: a deadline is never met", self.now);
        self.now
    }
}
