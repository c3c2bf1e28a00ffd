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
    RunFolder::any_sample(&RunFolder::find(&run)?)?;
    let run = if args.redact { render::redacted(&run)? } else { run };
    let first = render::all(&run, formats)?;
    Ok(Completion::passed(format!("Report  {}\n", first.display())))
}
