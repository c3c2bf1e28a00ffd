//! Standstills of the checks: times in which the median result age grew with the clock.

use crate::folder::evidence::AgePoint;

/// The standstills in a series of result ages.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stalls {
    /// Number of standstills.
    pub count: usize,
    /// The largest median age in one of them, seconds.
    pub peak: f64,
    /// Share of the time in which the median result was late.
    pub late_share: f64,
    /// The largest median age outside of them, seconds.
    pub otherwise: f64,
    /// Seconds on the samples' clock at which the first began.
    pub since: f64,
    /// The most tasks called unhealthy at once within them, and the fewest called healthy.
    pub unhealthy: u64,
    /// See `unhealthy`.
    pub healthy: u64,
}

/// The median age in seconds above which the results of a check with this interval are late: two checks were skipped,
/// and a poll may be a second off.
pub fn late_from(interval: f64) -> f64 {
    2.0 * interval + 1.0
}

/// Finds the standstills. In one, at least half of all tasks get no new result, so a single old result does not count.
pub fn stalls(ages: &[AgePoint], interval: f64) -> Stalls {
    let late = late_from(interval);
    let mut found = Stalls { healthy: u64::MAX, ..Stalls::default() };
    let (mut watched, mut overdue, mut within) = (0.0, 0.0, false);
    for pair in ages.windows(2) {
        let [before, now] = pair else { continue };
        let passed = now.t - before.t;
        watched += passed;
        // A result in between would have made the median age fall behind the clock.
        let grew = now.p50 > late && now.p50 - before.p50 > 0.6 * passed;
        if now.p50 > late {
            overdue += passed;
        }
        if grew {
            if !within {
                found.count += 1;
                if found.count == 1 {
                    found.since = now.t - now.p50;
                }
            }
            found.peak = found.peak.max(now.p50);
            found.unhealthy = found.unhealthy.max(now.unhealthy);
            found.healthy = found.healthy.min(now.healthy);
        } else if now.p50 <= late {
            found.otherwise = found.otherwise.max(now.p50);
        }
        within = grew;
    }
    if watched > 0.0 {
        found.late_share = overdue / watched;
    }
    if found.count == 0 {
        found.healthy = 0;
    }
    found
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The recorded ages with 256 slots and 60 healthy tasks (golden `one-hung-task`): a sample every 2 s.
    pub(crate) fn recorded() -> Vec<AgePoint> {
        let p50 = [1.2, 3.3, 5.5, 7.7, 9.8, 12.0, 14.1, 16.2, 0.9, 0.9, 3.1, 5.2, 7.4, 9.5, 11.7, 13.8];
        let point = |(i, p50): (usize, &f64)| AgePoint {
            t: 100.0 + 2.0 * i as f64,
            p50: *p50,
            max: *p50 + 0.1,
            healthy: 60,
            unhealthy: 0,
        };
        p50.iter().enumerate().map(point).collect()
    }

    #[test]
    fn the_recorded_standstills_are_found() {
        let stalls = stalls(&recorded(), 1.0);
        assert_eq!((stalls.count, stalls.peak, stalls.unhealthy, stalls.healthy), (2, 16.2, 0, 60));
        assert!(stalls.late_share > 0.7, "{stalls:?}");
        assert!((stalls.since - 98.7).abs() < 0.1, "{stalls:?}");
    }

    #[test]
    fn fresh_and_evenly_late_results_are_no_standstill() {
        let even = |p50: f64| -> Vec<AgePoint> {
            (0..20).map(|i| AgePoint { t: f64::from(i), p50, max: p50, healthy: 9, unhealthy: 0 }).collect()
        };
        assert_eq!(stalls(&even(0.8), 1.0), Stalls { otherwise: 0.8, ..Stalls::default() });
        let late = stalls(&even(6.0), 1.0);
        assert_eq!((late.count, late.late_share), (0, 1.0));
    }
}
