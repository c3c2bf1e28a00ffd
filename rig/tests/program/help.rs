//! The examples of the help can be run as they are printed.

use std::fs;

use serde_json::json;

use crate::{
    fake::Fake,
    hc_rig::{HcRig, ends_with, stdout},
    results::old_run_copy,
};

/// Every example of the help of these commands, once.
fn examples() -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    let commands =
        [&["--help"][..], &["-h"], &["try", "--help"], &["run", "--help"], &["run", "-h"], &["matrix", "--help"]];
    for command in commands {
        let help = HcRig::new(command).run();
        ends_with(&help, 0);
        let help = stdout(&help) + "\n";
        let (_, rest) = help.split_once("Examples:\n").unwrap_or_else(|| panic!("{command:?} has no examples: {help}"));
        let (lines, _) = rest.split_once("\n\n").expect("a paragraph");
        // What follows two spaces and more explains the example.
        let lines = lines.lines().filter_map(|line| line.trim().strip_prefix("hc-rig "));
        examples.extend(lines.map(|line| line.split("  ").next().unwrap_or(line).to_owned()));
    }
    examples.sort();
    examples.dedup();
    examples
}

#[test]
fn the_examples_of_the_help_run_as_they_are_printed() {
    let fake = Fake::start(&["--agents", "2"]);
    let folder = tempfile::tempdir().expect("a folder");
    let check = json!({"protocol": "MESOS_TCP", "portIndex": 0});
    let app = json!({"id": "/hc", "cmd": "sleep 1000", "cpus": 0.001, "mem": 1, "healthChecks": [check]});
    fs::write(folder.path().join("app.json"), app.to_string()).expect("written");
    let run = old_run_copy(&folder.path().join("old"));
    let examples = examples();
    assert!(examples.len() >= 8, "{examples:?}");
    for example in examples {
        let words = example.split(' ').map(|word| match word {
            "http://marathon.example:8080" => fake.url.clone(),
            "RUN" => run.clone(),
            word => word.to_owned(),
        });
        let mut words: Vec<String> = words.collect();
        let plans = ["try", "run", "matrix"].contains(&words[0].as_str());
        if plans && !words.iter().any(|word| word == "--dry-run") {
            words.push("--dry-run".to_owned());
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ended = HcRig::new(&words).env("MARATHON_URL", &fake.url).within(folder.path()).run();
        ends_with(&ended, 0);
    }
}
