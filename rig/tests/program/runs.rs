//! Whole runs: on the embedded fake, and on one that was started apart.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::Stdio,
};

use fixtures::{App, Check, Containerizer, secs};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::{fits_the_schema, out, read, samples},
};

#[test]
fn try_runs_real_tasks_to_their_target_without_anything() {
    let (_folder, run) = out();
    let tried = HcRig::new(&[
        "try",
        "--pair",
        "mesos,MESOS_TCP",
        "--pair",
        "docker,HTTP",
        "--step",
        "1",
        "--target",
        "2",
        "--prompt-offers",
        "--out",
        &run,
    ])
    .run();
    ends_with(&tried, 0);
    assert!(stdout(&tried).starts_with("PASSED       2 of 2 pairs healthy at target\n"), "{}", stdout(&tried));
    assert!(stdout(&tried).lines().count() <= 25);
    assert!(stdout(&tried).contains("prompt offers"), "the shortcut is said");
    for name in ["summary.json", "chart.svg", "chart.png", "report.html", "junit.xml", "summary.md"] {
        assert!(Path::new(&run).join(name).is_file(), "{name}");
    }
    fits_the_schema(&run, "summary");
    for pair in ["mesos-mesos_tcp", "docker-http"] {
        let one = format!("{run}/{pair}");
        fits_the_schema(&one, "summary");
        for name in ["samples.csv", "tasks.csv", "junit.xml", "summary.md", "trace.json"] {
            assert!(Path::new(&one).join(name).is_file(), "{one}/{name}");
        }
        let all = samples(&one);
        let last = all.last().unwrap();
        assert_eq!((&last["target"], &last["counts"]["healthy"]), (&Value::from(2), &Value::from(2)), "{pair}");
        assert!(all[0]["complete"].as_bool().unwrap());
        assert!(read(&one, "samples.jsonl").contains("\"alive\": true"), "with the blank that people grep for");
        assert!(read(&one, "events.jsonl").contains("hc_rig_executor"), "the executors are recorded");
        let summary: Value = serde_json::from_str(&read(&one, "summary.json")).unwrap();
        let measures = &summary["measures"];
        assert_eq!(measures["time_to_healthy_seconds"]["n"], 2, "{pair}: {measures}");
        assert!(
            measures["api_seconds"]["p99"].as_f64() > Some(0.0)
                && measures["result_age_seconds"]["n"].as_u64() > Some(0),
            "{measures}"
        );
        assert_eq!(measures["age_of_changes_only"], pair.contains("mesos_tcp"), "only native checks hide their age");
        assert_eq!(summary["steps"][1]["time_to_healthy_seconds"]["n"], 1);
        assert_eq!(read(&one, "tasks.csv").lines().count(), 3, "a heading and the life of each task");
        assert_eq!(summary["steps"][0]["tasks"], 1, "completed by what the record shows");
    }
}

/// The picture of the procedure is the point of `try`: bars that are all healthy would show nothing of it.
#[test]
fn try_shows_tasks_staged_running_without_a_result_and_healthy() {
    let (_folder, run) = out();
    ends_with(&HcRig::new(&["try", "--pair", "docker,TCP", "--target", "11", "--out", &run]).run(), 0);
    let all = samples(&run);
    let step: Vec<&Value> = all.iter().filter(|sample| sample["target"] == 11).collect();
    let done = step.iter().position(|sample| sample["counts"]["healthy"] == 11);
    for state in ["scheduled", "staged", "running"] {
        let first = step.iter().position(|sample| sample["counts"][state].as_u64() > Some(0));
        assert!(first.is_some() && first < done, "{state} before all are healthy: {first:?}, {done:?}");
    }
    assert!(read(&run, "chart.svg").contains("process tasks</text>"), "nothing about prompt offers");
    let manifest: Value = serde_json::from_str(&read(&run, "run.json")).expect("JSON");
    assert_eq!(manifest["cluster"]["launching"], Value::Null, "Marathon's own defaults");
}

/// A reader must see that no process ran.
#[test]
fn light_tasks_are_named_in_every_report() {
    let (_folder, run) = out();
    let tried = HcRig::new(&[
        "try",
        "--tasks",
        "light",
        "--pair",
        "mesos,HTTP",
        "--target",
        "2",
        "--prompt-offers",
        "--max-instances-per-offer",
        "7",
        "--out",
        &run,
    ])
    .run();
    ends_with(&tried, 0);
    assert!(stderr(&tried).contains("light tasks (listeners in this program, no processes)"), "{}", stderr(&tried));
    assert!(stdout(&tried).contains("light tasks"), "{}", stdout(&tried));
    for name in ["chart.svg", "report.html", "summary.md"] {
        assert!(read(&run, name).contains("light tasks"), "{name}");
    }
    let manifest: Value = serde_json::from_str(&read(&run, "run.json")).expect("JSON");
    assert_eq!(manifest["cluster"]["tasks"], "light");
    let launching = json!({"launch_tokens": 10_000, "max_instances_per_offer": 7});
    assert_eq!(manifest["cluster"]["launching"], launching, "the default for light tasks, and what was asked for");
    let claim = ": --launch_tokens 10000, --max_instances_per_offer 7";
    assert!(read(&run, "report.html").contains(claim), "{}", stdout(&tried));
    assert!(manifest["cluster"]["checks_late"]["max_seconds"].as_f64() > Some(0.0), "{manifest}");
    assert!(stdout(&tried).contains("checks began at most "), "{}", stdout(&tried));
}

