//! `hc-rig clean`: what it removes, where, and which folders it marks.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use nix::sys::signal::Signal;

use crate::{
    fake::{Fake, interrupt},
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::{json, out, read},
};

/// A run that was killed: its app is still there.
fn killed(fake: &Fake, run: &str) {
    let plan = ["--step", "1", "--target", "900", "--poll", "200ms", "--out", run];
    let rig = HcRig::new(&[&["run", "mesos,TCP", "--url", &fake.url][..], &plan].concat());
    let mut child = rig.command().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is piped")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("step 1/")), "no step was reported");
    interrupt(&child, Signal::SIGKILL);
    child.wait().expect("it ends");
}

#[test]
fn a_run_is_not_marked_clean_by_a_cluster_that_never_saw_it() {
    let (fake, other) = (Fake::start(&[]), Fake::start(&[]));
    let (_folder, run) = out();
    killed(&fake, &run);
    let elsewhere = HcRig::new(&["clean", &run, "--url", &other.url]).run();
    ends_with(&elsewhere, 2);
    assert!(stderr(&elsewhere).contains("is another cluster"), "{}", stderr(&elsewhere));
    assert_eq!(fake.apps().len(), 1, "it is still there");
    ends_with(&HcRig::new(&["clean", &run, "--url", &fake.url]).run(), 0);
    assert_eq!(json(&run, "summary.json")["clean_up"], "complete, by hc-rig clean");
    fake.has_nothing_left();
}

#[test]
fn a_name_without_a_letter_names_no_run() {
    let fake = Fake::start(&[]);
    let app = serde_json::json!({"id": "/hc-rig/run/theirs", "cmd": "sleep 1000", "cpus": 0.01, "mem": 1,
        "labels": {"HC_RIG_RUN": "run"}});
    fake.deploy(&app);
    for name in ["", " ", "::", "-"] {
        let refused = HcRig::new(&["clean", "--url", &fake.url, "--", name]).run();
        ends_with(&refused, 2);
        assert!(stderr(&refused).contains("names no run"), "{}", stderr(&refused));
    }
    assert_eq!(fake.apps(), ["/hc-rig/run/theirs"]);
}

#[test]
fn a_folder_of_a_run_that_is_clean_stays_as_it_is() {
    let fake = Fake::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let run = at("several/one");
    let small = ["--target", "1", "--poll", "200ms", "--out", &run];
    ends_with(&HcRig::new(&[&["run", "mesos,TCP", "--url", &fake.url][..], &small].concat()).run(), 0);
    let before = read(&run, "summary.json");
    assert!(before.contains("\"clean_up\": \"complete\""), "{before}");
    for named in [&run, &at("several")] {
        ends_with(&HcRig::new(&["clean", named, "--url", &fake.url]).run(), 0);
        assert_eq!(read(&run, "summary.json"), before);
    }
    // What lies deeper is not named by the folder above.
    fs::remove_file(format!("{run}/summary.json")).expect("it is there");
    let above = HcRig::new(&["clean", &at(""), "--url", &fake.url]).run();
    ends_with(&above, 2);
    assert!(stderr(&above).contains("name one of them"), "{}", stderr(&above));
    assert!(!fs::exists(format!("{run}/summary.json")).expect("it can be asked"), "{}", stdout(&above));
}
