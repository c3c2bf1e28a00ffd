//! How often a run may poll, so that the rig never becomes the load that it measures.

use std::{collections::VecDeque, time::Duration};

/// An answer may take at most this part of the time from one poll to the next.
const SHARE: u32 = 10;

/// Task objects a second that a run may ask for: about 13 MB/s of JSON at the 640 bytes that a task has in an answer
/// of a real Marathon.
const TASKS_PER_SECOND: f64 = 20_000.0;

/// How many answers are considered: one slow answer means nothing.
const WINDOW: usize = 5;

/// Finds how many ticks apart the polls must be, from the latency and the size of the answers.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    poll: Duration,
    took: VecDeque<Duration>,
    apart: u64,
}

impl Pace {
    /// For polls that are asked for every `poll`.
    pub(super) fn new(poll: Duration) -> Self {
        Self { poll, took: VecDeque::with_capacity(WINDOW), apart: 1 }
    }

    /// Takes the time and size of an answer. Returns how many ticks apart the polls must be from now on, if that has
    /// changed. It rises at once and falls only by half or more, so that it does not swing.
    pub(super) fn answered(&mut self, took: Duration, tasks: usize) -> Option<u64> {
        if self.took.len() == WINDOW {
            self.took.pop_front();
        }
        self.took.push_back(took);
        let mut sorted: Vec<Duration> = self.took.iter().copied().collect();
        sorted.sort_unstable();
        // The lower median: of two answers the faster one counts.
        let usual = sorted[(sorted.len() - 1) / 2] * SHARE;
        let for_size = text::duration::from_seconds(tasks as f64 / TASKS_PER_SECOND);
        let needed = usual.max(for_size).as_nanos().div_ceil(self.poll.as_nanos().max(1));
        let needed = u64::try_from(needed).unwrap_or(u64::MAX).max(1);
        if needed <= self.apart && needed.saturating_mul(2) > self.apart {
            return None;
        }
        self.apart = needed;
        Some(needed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLL: Duration = Duration::from_millis(500);

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn quick_answers_leave_the_interval_as_it_is() {
        let mut pace = Pace::new(POLL);
        assert!((0..20).all(|_| pace.answered(millis(40), 100).is_none()));
    }

    #[test]
    fn slow_answers_spread_the_polls_and_quick_ones_bring_them_back() {
        let mut pace = Pace::new(POLL);
        assert_eq!(pace.answered(millis(20), 100), None);
        assert_eq!(pace.answered(millis(300), 100), None, "one slow answer says nothing");
        assert_eq!(pace.answered(millis(300), 100), Some(6), "3 s, a tenth of which is an answer");
        assert_eq!(pace.answered(millis(300), 100), None);
        let back: Vec<_> = (0..5).filter_map(|_| pace.answered(millis(20), 100)).collect();
        assert_eq!(back, [1]);
    }

    #[test]
    fn large_answers_spread_the_polls_however_quick_they_are() {
        assert_eq!(Pace::new(POLL).answered(millis(1), 30_000), Some(3));
    }

    proptest! {
        #[test]
        fn the_rig_takes_at_most_a_tenth(took in 1u64..20_000, poll in 100u64..60_000) {
            let mut pace = Pace::new(millis(poll));
            let apart = pace.answered(millis(took), 1).unwrap_or(1);
            prop_assert!(apart * poll >= took * u64::from(SHARE));
            prop_assert!(apart == 1 || (apart - 1) * poll < took * u64::from(SHARE), "no more than needed");
        }
    }
}
