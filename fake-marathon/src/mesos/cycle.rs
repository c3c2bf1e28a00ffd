//! When the master offers resources: on a fixed grid of its own, or at recorded moments.

use std::time::Duration;

use super::recorded_offers::{RecordedOffers, Step};
use crate::{clock::Time, ids::Rng, tuning::Tuning};

#[derive(Debug)]
pub(super) struct AllocationCycle {
    interval: Duration,
    /// A point of the grid, which lasts for the life of the master.
    origin: Time,
    /// Whether the next point of the grid is awaited.
    awaited: bool,
    recorded: Option<RecordedOffers>,
}

impl AllocationCycle {
    /// A grid with a random phase: the master has been up for longer than Marathon.
    pub(super) fn new(tuning: &Tuning, now: Time, rng: &mut Rng) -> Self {
        let interval = u64::try_from(tuning.offer_interval.as_micros()).unwrap_or(u64::MAX);
        let phase = Duration::from_micros(rng.below(interval));
        let recorded = tuning.recorded_offers.clone().map(|moments| RecordedOffers::new(moments, now));
        Self { interval: tuning.offer_interval, origin: now + phase, awaited: false, recorded }
    }

    /// The first recorded moment, if offers come at recorded moments.
    pub(super) fn first_recorded(&self) -> Option<Time> {
        self.recorded.as_ref().map(RecordedOffers::first)
    }

    pub(super) fn is_recorded(&self) -> bool {
        self.recorded.is_some()
    }

    /// The next point of the grid after `now`, unless it is awaited already or offers come at recorded moments.
    pub(super) fn await_next(&mut self, now: Time) -> Option<Time> {
        if self.awaited || self.recorded.is_some() {
            return None;
        }
        self.awaited = true;
        let interval = i64::try_from(self.interval.as_micros()).unwrap_or(i64::MAX).max(1);
        let into = (now.as_micros() - self.origin.as_micros()).rem_euclid(interval);
        Some(Time::from_micros(now.as_micros() + interval - into))
    }

    /// The awaited point was reached.
    pub(super) fn reached(&mut self) {
        self.awaited = false;
    }

    /// What to do at a recorded moment. After the last one the grid goes on.
    pub(super) fn recorded_step(&mut self, now: Time) -> Step {
        let step = self.recorded.as_mut().map_or(Step::Over, |recorded| recorded.step(now));
        if step == Step::Over {
            self.recorded = None;
        }
        step
    }

    /// An offer was used.
    pub(super) fn used(&mut self) {
        if let Some(recorded) = &mut self.recorded {
            recorded.used();
        }
    }
}
