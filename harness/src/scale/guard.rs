//! Holds the samples of a run against its thresholds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::threshold::Threshold;

/// A threshold that was crossed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    #[serde(rename = "since_seconds")]
    pub since: f64,
    /// When that had lasted long enough.
    #[serde(rename = "at_seconds")]
    pub at: f64,
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was crossed at {:.1} s: {}", self.threshold, self.at, self.found)
    }
}

/// What became of one threshold over a whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Judgement {
    /// The threshold as it reads, such as `unhealthy_pct > 1 for 10s`.
    pub threshold: String,
    /// The bound; times in seconds.
    pub bound: f64,
    /// The value that was worst, times in seconds; absent when the measure was never known, so that nothing can be said.
    pub worst: Option<f64>,
    /// The same in words, `2.5 s` or `3`.
    pub found: Option<String>,
    /// When that was, in seconds since the run began.
    #[serde(rename = "worst_at_seconds")]
    pub worst_at: Option<f64>,
    /// The longest time in seconds that it was beyond the bound without a break.
    #[serde(rename = "longest_seconds")]
    pub longest: f64,
    /// The first time that it was crossed.
    pub crossed: Option<Crossing>,
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.crossed, &self.found, self.worst_at) {
            (Some(crossing), ..) => crossing.fmt(f),
            (None, Some(found), Some(at)) => {
                write!(f, "{}: not crossed, worst {found} at {at:.1} s", self.threshold)?;
                if self.longest > 0.0 { write!(f, ", beyond the bound for {:.1} s", self.longest) } else { Ok(()) }
            }
            _ => write!(f, "{}: cannot be judged, its measure was never known", self.threshold),
        }
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
    judgement: Judgement,
}

impl Guard {
    /// Watches these.
    #[must_use]
    pub fn new(thresholds: impl IntoIterator<Item = Threshold>) -> Self {
        let watch = |threshold: Threshold| {
            let judgement =
                Judgement { threshold: threshold.to_string(), bound: threshold.bound(), ..Judgement::default() };
            Watched { threshold, beyond_since: None, judgement }
        };
        Self { watched: thresholds.into_iter().map(watch).collect() }
    }

    /// Rows of samples beyond a bound begin anew, as for the next try of a search; what was judged stays.
    pub fn restart(&mut self) {
        self.watched.iter_mut().for_each(|watched| watched.beyond_since = None);
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
            watched.note(value, t);
            if !watched.threshold.is_crossed_by(value) {
                watched.beyond_since = None;
                continue;
            }
            let since = *watched.beyond_since.get_or_insert(t);
            watched.judgement.longest = watched.judgement.longest.max(t - since);
            if t - since >= watched.threshold.lasting().as_secs_f64() {
                let crossing = Crossing {
                    threshold: watched.threshold.to_string(),
                    bound: watched.threshold.bound(),
                    value,
                    found: watched.threshold.in_words(value),
                    since,
                    at: t,
                };
                watched.judgement.crossed.get_or_insert_with(|| crossing.clone());
                crossed.get_or_insert(crossing);
            }
        }
        crossed
    }

    /// What became of each threshold so far.
    #[must_use]
    pub fn judgements(&self) -> Vec<Judgement> {
        self.watched.iter().map(|watched| watched.judgement.clone()).collect()
    }
}

impl Watched {
    fn note(&mut self, value: f64, t: f64) {
        if self.judgement.worst.is_none_or(|worst| self.threshold.is_worse(value, worst)) {
            self.judgement.worst = Some(value);
            self.judgement.found = Some(self.threshold.in_words(value));
            self.judgement.worst_at = Some(t);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::metric::Metric, *};

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
        guard.restart();
        assert_eq!(look(&mut guard, 22.0, Some(9.0)), None, "the next try begins a row of its own");
        let judgement = &guard.judgements()[0];
        assert_eq!((judgement.worst, judgement.worst_at, judgement.longest), (Some(9.0), Some(22.0), 10.0));
        assert_eq!(judgement.crossed.as_ref().map(|crossing| crossing.at), Some(20.0));
    }

    #[test]
    fn what_was_never_known_is_unjudged() {
        let mut guard = Guard::new([parsed("check_age_p99 > 3s"), parsed("killed > 0"), parsed("healthy_pct < 90")]);
        for (t, value) in [(0.0, 99.0), (2.0, 95.0), (4.0, 97.0)] {
            guard.look(t, |threshold| match threshold.metric() {
                Metric::Killed => Some(0.0),
                Metric::HealthyPct => Some(value),
                _ => None,
            });
        }
        let texts: Vec<String> = guard.judgements().iter().map(Judgement::to_string).collect();
        assert_eq!(
            texts,
            [
                "check_age_p99 > 3s: cannot be judged, its measure was never known",
                "killed > 0: not crossed, worst 0 at 0.0 s",
                "healthy_pct < 90: not crossed, worst 95 at 2.0 s",
            ]
        );
    }
}
