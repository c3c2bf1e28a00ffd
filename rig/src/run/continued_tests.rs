use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::{folder::summary::Summary, verdict::Verdict};

const NOW: OffsetDateTime = datetime!(2026-11-25 12:01:00 UTC);

fn manifest() -> Manifest {
    let mut manifest = Manifest { run: "r1".to_owned(), ..Manifest::default() };
    manifest.plan.targets = vec![1, 11, 21];
    manifest.cluster.kind = ClusterKind::Cluster;
    manifest
}

fn last() -> LastState {
    LastState {
        version: Some("2026-11-25T12:00:00.000Z".to_owned()),
        request: 7,
        target: 1,
        t: 5.0,
        origin: Some(datetime!(2026-11-25 12:00:00 UTC)),
    }
}

fn app(change: Value) -> App {
    let mut app = json!({
        "id": "/hc-rig/r1/hc",
        "instances": 11,
        "version": "2026-11-25T12:00:30.000Z",
        "versionInfo": {"lastScalingAt": "2026-11-25T12:00:30.000Z", "lastConfigChangeAt": "2026-11-25T12:00:00.000Z"},
        "labels": {"HC_RIG_RUN": "r1", "HC_RIG_OWNER": "me", "HC_RIG_EXPIRES": "2026-11-25T14:00:00Z"},
    });
    for (key, value) in change.as_object().unwrap() {
        app[key] = value.clone();
    }
    serde_json::from_value(app).unwrap()
}

#[test]
fn a_run_continues_at_the_last_target() {
    let (plan, before) = position(&manifest(), &last(), &app(json!({})), NOW).unwrap();
    assert_eq!(plan.targets(), [11, 21]);
    assert_eq!((before.steps, before.samples), (1, 7));
}

#[test]
fn the_clock_continues_and_never_goes_back() {
    let elapsed = |t, now| LastState { t, ..last() }.elapsed(now);
    assert_eq!(elapsed(5.0, NOW), Duration::from_secs(60));
    assert_eq!(elapsed(70.0, NOW), Duration::from_secs(70), "the time of day was set back");
    assert_eq!(elapsed(5.0, datetime!(2026-11-25 11:00:00 UTC)), Duration::from_secs(5));
}

#[test]
fn an_app_of_others_or_a_changed_one_is_left_alone() {
    let cases = [
        (json!({"labels": {}}), "does not carry the labels"),
        (
            json!({"labels": {"HC_RIG_RUN": "r2", "HC_RIG_OWNER": "me", "HC_RIG_EXPIRES": "2026-11-25T14:00:00Z"}}),
            "does not carry the labels",
        ),
        (
            json!({"labels": {"HC_RIG_RUN": "r1", "HC_RIG_OWNER": "me", "HC_RIG_EXPIRES": "2026-11-25T12:00:00Z"}}),
            "has outlived its lease",
        ),
        (json!({"versionInfo": {"lastConfigChangeAt": "2026-11-25T12:00:40.000Z"}}), "was changed"),
        (json!({"instances": 12}), "was scaled to 12"),
    ];
    for (change, says) in cases {
        let failure = position(&manifest(), &last(), &app(change), NOW).unwrap_err();
        assert!(failure.message.contains(says), "{failure}");
    }
    let later = LastState { target: 21, ..last() };
    assert!(position(&manifest(), &later, &app(json!({})), NOW).is_err(), "somebody scaled it down");
}

#[test]
fn a_run_that_is_over_is_not_resumed() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = RunFolder::at(temporary.path());
    check_resumable(&folder, &manifest()).expect("killed: no summary");
    let refused = |verdict, clean_up: &str| {
        let summary = Summary { verdict, clean_up: clean_up.to_owned().into(), ..Summary::default() };
        folder.write_json("summary.json", &summary).unwrap();
        check_resumable(&folder, &manifest()).map_err(|failure| failure.message)
    };
    assert!(refused(Verdict::Passed, "complete").unwrap_err().contains("finished (passed)"));
    assert!(refused(Verdict::Stopped, "complete").unwrap_err().contains("cleaned up"));
    assert!(refused(Verdict::Stopped, "cut short").is_ok());
    let mut of_try = manifest();
    of_try.cluster.kind = ClusterKind::Embedded;
    assert!(check_resumable(&folder, &of_try).unwrap_err().message.contains("ended with the run"));
}
