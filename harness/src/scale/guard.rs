//! Holds the samples of a run against its thresholds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::threshold::Threshold;

/// A threshold that was crossed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// The threshold as it reads, such as `killed > 0`.
    pub threshold: String,
    /// The bound; times in seconds.
    pub bound: f64,
    /// The value that crossed it.
    pub value: f64,
    /// The value in words, `2.5 s` or `3`.
    pub found: String,
    /// When it first was beyond the bound, in seconds since the run began.
    pub since: f64,
    /// When that had lasted long enough.
    pub at: f64,
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was crossed at {:.1} s: {}", self.threshold, self.at, self.found)
    }
}

/// Watches thresholds over the samples of a run.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    watched: Vec<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    threshold: Threshold,
    beyond_since: Option<f64>,
    judged: bool,
}

impl Guard {
    /// Watches these.
    #[must_use]
    pub fn new(thresholds: impl IntoIterator<Item = Threshold>) -> Self {
        let watched =
            thresholds.into_iter().map(|threshold| Watched { threshold, beyond_since: None, judged: false }).collect();
        Self { watched }
    }

    /// Looks at the measures of one sample at `t`; the first threshold that is crossed, if one is. `value` tells a
    /// measure's value, or nothing while it cannot be known.
    pub fn look(&mut self, t: f64, value: impl Fn(&Threshold) -> Option<f64>) -> Option<Crossing> {
        let mut crossed = None;
        for watched in &mut self.watched {
            let Some(value) = value(&watched.threshold) else {
                // What is not known does not break a row, and does not lengthen it either.
                continue;
            };
            watched.judged = true;
            if !watched.threshold.is_crossed_by(value) {
                watched.beyond_since = None;
                continue;
            }
            let since = *watched.beyond_since.get_or_insert(t);
            if t - since >= watched.threshold.lasting().as_secs_f64() && crossed.is_none() {
                crossed = Some(Crossing {
                    threshold: watched.threshold.to_string(),
                    bound: watched.threshold.bound(),
                    value,
                    found: watched.threshold.in_words(value),
                    since,
                    at: t,
                });
            }
        }
        crossed
    }

    /// The thresholds whose measure was never known, so that nothing can be said about them.
    pub fn unjudged(&self) -> impl Iterator<Item = &Threshold> {
        self.watched.iter().filter(|watched| !watched.judged).map(|watched| &watched.threshold)
    }

    /// The thresholds watched.
    pub fn thresholds(&self) -> impl Iterator<Item = &Threshold> {
        self.watched.iter().map(|watched| &watched.threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::super::threshold::Metric;
    use super::*;

    fn parsed(text: &str) -> Threshold {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn look(guard: &mut Guard, t: f64, value: Option<f64>) -> Option<Crossing> {
        guard.look(t, |_| value)
    }

    #[test]
    fn a_row_that_lasts_long_enough_crosses() {
        let mut guard = Guard::new([parsed("unhealthy_pct > 1 for 10s")]);
        assert_eq!(look(&mut guard, 0.0, Some(2.0)), None);
        assert_eq!(look(&mut guard, 8.0, Some(1.0)), None, "back within bounds");
        assert_eq!(look(&mut guard, 10.0, Some(3.0)), None, "a new row");
        assert_eq!(look(&mut guard, 18.0, None), None, "not known");
        let crossing = look(&mut guard, 20.0, Some(4.5)).expect("crossed");
        assert_eq!((crossing.since, crossing.at, crossing.value), (10.0, 20.0, 4.5));
        assert_eq!(crossing.to_string(), "unhealthy_pct > 1 for 10s was crossed at 20.0 s: 4.5");
    }

    #[test]
    fn what_was_never_known_is_unjudged() {
        let mut guard = Guard::new([parsed("check_age_p99 > 3s"), parsed("killed > 0")]);
        guard.look(0.0, |threshold| (threshold.metric() == Metric::Killed).then_some(0.0));
        assert_eq!(guard.unjudged().map(Threshold::to_string).collect::<Vec<_>>(), ["check_age_p99 > 3s"]);
    }
}
