//! A run that hc-rig 0.1 recorded, before steps were written down: `tests/old_run/`.

use std::path::Path;

use hc_rig::folder::RunFolder;
use serde_json::Value;

#[test]
fn a_run_of_an_earlier_version_is_read_with_the_numbers_that_it_wrote() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_run");
    let written: Value =
        serde_json::from_slice(&std::fs::read(folder.join("summary.json")).expect("a summary")).expect("JSON");
    let run = RunFolder::open(&folder).and_then(|folder| folder.read()).expect("readable");
    assert_eq!(serde_json::to_value(&run.summary).expect("JSON"), written);
    assert_eq!(
        run.lives.all().count(),
        std::fs::read_to_string(folder.join("tasks.jsonl")).expect("tasks").lines().count()
    );
    assert_eq!(run.lives.steps().len(), run.summary.steps.len(), "steps are found where the samples show them");
}
