//! The rules on recordings of a real Marathon (`fixtures/recorded/`).

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

use harness::{
    model::QueueEntry,
    record::{Counts, EventRecord, Lives, Sample},
};
use rstest::rstest;
use serde_json::Value;

use crate::{
    folder::{evidence::Evidence, manifest::Manifest},
    probe::queue::waiting,
    why::{Conclusion, Facts, Reason, rules::conclude},
};

/// What a case shows until it deletes its app, as a run would have kept it.
fn recorded(case: &str) -> Vec<Conclusion> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/recorded/{case}.jsonl"));
    let mut lives = Lives::keeping_all();
    let mut evidence = Evidence::default();
    let mut manifest = Manifest::default();
    let mut last = Counts::default();
    for line in BufReader::new(File::open(&path).unwrap()).lines() {
        let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let t = row["t"].as_f64().unwrap_or_default();
        if row["kind"] == "sse" {
            let event = row["data"].clone();
            lives.event(&EventRecord { v: 1, t, event, ..EventRecord::default() });
            continue;
        }
        let (request, answer) = (&row["request"], &row["response"]["json"]);
        let path = request["path"].as_str().unwrap_or_default();
        match request["method"].as_str() {
            Some("DELETE") if path.starts_with("/v2/apps") => break,
            Some("POST") if path == "/v2/apps" => {
                manifest.definition = answer.clone();
                last.scheduled = answer["instances"].as_u64().unwrap_or(1);
            }
            Some("GET") if path == "/v2/queue" => {
                for entry in answer["queue"].as_array().unwrap() {
                    let entry = serde_json::from_value::<QueueEntry>(entry.clone()).unwrap();
                    evidence.waiting.push(waiting(&entry));
                }
            }
            Some("GET") if !answer["app"]["tasks"].is_null() => {
                let tasks = answer["app"]["tasks"].as_array().unwrap().clone();
                if !tasks.is_empty() {
                    last.scheduled = 0;
                }
                lives.sample(&Sample { t, request: 1, tasks, ..Sample::default() });
            }
            _ => {}
        }
    }
    let lives = lives.finish();
    conclude(&Facts { failed: true, ..Facts::new(&manifest, lives.all().collect(), &evidence, last) })
}

#[rstest]
#[case("fails_after_healthy.http", Reason::AppDown)]
#[case("fails_after_healthy.tcp", Reason::AppDown)]
#[case("never_healthy.http", Reason::NeverListened)]
#[case("never_healthy.tcp", Reason::NeverListened)]
#[case("hangs.http", Reason::Hung)]
#[case("http_code_404.http", Reason::WrongAnswer)]
#[case("http_code_500.http", Reason::WrongAnswer)]
#[case("crash_loop", Reason::CrashLoop)]
#[case("too_big", Reason::NoOffers)]
// Mesos-native checks report no cause, and these tasks were not probed.
#[case("hangs.mesos_http", Reason::Unknown)]
#[case("lifecycle.http", Reason::Unknown)]
fn a_recorded_case_is_recognised(#[case] case: &str, #[case] reason: Reason) {
    let found = recorded(case);
    assert_eq!(found.first().map(|found| found.reason), Some(reason), "{found:#?}");
}

#[test]
fn a_definition_that_fits_no_agent_has_marathons_reason() {
    let found = recorded("too_big");
    assert!(found[0].text.contains("InsufficientCpus"), "{}", found[0].text);
}
