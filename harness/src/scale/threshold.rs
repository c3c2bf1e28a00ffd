//! Bounds that a run must not cross, as a person writes them: `unhealthy_pct > 1 for 10s`.

use std::{fmt, str::FromStr, time::Duration};

use text::duration::DurationError;

use super::metric::{Metric, UnknownMetric};

/// A bound on one measure, optionally only when it is exceeded for some time without a break.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    metric: Metric,
    op: Op,
    bound: f64,
    lasting: Duration,
}

/// How a value is compared with the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// Why a text is not a threshold. `Display` is one sentence that says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// Not of the form metric, comparison, bound.
    #[error("'{0}' is not a threshold; write one like 'unhealthy_pct > 1 for 10s'")]
    Form(String),
    /// A metric that does not exist.
    #[error(transparent)]
    Metric(#[from] UnknownMetric),
    /// A bound that is no number, or is no time.
    #[error("'{bound}' is not a bound for {metric}; write {example}")]
    Bound {
        /// As written.
        bound: String,
        /// Of which measure.
        metric: String,
        /// A good one.
        example: &'static str,
    },
    /// Something other than a duration after `for`.
    #[error(transparent)]
    Duration(#[from] DurationError),
}

impl Threshold {
    /// What is bounded.
    #[must_use]
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// Whether the value is on the wrong side of the bound.
    #[must_use]
    pub fn is_crossed_by(&self, value: f64) -> bool {
        match self.op {
            Op::Above => value > self.bound,
            Op::AtLeast => value >= self.bound,
            Op::Below => value < self.bound,
            Op::AtMost => value <= self.bound,
        }
    }

    /// Whether one value is nearer to the wrong side than another, or farther into it.
    #[must_use]
    pub fn is_worse(&self, value: f64, than: f64) -> bool {
        match self.op {
            Op::Above | Op::AtLeast => value > than,
            Op::Below | Op::AtMost => value < than,
        }
    }

    /// How long the value must be on the wrong side without a break.
    #[must_use]
    pub fn lasting(&self) -> Duration {
        self.lasting
    }

    /// The bound itself, times in seconds.
    #[must_use]
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// The unit of the bound: `s` for times, `%` for shares, empty for numbers.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        match self.metric {
            metric if metric.is_time() => "s",
            Metric::UnhealthyPct | Metric::HealthyPct => "%",
            Metric::Unhealthy
            | Metric::UnhealthyInGrace
            | Metric::Killed
            | Metric::Lost
            | Metric::Flips
            | Metric::TimeToHealthy(_)
            | Metric::Api(_)
            | Metric::CheckAge(_)
            | Metric::Late
            | Metric::Missed
            | Metric::Limit => "",
        }
    }

    /// A value of this measure in words, `2.5 s` or `3`.
    #[must_use]
    pub fn in_words(&self, value: f64) -> String {
        let number = text::decimal(value, 3);
        if self.metric.is_time() { format!("{number} s") } else { number }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let op = match self.op {
            Op::Above => ">",
            Op::AtLeast => ">=",
            Op::Below => "<",
            Op::AtMost => "<=",
        };
        write!(f, "{} {op} {}", self.metric, self.in_words(self.bound).replace(' ', ""))?;
        if self.lasting.is_zero() { Ok(()) } else { write!(f, " for {}s", self.lasting.as_secs_f64()) }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let form = || ThresholdError::Form(text.trim().to_owned());
        let (left, rest) = text.split_at(text.find(['<', '>']).ok_or_else(form)?);
        let (op, rest) = match rest.as_bytes() {
            [b'>', b'=', ..] => (Op::AtLeast, &rest[2..]),
            [b'<', b'=', ..] => (Op::AtMost, &rest[2..]),
            [b'>', ..] => (Op::Above, &rest[1..]),
            _ => (Op::Below, &rest[1..]),
        };
        let metric: Metric = left.trim().parse()?;
        let (bound, lasting) = match rest.split_once(" for ") {
            Some((bound, lasting)) => (bound.trim(), text::duration::parse(lasting)?),
            None => (rest.trim(), Duration::ZERO),
        };
        if bound.is_empty() {
            return Err(form());
        }
        let bound = if metric.is_time() { time(bound) } else { number(bound.strip_suffix('%').unwrap_or(bound)) }
            .ok_or_else(|| ThresholdError::Bound {
                bound: bound.to_owned(),
                metric: metric.to_string(),
                example: if metric.is_time() { "a time like 3s, 500ms or 3" } else { "a number like 1 or 2.5" },
            })?;
        Ok(Self { metric, op, bound, lasting })
    }
}

/// A number that is not negative.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// A time in seconds; as everywhere, a number without a unit is seconds.
fn time(text: &str) -> Option<f64> {
    text::duration::parse(text).ok().map(|duration| duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn parsed(text: &str) -> Threshold {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[rstest]
    #[case("unhealthy_pct > 1 for 10s", "unhealthy_pct > 1 for 10s")]
    #[case("unhealthy_pct>1%", "unhealthy_pct > 1")]
    #[case("time_to_healthy_p99 > 30s", "time_to_healthy_p99 > 30s")]
    #[case("killed > 0", "killed > 0")]
    #[case("api_p99 > 500ms", "api_p99 > 0.5s")]
    #[case("api_p99 > 2 for 1m30s", "api_p99 > 2s for 90s")]
    #[case("killed > 0 for 10", "killed > 0 for 10s")]
    #[case("check_age_p99 >= 1.5m for 500ms", "check_age_p99 >= 90s for 0.5s")]
    #[case(" healthy_pct <= 99.5 ", "healthy_pct <= 99.5")]
    fn what_a_person_writes_is_understood(#[case] text: &str, #[case] normal: &str) {
        assert_eq!(parsed(text).to_string(), normal);
    }

    #[test]
    fn a_malformed_threshold_is_explained_in_one_sentence() {
        let texts = [
            "killed",
            "dead > 0",
            "api_p99 > soon",
            "killed > some",
            "killed > 0 for ever",
            "killed > -1",
            "api_p99 >",
        ];
        let errors = texts.map(|text| text.parse::<Threshold>().expect_err(text).to_string());
        insta::assert_snapshot!(errors.join("\n"), @r"
        'killed' is not a threshold; write one like 'unhealthy_pct > 1 for 10s'
        unknown measure 'dead'; the measures are unhealthy, unhealthy_in_grace, unhealthy_pct, healthy_pct, killed, lost, flips, time_to_healthy_p50, time_to_healthy_p99, time_to_healthy_max, api_p50, api_p99, api_max, check_age_p50, check_age_p99, check_age_max, late, missed, limit
        'soon' is not a bound for api_p99; write a time like 3s, 500ms or 3
        'some' is not a bound for killed; write a number like 1 or 2.5
        'ever' is not a duration; write a number with ms, s, m, h or d, such as 500ms, 90s or 1m30s
        '-1' is not a bound for killed; write a number like 1 or 2.5
        'api_p99 >' is not a threshold; write one like 'unhealthy_pct > 1 for 10s'
        ");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            metric in prop::sample::select(Metric::all()),
            op in prop::sample::select(vec![">", ">=", "<", "<="]),
            bound in 0u32..100_000, lasting in 0u32..1_000,
        ) {
            let unit = if metric.is_time() { "ms" } else { "" };
            let threshold = parsed(&format!("{metric} {op} {bound}{unit} for {lasting}s"));
            prop_assert_eq!(parsed(&threshold.to_string()), threshold);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = text.parse::<Threshold>();
        }
    }
}
