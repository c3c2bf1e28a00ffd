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
    by_request: BTreeMap<String, VecDeque<Latency>>,
    /// The latency of a read that has no row: a short one.
    usual: f64,
    /// The times of the recorded reads; a poll without a row preceded each of them.
    reads: Vec<(f64, String)>,
}

/// A request's latency in seconds, before and after the server did what was requested.
type Latency = [f64; 2];

/// Seconds between a deployment's first event and the answer that show that the server was busy; below it, the way of
/// the event to its reader is as long.
const BUSY: f64 = 0.06;

/// A recorded poll at most this much later than ours is the same poll.
const SAME_POLL: f64 = 0.12;

impl Latencies {
    pub(super) fn of(golden: &[Value]) -> Self {
        let mut by_request: BTreeMap<String, VecDeque<Latency>> = BTreeMap::new();
        let (mut quickest, mut reads) = (Vec::new(), Vec::new());
        let deployed: Vec<f64> = golden
            .iter()
            .filter(|row| row["data"]["eventType"] == "deployment_info")
            .filter_map(|row| row["t"].as_f64())
            .collect();
        for row in golden {
            let Some(took) = row["took"].as_f64() else { continue };
            let (method, path) = (row["request"]["method"].as_str(), row["request"]["path"].as_str());
            let (method, path) = (method.unwrap_or_default(), path.unwrap_or_default());
            let began = row["t"].as_f64().unwrap_or_default();
            let latency = if method == "GET" {
                quickest.push(took);
                reads.push((began, path.to_owned()));
                [took, 0.0]
            } else {
                let done = deployed.iter().find(|at| (began..began + took - BUSY).contains(at));
                done.map_or([took, 0.0], |at| [at - began, began + took - at])
            };
            by_request.entry(Self::name(method, path)).or_default().push_back(latency);
        }
        quickest.sort_by(f64::total_cmp);
        Self { by_request, usual: quickest.get(quickest.len() / 4).copied().unwrap_or_default(), reads }
    }

    fn name(method: &str, path: &str) -> String {
        format!("{method} {}", normalise_text(path))
    }

    /// The latency of the next recorded request of this name, before and after the server did what was requested: the
    /// first event of its deployment shows when that was.
    pub(super) fn recorded(&mut self, method: &str, path: &str) -> [Duration; 2] {
        let known = self.by_request.get_mut(&Self::name(method, path));
        known.and_then(VecDeque::pop_front).unwrap_or([self.usual, 0.0]).map(from_seconds)
    }

    /// The latency of a poll without a row at `now`, including the delay of the original recorder.
    pub(super) fn quiet(&self, now: f64, path: &str) -> Duration {
        let next = self.reads.iter().find(|(t, read)| (now..now + SAME_POLL).contains(t) && read == path);
        from_seconds(next.map_or(self.usual, |(t, _)| t - now))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_busy_servers_answer_comes_after_what_it_did() {
        let post = |t: f64, took: f64| json!({"kind": "http", "t": t, "took": took, "request": {"method": "POST", "path": "/v2/apps"}});
        let event = |t: f64| json!({"kind": "sse", "t": t, "data": {"eventType": "deployment_info"}});
        let mut latencies = Latencies::of(&[post(1.0, 0.5), event(1.25), post(3.0, 0.05), event(3.02)]);
        let ms = Duration::from_millis;
        assert_eq!(latencies.recorded("POST", "/v2/apps"), [ms(250), ms(250)]);
        assert_eq!(latencies.recorded("POST", "/v2/apps"), [ms(50), ms(0)], "as long as the event's own way");
    }
}
