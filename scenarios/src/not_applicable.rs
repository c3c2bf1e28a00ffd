//! Scenarios that a backend cannot run: each is printed and collected, none is skipped silently.

use std::{fs, io};

use serde::Serialize;

use crate::{evidence, name::TestName};

/// Why a backend cannot run a scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not applicable, because {0}")]
pub struct NotApplicable(pub String);

#[derive(Serialize)]
struct Entry<'a> {
    scenario: &'a str,
    backend: &'a str,
    because: &'a str,
}

/// Prints it and writes `target/hc-rig/not-applicable/<test>.json`. A file each, since tests run in processes of their
/// own; `make test` and `make live` list them, and gather them in `target/hc-rig/not-applicable.json`.
///
/// # Errors
/// When the file cannot be written: the skip would be silent.
pub(crate) fn record(name: &TestName, why: &NotApplicable) -> io::Result<()> {
    println!("{why}");
    let folder = evidence::root().join("not-applicable");
    fs::create_dir_all(&folder)?;
    let entry = Entry { scenario: &name.path, backend: name.target, because: &why.0 };
    fs::write(folder.join(format!("{}.json", name.folder())), serde_json::to_string(&entry)? + "\n")
}

/// Deletes the entry of an earlier run of this test.
pub(crate) fn forget(name: &TestName) -> io::Result<()> {
    match fs::remove_file(evidence::root().join("not-applicable").join(format!("{}.json", name.folder()))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
