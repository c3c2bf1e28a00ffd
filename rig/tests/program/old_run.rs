//! A run that hc-rig 0.1 recorded, before steps were written down: `tests/old_run/`.

use std::path::Path;

use hc_rig::folder::{
    RunFolder,
    upgrade::{VERDICT_FORMAT, upgraded},
};
use serde_json::Value;

#[test]
fn a_run_of_an_earlier_version_is_read_with_the_numbers_that_it_wrote() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_run");
    let written: Value =
        serde_json::from_slice(&std::fs::read(folder.join("summary.json")).expect("a summary")).expect("JSON");
    fits("summary.v1", &written);
    let run = RunFolder::open(&folder).and_then(|folder| folder.read()).expect("readable");
    let mut expected = upgraded(written);
    // What the program of today knows beyond that.
    expected["format"] = VERDICT_FORMAT.into();
    expected["degraded"] = Value::Array(Vec::new());
    expected["last"]["unhealthy_in_grace"] = 0.into();
    let read = serde_json::to_value(&run.summary).expect("JSON");
    // What format 1 had in `run.json` only, and what it could not know.
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder.join("run.json")).expect("a manifest")).expect("JSON");
    assert_eq!((&read["command"], &read["started_at"]), (&manifest["command"], &manifest["started_at"]));
    assert!(read["definition_sha256"].as_str().is_some_and(|hash| hash.len() == 64), "{read}");
    for key in ["version", "command", "url", "started_at", "definition_sha256"] {
        expected[key] = read[key].clone();
    }
    for (key, unknown) in [("ended_at", Value::Null), ("diagnosis", Value::Array(Vec::new()))] {
        expected[key] = unknown;
    }
    expected["thresholds"] = Value::Array(Vec::new());
    fits("summary", &read);
    assert_eq!(expected["verdict"], "passed");
    assert_eq!(read, expected);
    assert_eq!(
        run.lives.all().count(),
        std::fs::read_to_string(folder.join("tasks.jsonl")).expect("tasks").lines().count()
    );
    assert_eq!(run.lives.steps().len(), run.summary.steps.len(), "steps are found where the samples show them");
}

/// The document is what the schema of this name says, which `docs` publishes.
fn fits(name: &str, document: &Value) {
    let published = format!("{}/../docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let schema = serde_json::from_slice(&std::fs::read(published).expect("the schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
}
