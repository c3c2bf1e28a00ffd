//! What the health checks of a definition are, with Marathon's defaults.

use std::fmt;

use harness::model::Protocol;
use serde_json::Value;

use crate::folder::spec;

/// The protocol of a health check in a definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CheckProtocol {
    /// The definition has no such check.
    #[default]
    NoCheck,
    /// One of Marathon's.
    Known(Protocol),
    /// A name that no Marathon up to 1.11 has.
    Unknown(String),
}

impl CheckProtocol {
    /// The protocol of an entry of `healthChecks`, with Marathon's default.
    pub fn of(check: Option<&Value>) -> Self {
        let Some(check) = check else { return Self::NoCheck };
        match check.get("protocol").and_then(Value::as_str) {
            None => Self::Known(Protocol::Http),
            Some(name) => Protocol::parse(name).map_or_else(|| Self::Unknown(name.to_owned()), Self::Known),
        }
    }

    /// Whether the check runs in the executor on the agent, rather than in Marathon.
    pub fn is_native(&self) -> bool {
        match self {
            Self::Known(protocol) => protocol.is_native(),
            Self::NoCheck | Self::Unknown(_) => false,
        }
    }
}

impl fmt::Display for CheckProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCheck => "no check",
            Self::Known(protocol) => protocol.as_str(),
            Self::Unknown(name) => name,
        })
    }
}

/// The first health check of a definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckFacts {
    /// The protocol of the first check.
    pub protocol: CheckProtocol,
    /// Seconds.
    pub interval: u64,
    /// Seconds.
    pub timeout: u64,
    /// Seconds.
    pub grace: u64,
    /// `maxConsecutiveFailures`.
    pub failures: u64,
    /// Seconds before the first native check.
    pub delay: Option<u64>,
}

impl CheckFacts {
    /// Whether the check runs in the executor on the agent, rather than in Marathon.
    pub fn is_native(&self) -> bool {
        self.protocol.is_native()
    }

    /// Whether there is a check at all.
    pub fn has_check(&self) -> bool {
        self.protocol != CheckProtocol::NoCheck
    }
}

/// The first health check with Marathon's defaults (`gracePeriodSeconds` 300, `intervalSeconds` 60,
/// `timeoutSeconds` 20, `maxConsecutiveFailures` 3, `protocol` HTTP). No Marathon takes a number above `u32::MAX`; such a one
/// is cut, so that sums do not overflow.
pub fn check_facts(definition: &Value) -> CheckFacts {
    let checks = spec::health_checks(definition);
    let Some(check) = checks.first() else {
        return CheckFacts::default();
    };
    let given = |key: &str| check.get(key).and_then(Value::as_u64).map(|n| n.min(u32::MAX.into()));
    let number = |key: &str, default: u64| given(key).unwrap_or(default);
    CheckFacts {
        protocol: CheckProtocol::of(Some(check)),
        interval: number("intervalSeconds", 60),
        timeout: number("timeoutSeconds", 20),
        grace: number("gracePeriodSeconds", 300),
        failures: number("maxConsecutiveFailures", 3),
        delay: given("delaySeconds"),
    }
}

/// Seconds between two checks of a task by Marathon itself; the longest of several, none where Mesos makes all checks.
pub(super) fn marathon_level_interval(definition: &Value) -> Option<f64> {
    let checks = spec::health_checks(definition);
    let by_marathon = checks.iter().filter(|check| !CheckProtocol::of(Some(check)).is_native());
    let interval = |check: &Value| check.get("intervalSeconds").and_then(Value::as_f64).unwrap_or(60.0);
    by_marathon.map(interval).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_number_of_a_check_makes_a_sum_overflow() {
        let check = json!({"protocol": "TCP", "intervalSeconds": u64::MAX, "timeoutSeconds": u64::MAX, "delaySeconds": u64::MAX});
        let facts = check_facts(&json!({"healthChecks": [check]}));
        assert_eq!((facts.interval, facts.timeout, facts.delay), (0xffff_ffff, 0xffff_ffff, Some(0xffff_ffff)));
    }

    #[test]
    fn only_checks_by_marathon_itself_have_an_age_that_is_judged() {
        let interval = |checks: Value| marathon_level_interval(&json!({"healthChecks": checks}));
        assert_eq!(interval(json!([{"protocol": "MESOS_TCP", "intervalSeconds": 1}])), None);
        assert_eq!(interval(json!([])), None);
        assert_eq!(interval(json!([{}])), Some(60.0), "Marathon's default");
        let several =
            json!([{"protocol": "TCP", "intervalSeconds": 2}, {"intervalSeconds": 5}, {"protocol": "COMMAND"}]);
        assert_eq!(interval(several), Some(5.0));
    }

    #[test]
    fn the_protocol_of_a_check_has_marathons_default_and_keeps_an_unknown_name() {
        let of = |definition: Value| check_facts(&definition).protocol;
        assert_eq!(of(json!({})), CheckProtocol::NoCheck);
        assert_eq!(of(json!({"healthChecks": [{}]})), CheckProtocol::Known(Protocol::Http));
        let unknown = of(json!({"healthChecks": [{"protocol": "MESOS_GRPC"}]}));
        assert_eq!((unknown.to_string().as_str(), unknown.is_native()), ("MESOS_GRPC", false));
    }
}
