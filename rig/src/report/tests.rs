use harness::record::{Counts, EventRecord, Lives, Sample};
use serde_json::json;

use super::*;
use crate::{
    folder::{
        Named,
        clean_up::CleanUp,
        course::Point,
        incident::Incident,
        manifest::{Cluster, ClusterKind, FORMAT, Manifest, Mode, Plan},
        summary::{Step, Summary},
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

/// So many tasks of one app on four agents; every second one is refused its connection from request 2 on, and two of them end.
fn sick(tasks: u64) -> Run {
    let mut run = run();
    let mut lives = Lives::keeping_all();
    let task = |n: u64, request: u64| {
        let bad = n.is_multiple_of(2) && request > 1;
        let key = if bad { "lastFailure" } else { "lastSuccess" };
        json!({"id": format!("hc.instance-{n}._app.1"), "host": format!("10.0.0.{}", n % 4), "ports": [31000 + n],
            "state": "TASK_RUNNING", "stagedAt": "2026-11-22T16:59:00.000Z", "healthCheckResults": [
            {"alive": !bad, key: format!("2026-11-22T17:00:0{request}.000Z"), "consecutiveFailures": u64::from(bad),
             "firstSuccess": "2026-11-22T17:00:00.000Z", "lastFailureCause": "Connection refused"}]})
    };
    for request in 1..=3 {
        let tasks = (0..tasks).map(|n| task(n, request)).collect();
        lives.sample(&Sample { request, t: request as f64, complete: true, tasks, ..Sample::default() });
    }
    for n in [0, 2] {
        let data = json!({"taskId": format!("hc.instance-{n}._app.1"), "taskStatus": "TASK_FAILED", "message": "gone"});
        lives.event(&EventRecord::remark("", 3.5, "status_update_event", data));
    }
    run.lives = lives.finish();
    run.manifest.definition = json!({"healthChecks": [{"protocol": "HTTP"}]});
    run.summary.clean_up = CleanUp::Complete;
    run.summary.steps = vec![Step { target: tasks, reached_after: Some(1.0), ..Step::default() }];
    let unhealthy = |n: u64| if n > 1 { tasks / 2 } else { 0 };
    run.course = (1..=4)
        .map(|n| Point {
            request: n,
            t: n as f64,
            at: format!("2026-11-22T17:00:0{n}.000Z"),
            target: tasks,
            counts: Counts { healthy: tasks - unhealthy(n), unhealthy: unhealthy(n), ..Counts::default() },
            ..Point::default()
        })
        .collect();
    run
}

#[test]
fn tasks_of_one_cause_are_one_group_with_one_example_and_a_bounded_list() {
    let html = single(&sick(2_000));
    assert_eq!(html.matches("<div class=\"task\">").count(), 2, "those that ended, and the others");
    assert!(html.contains("<h3>998 tasks <span class=\"pill bad\">unhealthy (HTTP: connection refused)</span></h3>"));
    assert!(html.contains("on several agents: ") && html.contains("and 798 more in tasks.csv"), "bounded");
    assert!(html.len() < 400_000, "{} bytes", html.len());
}

#[test]
fn the_page_says_what_changed_and_when_and_what_the_verdict_follows_from() {
    let changes: Vec<String> = changes::changes(&sick(8))
        .iter()
        .map(|change| format!("{} {} {}", change.t, change.decides, change.what))
        .collect();
    let expected = [
        "1 false all of 8 tasks healthy",
        "2 false first unhealthy task, hc.instance-0._app.1: connection refused",
        "2 false most unhealthy at once: 4 of 8",
        "3.5 false first task that ended otherwise, hc.instance-0._app.1: TASK_FAILED",
        &format!("4 true {EVIL}"),
    ];
    assert_eq!(changes, expected);
}

#[test]
fn the_page_of_a_watch_speaks_neither_of_steps_nor_of_clean_up() {
    let scaled = single(&sick(8));
    let mut run = sick(8);
    run.manifest.mode = Mode::Watch;
    let watched = single(&run);
    for word in
        ["Steps", "slowest step", "clean-up", "targets", "largest target", "staged → healthy", "first good result"]
    {
        assert!(scaled.contains(word), "{word} is of a run that scales");
        assert!(!watched.contains(word), "{word}");
    }
    assert!(watched.contains("the watch began: 8 of 8 healthy") && watched.contains("<span>watched</span>"));
    let table = several::several(&[("a".to_owned(), run), ("b".to_owned(), sick(8))]);
    assert!(table.contains("slowest<br>step"), "a mixed table has all columns");
}
