//! The values that thresholds are held against, at one sample.

use super::{
    metric::{Metric, Share},
    threshold::Threshold,
};
use crate::record::{Ages, Counts, Quantiles, Spread, Tally};

/// An age is judged only when what is not known of the server's clock is at most this part of the bound.
const UNCERTAIN: f64 = 0.25;

/// What is known at one sample.
#[derive(Clone, Debug)]
pub(super) struct Measures<'a> {
    pub(super) target: u32,
    pub(super) counts: Counts,
    /// Since the run began.
    pub(super) tally: Tally,
    /// Of the step's new tasks that are healthy.
    pub(super) times_to_healthy: &'a Spread,
    /// How many of the step's new tasks wait still, and since when.
    pub(super) waiting: u32,
    pub(super) waited: f64,
    pub(super) took: Option<Quantiles>,
    pub(super) age: Option<Ages>,
    pub(super) late: f64,
    pub(super) missed: u64,
}

impl Measures<'_> {
    /// The value of a threshold's measure; nothing while it cannot be known.
    pub(super) fn value(&self, threshold: &Threshold) -> Option<f64> {
        let per_cent = |n: u64| (self.target > 0).then(|| 100.0 * n as f64 / f64::from(self.target));
        match threshold.metric() {
            Metric::Unhealthy => Some(self.counts.unhealthy as f64),
            Metric::UnhealthyInGrace => Some(self.counts.unhealthy_in_grace as f64),
            Metric::UnhealthyPct => per_cent(self.counts.unhealthy),
            Metric::HealthyPct => per_cent(self.counts.healthy),
            Metric::Killed => Some(self.tally.kills as f64),
            Metric::Lost => Some(self.tally.losses as f64),
            Metric::Flips => Some(self.tally.flips as f64),
            Metric::TimeToHealthy(share) => {
                // A task that waits still will take at least as long as it has waited.
                let times = self.times_to_healthy.quantiles_with(self.waited, self.waiting);
                times.map(|times| pick(&times, share))
            }
            Metric::Api(share) => self.took.as_ref().map(|took| pick(took, share)),
            Metric::CheckAge(share) => {
                let known = |age: &&Ages| !age.changes_only && age.uncertainty <= threshold.bound() * UNCERTAIN;
                self.age.as_ref().filter(known).map(|age| match share {
                    Share::P50 => age.p50,
                    Share::P99 => age.p99,
                    Share::Max => age.max,
                })
            }
            Metric::Late => Some(self.late),
            Metric::Missed => Some(self.missed as f64),
            // A search is over before its limit is known.
            Metric::Limit => None,
        }
    }
}

fn pick(quantiles: &Quantiles, share: Share) -> f64 {
    match share {
        Share::P50 => quantiles.p50,
        Share::P99 => quantiles.p99,
        Share::Max => quantiles.max,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(times_to_healthy: &Spread) -> Measures<'_> {
        Measures {
            target: 200,
            counts: Counts { healthy: 187, unhealthy: 10, unhealthy_in_grace: 3, ..Counts::default() },
            tally: Tally { flips: 3, kills: 2, losses: 1 },
            times_to_healthy,
            waiting: 0,
            waited: 40.0,
            took: None,
            age: Some(Ages { p50: 1.0, p99: 4.0, max: 9.0, tasks: 200, uncertainty: 0.5, changes_only: false }),
            late: 0.1,
            missed: 7,
        }
    }

    fn times() -> Spread {
        let mut times = Spread::default();
        [1.0, 2.0, 3.0].into_iter().for_each(|time| times.record(time));
        times
    }

    fn value(measures: &Measures<'_>, threshold: &str) -> Option<f64> {
        measures.value(&threshold.parse().expect("a threshold"))
    }

    #[test]
    fn tasks_that_wait_count_with_what_they_have_waited() {
        let times = times();
        let mut measures = measures(&times);
        assert_eq!(value(&measures, "time_to_healthy_p99 > 30s"), Some(3.0));
        measures.waiting = 1;
        assert_eq!(value(&measures, "time_to_healthy_p99 > 30s"), Some(40.0));
        assert_eq!(value(&measures, "time_to_healthy_p50 > 30s"), Some(2.0));
    }

    #[test]
    fn an_age_is_judged_only_when_it_is_one_and_certain_enough() {
        let times = times();
        let mut measures = measures(&times);
        assert_eq!(value(&measures, "check_age_p99 > 3s"), Some(4.0));
        assert_eq!(value(&measures, "check_age_p99 > 1s"), None, "half a second is too much of one");
        measures.age = measures.age.map(|age| Ages { changes_only: true, ..age });
        assert_eq!(value(&measures, "check_age_p99 > 3s"), None, "native checks tell changes only");
    }

    #[test]
    fn shares_are_of_what_is_asked_for() {
        let times = times();
        let mut measures = measures(&times);
        assert_eq!(value(&measures, "unhealthy_pct > 1"), Some(5.0));
        assert_eq!(value(&measures, "healthy_pct < 99"), Some(93.5));
        assert_eq!(value(&measures, "unhealthy_in_grace > 2"), Some(3.0), "and they count for nothing else");
        measures.target = 0;
        assert_eq!(value(&measures, "healthy_pct < 99"), None, "of nothing there is no share");
    }
}
