//! Every exit code that is documented is reached by the program, and each is documented.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Output, Stdio},
    thread,
};

use hc_rig::{exit::Code, verdict::Verdict};
use nix::sys::signal::Signal;
use serde_json::json;

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, stderr, stdout},
    results::out,
};

/// How the program is brought to end with each code, and what it says then. A code without a way does not compile.
fn reach(code: Code) -> (Output, &'static str) {
    let (_folder, run) = out();
    let nobody = "http://127.0.0.1:1";
    let small = ["--target", "1", "--poll", "200ms", "--out", &run];
    let run_on = |url: &str, rest: &[&str]| HcRig::new(&[&["run", "mesos,TCP", "--url", url], rest].concat());
    match code {
        Code::Passed => (HcRig::new(&[&["try", "--pair", "mesos,TCP"], &small[..]].concat()).run(), "PASSED"),
        // Without a single descriptor to spare not even the runtime starts.
        Code::Internal => (limited("ulimit -n 4", &["login", "--url", nobody]), "cannot start"),
        Code::Usage => (run_on(nobody, &["--target", "0"]).run(), "more than the target of 0"),
        Code::Failed => {
            let fake = Fake::start(&["--hold-at-most", "1"]);
            let two = ["--targets", "2", "--step-timeout", "5s", "--poll", "200ms", "--out", &run];
            (run_on(&fake.url, &two).run(), "target not reached")
        }
        Code::Refused => {
            let fake = Fake::start(&["--user", "alice:s3cret-word"]);
            (run_on(&fake.url, &small).user("alice", "another").run(), "check DCOS_USERNAME")
        }
        Code::Unreachable => (run_on(nobody, &small).run(), "check the address and the network"),
        Code::CleanUp => {
            let fake = Fake::start(&["--admin", "127.0.0.1:0"]);
            let no = json!({"status": {"code": 403, "message": "nobody may delete here"}});
            fake.inject(&json!({"match": {"method": "DELETE"}, "act": {"http": no}}));
            (run_on(&fake.url, &small).run(), "to finish it: hc-rig clean ")
        }
        Code::Results => {
            let fake = Fake::start(&[]);
            // Blocks of 512 or 1,024 bytes; the signal that comes with the limit stops the run as any other.
            let many = ["--target", "900", "--step", "20", "--poll", "200ms", "--out", &run];
            let few = [&["run", "mesos,TCP", "--url", &fake.url], &many[..]].concat();
            (limited("ulimit -f 160", &few), "a result could not be written")
        }
        Code::Stopped => {
            let fake = Fake::start(&[]);
            let many = ["--target", "900", "--step", "1", "--poll", "200ms", "--out", &run];
            (stopped(run_on(&fake.url, &many)), "STOPPED")
        }
    }
}

/// The program below a limit that a shell sets. A file that another thread of the test opens as this one forks must not take
/// the one descriptor that the loader needs.
fn limited(limit: &str, arguments: &[&str]) -> Output {
    let script = format!("exec 3>&-; {limit}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_hc-rig")]).args(arguments);
    command.output().expect("a shell can be started")
}

/// The program stopped by Ctrl-C once its first step is over.
fn stopped(rig: HcRig) -> Output {
    let mut child =
        rig.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let mut errors = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut said = String::new();
    while !said.contains("step 1/") {
        assert!(errors.read_line(&mut said).expect("a line can be read") > 0, "no step was reported: {said}");
    }
    interrupt(&child, Signal::SIGINT);
    errors.read_to_string(&mut said).expect("the rest can be read");
    let output = child.wait_with_output().expect("the program ends");
    Output { stderr: said.into_bytes(), ..output }
}

#[test]
fn every_documented_code_is_reached() {
    let wrong: Vec<String> = thread::scope(|scope| {
        let ends = Code::ALL.map(|code| (code, scope.spawn(move || reach(code))));
        let judged = ends.into_iter().filter_map(|(code, end)| {
            let (output, says) = end.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            let (out, err) = (stdout(&output), stderr(&output));
            let right =
                output.status.code() == Some(code.status().into()) && (out.contains(says) || err.contains(says));
            (!right).then(|| format!("{code:?}: {}, {says:?} expected in\n{out}\n{err}", output.status))
        });
        judged.collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_documentation_and_the_help_have_the_same_codes() {
    let known: Vec<u8> = Code::ALL.map(Code::status).to_vec();
    let page = include_str!("../../../docs/rig.md");
    let section =
        page.split("\n## ").find(|section| section.starts_with("Verdicts and exit codes")).expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok());
    assert_eq!(rows.collect::<Vec<u8>>(), known);
    let help = stdout(&HcRig::new(&["--help"]).run());
    let unwrapped = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for verdict in Verdict::ALL {
        let row = verdict.row();
        let line = format!("| `{}` | {} | {} | {} |", row.word, row.sign, row.code.status(), row.meaning);
        assert!(section.contains(&line), "docs/rig.md lacks: {line}");
        let told = format!("{} {} (exit {})", row.word, row.meaning, row.code.status());
        assert!(unwrapped.contains(&told), "--help lacks {told}");
    }
    let lines = help.split("Exit codes:").nth(1).expect("the table").lines();
    let codes = lines.filter_map(|line| line.split_whitespace().next()?.parse().ok());
    assert_eq!(codes.collect::<Vec<u8>>(), known);
}

/// What goes wrong with stdout is no panic: `head` may go away, and a full disk is said.
#[test]
fn a_reader_that_goes_away_is_no_trouble_and_a_full_disk_is() {
    let run = |line: &str| Command::new("bash").args(["-c", line, "bash", env!("CARGO_BIN_EXE_hc-rig")]).output();
    let gone = run("\"$1\" man | true; exit ${PIPESTATUS[0]}").expect("a shell");
    assert_eq!((gone.status.code(), stderr(&gone)), (Some(0), String::new()));
    let full = run("\"$1\" man > /dev/full").expect("a shell");
    assert_eq!(full.status.code(), Some(7));
    assert!(stderr(&full).starts_with("hc-rig: cannot write to stdout: "), "{}", stderr(&full));
}
