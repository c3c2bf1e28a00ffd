//! `hc-rig why RUN`.

use std::path::Path;

use crate::{
    exit::Failure,
    folder::RunFolder,
    why::text::{SHOWN, render},
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
