//! Cases of the second set: their flow is their recording. The requests that it holds are made again at their moments;
//! what it polled is polled in between.

use std::collections::BTreeMap;

use http::Method;
use serde_json::Value;

use crate::{
    cases::POLL_INTERVAL,
    normalise::{answer, canonical, request, uuids_in},
    recorder::{Ask, Recorder},
};

/// Seconds that a wait for the end of all deployments may last longer than it did.
const PATIENCE: f64 = 60.0;
/// Seconds between two looks at the deployments while they last longer than they did.
const AGAIN: f64 = 0.1;
/// A read that is recorded more often than this was polled.
const OFTEN: usize = 2;

/// What a repetition keeps while it goes on.
struct Repetition<'a> {
    r: &'a Recorder,
    /// Our ids by the recorded ones.
    ids: BTreeMap<String, String>,
    /// How much later we are than the recording.
    late: f64,
    polls: Vec<Poll>,
    /// Whether the last recorded read of an app showed it without a deployment.
    settled: bool,
    /// Paths of apps and pods that the recorder deleted without a row, before its next POST.
    left: Vec<String>,
}

/// A path that the recording polled.
struct Poll {
    path: String,
    from: f64,
    to: f64,
    /// The last answer that has a row.
    shown: Option<String>,
}

/// Makes the recorded requests again. With `tidy` every app or pod that was created is deleted before the next POST, which the
/// recorder did without a row.
pub(super) async fn run(r: &Recorder, golden: &[Value], tidy: bool) {
    let mut repetition =
        Repetition { r, ids: BTreeMap::new(), late: 0.0, polls: polls(golden), settled: false, left: Vec::new() };
    for row in golden {
        match row["kind"].as_str() {
            Some("sse-open") => {
                repetition.wait_until(time(row)).await;
                r.events("").await;
            }
            Some("http") if is_marathons(row) => repetition.repeat(row, tidy).await,
            _ => {}
        }
    }
    let end = golden.last().map_or(0.0, time);
    repetition.wait_until(end).await;
}

fn time(row: &Value) -> f64 {
    row["t"].as_f64().unwrap_or_default()
}

fn path_of(row: &Value) -> &str {
    row["request"]["path"].as_str().unwrap_or_default()
}

/// Rows whose path begins with `(task)` asked the task's own server.
fn is_marathons(row: &Value) -> bool {
    !path_of(row).starts_with("(task)")
}

/// The reads that were polled, each from its first to its last row.
fn polls(golden: &[Value]) -> Vec<Poll> {
    let mut by_request: BTreeMap<String, (usize, Poll)> = BTreeMap::new();
    for row in golden.iter().filter(|row| row["kind"] == "http" && row["request"]["method"] == "GET") {
        let first = || (0, Poll { path: path_of(row).to_owned(), from: time(row), to: time(row), shown: None });
        let (count, poll) = by_request.entry(request(row)).or_insert_with(first);
        *count += 1;
        poll.to = time(row);
    }
    by_request.into_values().filter(|(count, _)| *count > OFTEN).map(|(_, poll)| poll).collect()
}

