//! Readiness checks alone: requests and their outcomes.

use std::time::Duration;

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
    let Event::Probe(probe) = event else { panic!("{event:?}") };
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

#[test]
fn a_refused_connection_counts_only_after_the_time_out() {
    let mut readiness = Readiness::default();
    let probe = ask(&mut readiness);
    let events = readiness.probed(START, probe, &ProbeOutcome::Refused, Some(&check()));
    assert_eq!(events, [Event::Timer(START + Duration::from_secs(3), Due::TimedOut(probe))]);
    let events = readiness.probed(START, probe, &ProbeOutcome::TimedOut, Some(&check()));
    let Some(Event::Result { ready: false, result, .. }) = events.last() else { panic!("{events:?}") };
    assert_eq!(result["lastResponse"]["status"], 504);
    let expected = "Marathon could not query http://10.0.0.1:33000/ready:  timed out";
    assert_eq!(result["lastResponse"]["body"], expected);
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
