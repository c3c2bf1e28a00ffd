//! What follows from the settings: the load, how long one hung task would blind everybody, when a check kills.

use std::time::Duration;

use fixtures::{Check, FailureMode, Timing};

use crate::advise::facts::{CheckSettings, Facts};

/// What one hung task does to the checks of all apps that Marathon makes (recorded case `one-hung-task`): its check keeps
/// the finished checks behind it in their slots until its timeout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blinding {
    /// Checks per second of all apps.
    pub rate: f64,
    /// Seconds until all slots are taken.
    pub fill: f64,
    /// Seconds without any check out of each timeout; 0 where the slots last.
    pub blind: f64,
}

impl Facts {
    /// Checks per second that Marathon makes itself for this app.
    pub fn own_rate(&self) -> f64 {
        let by_marathon = self.checks.iter().filter(|check| !check.is_native());
        by_marathon.map(|check| f64::from(self.instances) / f64::from(check.interval.max(1))).sum()
    }

    /// The same for all apps of the cluster, as far as it is known.
    pub fn rate(&self) -> f64 {
        self.own_rate() + self.cluster.as_ref().map_or(0.0, |load| load.others_per_second)
    }

    /// Seconds until all slots are taken once a check does not end.
    pub fn fill(&self) -> f64 {
        f64::from(self.slots) / self.rate().max(f64::EPSILON)
    }

    /// What a hung task of this app does to all; none where Mesos makes the check.
    pub fn blinding(&self, check: &CheckSettings) -> Option<Blinding> {
        let (rate, fill) = (self.rate(), self.fill());
        // Without a limit of its own a probe ends with the connection's, if at all.
        let blind = |timeout: f64| (timeout - fill).max(0.0);
        (!check.is_native()).then(|| Blinding { rate, fill, blind: blind(check.timeout.max(0) as f64) })
    }

    /// The longest timeout, in whole seconds, at which the slots last; none below one second.
    pub fn timeout_that_lasts(&self) -> Option<i64> {
        let most = (0.9 * self.fill()).floor().min(1e6);
        (most >= 1.0).then_some(most as i64)
    }
}

impl CheckSettings {
    /// The check as the fixtures know it.
    pub fn check(&self) -> Option<Check> {
        self.protocol.as_str().parse().ok()
    }

    /// The five numbers.
    pub fn timing(&self) -> Timing {
        let seconds = |n: u32| Duration::from_secs(u64::from(n));
        Timing {
            grace: seconds(self.grace),
            interval: seconds(self.interval),
            timeout: Duration::from_secs(u64::try_from(self.timeout).unwrap_or(0)),
            max_consecutive_failures: self.failures,
            delay: seconds(self.delay),
        }
    }

    /// At most this many seconds from the failure to the kill; none where this check never kills.
    pub fn time_to_kill(&self, mode: FailureMode) -> Option<f64> {
        self.timing().time_to_kill(self.check()?, mode).map(|time| time.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::advise::facts::Load;

    #[test]
    fn the_arithmetic_is_that_of_the_recorded_hung_task() {
        let check = json!({"protocol": "HTTP", "intervalSeconds": 1, "timeoutSeconds": 20});
        let others = Load { others_per_second: 60.0, ..Load::default() };
        let facts = Facts::of(&json!({"id": "/hung", "healthChecks": [check]}), 256, Some(others));
        let found = facts.blinding(&facts.checks[0]).unwrap();
        assert_eq!(found.rate, 61.0);
        // 256 / 61 = 4.2 s, then 20 − 4.2 = 15.8 s without a check: recorded were 16.2 s.
        assert!((found.fill - 4.2).abs() < 0.05 && (found.blind - 15.8).abs() < 0.05, "{found:?}");
        assert_eq!(facts.timeout_that_lasts(), Some(3));
    }

    #[test]
    fn a_native_check_blinds_nobody_and_a_flood_leaves_no_timeout() {
        let native = Facts::of(&json!({"healthChecks": [{"protocol": "MESOS_HTTP"}]}), 256, None);
        assert_eq!(native.blinding(&native.checks[0]), None);
        let flood = Load { others_per_second: 300.0, ..Load::default() };
        assert_eq!(Facts::of(&json!({"healthChecks": [{}]}), 256, Some(flood)).timeout_that_lasts(), None);
    }
}
