//! `hc-rig why`: explains a run.

use std::path::PathBuf;

use clap::Args;

use harness::record::json;

use crate::{
    exit::{Code, Completion, Failure},
    folder::RunFolder,
    terminal::diagnosis::render,
    why::{Diagnosis, SHOWN_BY_DEFAULT},
};

/// Arguments of `hc-rig why`.
#[derive(Args, Clone, Debug)]
pub struct WhyArgs {
    /// The run's folder
    pub run: PathBuf,
    /// Describe every affected task, not only the first ten
    #[arg(long)]
    pub all: bool,
    /// The same as JSON: an array with an object a run
    #[arg(long)]
    pub json: bool,
}

/// The explanation of one run, or of every run in a folder of runs.
///
/// # Errors
/// There is no run, or it cannot be read.
pub fn run(args: &WhyArgs) -> Result<Completion, Failure> {
    let folders = RunFolder::find(&args.run)?;
    let diagnoses = folders.iter().map(|folder| folder.read().map(|run| Diagnosis::of(&run)));
    let diagnoses = diagnoses.collect::<Result<Vec<_>, _>>()?;
    if args.json {
        let json = json::pretty(&diagnoses).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        return Ok(Completion::passed(json));
    }
    let limit = if args.all { usize::MAX } else { SHOWN_BY_DEFAULT };
    let texts: Vec<String> = diagnoses.iter().map(|diagnosis| render(diagnosis, limit)).collect();
    Ok(Completion::passed(texts.join("\n")))
}
