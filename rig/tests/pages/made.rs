//! Folders as runs leave them, drawn by the program.

use std::{fs, path::Path, process::Command};

use harness::record::{Ages, Counts, FORMAT, Sample};
use serde_json::{Value, json};
use tempfile::TempDir;

/// One run of so many samples on so many tasks, some of which turn unhealthy on the way.
pub(crate) fn single(samples: u64, tasks: u64) -> TempDir {
    let folder = empty();
    run(folder.path(), "mesos,HTTP", samples, tasks, tasks);
    hc_rig(&["report", &text(folder.path())]);
    folder
}

/// Runs of these pairs, the second of which has no more than half of its tasks healthy.
pub(crate) fn several(pairs: &[&str]) -> TempDir {
    let folder = empty();
    for (index, pair) in pairs.iter().enumerate() {
        run(&folder.path().join(pair.replace(',', "-")), pair, 60, 20, if index == 1 { 10 } else { 20 });
    }
    hc_rig(&["report", &text(folder.path())]);
    folder
}

/// A matrix of these pairs at 10 and 40 tasks; the pairs of Marathon's checks hold 10 only.
pub(crate) fn matrix(pairs: &[&str]) -> TempDir {
    let folder = empty();
    for pair in pairs {
        for count in [10, 40] {
            let healthy = if pair.contains("MESOS_") { count } else { count.min(18) };
            run(&folder.path().join(format!("{}-{count}", pair.replace(',', "-"))), pair, 30, count, healthy);
        }
    }
    fs::write(folder.path().join("matrix.json"), r#"{"format": 1, "side_by_side": true}"#).expect("matrix.json");
    hc_rig(&["report", &text(folder.path())]);
    folder
}

/// A comparison of five runs with five that hold less; the page is `out/diff.html`.
pub(crate) fn diff() -> TempDir {
    let folder = empty();
    for (side, healthy) in [("before", 40), ("after", 30)] {
        for repeat in 0..5 {
            run(&folder.path().join(side).join(repeat.to_string()), "mesos,HTTP", 50, 40, healthy);
        }
    }
    let side = |name: &str| text(&folder.path().join(name));
    hc_rig(&["diff", &side("before"), &side("after"), "--out", &side("out")]);
    folder
}

fn empty() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn hc_rig(arguments: &[&str]) {
    let run = Command::new(env!("CARGO_BIN_EXE_hc-rig")).args(arguments).output().expect("hc-rig");
    // 3: that B is worse is what is to be shown.
    assert!(matches!(run.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&run.stderr));
}

/// A run folder: of `tasks` that were asked for at most `well` are healthy, and now and then three of them are not.
fn run(folder: &Path, pair: &str, samples: u64, tasks: u64, well: u64) {
    fs::create_dir_all(folder).expect("a folder");
    let write = |name: &str, text: String| fs::write(folder.join(name), text).expect(name);
    let (_, protocol) = pair.split_once(',').expect("a pair");
    let manifest = json!({
        "format": 1, "run": "r", "pair": pair, "started_at": "2026-11-22T17:00:00.000Z", "app": "/hc-rig/r/hc",
        "command": format!("hc-rig run {pair}"), "plan": {"targets": [tasks], "poll_seconds": 2.0, "step_seconds": 300.0},
        "definition": {"id": "/hc", "healthChecks": [{"protocol": protocol, "intervalSeconds": 1}]},
        "cluster": {"kind": "cluster", "url": "http://marathon.example"}, "rig": {"cores": 2, "clock": "real"},
    });
    write("run.json", manifest.to_string());
    let judgement = json!({"threshold": "unhealthy_pct > 1 for 10s", "bound": 1.0, "worst": 7.5, "found": "7.5",
        "worst_at": 84.0, "longest": 18.0, "crossed": null});
    let quantiles = json!({"p50": 0.5, "p99": 1.0, "max": 1.5, "n": 20});
    let held = well == tasks;
    let summary = json!({
        "format": 1, "pair": pair, "verdict": if held { "held" } else { "not_reached" }, "exit": if held { 0 } else { 3 },
        "why": if held { "" } else { "step 1 of 1: not all became healthy" }, "target": tasks, "clean_up": "complete",
        "steps": [{"target": tasks, "reached_after": if held { json!(4.0) } else { Value::Null }}],
        "measures": {"thresholds": [judgement], "age": quantiles, "api": quantiles, "time_to_healthy": quantiles},
        "incidents": [{"what": "answer 503", "count": 2, "first": 4.0, "last": 6.0, "example": "503 for /v2/apps"}],
    });
    write("summary.json", summary.to_string());
    let mut lines = String::new();
    for request in 1..=samples {
        let unhealthy = if request % 50 > 40 { 3.min(well) } else { 0 };
        let listed: Vec<Value> = (0..tasks.min(20)).map(|n| task(request, n, n >= unhealthy)).collect();
        let line = Sample {
            v: FORMAT,
            at: at(request),
            t: (request * 2) as f64,
            request,
            target: tasks as u32,
            counts: Counts { healthy: well - unhealthy, unhealthy, running: tasks - well, ..Counts::default() },
            took: 0.01,
            late: 0.001,
            age: Some(Ages { p50: 0.5, p99: 1.0, max: 1.5, ..Ages::default() }),
            complete: request == 1,
            tasks: listed,
            ..Sample::default()
        };
        let line = serde_json::to_string(&line).expect("a line");
        lines.push_str(&format!("{line}\n"));
    }
    write("samples.jsonl", lines);
}

fn at(request: u64) -> String {
    format!("2026-11-22T{}:{:02}:{:02}.000Z", 17 + request / 1800, request / 30 % 60, request % 30 * 2)
}

fn task(request: u64, n: u64, alive: bool) -> Value {
    let at = at(request);
    json!({
        "id": format!("hc.instance-{n}._app.1"), "host": "10.0.0.1", "ports": [31000 + n], "state": "TASK_RUNNING",
        "stagedAt": "2026-11-22T17:00:00.000Z",
        "healthCheckResults": [{"alive": alive, "firstSuccess": "2026-11-22T17:00:02.000Z",
            "lastSuccess": if alive { json!(at) } else { Value::Null }, "lastFailure": if alive { Value::Null } else { json!(at) },
            "lastFailureCause": "Connection refused", "consecutiveFailures": u64::from(!alive)}],
    })
}
