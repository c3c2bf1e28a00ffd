//! No Marathon-level check at all any more.

use harness::{
    model::App,
    record::{Counts, TaskLife},
};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};

use super::{manifest, probe, running};
use crate::{
    folder::evidence::{AgePoint, Answer, Census, Evidence, NoUri},
    probe::census::census,
    why::{Conclusion, Confidence, Facts, Reason, rules::conclude},
};

const NOW: OffsetDateTime = datetime!(2026-11-22 17:10:00 UTC);

/// What is concluded from a run with this check, results that grow old, and these censuses.
fn found(protocol: &str, censuses: Vec<Census>) -> Vec<Conclusion> {
    let ages = (0..20).map(|n| f64::from(n) * 2.0).map(|t| AgePoint { t, p50: t, max: t, healthy: 1, unhealthy: 0 });
    let evidence = Evidence { censuses, ages: ages.collect(), ..Evidence::default() };
    let task = running(1);
    conclude(&Facts::new(&manifest(protocol), vec![&task], &evidence, Counts { healthy: 1, ..Counts::default() }))
}

fn silent(newest: f64) -> Census {
    let newest_at = "2026-11-22T17:00:05.000Z".to_owned();
    Census { t: 60.0, apps: 2, tasks: 3, newest: Some(newest), newest_at, due_within: 6.0, ..Census::default() }
}

#[test]
fn a_silence_longer_than_any_timeout_is_named_with_its_time_and_the_path() {
    let odd = NoUri { app: "/odd".to_owned(), path: "/health check".to_owned() };
    // The app is gone when the last census is taken.
    let earlier = Census { no_uri: vec![odd], ..silent(20.0) };
    let found = found("HTTP", vec![earlier, Census { native: Some(3.0), ..silent(40.0) }]);
    let first = &found[0];
    assert_eq!((first.reason, first.confidence), (Reason::ChecksEnded, Confidence::High), "{found:#?}");
    assert!(
        first.text.starts_with("Since 2026-11-22T17:00:05.000Z (20.0 s of the run) no Marathon-level check"),
        "{first:#?}"
    );
    assert!(first.text.contains("the check of /odd: its path \"/health check\" is no URI"), "{first:#?}");
    assert!(
        first.evidence.iter().any(|line| line.contains("a native check reported a change 3.0 s ago")),
        "{first:#?}"
    );
    assert!(first.next[0].contains("/odd"), "{first:#?}");
    let late = [Reason::ChecksLate, Reason::HeadOfLine];
    assert!(found.iter().all(|one| !late.contains(&one.reason)), "{found:#?}");
}

#[test]
fn without_a_path_to_see_both_causes_are_named() {
    let found = found("TCP", vec![silent(40.0)]);
    assert_eq!((found[0].reason, found[0].confidence), (Reason::ChecksEnded, Confidence::Medium), "{found:#?}");
    assert!(
        found[0].text.contains("perhaps deleted since") && found[0].text.contains("a leader that is stuck"),
        "{found:#?}"
    );
}

/// A run that begins when the checks have ended already: its tasks never have a result, and answer the rig.
#[rstest]
#[case::a_path_is_there(20.0, true, Answer::Good, true)]
#[case::past_the_grace_period(0.0, false, Answer::Good, true)]
#[case::within_the_grace_period_a_failure_is_hidden(20.0, false, Answer::Good, false)]
#[case::too_early(40.0, true, Answer::Good, false)]
#[case::it_is_the_task(20.0, true, Answer::Refused, false)]
fn tasks_that_never_had_a_result_and_are_well_show_it_too(
    #[case] first_seen: f64,
    #[case] odd: bool,
    #[case] answer: Answer,
    #[case] concluded: bool,
) {
    let no_uri = if odd { vec![NoUri { app: "/odd".to_owned(), path: "/a b".to_owned() }] } else { Vec::new() };
    let census = Census { newest: None, newest_at: String::new(), no_uri, ..silent(0.0) };
    let evidence = Evidence { censuses: vec![census], probes: vec![probe(1, answer, 3.0)], ..Evidence::default() };
    let task = TaskLife { first_seen, ..running(1) };
    let facts = Facts::new(&manifest("HTTP"), vec![&task], &evidence, Counts { running: 1, ..Counts::default() });
    let found = conclude(&Facts { failed: true, until: 45.0, ..facts });
    assert_eq!(found.first().is_some_and(|one| one.reason == Reason::ChecksEnded), concluded, "{found:#?}");
}

#[rstest]
#[case::native_checks("MESOS_HTTP", vec![silent(400.0)])]
#[case::no_census("HTTP", vec![])]
#[case::nothing_was_ever_checked("HTTP", vec![Census { newest: None, ..silent(0.0) }])]
#[case::within_a_timeout("HTTP", vec![silent(13.0)])]
#[case::results_came_again("HTTP", vec![silent(40.0), silent(2.0)])]
fn there_is_no_false_alarm(#[case] protocol: &str, #[case] censuses: Vec<Census>) {
    let found = found(protocol, censuses);
    assert!(found.iter().all(|one| one.reason != Reason::ChecksEnded), "{found:#?}");
}

/// An app: its protocol, interval and timeout, and for each running task how long ago its last result came, as a share
/// of the time within which one must come (the wait for a hung task's timeout, then the interval); none for no result yet.
type Shape = (&'static str, i64, i64, Vec<Option<f64>>);

fn shape() -> impl Strategy<Value = Shape> {
    let protocol = prop_oneof![Just("HTTP"), Just("TCP"), Just("MESOS_HTTP"), Just("COMMAND")];
    (protocol, 1..120_i64, 0..120_i64, prop::collection::vec(prop::option::of(0.0..=1.0), 0..4))
}

fn app(n: usize, (protocol, interval, timeout, results): &Shape, longest: i64) -> App {
    let due = (longest + interval) as f64;
    let task = |(index, result): (usize, &Option<f64>)| {
        let results: Vec<Value> = result.iter().map(|share| {
            let at = NOW - Duration::seconds_f64(share * due);
            json!({"alive": true, "lastSuccess": at.format(&time::format_description::well_known::Rfc3339).unwrap()})
        }).collect();
        json!({"id": format!("a{n}.{index}"), "state": "TASK_RUNNING", "healthCheckResults": results})
    };
    let tasks: Vec<Value> = results.iter().enumerate().map(task).collect();
    let check = json!({"protocol": protocol, "intervalSeconds": interval, "timeoutSeconds": timeout});
    App::from_value(json!({"id": format!("/a{n}"), "healthChecks": [check], "tasks": tasks})).unwrap()
}

proptest! {
    /// However apps are checked, and even while a hung task holds up all others for its whole timeout.
    #[test]
    fn a_cluster_whose_checks_are_made_raises_no_alarm(shapes in prop::collection::vec(shape(), 0..6)) {
        // Only a task with a result shows that its app is checked.
        let checked = |shape: &&Shape| ["HTTP", "TCP"].contains(&shape.0) && shape.3.iter().any(Option::is_some);
        let longest = shapes.iter().filter(checked).map(|shape| shape.2).max().unwrap_or(0);
        let apps: Vec<App> = shapes.iter().enumerate().map(|(n, shape)| app(n, shape, longest)).collect();
        let census = census(&apps, NOW);
        prop_assert!(census.newest.is_some() || shapes.iter().filter(checked).count() == 0);
        for protocol in ["HTTP", "MESOS_TCP"] {
            let found = found(protocol, vec![Census { t: 60.0, ..census.clone() }]);
            prop_assert!(found.iter().all(|one| one.reason != Reason::ChecksEnded), "{:#?}", found);
        }
    }
}
