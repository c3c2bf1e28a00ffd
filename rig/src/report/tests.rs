use harness::record::{EventRecord, Lives, Sample};
use serde_json::json;

use super::*;
use crate::{
    folder::{
        Named,
        course::Point,
        incident::Incident,
        manifest::{Cluster, ClusterKind, FORMAT, Manifest, Plan},
        summary::Summary,
    },
    verdict::Verdict,
};

const EVIL: &str = "</script><script>alert('x')</script>\"&\u{7}";

/// A run whose every text from the cluster tries to break out.
fn run() -> Run {
    let mut lives = Lives::keeping_all();
    lives.event(&EventRecord::remark(
        "",
        3.0,
        "status_update_event",
        json!({"taskId": EVIL, "taskStatus": "TASK_FAILED", "message": EVIL, "host": EVIL}),
    ));
    lives.sample(&Sample {
        request: 1,
        tasks: vec![json!({"id": EVIL, "host": EVIL, "healthCheckResults": [
            {"alive": false, "lastFailure": "2026-11-22T16:59:33.920Z", "lastFailureCause": EVIL, "consecutiveFailures": 2}]})],
        ..Sample::default()
    });
    let cluster = Cluster {
        url: EVIL.to_owned(),
        kind: ClusterKind::Cluster,
        marathon: Some(EVIL.to_owned()),
        ..Cluster::default()
    };
    let manifest = Manifest {
        format: FORMAT,
        app: EVIL.to_owned(),
        command: EVIL.to_owned(),
        definition: json!({"id": EVIL, "healthChecks": [{"protocol": EVIL}]}),
        cluster,
        plan: Plan { targets: vec![1], poll_seconds: 2.0, step_seconds: 60.0, ..Plan::default() },
        ..Manifest::default()
    };
    let summary = Summary { verdict: Verdict::Failed, why: EVIL.to_owned(), exit: 3, ..Summary::default() };
    let course = vec![Point { request: 1, target: 1, ..Point::default() }];
    Run { manifest, summary, course, lives: lives.finish(), complete: true, ..Run::default() }
}

#[test]
fn nothing_from_the_cluster_breaks_out_of_the_page() {
    let html = single(&run());
    assert!(html.contains("alert(&#39;x&#39;)"), "the text is shown, escaped");
    assert_eq!(html.matches("<script").count(), 2, "only the page's own two script elements");
    assert!(!html.contains('\u{7}'));
    let several = several::several(&[(EVIL.to_owned(), run())]);
    assert_eq!(several.matches("<script").count(), 2);
}

#[test]
fn the_page_asks_for_nothing_over_the_network() {
    let html = single(&run());
    for source in [" src=", "url(", "@import", "<link"] {
        assert!(!html.contains(source), "{source}");
    }
    assert!(html.contains("default-src 'none'"));
}

/// Fourteen runs over one connection showed the same slow answers fourteen times.
#[test]
fn incidents_of_runs_side_by_side_are_shown_once() {
    let named = |count: u64, side_by_side: u64| {
        let mut run = run();
        run.manifest.rig.side_by_side = side_by_side;
        let slow = Incident { what: "slow answer".to_owned(), count, last: 9.0, ..Incident::default() };
        run.summary.incidents = vec![slow];
        (format!("run-{count}"), run)
    };
    let matches = |runs: &[Named]| {
        let html = several::several(runs);
        ["2 × slow", "3 × slow", "all runs"].map(|part| html.matches(part).count())
    };
    assert_eq!(matches(&[named(2, 2), named(3, 2)]), [0, 1, 1]);
    assert_eq!(matches(&[named(2, 1), named(3, 1)]), [1, 1, 0]);
}