impl Repetition<'_> {
    /// Polls until the recorded moment.
    async fn wait_until(&mut self, moment: f64) {
        loop {
            let now = self.r.elapsed();
            let left = moment + self.late - now;
            if left <= 0.0 {
                return;
            }
            if left <= POLL_INTERVAL {
                return self.r.pause(left).await;
            }
            self.r.pause(POLL_INTERVAL).await;
            let recorded = self.r.elapsed() - self.late;
            for poll in self.polls.iter_mut().filter(|poll| poll.from < recorded && recorded < poll.to) {
                let row = self.r.get(poll.path.as_str()).peek().await;
                let shown = canonical(&answer(&row));
                if poll.shown.as_ref() != Some(&shown) {
                    poll.shown = Some(shown);
                    self.r.add(row);
                }
            }
        }
    }

    /// Makes a recorded request again and learns which of our ids stand for the recorded ones.
    async fn repeat(&mut self, row: &Value, tidy: bool) {
        self.wait_until(time(row)).await;
        if tidy && matches!(row["request"]["method"].as_str(), Some("POST" | "PUT")) {
            for id in std::mem::take(&mut self.left) {
                self.r.delete(format!("{id}?force=true")).quietly().await;
                self.r.pause(AGAIN).await;
            }
        }
        let none = Value::Array(Vec::new());
        let reads = row["request"]["method"] == "GET";
        if (path_of(row) == "/v2/deployments" && row["response"]["json"] == none) || (self.settled && !reads) {
            self.settle().await;
        }
        self.settled = reads && (self.settled || row["response"]["json"]["app"]["deployments"] == none);
        let reply = self.ask(row).send().await;
        if tidy && reply.status == 201 {
            let collection = path_of(row).split('?').next().unwrap_or_default();
            self.left.extend(reply.json["id"].as_str().map(|id| format!("{collection}{id}")));
        }
        learn(&mut self.ids, &row["response"]["json"], &reply.json);
    }

    /// Waits as long as deployments last longer than in the recording.
    async fn settle(&mut self) {
        let began = self.r.elapsed();
        while self.r.elapsed() - began < PATIENCE {
            let reply = self.r.get("/v2/deployments").quietly().await;
            if reply.json.as_array().is_none_or(Vec::is_empty) {
                break;
            }
            self.r.pause(AGAIN).await;
        }
        self.late += self.r.elapsed() - began;
    }

    /// The recorded request with our ids.
    fn ask(&self, row: &Value) -> Ask<'_> {
        let asked = &row["request"];
        let method: Method = asked["method"].as_str().and_then(|m| m.parse().ok()).unwrap_or_default();
        let mut ask = self.r.call(method, self.with_our_ids(path_of(row)));
        if !asked["body"].is_null() {
            let body = self.with_our_ids(&asked["body"].to_string());
            ask = ask.body(serde_json::from_str::<Value>(&body).unwrap_or(Value::Null));
        }
        ask = ask.header("Accept", asked["headers"]["Accept"].as_str());
        match row["note"].as_str() {
            Some(note) => ask.encoded_as(note).note(note),
            None => ask,
        }
    }

    fn with_our_ids(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (recorded, ours) in &self.ids {
            if out.contains(recorded.as_str()) {
                out = out.replace(recorded.as_str(), ours);
            }
        }
        out
    }
}

/// Pairs the ids of two answers that have the same shape.
fn learn(ids: &mut BTreeMap<String, String>, recorded: &Value, ours: &Value) {
    match (recorded, ours) {
        (Value::Object(a), Value::Object(b)) => {
            a.iter().filter_map(|(k, x)| Some((x, b.get(k)?))).for_each(|(x, y)| learn(ids, x, y));
        }
        (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(x, y)| learn(ids, x, y)),
        (Value::String(a), Value::String(b)) => {
            uuids_in(a).zip(uuids_in(b)).for_each(|(x, y)| {
                ids.entry(x.to_owned()).or_insert_with(|| y.to_owned());
            });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_learned_where_two_answers_agree() {
        let mut ids = BTreeMap::new();
        let (theirs, ours) = ("55b97d4d-b5bf-4a26-92fc-f32c07bf3601", "11111111-2222-3333-4444-555555555555");
        learn(&mut ids, &json!({"tasks": [{"id": format!("g2h.instance-{theirs}._app.1")}]}), &json!({"tasks": []}));
        assert!(ids.is_empty(), "no such task here");
        learn(&mut ids, &json!({"deploymentId": theirs}), &json!({"deploymentId": ours}));
        assert_eq!(ids.get(theirs).map(String::as_str), Some(ours));
    }

    #[test]
    fn only_reads_that_come_often_are_polled() {
        let row = |t: f64, path: &str| json!({"kind": "http", "t": t, "request": {"method": "GET", "path": path, "headers": {}, "body": null}});
        let rows = [row(0.5, "/a"), row(1.0, "/b"), row(2.0, "/a"), row(3.0, "/a"), row(4.0, "/b")];
        let found: Vec<_> = polls(&rows).into_iter().map(|poll| (poll.path, poll.from, poll.to)).collect();
        assert_eq!(found, [("/a".to_owned(), 0.5, 3.0)]);
    }
}
