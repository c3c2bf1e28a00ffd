//! The runs of one side of a comparison.

use std::path::{Path, PathBuf};

use harness::record::read::Scanned;

use crate::{
    chart::Bar,
    exit::Failure,
    folder::{Run, RunFolder, manifest::Manifest, summary::Summary},
    verdict::Verdict,
};

/// One run, as far as it is compared.
#[derive(Clone, Debug, Default)]
pub struct Repeat {
    /// Its folder.
    pub folder: PathBuf,
    /// How it was made.
    pub manifest: Manifest,
    /// What was measured.
    pub summary: Summary,
    /// What its chart shows.
    pub bars: Vec<Bar>,
    /// How many lines of its record could be read and how many could not.
    pub scanned: Scanned,
}

/// All runs of one side: repeats of one set-up.
#[derive(Clone, Debug)]
pub struct Side {
    /// As the user named it.
    pub name: String,
    /// The runs, in order of their folders.
    pub repeats: Vec<Repeat>,
}

impl Side {
    /// Reads a run folder, or a folder of run folders.
    ///
    /// # Errors
    /// There is no run, it cannot be read, or one came to no result.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let mut repeats = Vec::new();
        for folder in RunFolder::find(path)? {
            let Run { manifest, summary, course, complete, scanned, .. } = folder.read()?;
            let bars = course.iter().map(Bar::from).collect();
            let name = folder.path().display();
            if !complete {
                return Err(Failure::usage(format!(
                    "{name} has no result: the run was killed, or it is still going on"
                )));
            }
            if matches!(summary.verdict, Verdict::Stopped | Verdict::Error) {
                let word = summary.verdict.word();
                return Err(Failure::usage(format!(
                    "{name} has no result: it ended {word} ({}); leave it out",
                    summary.why
                )));
            }
            repeats.push(Repeat { folder: folder.path().to_owned(), manifest, summary, bars, scanned });
        }
        Ok(Self { name: path.display().to_string(), repeats })
    }
}
