//! How long the requests of a recording took.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use serde_json::Value;
use text::duration::from_seconds;

use crate::normalise::normalise_text;

/// How long the recorded server took for its answers. That is chance, and it decides where the next poll falls.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    by_request: BTreeMap<String, VecDeque<f64>>,
    /// The latency of a read that has no row: a short one.
    usual: f64,
    /// The times of the recorded reads; a poll without a row preceded each of them.
    reads: Vec<(f64, String)>,
}

/// A recorded poll at most this much later than ours is the same poll.
const SAME_POLL: f64 = 0.12;

impl Latencies {
    pub(super) fn of(golden: &[Value]) -> Self {
        let mut by_request: BTreeMap<String, VecDeque<f64>> = BTreeMap::new();
        let (mut quickest, mut reads) = (Vec::new(), Vec::new());
        for row in golden {
            let Some(took) = row["took"].as_f64() else { continue };
            let (method, path) = (row["request"]["method"].as_str(), row["request"]["path"].as_str());
            let (method, path) = (method.unwrap_or_default(), path.unwrap_or_default());
            if method == "GET" {
                quickest.push(took);
                reads.push((row["t"].as_f64().unwrap_or_default(), path.to_owned()));
            }
            by_request.entry(Self::name(method, path)).or_default().push_back(took);
        }
        quickest.sort_by(f64::total_cmp);
        Self { by_request, usual: quickest.get(quickest.len() / 4).copied().unwrap_or_default(), reads }
    }

    fn name(method: &str, path: &str) -> String {
        format!("{method} {}", normalise_text(path))
    }

    /// The latency of the next recorded request of this name.
    pub(super) fn recorded(&mut self, method: &str, path: &str) -> Duration {
        let known = self.by_request.get_mut(&Self::name(method, path));
        from_seconds(known.and_then(VecDeque::pop_front).unwrap_or(self.usual))
    }

    /// The latency of a poll without a row at `now`, including the delay of the original recorder.
    pub(super) fn quiet(&self, now: f64, path: &str) -> Duration {
        let next = self.reads.iter().find(|(t, read)| (now..now + SAME_POLL).contains(t) && read == path);
        from_seconds(next.map_or(self.usual, |(t, _)| t - now))
    }
}
