//! `hc-rig why RUN`.

use std::path::Path;

use crate::{
    exit::{Code, Failure},
    folder::{RunFolder, json},
    why::{
        Diagnosis,
        text::{SHOWN, render},
    },
};

/// The explanation of one run, or of every run in a folder of runs.
///
/// # Errors
/// There is no run, or it cannot be read.
pub fn explain(path: &Path, all: bool) -> Result<String, Failure> {
    let shown = if all { usize::MAX } else { SHOWN };
    let texts = RunFolder::find(path)?.into_iter().map(|folder| folder.read().map(|run| render(&run, shown)));
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

/// The same as data: a JSON object a run, in an array.
///
/// # Errors
/// See [`explain`].
pub fn explain_json(path: &Path) -> Result<String, Failure> {
    let diagnoses = RunFolder::find(path)?.into_iter().map(|folder| folder.read().map(|run| Diagnosis::of(&run)));
    let diagnoses = diagnoses.collect::<Result<Vec<_>, _>>()?;
    json::pretty(&diagnoses).map_err(|error| Failure::new(Code::Internal, error.to_string()))
}
