//! From a task to what it left on its agent, through a fake with real processes.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

/// Far more than a file needs to be written, even on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

fn sandbox(fake: &Fake, words: &[&str]) -> std::process::Output {
    let arguments: Vec<&str> = ["sandbox", "--url", &fake.url].into_iter().chain(words.iter().copied()).collect();
    HcRig::new(&arguments).run()
}

/// The output, once it holds something: a task writes when it gets to it.
fn eventually(fake: &Fake, words: &[&str], wanted: &str) -> String {
    let end = Instant::now() + TIMEOUT;
    loop {
        let run = sandbox(fake, words);
        if stdout(&run).contains(wanted) {
            ends_with(&run, 0);
            return stdout(&run);
        }
        assert!(Instant::now() < end, "no {wanted}: {} {}", stdout(&run), stderr(&run));
    }
}

#[test]
fn the_files_of_a_task_are_read_and_nothing_beyond_its_sandbox() {
    let fake = Fake::start(&["--tasks", "process"]);
    let cmd = "echo out; echo oops >&2; mkdir -p logs; head -c 200000 /dev/zero > logs/zeros; ln -s /etc etc; exec sleep 1000";
    fake.deploy(&json!({"id": "/noisy", "cmd": cmd, "cpus": 0.01, "mem": 16}));
    assert_eq!(eventually(&fake, &["--task", "noisy", "stdout"], "out"), "out\n");
    assert_eq!(eventually(&fake, &["--task", "noisy", "stderr"], "oops"), "oops\n");

    let output = eventually(&fake, &["--task", "noisy"], "etc");
    for says in ["executor   pid ", "stderr", "logs/", "/executors/noisy.", "on agent   ssh "] {
        assert!(output.contains(says), "{says}: {output}");
    }
    assert!(eventually(&fake, &["--task", "noisy", "logs/"], "200000").contains("zeros"));
    assert_eq!(sandbox(&fake, &["--task", "noisy", "logs/zeros"]).stdout, vec![0; 200_000], "larger than one read");

    for (file, says) in [
        ("nowhere", "has no nowhere"),
        ("logs", "logs is a folder: list it with logs/"),
        ("../../../../../../../../etc/passwd", "outside the sandbox"),
        ("etc/passwd", "outside the sandbox"),
    ] {
        let run = sandbox(&fake, &["--task", "noisy", file]);
        ends_with(&run, 2);
        assert!(stderr(&run).contains(says) && run.stdout.is_empty(), "{file}: {}", stderr(&run));
    }
}

#[test]
fn a_missing_or_unknown_task_is_an_error() {
    let fake = Fake::start(&[]);
    for (words, says) in [
        (vec![], "hc-rig-runs/latest"),
        (vec!["--task", "nobody", "stdout"], "there is no task nobody"),
        (vec!["no-such-run"], "there is no run folder no-such-run"),
    ] {
        let run = sandbox(&fake, &words);
        ends_with(&run, 2);
        assert!(stderr(&run).contains(says), "{}", stderr(&run));
    }
}
