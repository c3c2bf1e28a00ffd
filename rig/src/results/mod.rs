//! What is made of measured runs when they are over: [`gathered`] reads several back and settles the exit code, [`render`]
//! draws pages, pictures and exports into the run folder, [`repeats`] ends several runs of one set-up, [`actions`] reports
//! to GitHub Actions.

pub mod actions;
pub mod gathered;
pub mod render;
pub mod repeats;

use std::path::Path;

pub use gathered::{Gathered, gather};
use harness::files;

use crate::{
    exit::{Code, Completion, Failure},
    export::Format,
    folder::RunFolder,
    run::Outcome,
    terminal::{
        closing::{self, Ending},
        layout::field,
    },
};

/// Draws what one run measured and reports how it ended; it took so many seconds.
///
/// # Errors
/// The results cannot be read back.
pub fn conclude(folder: &RunFolder, outcome: Outcome, seconds: f64) -> Result<Completion, Failure> {
    let mut end = Completion { code: outcome.code(), ..Completion::passed("") };
    end.problem = outcome.failure.map(|failure| failure.message);
    let run = match render::one(folder) {
        Ok(run) => run,
        Err(failure) => {
            // The samples are safe, and can be drawn later. What went wrong first is reported.
            end.worsen(failure.once_deployed(Code::Results));
            folder.read_knowing(Some(outcome.summary)).map_err(|failure| failure.once_deployed(Code::Results))?
        }
    };
    let end = closing::one(&run, Ending { folder: folder.path(), code: end.code, seconds }).end(end);
    Ok(actions::of_run(folder.path(), &run, end))
}

/// Adds a copy without names and addresses beside the folder, with everything drawn in it.
pub fn add_redacted_copy(folder: &Path, mut end: Completion) -> Completion {
    match render::redacted(folder).and_then(|copy| render::all(&copy, &Format::ALL)) {
        Ok(page) => field(&mut end.text, "Redacted", page.display()),
        Err(failure) => end.worsen(failure.once_deployed(Code::Results)),
    }
    end
}

/// Hands out a file of the results, `summary.json` or `matrix.json`, as the document of the command.
pub fn with_document(folder: &Path, name: &str, mut end: Completion) -> Completion {
    let path = folder.join(name);
    match files::read_to_string(&path) {
        Ok(document) => end.document = Some(document),
        Err(error) => {
            let why = format!("cannot read {}: {error}", path.display());
            end.document = Some(String::new());
            end.worsen(Failure::new(Code::Results, why));
        }
    }
    end
}

/// Removes the folder of a run that was refused before anything was deployed.
pub fn discard(folder: &RunFolder) {
    for name in ["run.json", "samples.jsonl", "events.jsonl"] {
        drop(std::fs::remove_file(folder.file(name)));
    }
    // Only if nothing else is in it.
    drop(std::fs::remove_dir(folder.path()));
}
