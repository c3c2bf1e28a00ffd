//! Readiness checks alone: requests and their outcomes.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use super::{super::rig::START, fixtures::app};
use crate::{
    app::ReadinessCheck,
    checkers::{ProbeId, ProbeOutcome},
    ids::{DeploymentId, InstanceId},
    marathon::{
        probe_ids::ProbeIds,
        readiness::{Awaited, Due, Event, Readiness},
    },
};

fn check() -> ReadinessCheck {
    let app = app(&json!({
        "id": "/a", "cmd": "serve", "portDefinitions": [{"port": 0, "name": "http"}],
        "readinessChecks": [{"name": "ready", "path": "/ready", "portName": "http", "intervalSeconds": 5,
                             "timeoutSeconds": 3, "httpStatusCodesForReady": [200], "preserveLastResponse": true}],
    }));
    app.readiness_checks[0].clone()
}

fn awaited() -> Awaited {
    let task = InstanceId::new("a.instance-1").task(1);
    Awaited { deployment: DeploymentId::new("d"), task }
}

fn ask(readiness: &mut Readiness) -> ProbeId {
    let event = readiness.ask(awaited(), &check(), ("10.0.0.1".into(), 33_000), &mut ProbeIds::default());
    let Some(Event::Probe(probe)) = event else { panic!("{event:?}") };
    assert_eq!((probe.host.as_str(), probe.port, probe.timeout), ("10.0.0.1", 33_000, Some(Duration::from_secs(3))));
    probe.id
}

#[test]
fn a_task_is_asked_again_until_it_is_ready() {
    let mut readiness = Readiness::default();
    let probe = ask(&mut readiness);
    assert_eq!(readiness.awaited(probe), Some(&awaited()));
    let events = readiness.probed(START, probe, &ProbeOutcome::Status(503), Some(&check()));
    let [Event::Timer(at, Due::Ask(again)), Event::Result { ready: false, result, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((*at, again), (START + Duration::from_secs(5), &awaited()));
    assert_eq!(result["lastResponse"]["status"], 503);
    let probe = ask(&mut readiness);
    let events = readiness.probed(START, probe, &ProbeOutcome::Status(200), Some(&check()));
    assert!(matches!(&events[..], [Event::Result { ready: true, .. }]), "{events:?}");
}

/// Refuses every connection; returns the seconds until the result and the result's text.
fn refuse(check: &ReadinessCheck) -> (f64, String) {
    let (mut readiness, mut ids, mut now) = (Readiness::default(), ProbeIds::default(), START);
    let mut event = readiness.ask(awaited(), check, ("10.0.0.1".into(), 33_000), &mut ids).expect("a URI");
    loop {
        let events = match event {
            Event::Probe(probe) => readiness.probed(now, probe.id, &ProbeOutcome::Refused, Some(check)),
            Event::Timer(at, Due::Retry(probe)) => {
                now = at;
                readiness.retry(probe, &mut ids).into_iter().collect()
            }
            Event::Timer(at, Due::TimedOut(probe)) => {
                now = at;
                readiness.probed(now, probe, &ProbeOutcome::TimedOut, Some(check))
            }
            other => panic!("{other:?}"),
        };
        if let Some(Event::Result { ready: false, result, .. }) = events.last() {
            let text = result["lastResponse"]["body"].as_str().expect("a text").to_owned();
            return (now.since(START).as_secs_f64(), text);
        }
        event = events.into_iter().next().expect("an event");
    }
}

/// Recorded in `readiness.never_listens_timeout_10` and `readiness.never_listens_timeout_2`.
#[rstest]
#[case(
    10,
    4.0,
    "Tcp command [Connect(10.0.0.1/<unresolved>:33000,None,List(),Some(10 seconds),true)] failed because of \
                 java.net.ConnectException: Connection refused"
)]
#[case(2, 2.0, "None timed out after 2 seconds")]
#[case(1, 1.0, "None timed out after 1 second")]
fn a_refused_connection_is_tried_again_for_four_seconds(#[case] timeout: u64, #[case] after: f64, #[case] why: &str) {
    let check = ReadinessCheck { timeout: Duration::from_secs(timeout), ..check() };
    assert_eq!(refuse(&check), (after, format!("Marathon could not query http://10.0.0.1:33000/ready: {why}")));
}

/// Recorded in `readiness.listens_after_3`: the first request succeeds.
#[test]
fn a_server_that_listens_within_the_retries_is_ready_at_the_first_request() {
    let (mut readiness, mut ids) = (Readiness::default(), ProbeIds::default());
    let first = ask(&mut readiness);
    let events = readiness.probed(START, first, &ProbeOutcome::Refused, Some(&check()));
    let [Event::Timer(_, Due::Retry(again))] = events[..] else { panic!("{events:?}") };
    let Some(Event::Probe(second)) = readiness.retry(again, &mut ids) else { panic!("nothing to retry") };
    let events = readiness.probed(START, second.id, &ProbeOutcome::Status(200), Some(&check()));
    assert!(matches!(&events[..], [Event::Result { ready: true, .. }]), "{events:?}");
}

#[test]
fn a_request_that_nobody_waits_for_is_dropped() {
    let mut readiness = Readiness::default();
    let probe = ask(&mut readiness);
    assert!(readiness.probed(START, probe, &ProbeOutcome::Status(200), None).is_empty());
    let probe = ask(&mut readiness);
    readiness.clear();
    assert!(readiness.probed(START, probe, &ProbeOutcome::Status(200), Some(&check())).is_empty());
}

/// `exceptionToErrorResponse`: Marathon's own 504 is not the task's.
#[test]
fn what_fails_is_never_ready() {
    let check = ReadinessCheck { ready_codes: vec![504], ..check() };
    let outcome = |outcome: ProbeOutcome| {
        let mut readiness = Readiness::default();
        let probe = ask(&mut readiness);
        match readiness.probed(START, probe, &outcome, Some(&check)).last() {
            Some(Event::Result { ready, .. }) => *ready,
            other => panic!("{other:?}"),
        }
    };
    assert!(!outcome(ProbeOutcome::TimedOut));
    assert!(outcome(ProbeOutcome::Status(504)));
}

/// The stream of a task's checks fails where its request is made, and nothing comes of it.
#[test]
fn a_path_that_is_no_uri_is_never_asked_for() {
    let ask = |path: &str| {
        let check = ReadinessCheck { path: path.to_owned(), ..check() };
        Readiness::default().ask(awaited(), &check, ("10.0.0.1".into(), 33_000), &mut ProbeIds::default())
    };
    assert_eq!([ask("/a b"), ask("ready")], [None, None]);
    assert!(matches!(ask("/a%20b"), Some(Event::Probe(_))));
}
