//! Run folders, alone, compared, and below a matrix.

use std::{fs, path::Path};

use fuzz::{
    json::{changes, odd, put_all},
    rounds,
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::{
    commands::diff::{self, DiffArgs},
    export::Format,
    folder::{RunFolder, secrets::without_secrets},
    like::scene::Scene,
    results::render,
    terminal::closing,
    why::Diagnosis,
};

/// Everything but pictures, whose drawing takes most of the time.
const FORMATS: [Format; 5] = [Format::Html, Format::Csv, Format::Junit, Format::Markdown, Format::Perfetto];

/// The files of a run, each with one line.
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

/// What the rig observes itself; each is an event of a run.
fn evidence() -> Vec<Value> {
    let task = "hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1";
    vec![
        json!({"eventType": "hc_rig_probe", "task": task, "occasion": "sick", "protocol": "HTTP", "address": "h:1",
            "path": "/", "answer": "wrong", "status": 500, "ms": 3.0, "detail": "x"}),
        json!({"eventType": "hc_rig_census", "apps": 1, "tasks": 2, "checks_per_second": 3.0, "age": 1.0, "suspects": [
            {"task": task, "app": "/hc", "protocol": "TCP", "interval": 1.0, "timeout": 20.0, "age": 9.0,
             "timed_out": true, "cause": "x"}]}),
        json!({"eventType": "hc_rig_queue", "count": 1, "delay_seconds": 5, "offers": 2, "refusals": [["InsufficientCpus", 1]]}),
        json!({"eventType": "hc_rig_readiness", "not_ready": [{"task": task, "check": "c", "status": 504, "answer": "x"}]}),
        json!({"eventType": "hc_rig_machine", "busy": 0.9, "cores": 2, "connections": 0.5}),
    ]
}

/// Changes of each file of a run, a line of evidence, and bytes behind the last line.
type Broken = (Vec<(usize, Index, Value)>, Index, Vec<(Index, Value)>, Vec<u8>);

fn broken_run() -> impl Strategy<Value = Broken> {
    let changed = prop::collection::vec((0_usize..4, any::<Index>(), odd()), 1..4);
    (changed, any::<Index>(), changes(2), prop::collection::vec(any::<u8>(), 0..30))
}

fn write(folder: &Path, (changed, which, in_evidence, torn): &Broken) -> Value {
    let mut documents = documents();
    for (which, place, value) in changed {
        put_all(&mut documents[*which].1, &[(*place, value.clone())]);
    }
    let mut observed = evidence().swap_remove(which.index(evidence().len()));
    put_all(&mut observed, in_evidence);
    let observed = json!({"v": 1, "t": 4.5, "at": "2026-11-22T17:00:04.500Z", "event": observed});
    for (name, document) in &documents {
        let mut text = format!("{document}\n").into_bytes();
        if *name == "events.jsonl" {
            text.extend(format!("{observed}\n").bytes());
        }
        if name.ends_with(".jsonl") {
            text.extend(torn);
        }
        fs::write(folder.join(name), text).unwrap();
    }
    documents[0].1["definition"].clone()
}

/// Removes the copy that `--redact` made beside the folder.
fn remove_redacted(folder: &Path) {
    let name = folder.file_name().unwrap().to_string_lossy();
    drop(fs::remove_dir_all(folder.with_file_name(format!("{name}-redacted"))));
}

#[test]
fn a_run_folder_with_anything_anywhere_is_drawn_or_refused() {
    rounds("run folders", 64, &broken_run(), |broken| {
        let folder = tempfile::tempdir().unwrap();
        let definition = write(folder.path(), broken);
        drop(render::all(folder.path(), &FORMATS));
        if let Ok(run) = RunFolder::at(folder.path()).read() {
            drop((Diagnosis::of(&run), Scene::of(&run)));
            let ending = closing::Ending { folder: folder.path(), code: crate::exit::Code::Passed, seconds: 1.0 };
            drop(closing::one(&run, ending));
        }
        drop(render::redacted(folder.path()));
        drop(without_secrets(&definition));
        remove_redacted(folder.path());
        Ok(())
    });
}

#[test]
fn two_run_folders_with_anything_anywhere_are_compared_or_refused() {
    rounds("pairs of run folders", 32, &(broken_run(), broken_run()), |(one, other)| {
        let folder = tempfile::tempdir().unwrap();
        let (a, b, out) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("out"));
        for side in [&a, &b] {
            for n in 0..3 {
                let run = side.join(n.to_string());
                fs::create_dir_all(&run).unwrap();
                write(&run, if n == 1 { one } else { other });
            }
        }
        let [a, b] = [a, b].map(|side| side.display().to_string());
        let args = DiffArgs { a, b, confidence: 0.95, seed: 1, json: false, markdown: false, out: Some(out) };
        drop(diff::run(&args));
        drop(render::all(folder.path(), &FORMATS));
        Ok(())
    });
}

fn matrix() -> Value {
    let cell = json!({"asked": 1, "healthy": 1, "verdict": "passed", "reason": "crossed", "reached_after": 1.0,
        "check_age_p99": 2.0, "kills": 0, "folder": "mesos-TCP-1"});
    let row = json!({"pair": "mesos,TCP", "native": false, "holds": 1, "breaks": 2, "why": "x", "cells": [cell, cell]});
    json!({"format": 2, "counts": [1, 2], "side_by_side": true, "rows": [row, row]})
}

#[test]
fn a_matrix_with_anything_anywhere_is_drawn_or_refused() {
    rounds("matrices", 32, &(changes(4), broken_run()), |(changed, run)| {
        let folder = tempfile::tempdir().unwrap();
        let cell = folder.path().join("mesos-TCP-1");
        fs::create_dir(&cell).unwrap();
        write(&cell, run);
        let mut matrix = matrix();
        put_all(&mut matrix, changed);
        fs::write(folder.path().join("matrix.json"), matrix.to_string()).unwrap();
        drop(render::all(folder.path(), &FORMATS));
        drop(render::redacted(folder.path()));
        remove_redacted(folder.path());
        Ok(())
    });
}
