//! How a run is named: by its folder, its name, or not at all; and that what is printed can be typed.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use fixtures::{App, Check, Containerizer, secs};
use serde_json::Value;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::json,
};

/// The program called in this folder.
fn in_folder(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = HcRig::new(arguments).command();
    command.current_dir(folder).output().expect("the program can be started")
}

#[test]
fn a_run_is_named_by_its_folder_its_name_or_not_at_all() {
    let fake = Fake::start(&[]);
    let place = tempfile::tempdir().expect("a folder");
    let nothing = in_folder(place.path(), &["why"]);
    ends_with(&nothing, 2);
    assert!(stderr(&nothing).contains("nothing ran yet"), "{}", stderr(&nothing));

    let small = ["run", "mesos,TCP", "--url", &fake.url, "--target", "2", "--poll", "200ms"];
    ends_with(&in_folder(place.path(), &small), 0);
    let link = place.path().join("hc-rig-runs/latest");
    let folder = fs::read_link(&link).expect("a link to the run").display().to_string();
    let path = format!("hc-rig-runs/{folder}");
    let manifest = json(&place.path().join(&path).display().to_string(), "run.json");
    let name = manifest["run"].as_str().expect("a name");
    for named in [None, Some("latest"), Some("hc-rig-runs/latest"), Some(&*folder), Some(name), Some(&*path)] {
        for command in [&["why"][..], &["report", "--format", "markdown"], &["replay", "--speed", "1000"]] {
            let line: Vec<&str> = command.iter().copied().chain(named).collect();
            let output = in_folder(place.path(), &line);
            ends_with(&output, 0);
            assert!(command[0] != "report" || stdout(&output).contains(&path), "{line:?}: {}", stdout(&output));
        }
        let line: Vec<&str> = ["resume"].into_iter().chain(named).collect();
        let output = in_folder(place.path(), &line);
        ends_with(&output, 2);
        assert!(stderr(&output).contains("is finished (passed)"), "{}", stderr(&output));
    }
    ends_with(&in_folder(place.path(), &small), 0);
    assert_ne!(fs::read_link(&link).expect("a link to the run").display().to_string(), folder, "the latest");
    let other = in_folder(place.path(), &["why", "no-such-run"]);
    ends_with(&other, 2);
    assert!(stderr(&other).contains("there is no run folder no-such-run"), "{}", stderr(&other));
}

/// The command behind `label`, typed into a shell whose `hc-rig` is the program.
fn typed(folder: &Path, text: &str, label: &str) -> Output {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix(label)).expect("such a line").trim();
    assert!(line.starts_with("hc-rig "), "{line}");
    let program = Path::new(env!("CARGO_BIN_EXE_hc-rig"));
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", line]).current_dir(folder).env("PATH", program.parent().expect("a folder"));
    shell.output().expect("there is a shell")
}

#[test]
fn a_printed_command_runs_as_it_stands_and_one_that_cannot_is_not_printed() {
    let fake = Fake::start(&["--tasks", "process", "--agents", "2"]);
    let place = tempfile::tempdir().expect("a folder");
    let app = App::listener(Containerizer::Mesos, Check::Tcp).never_healthy().grace(secs(1)).instances(4);
    fs::write(place.path().join("app.json"), app.to_json().to_string()).expect("a file");
    let plan = ["--target", "4", "--poll", "500ms", "--step-timeout", "8s", "--out", "my runs/one"];
    let ran = in_folder(place.path(), &[&["run", "app.json", "--url", &fake.url][..], &plan].concat());
    ends_with(&ran, 3);
    let why = typed(place.path(), &stdout(&ran), "Next ");
    ends_with(&why, 0);
    let why = stdout(&why);
    assert!(why.contains("4 tasks unhealthy") && why.matches("check     TCP").count() == 1, "one example: {why}");
    let all = typed(place.path(), &why, "In full ");
    ends_with(&all, 0);
    assert_eq!(stdout(&all).matches("check     TCP").count(), 4, "{}", stdout(&all));
    // The task is gone by now, but the run, the task and the cluster are understood.
    let sandbox = typed(place.path(), &why, "ready ");
    assert!([0, 2].map(Some).contains(&sandbox.status.code()), "{sandbox:?}");
    assert!(!stderr(&sandbox).contains("no run folder"), "{}", stderr(&sandbox));

    let file = place.path().join("my runs/one/run.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    manifest["cluster"]["kind"] = "fake".into();
    fs::write(&file, manifest.to_string()).expect("it can be written");
    let why = in_folder(place.path(), &["why", "my runs/one"]);
    ends_with(&why, 0);
    assert!(!stdout(&why).contains("hc-rig sandbox"), "the fake has ended: {}", stdout(&why));
}
