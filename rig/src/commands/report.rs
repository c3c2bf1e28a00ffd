//! `hc-rig report`: draws chart and report again from the samples on disk, and writes the exports.

use clap::Args;

use crate::{
    exit::{Completion, Failure},
    export::Format,
    folder::{RunFolder, locate},
    results::render,
};

/// Arguments of `hc-rig report`.
#[derive(Args, Clone, Debug)]
pub struct ReportArgs {
    /// The run: its folder, its name, or nothing for the latest
    pub run: Option<String>,
    /// Formats to write, separated by commas [default: all]
    #[arg(long = "format", value_name = "FORMATS", value_delimiter = ',')]
    pub formats: Vec<Format>,
    /// Leave the folder alone and make RUN-redacted beside it, without hosts, ids, URLs and users, to share with others
    #[arg(long)]
    pub redact: bool,
}

/// Draws and writes.
///
/// # Errors
/// There is no run or no sample of it (2), or a file cannot be read or written (7).
pub fn run(args: &ReportArgs) -> Result<Completion, Failure> {
    let formats = if args.formats.is_empty() { &Format::ALL } else { &args.formats[..] };
    let run = locate::path(args.run.as_deref())?;
    let first = if args.redact {
        // Before a copy of nothing is made.
        let folders = RunFolder::find(&run)?;
        RunFolder::any_sample(folders.iter().map(|folder| (folder, folder.has_sample())))?;
        render::all(&render::redacted(&run)?, formats)?
    } else {
        let read = render::read(&run)?;
        RunFolder::any_sample(read.iter().map(|(folder, run)| (folder, run.scanned.samples > 0)))?;
        render::draw(&run, read, formats)?
    };
    Ok(Completion::passed(format!("Report  {}\n", first.display())))
}
