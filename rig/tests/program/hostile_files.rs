//! Files that have no end, that nobody writes, and that are links out of a folder: a sentence, and nothing outside is touched.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader},
    os::unix::fs::symlink,
    path::Path,
    process::{Output, Stdio},
};

use nix::{
    sys::{signal::Signal, stat::Mode},
    unistd::mkfifo,
};
use serde_json::json;

use crate::{
    fake::interrupt,
    hc_rig::{HcRig, ends_with, stderr},
};

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

/// A run folder that was written by hand.
fn a_run(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let manifest = json!({
        "format": 1, "run": "k7", "pair": "mesos,TCP", "app": "/hc-rig/k7/hc", "definition": {"id": "/hc"},
        "cluster": {"url": NOWHERE, "kind": "cluster"}, "plan": {"targets": [1]},
    });
    fs::write(folder.join("run.json"), manifest.to_string()).expect("a file");
    let sample = json!({"v": 1, "t": 1, "request": 1, "target": 1, "counts": {"healthy": 1}, "complete": true});
    fs::write(folder.join("samples.jsonl"), format!("{sample}\n")).expect("a file");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[track_caller]
fn refused(output: &Output, code: i32, said: &str) {
    ends_with(output, code);
    assert!(stderr(output).contains(said), "{}", stderr(output));
}

#[test]
fn a_run_folder_holds_ordinary_files_with_lines_of_a_bounded_length() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    a_run(&run);
    let samples = run.join("samples.jsonl");
    let all = |said: &str| {
        for command in ["report", "why", "replay"] {
            refused(&HcRig::new(&[command, text(&run)]).run(), 2, said);
        }
    };
    fs::remove_file(&samples).expect("it is there");
    symlink("/dev/zero", &samples).expect("a link");
    all("no ordinary file");
    fs::remove_file(&samples).expect("it is there");
    mkfifo(&samples, Mode::S_IRWXU).expect("a FIFO");
    all("no ordinary file");
    fs::remove_file(&samples).expect("it is there");
    File::create(&samples).and_then(|file| file.set_len(300 << 20)).expect("a file with a hole");
    all("a line of it is larger than 256 MiB");
    File::create(run.join("run.json")).and_then(|file| file.set_len(300 << 20)).expect("a file with a hole");
    all("it is larger than 256 MiB");
}

#[test]
fn absurd_times_and_numbers_are_refused_or_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    a_run(&run);
    for time in ["1e18", "1e300"] {
        let sample =
            format!("{{\"v\": 1, \"t\": {time}, \"request\": 1, \"target\": 1, \"counts\": {{\"healthy\": 1}}}}\n");
        fs::write(run.join("samples.jsonl"), sample).expect("a file");
        refused(&HcRig::new(&["replay", text(&run)]).run(), 2, "takes longer than a year");
        ends_with(&HcRig::new(&["report", text(&run), "--format", "html,csv,junit,markdown,perfetto"]).run(), 0);
    }
    let counts: Vec<String> = (1..2000).map(|count| count.to_string()).collect();
    let matrix = HcRig::new(&["matrix", "--dry-run", "--counts", &counts.join(",")]).run();
    refused(&matrix, 2, "--counts has 1999 numbers, and a matrix has at most 100");
}

#[test]
fn what_has_no_end_is_given_up_with_a_sentence() {
    let https = "https://127.0.0.1:1";
    for arguments in [
        &["run", "/dev/zero", "--url", NOWHERE][..],
        &["apps", "--url", NOWHERE, "--config", "/dev/zero"],
        &["apps", "--url", https, "--ca", "/dev/zero"],
        &["apps", "--url", https, "--cert", "/dev/zero", "--key", "/dev/zero"],
    ] {
        refused(&HcRig::new(arguments).run(), 2, "larger than 16 MiB");
    }
    let token = |variable, value| HcRig::new(&["apps"]).env("DCOS_URL", NOWHERE).env(variable, value).run();
    refused(&token("DCOS_ACS_TOKEN_COMMAND", "cat /dev/zero"), 4, "it printed more than 1 MiB");
    refused(&token("DCOS_ACS_TOKEN_FILE", "/dev/zero"), 4, "larger than 16 MiB");
}

/// It waits for the FIFO, since it has opened it; then Ctrl-C.
#[track_caller]
fn stops_while_it_waits_for(fifo: &Path, rig: HcRig) {
    mkfifo(fifo, Mode::S_IRWXU).expect("a FIFO");
    let child =
        rig.command().stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program can be started");
    let writer = OpenOptions::new().write(true).open(fifo).expect("the program has opened it");
    interrupt(&child, Signal::SIGINT);
    let ended = child.wait_with_output().expect("the program ends");
    drop(writer);
    refused(&ended, 130, "stopped");
}

#[test]
fn ctrl_c_ends_what_waits_for_a_file_that_nobody_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let definition = at("definition");
    stops_while_it_waits_for(&definition, HcRig::new(&["run", text(&definition), "--url", NOWHERE]));
    let ca = at("ca");
    let https = ["run", "mesos,TCP", "--url", "https://127.0.0.1:1", "--ca", text(&ca)];
    stops_while_it_waits_for(&ca, HcRig::new(&https));
    let token = at("token");
    let rig = HcRig::new(&["run", "mesos,TCP"]).env("DCOS_URL", NOWHERE).env("DCOS_ACS_TOKEN_FILE", text(&token));
    stops_while_it_waits_for(&token, rig);
}

#[test]
fn ctrl_c_ends_what_waits_for_a_token_command() {
    let rig = HcRig::new(&["run", "mesos,TCP"]).env("DCOS_URL", NOWHERE);
    let rig = rig.env("DCOS_ACS_TOKEN_COMMAND", "echo asked >&2; exec sleep 600");
    let mut child = rig.command().stderr(Stdio::piped()).spawn().expect("the program can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "asked"), "the command was never run");
    interrupt(&child, Signal::SIGINT);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn a_report_is_never_written_through_a_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, victim) = (folder.path().join("run"), folder.path().join("victim"));
    a_run(&run);
    fs::write(&victim, "precious").expect("a file");
    for name in ["report.partial", "report.html", "chart.png", "samples.csv", "summary.partial"] {
        symlink(&victim, run.join(name)).expect("a link");
    }
    ends_with(&HcRig::new(&["report", text(&run)]).run(), 0);
    assert_eq!(fs::read_to_string(&victim).expect("it is there"), "precious");
    assert!(fs::symlink_metadata(run.join("report.html")).expect("it is there").is_file(), "the link was replaced");
    let names: Vec<_> =
        fs::read_dir(&run).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with(".hc-rig-")), "{names:?}");

    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).expect("a folder");
    symlink(&elsewhere, folder.path().join("run-redacted")).expect("a link");
    refused(&HcRig::new(&["report", text(&run), "--redact"]).run(), 2, "run-redacted is a link");
    assert_eq!(fs::read_dir(&elsewhere).expect("a folder").count(), 0);
}

#[test]
fn a_run_behind_a_link_is_no_run_of_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let (several, other) = (folder.path().join("several"), folder.path().join("other"));
    a_run(&several.join("mesos-tcp"));
    a_run(&other);
    symlink(&other, several.join("linked")).expect("a link");
    ends_with(&HcRig::new(&["report", text(&several)]).run(), 0);
    assert!(several.join("mesos-tcp/report.html").is_file());
    assert!(!other.join("report.html").exists());
}
