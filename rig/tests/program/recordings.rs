//! `hc-rig record` and `hc-rig parity`, on a fake in a process of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Output, Stdio},
};

use nix::sys::signal::Signal;
use rstest::rstest;
use serde_json::json;

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stderr, stdout},
};

#[test]
fn the_own_recordings_differ_only_where_that_is_known() {
    let own = format!("{}/../fixtures/recorded", env!("CARGO_MANIFEST_DIR"));
    let ended = HcRig::new(&["parity", &own]).run();
    ends_with(&ended, 0);
    let said = stdout(&ended);
    assert!(said.contains("\nknown difference: lifecycle.plain: http: GET /v2/queue"), "{said}");
    assert!(said.contains("ours schedules both at once."), "with its reason: {said}");
}

#[test]
fn what_is_recorded_from_a_fake_agrees_with_the_fake_until_somebody_changes_it() {
    let fake = Fake::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let cases = ["empty.reads", "update.verbs", "groups.basic", "events.light"];
    let arguments = [&["record", "--url", &fake.url, "--out", dir][..], &cases[..]].concat();
    ends_with(&HcRig::new(&arguments).run(), 0);
    assert!(fake.apps().is_empty(), "a case leaves nothing");

    let same = HcRig::new(&["parity", dir]).run();
    ends_with(&same, 0);
    for case in cases {
        assert!(stdout(&same).contains(case), "{}", stdout(&same));
    }
    let rules = "recorded from Marathon 1.11.26, compared with the rules of 1.11";
    assert!(stdout(&same).starts_with(rules), "{}", stdout(&same));

    let path = folder.path().join("update.verbs.jsonl");
    let text = fs::read_to_string(&path).expect("the recording");
    fs::write(&path, text.replacen("\"status\":409", "\"status\":422", 1)).expect("a writable folder");
    let changed = HcRig::new(&["parity", dir]).run();
    ends_with(&changed, 3);
    assert!(stdout(&changed).contains("update.verbs: http: "), "{}", stdout(&changed));
    assert!(stdout(&changed).contains("/status: golden 422 is 409"), "{}", stdout(&changed));
}

const USER: &str = "zaphod";
const PASSWORD: &str = "Geheim4711Zeichen";

/// Nothing of ours in what was written and said: neither name nor proof.
#[track_caller]
fn nothing_of_ours(folder: &Path, output: &Output) {
    let mut texts = vec![stdout(output), stderr(output)];
    for entry in fs::read_dir(folder).expect("a folder") {
        texts.push(fs::read_to_string(entry.expect("an entry").path()).expect("a recording"));
    }
    assert!(texts.len() > 2, "there is a recording");
    // The fake's tokens are JWTs, and `me:…` in basic authentication begins so in base64.
    for (text, mark) in
        texts.iter().flat_map(|text| [USER, PASSWORD, "eyJ", "emFwaG9k", "uthorization"].map(|mark| (text, mark)))
    {
        let line = text.lines().find(|line| line.contains(mark));
        assert_eq!(line, None, "`{mark}`");
    }
}

/// Answers that echo who asked, as a proxy in front of a Marathon may.
fn echoes(below: &str) -> serde_json::Value {
    json!({"match": {"path": format!("{below}/v2/leader")}, "act": {"http": {"status": {"code": 404, "message": format!("{USER} {PASSWORD}")}}}})
}

