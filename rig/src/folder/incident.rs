//! What went wrong on the way to the cluster during a run and was survived.

use std::fmt::Write as _;

use harness::marathon::Incidents;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// All incidents of one kind in one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Incident {
    /// What it was, in a few words that are the same each time: `answer 503`, `event stream lost`, `another leader`.
    pub what: String,
    /// How often.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub count: u64,
    /// Seconds on the samples' clock at the first; negative before the first poll.
    #[serde(rename = "first_seconds")]
    pub first: f64,
    /// Seconds on the samples' clock at the last.
    #[serde(rename = "last_seconds")]
    pub last: f64,
    /// The first of them, in full.
    pub example: String,
}

/// The incidents of a client that came after `since`, by the samples' clock, which began at `start`.
pub fn reported(all: &[Incidents], since: Instant, start: Instant) -> Vec<Incident> {
    let seconds = |at: Instant| {
        let after = at.saturating_duration_since(start).as_secs_f64();
        let before = start.saturating_duration_since(at).as_secs_f64();
        ((after - before) * 10.0).round() / 10.0
    };
    all.iter()
        .filter(|incidents| incidents.last >= since)
        .map(|incidents| Incident {
            what: incidents.name.clone(),
            count: incidents.count,
            first: seconds(incidents.first),
            last: seconds(incidents.last),
            example: incidents.example.clone(),
        })
        .collect()
}

/// The account with the most incidents. Runs side by side share their way to the cluster, and so what befell it.
pub fn fullest<'a>(accounts: impl IntoIterator<Item = &'a Vec<Incident>>) -> &'a [Incident] {
    let total = |all: &&'a Vec<Incident>| all.iter().map(|one| one.count).sum::<u64>();
    accounts.into_iter().max_by_key(total).map_or(&[], Vec::as_slice)
}

/// `3 × answer 503 (at 4.1 s to 6.2 s); event stream lost (at 9.0 s)`, or nothing.
pub fn sentence<'a>(incidents: impl IntoIterator<Item = &'a Incident>) -> String {
    let mut text = String::new();
    for incident in incidents {
        if !text.is_empty() {
            text.push_str("; ");
        }
        let Incident { what, count, first, last, .. } = incident;
        // Writing to a text cannot fail.
        let _ = match count {
            1 => write!(text, "{what} (at {first:.1} s)"),
            _ => write!(text, "{count} × {what} (at {first:.1} s to {last:.1} s)"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn incidents_are_told_with_count_and_time() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let one = |name: &str, count, first, last| Incidents {
            name: name.to_owned(),
            count,
            first: at(first),
            last: at(last),
            example: String::new(),
        };
        let all = [one("before the run", 1, 0, 0), one("answer 503", 3, 4, 6), one("event stream lost", 1, 9, 9)];
        let all = reported(&all, at(1), at(2));
        assert_eq!(sentence(&all), "3 × answer 503 (at 2.0 s to 4.0 s); event stream lost (at 7.0 s)");
        assert_eq!(sentence([]), "");
    }
}
