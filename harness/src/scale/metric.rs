//! What can be bounded, in one table: name, unit and meaning of each measure.

use std::{fmt, str::FromStr};

/// What can be bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Unhealthy tasks.
    Unhealthy,
    /// Tasks whose last result is bad, but within the grace period, in which no failure counts, at this moment.
    UnhealthyInGrace,
    /// Unhealthy tasks in per cent of the target.
    UnhealthyPct,
    /// Healthy tasks in per cent of the target.
    HealthyPct,
    /// Tasks killed by a health check since the run began.
    Killed,
    /// Tasks that ended otherwise, unasked, since the run began.
    Lost,
    /// Changes of health after a task was first healthy, since the run began.
    Flips,
    /// Seconds from a step's request to its new tasks' first healthy results. Tasks that still wait count with the time
    /// that they have waited.
    TimeToHealthy(Share),
    /// Seconds that polls took, since the run began.
    Api(Share),
    /// Seconds since the last check result of each running task, at this moment.
    CheckAge(Share),
    /// Seconds by which this poll was late.
    Late,
    /// Ticks missed since the run began.
    Missed,
    /// The limit that a search found, known at its end only.
    Limit,
}

/// Which part of many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The median.
    P50,
    /// The 99th percentile.
    P99,
    /// The largest.
    Max,
}

/// A row of the table of measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricRow {
    /// As it is written, without its share.
    pub name: &'static str,
    /// Which part of many numbers, for a measure that has several.
    pub share: Option<Share>,
    /// Unit of its values: `tasks`, `times`, `polls`, `%` or `seconds`.
    pub unit: &'static str,
    /// What it measures, in a few words.
    pub meaning: &'static str,
}

/// A measure that does not exist. `Display` says what may have been meant, and names all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown measure '{name}'; {known}")]
pub struct UnknownMetric {
    name: String,
    known: String,
}

/// The unit of times, whose bounds are durations.
const SECONDS: &str = "seconds";

const SHARES: [(&str, Share); 3] = [("p50", Share::P50), ("p99", Share::P99), ("max", Share::Max)];

impl Metric {
    /// Every measure that can be bounded.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Unhealthy,
            Self::UnhealthyInGrace,
            Self::UnhealthyPct,
            Self::HealthyPct,
            Self::Killed,
            Self::Lost,
            Self::Flips,
        ];
        for of in [Self::TimeToHealthy, Self::Api, Self::CheckAge] {
            all.extend(SHARES.map(|(_, share)| of(share)));
        }
        all.extend([Self::Late, Self::Missed, Self::Limit]);
        all
    }

    /// Every measure, those with several shares once.
    pub fn families() -> impl Iterator<Item = Self> {
        Self::all().into_iter().filter(|metric| metric.row().share.is_none_or(|share| share == Share::P50))
    }

    /// The table.
    #[must_use]
    pub fn row(self) -> MetricRow {
        let row = |name, unit, meaning| MetricRow { name, share: None, unit, meaning };
        match self {
            Self::Unhealthy => row("unhealthy", "tasks", "that fail their checks now"),
            Self::UnhealthyInGrace => row("unhealthy_in_grace", "tasks", "that fail within their grace period"),
            Self::UnhealthyPct => row("unhealthy_pct", "%", "of the target that are unhealthy now"),
            Self::HealthyPct => row("healthy_pct", "%", "of the target that are healthy now"),
            Self::Killed => row("killed", "tasks", "that a health check killed so far"),
            Self::Lost => row("lost", "tasks", "that ended otherwise so far"),
            Self::Flips => row("flips", "times", "that a healthy task changed health"),
            Self::TimeToHealthy(share) => {
                MetricRow { share: Some(share), ..row("time_to_healthy", SECONDS, "until new tasks are healthy") }
            }
            Self::Api(share) => MetricRow { share: Some(share), ..row("api", SECONDS, "that polls took so far") },
            Self::CheckAge(share) => {
                MetricRow { share: Some(share), ..row("check_age", SECONDS, "since the last check results") }
            }
            Self::Late => row("late", SECONDS, "by which this poll was late"),
            Self::Missed => row("missed", "polls", "that were left out so far"),
            Self::Limit => row("limit", "tasks", "that --find-limit found to stay healthy"),
        }
    }

    /// Its name for all its shares: `check_age_*`, `killed`.
    #[must_use]
    pub fn family(self) -> String {
        let MetricRow { name, share, .. } = self.row();
        if share.is_some() { format!("{name}_*") } else { name.to_owned() }
    }

    /// Whether it is a time, whose bound is a duration.
    #[must_use]
    pub fn is_time(self) -> bool {
        self.row().unit == SECONDS
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MetricRow { name, share, .. } = self.row();
        f.write_str(name)?;
        match share.and_then(|wanted| SHARES.iter().find(|(_, share)| *share == wanted)) {
            Some((share, _)) => write!(f, "_{share}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        Self::all()
            .into_iter()
            .find(|metric| metric.to_string() == text)
            .ok_or_else(|| UnknownMetric { name: text.to_owned(), known: known(text) })
    }
}

/// What may have been meant, if something is near, and all measures.
fn known(text: &str) -> String {
    let names: Vec<String> = Metric::all().iter().map(Metric::to_string).collect();
    let begins = |name: &&String| text.len() > 2 && name.starts_with(text);
    let near = |name: &&String| strsim::damerau_levenshtein(name, text) <= 2;
    let mut meant: Vec<&String> = names.iter().filter(near).collect();
    if meant.is_empty() {
        meant = names.iter().filter(begins).collect();
    }
    let all = format!("the measures are {}", names.join(", "));
    if meant.is_empty() { all } else { format!("did you mean {}? {all}", text::choice(&meant)) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_distinct_and_read_back() {
        let names: BTreeSet<String> = Metric::all().iter().map(Metric::to_string).collect();
        assert_eq!(names.len(), Metric::all().len());
        for metric in Metric::all() {
            assert_eq!(metric.to_string().parse(), Ok(metric));
        }
        assert_eq!(Metric::families().map(Metric::family).filter(|name| name.ends_with("_*")).count(), 3);
    }

    #[test]
    fn what_was_meant_is_suggested() {
        let error = |text: &str| text.parse::<Metric>().expect_err(text).to_string();
        for (text, meant) in [
            ("unhealty", "unknown measure 'unhealty'; did you mean unhealthy? the measures are unhealthy, "),
            ("api", "unknown measure 'api'; did you mean api_p50, api_p99 or api_max? the measures are "),
            ("check_age", "did you mean check_age_p50, check_age_p99 or check_age_max?"),
            ("dead", "unknown measure 'dead'; the measures are unhealthy, "),
        ] {
            assert!(error(text).contains(meant), "{}", error(text));
        }
    }
}
