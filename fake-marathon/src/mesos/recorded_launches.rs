//! Launches that take as long as recorded ones, as `recorded_offers` does it for the moments of offers: how busy the
//! agent was is random.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crate::{clock::Time, tuning::RecordedLaunch};

/// A recorded launch at most this far from ours is the same one.
const SAME_LAUNCH: Duration = Duration::from_millis(500);

/// The launches that are still to come.
#[derive(Debug)]
pub(super) struct RecordedLaunches {
    started: Time,
    launches: VecDeque<RecordedLaunch>,
}

impl RecordedLaunches {
    pub(super) fn new(launches: Option<&Arc<[RecordedLaunch]>>, started: Time) -> Self {
        Self { started, launches: launches.into_iter().flat_map(|all| all.iter().copied()).collect() }
    }

    /// The recorded launch of about this time, if there is one. Each is taken once.
    pub(super) fn take(&mut self, now: Time) -> Option<RecordedLaunch> {
        while self.launches.front().is_some_and(|first| self.started + first.at + SAME_LAUNCH < now) {
            self.launches.pop_front();
        }
        let near = self.launches.front().is_some_and(|first| self.started + first.at <= now + SAME_LAUNCH);
        near.then(|| self.launches.pop_front()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recorded_launch_is_taken_once_and_only_when_near() {
        let start = Time::from_micros(1_000_000);
        let ms = Duration::from_millis;
        let launch = |at| RecordedLaunch { at: ms(at), starting: Some(ms(at / 10)), running: None };
        let all: Arc<[RecordedLaunch]> = Arc::from([launch(1000), launch(1000), launch(2000), launch(9000)]);
        let mut launches = RecordedLaunches::new(Some(&all), start);
        assert_eq!(launches.take(start + ms(100)), None, "too early");
        assert_eq!(launches.take(start + ms(1020)), Some(launch(1000)));
        assert_eq!(launches.take(start + ms(1020)), Some(launch(1000)), "the second task of the same offer");
        assert_eq!(launches.take(start + ms(1020)), None);
        assert_eq!(launches.take(start + ms(9300)), Some(launch(9000)), "that of 2 s never came here");
        assert_eq!(launches.take(start + ms(9300)), None);
    }
}
