use harness::{
    record::{Counts, EventRecord, Lives, Sample},
    scale::{Crossing, Judgement, Totals},
};
use serde_json::{Value, json};

use super::*;
use crate::{
    folder::{
        Run,
        clean_up::CleanUp,
        course::Course,
        manifest::{Manifest, Plan},
        summary::{Step, Summary},
    },
    report::several::member,
    verdict::Verdict,
};

const EVIL: &str = "]]></system-out>|`\"=1+1,\u{1}\nx";

/// When the task is killed, between the second sample and the third.
const KILLED: f64 = 4.5;

/// Two steps of three; in the second a task with an awkward id was unhealthy and was killed.
fn run() -> Run {
    let id = format!("hc.instance-1._app.1{EVIL}");
    let task = |alive: bool| {
        let key = if alive { "lastSuccess" } else { "lastFailure" };
        json!({"id": id, "host": "10.0.0.7", "ports": [31004], "state": "TASK_RUNNING", "stagedAt": "2026-11-22T17:00:00.000Z",
            "healthCheckResults": [{"alive": alive, key: "2026-11-22T17:00:01.000Z", "firstSuccess": "2026-11-22T17:00:00.500Z",
                "lastFailureCause": EVIL, "consecutiveFailures": 3}]})
    };
    let (mut lives, mut course) = (Lives::keeping_all(), Course::default());
    for (request, alive) in [(1, true), (2, false), (3, false)] {
        let counts = Counts { healthy: u64::from(alive), unhealthy: u64::from(!alive), ..Counts::default() };
        let t = request as f64 * 2.0;
        let sample = Sample { request, t, target: 1, counts, tasks: vec![task(alive)], ..Sample::default() };
        if t > KILLED {
            lives.event(&EventRecord::remark(
                "",
                KILLED,
                "status_update_event",
                json!({"taskId": id, "taskStatus": "TASK_KILLED", "message": EVIL, "host": "10.0.0.7"}),
            ));
        }
        lives.sample(&sample);
        course.sample(&sample, lives.take_between());
    }
    let after = lives.take_between();
    Run {
        manifest: Manifest {
            pair: "mesos,HTTP".to_owned(),
            plan: Plan { targets: vec![1, 2, 3], ..Plan::default() },
            ..Manifest::default()
        },
        summary: Summary {
            verdict: Verdict::Failed,
            why: format!("step 2 of 3: {EVIL}"),
            steps: vec![
                Step { target: 1, reached_after: Some(1.5), ..Step::default() },
                Step { target: 2, asked_at: 3.0, ..Step::default() },
            ],
            clean_up: CleanUp::Complete,
            ..Summary::default()
        },
        course: course.finish(after),
        lives: lives.finish(),
        ..Run::default()
    }
}

fn rows(bytes: &[u8]) -> Vec<csv::StringRecord> {
    // The reader refuses rows of different lengths.
    csv::Reader::from_reader(bytes).records().collect::<Result<_, _>>().expect("a table")
}

#[test]
fn tables_are_read_back_as_they_were_with_foreign_text_made_visible() {
    let samples = tables::samples(&run()).unwrap();
    let text = String::from_utf8(samples.clone()).unwrap();
    assert!(text.starts_with("request,at,seconds,target,healthy,unhealthy,unhealthy_in_grace,"), "{text}");
    let samples = rows(&samples);
    assert_eq!((samples.len(), &samples[1][0], &samples[1][4], &samples[1][5]), (3, "2", "0", "1"));
    let killed = text.lines().next().unwrap().split(',').position(|heading| heading == "killed_by_check").unwrap();
    let killed: u64 = samples.iter().map(|row| row[killed].parse::<u64>().unwrap()).sum();
    assert_eq!(killed, 1, "the kill is in one sample");
    let tasks = rows(&tables::tasks(&run()).unwrap());
    assert_eq!((&tasks[0][1], &tasks[0][2], &tasks[0][10]), ("10.0.0.7", "31004", &*text::visible(EVIL)));
}

#[test]
fn junit_has_times_and_a_case_for_each_threshold() {
    let mut run = run();
    run.manifest.started_at = "2026-11-22T17:00:00.000Z".to_owned();
    run.summary.seconds = 6.0;
    let judged = |threshold: &str, worst: Option<f64>, crossed| Judgement {
        threshold: threshold.to_owned(),
        worst,
        worst_at: worst.map(|_| 4.0),
        crossed,
        ..Judgement::default()
    };
    let (threshold, found) = ("killed > 0".to_owned(), "3".to_owned());
    let crossing = Crossing { threshold, bound: 0.0, value: 3.0, found, since: 5.0, at: 5.0 };
    let thresholds = vec![
        judged("killed > 0", Some(1.0), Some(crossing)),
        judged("lost > 0", Some(0.0), None),
        judged("check_age_max > 3s", None, None),
    ];
    run.summary.measures = Some(Totals { thresholds, ..Totals::default() });
    let text = String::from_utf8(junit::report(&[member("a", &run)]).unwrap()).unwrap();
    let document = roxmltree::Document::parse(&text).expect("XML");
    let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!(suite.attribute("timestamp"), Some("2026-11-22T17:00:00.000Z"));
    assert_eq!(suite.attribute("time"), Some("6.000"));
    let of = |name: &str| {
        let case = suite.children().find(|node| node.attribute("name") == Some(name)).unwrap();
        let child = case.first_element_child().map(|child| child.tag_name().name().to_owned());
        (child, case.attribute("timestamp").map(str::to_owned), case.attribute("time").map(str::to_owned))
    };
    assert_eq!(of("step 1: 1 task healthy").1.as_deref(), Some("2026-11-22T17:00:00.000Z"));
    assert_eq!(of("step 2: 2 tasks healthy").1.as_deref(), Some("2026-11-22T17:00:03.000Z"));
    assert_eq!(of("step 2: 2 tasks healthy").2.as_deref(), Some("3.000"), "until the end of the run");
    let threshold = |name: &str| of(&format!("threshold {name}")).0;
    assert_eq!(threshold("killed > 0").as_deref(), Some("failure"));
    assert_eq!(threshold("lost > 0"), None, "it passed");
    assert_eq!(threshold("check_age_max > 3s").as_deref(), Some("skipped"), "never known is not passed");
}

