//! A lone leader that abdicates, as recorded in `leader.abdicates`: how long it still answers, how long it is away, and
//! what it knows when it is back.

use std::ops::Range;

use fake_marathon::FakeMarathon;
use recordings::{
    recorder::Recorder,
    replay::{WARM_UP, offers},
};
use serde_json::{Value, json};

use crate::recording_in;

/// Seconds between two polls, as in the recording.
const POLL_INTERVAL: f64 = 0.5;
/// How far a moment may lie from the recorded one.
const SAME_MOMENT: f64 = 1.6;

/// What one poll showed: whether there was an answer, and of the app how many tasks were healthy.
type Poll = (f64, bool, Option<u64>);

/// When there was no answer after the first request to abdicate, and when the app was first healthy after that; in
/// seconds since that request.
fn seen(polls: &[Poll], abdicated: f64) -> (Range<f64>, f64) {
    let after: Vec<&Poll> = polls.iter().filter(|poll| poll.0 > abdicated).collect();
    let gone = after.iter().find(|poll| !poll.1).expect("it is away").0;
    let back = after.iter().find(|poll| poll.0 > gone && poll.1).expect("it comes back").0;
    let first = after.iter().find(|poll| poll.0 >= back && poll.2.is_some()).expect("the app is shown");
    assert_eq!(first.2, Some(0), "results of Marathon-level checks are lost");
    let healthy = after.iter().find(|poll| poll.0 > back && poll.2 == Some(1)).expect("it is healthy again").0;
    (gone - abdicated..back - abdicated, healthy - abdicated)
}

fn recorded(golden: &[Value]) -> Vec<Poll> {
    let polls = golden.iter().filter(|row| row["kind"] == "poll");
    polls
        .map(|row| (row["t"].as_f64().expect("a time"), row["snap"][0] == 200, row["snap"][1]["tasksHealthy"].as_u64()))
        .collect()
}

async fn ours(golden: &[Value]) -> (Vec<Poll>, f64) {
    let tuning = fake_marathon::tuning::Tuning { recorded_offers: offers(golden), ..Default::default() };
    let fake = FakeMarathon::builder().agent_ports(25000..=28999).tuning(tuning).start().await.expect("a fake");
    let r = Recorder::new(fake.service(), golden);
    r.pause(WARM_UP.as_secs_f64()).await;
    r.restart();
    let post = golden.iter().find(|row| row["request"]["method"] == "POST").expect("a POST");
    r.post("/v2/apps").body(post["request"]["body"].clone()).send().await;
    r.pause(4.0).await;
    r.events("").await;
    let abdicated = r.elapsed();
    r.delete("/v2/leader").send().await;
    let mut polls = Vec::new();
    while r.elapsed() < abdicated + 20.0 {
        let reply = r.get("/v2/apps/g2le").quietly().await;
        polls.push((r.elapsed(), reply.status == 200, reply.json["app"]["tasksHealthy"].as_u64()));
        r.pause(POLL_INTERVAL / 2.0).await;
    }
    let stream = json!("event_stream_detached");
    assert!(r.rows().iter().all(|row| row["data"]["eventType"] != stream), "who read the stream learns nothing of it");
    fake.shutdown().await;
    (polls, abdicated)
}

#[test]
fn a_lone_leader_that_abdicates_is_away_as_long_as_recorded() {
    let golden = recording_in("recorded2", "leader.abdicates");
    let asked = golden.iter().find(|row| row["request"]["method"] == "DELETE").expect("a DELETE");
    let (golden_away, golden_healthy) = seen(&recorded(&golden), asked["t"].as_f64().expect("a time"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let (polls, abdicated) = tokio::task::LocalSet::new().block_on(&runtime.expect("a runtime"), ours(&golden));
    let (our_away, our_healthy) = seen(&polls, abdicated);
    let moments = [
        ("gone", golden_away.start, our_away.start),
        ("back", golden_away.end, our_away.end),
        ("healthy", golden_healthy, our_healthy),
    ];
    for (what, golden, ours) in moments {
        assert!((golden - ours).abs() <= SAME_MOMENT, "{what}: golden {golden:.2} is {ours:.2}");
    }
}
