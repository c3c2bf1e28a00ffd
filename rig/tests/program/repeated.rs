//! Several runs of one set-up (`--runs`), and the summary on stdout (`--json`).

use std::path::Path;

use serde_json::Value;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stderr, stdout},
    results::read,
};

const SMALL: [&str; 8] = ["--target", "1", "--hold", "1", "--poll", "100ms", "--prompt-offers", "--json"];

/// The document on stdout, which is the file of that name in the folder.
#[track_caller]
fn document(said: &str, folder: &Path, name: &str) -> Value {
    assert_eq!(said, read(&folder.display().to_string(), name), "stdout is the file");
    serde_json::from_str(said).expect("one JSON document")
}

#[test]
fn runs_of_one_pair_have_folders_that_diff_takes_by_name_and_the_summary_is_on_stdout() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = |arguments: &[&str]| HcRig::new(arguments).within(folder.path()).run();
    let repeat = |pair: &str| {
        let out = format!("hc-rig-runs/{}", pair.replace(',', "-"));
        let ended = here(&[&["try", "--pair", pair, "--runs", "2", "--out", &out][..], &SMALL].concat());
        ends_with(&ended, 0);
        (ended, folder.path().join(out))
    };
    let (ended, one) = repeat("mesos,TCP");
    let summary = document(&stdout(&ended), &one, "summary.json");
    assert_eq!(summary["sentence"], "2 of 2 runs healthy at target");
    assert_eq!(summary["folders"], serde_json::json!(["run-1", "run-2"]));
    for part in ["  run-1  ", "  run-2  ", "Spread       slowest step ", "PASSED       2 of 2 runs healthy at target"] {
        assert!(stderr(&ended).contains(part), "{part} in {}", stderr(&ended));
    }
    repeat("docker,TCP");

    // Two are too few for a verdict, and yet both sides are found.
    let compared = here(&["diff", "mesos-TCP", "latest"]);
    ends_with(&compared, 2);
    assert!(stderr(&compared).contains("holds 2 runs"), "{}", stderr(&compared));
    let same = here(&["diff", "docker-TCP", "latest"]);
    assert!(stderr(&same).contains("A and B are the same folder"), "{}", stderr(&same));

    let several = here(&["try", "--runs", "2"]);
    ends_with(&several, 2);
    assert!(stderr(&several).contains("--runs repeats one pair"), "{}", stderr(&several));
}

#[test]
fn every_command_that_measures_prints_its_summary_as_json() {
    let fake = Fake::start(&["--tasks", "process"]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pair = ["mesos,MESOS_TCP", "--url", &fake.url, "--id-as-is"];
    let small = &SMALL[..6];
    for (command, arguments, name) in [
        ("run", [&pair[..], &["--runs", "2", "--json"], small].concat(), "summary.json"),
        ("run", [&pair[..], &["--json"], small].concat(), "summary.json"),
        ("matrix", vec!["--pair", "mesos,TCP", "--counts", "1", "--hold", "1", "--json"], "matrix.json"),
    ] {
        let out = folder.path().join(format!("{command}-{}", arguments.len())).display().to_string();
        let ended = HcRig::new(&[&[command, "--out", &out][..], &arguments].concat()).run();
        ends_with(&ended, 0);
        document(&stdout(&ended), Path::new(&out), name);
        assert!(stderr(&ended).contains("PASSED"), "{}", stderr(&ended));
    }
}
