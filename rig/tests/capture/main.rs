//! `hc-rig capture` against a real sshd on loopback, with a stand-in for sysdig on its PATH.

#![expect(clippy::unwrap_used, reason = "helpers of a test may fail loudly too")]

mod agent;

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use agent::Agent;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rstest::rstest;
use serde_json::json;
use tokio::time::Instant;

/// Far more than anything here needs; only a failed test waits so long.
const TIMEOUT: Duration = Duration::from_secs(60);

const TASK: &str = "hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1";

/// A run folder that knows one task with its executor, which is a process of this test.
fn run_folder(path: &Path, executor: u32) {
    fs::create_dir_all(path).unwrap();
    fs::write(path.join("run.json"), json!({"format": 1, "run": "kx3f", "app": "/hc-rig/kx3f/hc"}).to_string())
        .unwrap();
    let event =
        json!({"v": 1, "t": 1.0, "event": {"eventType": "hc_rig_executor", "task": TASK, "executor_pid": executor}});
    fs::write(path.join("events.jsonl"), format!("{event}\n")).unwrap();
}

fn capture(agent: &Agent, folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hc-rig"));
    command.arg("capture").arg(folder).args(["435aa001.1", "--ssh", &agent.destination()]);
    for option in agent.options() {
        command.args(["--ssh-option", &option]);
    }
    command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ends_with(output: &Output, code: i32, says: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout:\n{out}\nstderr:\n{err}");
    assert!(out.contains(says) || err.contains(says), "no `{says}` in stdout:\n{out}\nstderr:\n{err}");
}

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let end = Instant::now() + TIMEOUT;
    while !so() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::yield_now();
    }
}

fn signal(child: &Child, how: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), how).unwrap();
}

#[test]
fn a_capture_runs_for_its_time_and_its_file_comes_back() {
    let agent = Agent::with_sysdig();
    let folder = agent.path().join("my run; with 'quotes'");
    run_folder(&folder, std::process::id());
    let output = capture(&agent, &folder, &["--for", "1s"]).output().unwrap();
    ends_with(&output, 0, "Captured");
    let file = fs::read_to_string(folder.join("capture-435aa001.1.scap.gz0")).unwrap();
    let filter = format!("proc.pid={0} or proc.apid={0}", std::process::id());
    assert_eq!(file, format!("-C 1024 -W 4 -z -w {filter}\nended\n"), "the seed's command with the task's filter");
    assert!(agent.is_clean(), "nothing is left on the agent");

    let again = capture(&agent, &folder, &["--for", "1s"]).output().unwrap();
    ends_with(&again, 2, "exists already");
}

#[rstest]
#[case::ctrl_c(Signal::SIGINT, Some(130))]
#[case::killed(Signal::SIGKILL, None)]
fn a_capture_that_is_stopped_leaves_nothing_on_the_agent(#[case] how: Signal, #[case] code: Option<i32>) {
    let agent = Agent::with_sysdig();
    let folder = agent.path().join("run");
    run_folder(&folder, std::process::id());
    let child = capture(&agent, &folder, &["--for", "10m"]).spawn().unwrap();
    until("the capture begins", || agent.captures());
    signal(&child, how);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), code, "{}", String::from_utf8_lossy(&output.stderr));
    until("the agent is clean again", || agent.is_clean());
    let brought = folder.join("capture-435aa001.1.scap.gz0").exists();
    assert_eq!(brought, code.is_some(), "Ctrl-C brings what there was");
}

#[test]
fn what_cannot_be_captured_is_refused_in_one_sentence() {
    let agent = Agent::without_sysdig();
    let folder = agent.path().join("run");
    run_folder(&folder, std::process::id());
    ends_with(&capture(&agent, &folder, &[]).output().unwrap(), 2, "there is no sysdig on");
    ends_with(&capture(&agent, &folder, &["--for", "2h"]).output().unwrap(), 2, "--for must not be longer than 1h");

    let agent = Agent::with_sysdig();
    let gone = agent.path().join("gone");
    // No pid is that large.
    run_folder(&gone, 99_999_999);
    ends_with(&capture(&agent, &gone, &[]).output().unwrap(), 2, "there is no process 99999999");

    agent.forget_key();
    ends_with(&capture(&agent, &gone, &[]).output().unwrap(), 4, "Permission denied");
}

#[test]
fn an_unknown_agent_is_an_error() {
    let agent = Agent::with_sysdig();
    let folder = agent.path().join("run");
    run_folder(&folder, std::process::id());
    let mut command = capture(&agent, &folder, &[]);
    agent.stop();
    ends_with(&command.output().unwrap(), 5, "Connection refused");
}