#[test]
fn an_unhealthy_task_is_found_and_explained() {
    let fake = Fake::start(&["--tasks", "process", "--agents", "2", "--user", "alice:s3cret-word"]);
    let (folder, run) = out();
    let app = App::listener(Containerizer::Mesos, Check::Tcp).never_healthy().grace(secs(1)).instances(1);
    let file = folder.path().join("app.json");
    fs::write(&file, app.to_json().to_string()).expect("the definition can be written");
    let file = file.display().to_string();
    let arguments = ["run", &file, "--url", &fake.url, "--target", "1", "--poll", "500ms", "--step-timeout", "10s"];
    let more = ["--fail-if", "unhealthy > 5", "--out", &run];
    let arguments: Vec<&str> = arguments.into_iter().chain(more).collect();
    let ran = HcRig::new(&arguments).user("alice", "s3cret-word").run();
    ends_with(&ran, 3);
    assert!(stdout(&ran).starts_with("FAILED"), "{}", stdout(&ran));
    assert!(read(&run, "samples.jsonl").contains("\"alive\": false"));
    let why = stdout(&HcRig::new(&["why", &run]).run());
    let capture = "sysdig -C 1024 -W 4 -z -w cap.scap.gz";
    assert!(read(&run, "events.jsonl").contains("\"eventType\": \"hc_rig_probe\""), "the rig probed the task itself");
    assert!(stdout(&ran).contains("Diagnosis    1 task never listened on the checked port (high"), "{}", stdout(&ran));
    let json = stdout(&HcRig::new(&["why", "--json", &run]).run());
    let diagnosis: Value = serde_json::from_str(&json).expect("a JSON array");
    assert_eq!(diagnosis[0]["conclusions"][0]["reason"], "never_listened", "{json}");
    let summary: Value = serde_json::from_str(&read(&run, "summary.json")).expect("JSON");
    assert_eq!(summary["diagnosis"][0]["reason"], "never_listened", "scripts need not read the terminal: {summary}");
    assert_eq!(summary["diagnosis"][0]["confidence"], "high");
    let text = |key: &str| summary[key].as_str().unwrap_or_default().to_owned();
    assert!(text("url").starts_with(&fake.url), "{summary}");
    assert!(text("command").contains(" run ") && !text("command").contains("s3cret"), "{summary}");
    assert!(text("started_at") < text("ended_at") && text("version") == env!("CARGO_PKG_VERSION"), "{summary}");
    assert_eq!(text("definition_sha256").len(), 64, "{summary}");
    let judged = &summary["thresholds"][0];
    assert_eq!((&judged["bound"], &judged["crossed"]), (&json!(5.0), &json!(false)), "{judged}");
    assert!(judged["value"].is_number() && judged["at_seconds"].is_number(), "{judged}");
    for file in ["summary.md", "junit.xml"] {
        assert!(read(&run, file).contains("1 task never listened on the checked port"), "the diagnosis in {file}");
    }
    assert!(read(&run, "junit.xml").contains("name=\"threshold unhealthy &gt; 5\""), "{}", read(&run, "junit.xml"));
    for part in [
        "probed    at ",
        "refused",
        "check     TCP",
        "executor  pid ",
        "cause     ",
        capture,
        "proc.apid=",
        "fd.sport=",
    ] {
        assert!(why.contains(part), "{part} is missing in:\n{why}");
    }
}

#[test]
fn a_login_over_tls_is_a_part_of_the_run() {
    let fake = Fake::start(&["--tls", "self-signed", "--user", "alice:s3cret-word"]);
    let (_folder, run) = out();
    let arguments = ["run", "docker,MESOS_TCP", "--url", &fake.url, "--target", "1", "--poll", "500ms", "--out", &run];
    let untrusted = HcRig::new(&arguments).user("alice", "s3cret-word").run();
    ends_with(&untrusted, 4);
    assert!(stderr(&untrusted).contains("--ca FILE"), "the remedy is said: {}", stderr(&untrusted));
    let insecure: Vec<&str> = arguments.into_iter().chain(["--insecure"]).collect();
    let refused = HcRig::new(&insecure).user("alice", "wrong-word").run();
    ends_with(&refused, 4);
    assert!(!Path::new(&run).exists(), "nothing was begun");
    ends_with(&HcRig::new(&insecure).user("alice", "s3cret-word").run(), 0);
    assert!(read(&run, "report.html").contains("NOT VERIFIED"), "the report says that anybody was trusted");
    for entry in fs::read_dir(&run).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret-word"), "the password is in no file");
    }
}

#[test]
fn a_definition_that_marathon_refuses_leaves_nothing() {
    let fake = Fake::start(&[]);
    let (folder, run) = out();
    let file = folder.path().join("app.json");
    fs::write(&file, r#"{"id": "/hc", "cmd": "sleep 1", "cpus": "many", "healthChecks": [{"protocol": "TCP"}]}"#)
        .unwrap();
    let refused = HcRig::new(&["run", file.to_str().unwrap(), "--url", &fake.url, "--out", &run]).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("/cpus"), "Marathon's own words: {}", stderr(&refused));
    assert!(!Path::new(&run).exists());
    fake.has_nothing_left();
}

#[test]
fn ctrl_c_keeps_the_samples_and_cleans_up() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let mut child = HcRig::new(&[
        "run",
        "mesos,TCP",
        "--url",
        &fake.url,
        "--step",
        "1",
        "--target",
        "200",
        "--poll",
        "200ms",
        "--out",
        &run,
    ])
    .command()
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    // The first step prints a line of its own; from then on there is something to stop.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("step 1/")));
    assert!(first.is_some(), "the first step is reported");
    interrupt(&child, Signal::SIGINT);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{text}{rest:?}");
    assert!(text.starts_with("STOPPED") && text.contains("nothing left"), "{text}");
    assert!(!samples(&run).is_empty());
    assert!(Path::new(&run).join("report.html").is_file());
    fake.has_nothing_left();
}
