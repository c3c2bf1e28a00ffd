//! A run folder and a settings file may come from anybody: each is read or refused with a sentence, never with a panic.
//! `PROPTEST_CASES=5000` makes more of it.

use std::fs;

use clap::CommandFactory as _;
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::{
    cli::Cli,
    command_line::without_password,
    export::Format,
    folder::{RunFolder, secrets::without_secrets},
    results::render,
    settings::{SettingsFile, expand},
    terminal::closing,
    why::Diagnosis,
};

/// Everything but pictures, whose drawing takes most of the time.
const FORMATS: [Format; 5] = [Format::Html, Format::Csv, Format::Junit, Format::Markdown, Format::Perfetto];

fn documents() -> [(&'static str, Value); 4] {
    let definition = json!({"id": "/hc", "cmd": "true", "env": {"A": "b"}, "healthChecks": [
        {"protocol": "TCP", "intervalSeconds": 1, "timeoutSeconds": 1, "gracePeriodSeconds": 1, "maxConsecutiveFailures": 3}]});
    let manifest = json!({"format": 1, "run": "k7", "pair": "mesos,TCP", "app": "/hc-rig/k7/hc", "started_at":
        "2026-11-22T17:00:00.000Z", "command": "hc-rig run", "definition": definition, "cluster": {"url": "http://a:1/",
        "kind": "cluster", "agents": 3}, "plan": {"targets": [1, 2], "poll_seconds": 2.0, "step_seconds": 60.0,
        "hold_seconds": 1.0, "every_seconds": 1.0, "thresholds": ["unhealthy > 1"], "degraded_after_seconds": 10.0},
        "rig": {"version": "0.1", "cores": 2, "side_by_side": 1}});
    let task = json!({"id": "hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1", "host": "h", "state": "TASK_RUNNING",
        "stagedAt": "2026-11-22T17:00:01.000Z", "startedAt": "2026-11-22T17:00:02.000Z", "ports": [1],
        "healthCheckResults": [{"alive": false, "lastFailure": "2026-11-22T17:00:03.000Z", "lastFailureCause": "x"}]});
    let sample = json!({"v": 1, "t": 3.0, "at": "2026-11-22T17:00:03.000Z", "step": 0, "request": 1, "target": 1, "took": 0.1,
        "counts": {"healthy": 1, "unhealthy": 1}, "complete": true, "tasks": [task], "new": 1,
        "age": {"p50": 1.0, "p90": 2.0, "p99": 3.0, "max": 4.0}});
    let event = json!({"v": 1, "t": 4.0, "at": "2026-11-22T17:00:04.000Z", "event": {"eventType": "status_update_event",
        "taskId": task["id"], "taskStatus": "TASK_KILLED", "host": "h", "message": "m"}});
    [
        ("run.json", manifest),
        ("samples.jsonl", sample),
        ("events.jsonl", event),
        (
            "summary.json",
            json!({
        "format": 2, "verdict": "failed", "reason": "crossed", "why": "x", "exit": 3, "pair": "mesos,TCP", "target": 2,
        "clean_up": "complete", "incidents": [{"what": "x", "count": 1}],
        "steps": [{"step": 0, "target": 1, "reached_after": 1.0, "seconds": 2.0, "kills": 1, "losses": 0}]}),
        ),
    ]
}

fn odd() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        Just("+11026-11-22T22:04:05.123Z".to_owned()),
        Just("9999-12-31T23:59:59.999-23:59".to_owned()),
        Just("unhealthy_pct > 1e300 for 99999999999s".to_owned()),
        Just("mesos,".to_owned()),
        any::<String>(),
    ];
    prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        Just(Value::from(u64::MAX)),
        prop_oneof![Just(1e308), Just(-1e308), Just(1e18), Just(5e-324), Just(-0.0), any::<f64>()]
            .prop_map(Value::from),
        texts.prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([u64::MAX, {}, null, "a", 1])),
    ]
}

fn places(value: &Value) -> Vec<String> {
    let below = |key: String, value: &Value| places(value).into_iter().map(move |rest| format!("/{key}{rest}"));
    let escaped = |key: &String| key.replace('~', "~0").replace('/', "~1");
    let mut all = vec![String::new()];
    match value {
        Value::Array(items) => {
            all.extend(items.iter().enumerate().flat_map(|(n, item)| below(n.to_string(), item).collect::<Vec<_>>()))
        }
        Value::Object(map) => {
            all.extend(map.iter().flat_map(|(key, item)| below(escaped(key), item).collect::<Vec<_>>()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_run_folder_with_anything_anywhere_is_drawn_or_refused(
        changes in prop::collection::vec((0_usize..4, any::<Index>(), odd()), 1..4),
        torn in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut documents = documents();
        for (which, place, value) in changes {
            let document = &mut documents[which].1;
            let all = places(document);
            if let Some(into) = document.pointer_mut(&all[place.index(all.len())]) {
                *into = value;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, document) in &documents {
            let rest: &[u8] = if name.ends_with(".jsonl") { &torn } else { b"" };
            fs::write(folder.path().join(name), [document.to_string().as_bytes(), b"\n", rest].concat()).unwrap();
        }
        drop(render::all(folder.path(), &FORMATS));
        if let Ok(run) = RunFolder::at(folder.path()).read() {
            drop(Diagnosis::of(&run));
            let ending = closing::Ending { folder: folder.path(), code: crate::exit::Code::Passed, seconds: 1.0 };
            drop(closing::one(&run, ending));
        }
        drop(render::redacted(folder.path()));
        drop(without_secrets(&documents[0].1["definition"]));
        drop(fs::remove_dir_all(folder.path().with_file_name(format!(
            "{}-redacted", folder.path().file_name().unwrap().to_string_lossy()
        ))));
    }

    #[test]
    fn any_settings_file_is_read_or_refused(
        text in any::<String>(), key in "[a-z-]{1,12}|\\PC{1,5}", value in any::<String>(), number in any::<f64>(), words in "\\PC{0,40}",
    ) {
        for text in [text.clone(), format!("{key} = \"{value}\"\n[run]\n{key} = {number}"), format!("[try]\nstep = \"{text}\""),
            "a = ".to_owned() + &"[".repeat(5_000)] {
            if let Ok(file) = SettingsFile::parse("hc-rig.toml", text) {
                let line = ["hc-rig", "run"].map(Into::into).to_vec();
                drop(expand(&Cli::command(), line, |_| None, Some(&file)));
            }
        }
        drop(without_password(&words));
    }
}