#[test]
fn a_cell_is_never_a_formula() {
    let mut run = run();
    run.course[0].at = "=cmd()".to_owned();
    run.course[0].t = -1.0;
    let samples = rows(&tables::samples(&run).unwrap());
    assert_eq!((&samples[0][1], &samples[0][2]), ("'=cmd()", "-1.000"));
}

#[test]
fn junit_has_a_case_per_step_and_names_the_failing_task() {
    let text = String::from_utf8(junit::report(&[member("a", &run()), member("b", &run())]).unwrap()).unwrap();
    let document = roxmltree::Document::parse(&text).expect("XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
    assert_eq!(suites.len(), 2, "one a pair");
    let suite = suites[0];
    let attributes = ["name", "tests", "failures", "errors"].map(|name| suite.attribute(name).expect("an attribute"));
    assert_eq!(attributes, ["mesos,HTTP", "4", "1", "0"]);
    let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
    let said: Vec<_> = cases
        .iter()
        .map(|case| (case.attribute("name").unwrap(), case.first_element_child().map(|child| child.tag_name().name())))
        .collect();
    assert_eq!(
        said,
        [
            ("step 1: 1 task healthy", None),
            ("step 2: 2 tasks healthy", Some("failure")),
            ("step 3: 3 tasks healthy", Some("skipped")),
            ("clean-up", None)
        ]
    );
    assert_eq!(cases[0].attribute("time"), Some("1.500"));
    let failure = cases[1].first_element_child().unwrap();
    let body = failure.text().unwrap();
    assert!(body.contains("hc.instance-1._app.1]]></system-out>") && body.contains("10.0.0.7:31004"), "{body}");
    assert!(failure.attribute("message").unwrap().starts_with("step 2 of 3"));
}

#[test]
fn a_broken_run_is_an_error_and_a_stopped_one_is_no_failure() {
    for (verdict, expected) in [(Verdict::Error, "error"), (Verdict::Stopped, "skipped")] {
        let mut run = run();
        run.summary.verdict = verdict;
        let text = String::from_utf8(junit::report(&[member("", &run)]).unwrap()).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let case = document.descendants().filter(|node| node.has_tag_name("testcase")).nth(1).unwrap();
        assert_eq!(case.first_element_child().map(|child| child.tag_name().name()), Some(expected));
    }
}

#[test]
fn the_trace_has_a_slice_per_phase_of_each_task() {
    let trace: Value = serde_json::from_slice(&trace::trace(&run())).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("a list");
    for event in events {
        let phase = event["ph"].as_str().expect("every event says what it is");
        assert!(event["name"].is_string() && event["pid"].is_u64(), "{event}");
        assert!(phase == "M" || event["ts"].is_i64(), "{event}");
        assert!(phase != "X" || event["dur"].as_i64().is_some_and(|dur| dur > 0), "{event}");
    }
    let slices: Vec<_> = events.iter().filter(|event| event["ph"] == "X").map(|event| &event["name"]).collect();
    assert!(slices.ends_with(&[&json!("healthy"), &json!("unhealthy")]), "{slices:?}");
    assert_eq!(events.iter().filter(|event| event["ph"] == "C" && event["name"] == "tasks by state").count(), 3);
    let unhealthy = events.iter().find(|event| event["name"] == "unhealthy").unwrap();
    assert_eq!((&unhealthy["ts"], &unhealthy["dur"]), (&json!(4_000_000), &json!(500_000)));
}

#[test]
fn markdown_is_safe_in_a_comment() {
    let text = markdown::one(&run());
    assert!(text.starts_with("### FAILED: `mesos,HTTP`\n"), "{text}");
    assert!(text.contains("| 2 | 2 | not reached |"), "{text}");
    assert!(!text.contains("</system-out>|"), "neither HTML nor a cell's end from the cluster: {text}");
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.iter().all(|row| row.matches('|').count() == 8), "{rows:?}");
    let over = markdown::over(&[("a".to_owned(), run()), ("b".to_owned(), run())]);
    assert!(over.starts_with("### FAILED: 0 of 2 runs healthy at target\n"), "{over}");
}