#[rstest]
#[case::dcos(&["--user", "zaphod:Geheim4711Zeichen", "--tls", "self-signed"], ["DCOS_USERNAME", "DCOS_PASSWORD"], "/service/marathon")]
#[case::basic(&["--basic-auth", "zaphod:Geheim4711Zeichen"], ["MARATHON_USER", "MARATHON_PASSWORD"], "")]
fn a_recording_with_a_login_agrees_and_holds_no_name_of_its_user(
    #[case] access: &[&str],
    #[case] names: [&str; 2],
    #[case] below: &str,
) {
    let fake = Fake::start(&[access, &["--admin", "127.0.0.1:0"]].concat());
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let trust: &[&str] = if fake.url.starts_with("https") { &["--insecure"] } else { &[] };
    let arguments = [&["-vv", "record", "--url", &fake.url, "--out", dir][..], trust].concat();
    let as_me = |cases: &[&str]| {
        let rig = HcRig::new(&[&arguments[..], cases].concat());
        rig.env(names[0], USER).env(names[1], PASSWORD).run()
    };
    // Renewed halfway, where there is a token.
    fake.inject(&json!({"match": {"path": format!("{below}/v2/info")}, "act": {"login": "revoked"}, "times": 1}));
    let recorded = as_me(&["empty.reads", "update.verbs", "events.light"]);
    ends_with(&recorded, 0);
    nothing_of_ours(folder.path(), &recorded);
    ends_with(&HcRig::new(&["parity", dir]).run(), 0);

    fake.inject(&echoes(below));
    let echoed = as_me(&["empty.reads"]);
    ends_with(&echoed, 0);
    let kept = fs::read_to_string(folder.path().join("empty.reads.jsonl")).expect("the recording");
    assert!(kept.contains("<scrubbed> <scrubbed>"), "the echo is there, and is scrubbed");
    nothing_of_ours(folder.path(), &echoed);

    let wrong = HcRig::new(&arguments).env(names[0], USER).env(names[1], "wrong").run();
    ends_with(&wrong, 4);
}

#[test]
fn a_case_that_is_stopped_is_left_out_and_removed_and_those_before_it_stay() {
    let fake = Fake::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let mut child = HcRig::new(&["record", "--url", &fake.url, "--out", dir, "empty.reads", "too_big"])
        .command()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line == "case 2 of 2: too_big")));
    while fake.apps().is_empty() {
        std::thread::yield_now();
    }
    interrupt(&child, Signal::SIGINT);
    let lines_read: Vec<String> = lines.map_while(Result::ok).collect();
    let output = child.wait_with_output().expect("it ends");
    ends_with(&output, 130);
    assert!(
        lines_read.last().is_some_and(|last| last.contains("stopped in case too_big, which is left out")),
        "{lines_read:?}"
    );
    assert!(stdout(&output).starts_with("empty.reads  "), "{}", stdout(&output));
    fake.has_nothing_left();
    let kept: Vec<_> = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(kept, ["empty.reads.jsonl"]);
}

#[test]
fn what_a_killed_recording_left_is_removed_by_its_name() {
    let fake = Fake::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let mut child = HcRig::new(&["record", "--url", &fake.url, "--out", dir, "too_big"])
        .command()
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
    let first = lines.next().expect("a line").expect("a line");
    while fake.apps().is_empty() {
        std::thread::yield_now();
    }
    child.kill().expect("a process");
    child.wait().expect("an end");
    let name = first.split_once("hc-rig clean ").expect("the remedy").1.trim_end_matches(')');
    assert!(fake.apps()[0].starts_with(&format!("/hc-rig/{name}/")), "{first}: {:?}", fake.apps());
    ends_with(&HcRig::new(&["clean", name, "--url", &fake.url]).run(), 0);
    fake.has_nothing_left();
}

#[test]
fn what_others_have_there_is_neither_touched_nor_recorded() {
    let fake = Fake::start(&[]);
    fake.deploy_unrelated_app();
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("a path in UTF-8");
    let cases = ["empty.reads", "create.seed_definitions", "update.verbs", "groups.basic", "lifecycle.plain"];
    let arguments = [&["record", "--url", &fake.url, "--out", dir][..], &cases[..]].concat();
    ends_with(&HcRig::new(&arguments).run(), 0);
    assert_eq!(fake.apps(), ["/unrelated"]);
    for case in cases {
        let text = fs::read_to_string(folder.path().join(format!("{case}.jsonl"))).expect("the recording");
        let (head, rows) = text.split_once('\n').expect("rows");
        assert!(head.contains("\"kind\":\"scope\"") && head.contains("/hc-rig/"), "{head}");
        for mark in ["unrelated", "hc-rig", "HC_RIG"] {
            assert_eq!(rows.lines().find(|row| row.contains(mark)), None, "`{mark}` in {case}");
        }
    }
    ends_with(&HcRig::new(&["parity", dir]).run(), 0);
}

#[test]
fn a_folder_without_recordings_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = HcRig::new(&["parity", folder.path().to_str().expect("a path in UTF-8")]).run();
    ends_with(&refused, 2);
    assert!(stderr(&refused).contains("no recording"), "{}", stderr(&refused));
}
