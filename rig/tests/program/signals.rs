//! Signals that would end the program: each of them stops a run, and clean-up is whole.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Output, Stdio},
    thread,
};

use nix::{pty::openpty, sys::signal::Signal};
use serde_json::Value;

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stdout},
    results::{json, out, samples},
};

/// A run that goes on for longer than any test.
fn endless(fake: &Fake, run: &str) -> HcRig {
    let plan = ["--step", "1", "--target", "900", "--poll", "200ms", "--out", run];
    HcRig::new(&[&["run", "mesos,TCP", "--url", &fake.url][..], &plan].concat())
}

/// The same program with the same variables below another one, as `timeout` or `setsid`.
fn below(outer: &[&str], rig: HcRig) -> Command {
    let inner = rig.command();
    let mut command = Command::new(outer[0]);
    command.args(&outer[1..]).arg(inner.get_program()).args(inner.get_args()).stdin(Stdio::null());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Starts it, and does something to it once the first step is over.
fn after_a_step(mut command: Command, then: impl FnOnce(&Child)) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let mut errors = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut printed = String::new();
    while !printed.contains("step 1/") {
        assert!(errors.read_line(&mut printed).expect("a line can be read") > 0, "no step was reported: {printed}");
    }
    then(&child);
    errors.read_to_string(&mut printed).expect("the rest can be read");
    let output = child.wait_with_output().expect("the program ends");
    Output { stderr: printed.into_bytes(), ..output }
}

#[track_caller]
fn stopped_and_cleaned_up(run: &str) {
    let summary = json(run, "summary.json");
    let ended = [&summary["verdict"], &summary["exit"], &summary["clean_up"]];
    assert_eq!(ended, [&Value::from("stopped"), &Value::from(130), &Value::from("complete")]);
    assert!(!samples(run).is_empty());
}

#[test]
fn every_signal_that_can_be_caught_stops_a_run_and_cleans_up() {
    let fake = Fake::start(&[]);
    let signals = Signal::iterator().filter(|signal| {
        let ends_nothing = [Signal::SIGCHLD, Signal::SIGCONT, Signal::SIGURG, Signal::SIGWINCH, Signal::SIGPIPE];
        let suspends = [Signal::SIGSTOP, Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];
        let bug = [Signal::SIGILL, Signal::SIGFPE, Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGSYS, Signal::SIGABRT];
        *signal != Signal::SIGKILL && ![&ends_nothing[..], &suspends, &bug].iter().any(|others| others.contains(signal))
    });
    thread::scope(|scope| {
        for signal in signals {
            let fake = &fake;
            scope.spawn(move || {
                let (_folder, run) = out();
                let ended = after_a_step(endless(fake, &run).command(), |child| interrupt(child, signal));
                assert_eq!(ended.status.code(), Some(130), "{signal}: {ended:?}");
                assert!(stdout(&ended).starts_with("STOPPED"), "{signal}: {}", stdout(&ended));
                stopped_and_cleaned_up(&run);
            });
        }
    });
    fake.has_nothing_left();
}

/// It sends the signal to the program and then to its process group, at its time limit as when it is told to end.
#[test]
fn a_run_below_coreutils_timeout_is_cleaned_up_whole() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let command = below(&["timeout", "600"], endless(&fake, &run));
    let ended = after_a_step(command, |timeout| interrupt(timeout, Signal::SIGTERM));
    ends_with(&ended, 130);
    assert!(stdout(&ended).contains("nothing left"), "{}", stdout(&ended));
    stopped_and_cleaned_up(&run);
    fake.has_nothing_left();
}

#[test]
fn a_run_at_its_time_limit_leaves_nothing() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let ended = below(&["timeout", "5"], endless(&fake, &run)).output().expect("coreutils has timeout");
    ends_with(&ended, 124);
    fake.has_nothing_left();
}

#[test]
fn a_run_whose_terminal_is_closed_is_cleaned_up() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let ends = openpty(None, None).expect("a terminal");
    // A clone is closed in the program, which otherwise would keep its own terminal open.
    let mut screen = File::from(ends.master.try_clone().expect("another handle"));
    drop(ends.master);
    let mut command = below(&["setsid", "--ctty", "--wait"], endless(&fake, &run).env("TERM", "xterm"));
    let slave = || ends.slave.try_clone().expect("another handle");
    command.stdin(slave()).stdout(slave()).stderr(slave());
    let mut child = command.spawn().expect("util-linux has setsid");
    drop((command, ends.slave));
    let (mut seen, mut buffer) = (String::new(), [0; 4096]);
    while !seen.contains(" 1/900 healthy") {
        let n = screen.read(&mut buffer).expect("the terminal can be read");
        seen.push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
    drop(screen);
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{seen}");
    stopped_and_cleaned_up(&run);
    fake.has_nothing_left();
}

/// `nohup` is there so that a run outlives its terminal.
#[test]
fn below_nohup_a_run_goes_on_without_its_terminal() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let small = ["--targets", "1,2", "--hold", "1s", "--poll", "200ms", "--out", &run];
    let rig = HcRig::new(&[&["run", "mesos,TCP", "--url", &fake.url][..], &small].concat());
    let ended = after_a_step(below(&["nohup"], rig), |child| interrupt(child, Signal::SIGHUP));
    ends_with(&ended, 0);
    assert!(stdout(&ended).starts_with("PASSED"), "{}", stdout(&ended));
}

#[test]
fn the_fake_ends_with_its_tasks_when_its_terminal_is_closed_or_quits_it() {
    for signal in [Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGINT, Signal::SIGTERM] {
        let rig = HcRig::new(&["fake", "--listen", "127.0.0.1:0", "--tasks", "process"]);
        let mut child = rig.command().stdout(Stdio::piped()).spawn().expect("the fake can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        lines.next().expect("a line").expect("a line in UTF-8");
        interrupt(&child, signal);
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{signal}");
    }
}
