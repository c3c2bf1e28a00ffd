//! A folder for the results of a run, and what a run left there.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

/// A new folder and the path of one in it that does not exist yet.
pub(crate) fn out() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run").display().to_string();
    (folder, path)
}

/// Copies the run that hc-rig 0.1 recorded to a new folder, and tells its path.
pub(crate) fn old_run_copy(to: &Path) -> String {
    fs::create_dir(to).expect("a new folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_run");
    for file in fs::read_dir(from).expect("the old run") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
    to.display().to_string()
}

/// A file of a run.
#[track_caller]
pub(crate) fn read(run: &str, name: &str) -> String {
    fs::read_to_string(Path::new(run).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A file of a run that is one JSON document.
#[track_caller]
pub(crate) fn json(run: &str, name: &str) -> Value {
    serde_json::from_str(&read(run, name)).expect("JSON")
}

/// Every line of `samples.jsonl`, each a whole JSON object.
#[track_caller]
pub(crate) fn samples(run: &str) -> Vec<Value> {
    read(run, "samples.jsonl").lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}

/// The file NAME.json of a folder is what the published schema of its kind says.
#[track_caller]
pub(crate) fn fits_the_schema(folder: &str, name: &str) {
    let published = format!("{}/../docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(published).expect("the schema")).expect("JSON");
    let document = json(folder, &format!("{name}.json"));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{folder}: {errors:?}");
}
