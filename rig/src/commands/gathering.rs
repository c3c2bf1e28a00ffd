//! What several runs came to: their outcomes gathered, their folders drawn, one exit code over all.

use std::{collections::HashMap, path::Path};

use tokio::task::JoinSet;

use crate::{
    commands::{render, run::discard},
    exit::{Code, Failure},
    folder::{RunFolder, manifest::FORMAT, summary::Combined},
    report::several::{self, Named},
    run::Outcome,
    verdict::Verdict,
};

/// How one run came out: measured, or refused before anything was deployed.
pub type Ended = Result<Outcome, Failure>;

/// Waits for all of them.
pub async fn gather(mut running: JoinSet<Ended>) -> Vec<Ended> {
    let mut outcomes = Vec::new();
    while let Some(joined) = running.join_next().await {
        outcomes.push(match joined {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                // A bug must be seen as one, not as a failed run.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(Failure::new(Code::Internal, error.to_string())),
            },
        });
    }
    outcomes
}

/// Several runs as read back, and how the program ends.
#[derive(Debug)]
pub struct Gathered {
    /// The runs with the names of their folders.
    pub runs: Vec<Named>,
    /// The gravest of their exit codes.
    pub code: Code,
    /// The sentence that goes with it.
    pub trouble: Option<String>,
}

impl Gathered {
    /// Reads and draws the runs in these folders below `path`.
    ///
    /// # Errors
    /// None of them was begun, or one cannot be read.
    pub fn draw(path: &Path, folders: &[RunFolder], outcomes: Vec<Ended>) -> Result<Self, Failure> {
        let mut all = Self { runs: Vec::new(), code: Code::Passed, trouble: None };
        let mut known = HashMap::new();
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => {
                    all.worst(outcome.code(), outcome.failure.map(|failure| failure.message));
                    known.insert(outcome.folder.path().to_owned(), outcome.summary);
                }
                Err(failure) => all.worst(failure.code, Some(failure.message)),
            }
        }
        if known.is_empty()
            && let Some(message) = &all.trouble
        {
            let failure = Failure::new(all.code, message.clone());
            folders.iter().for_each(discard);
            drop(std::fs::remove_dir(path));
            return Err(failure);
        }
        for folder in folders {
            let run = match render::one(folder) {
                Ok(run) => run,
                Err(failure) => {
                    // The samples are safe; what could not be drawn can be drawn later.
                    all.failed(failure);
                    folder.read_knowing(known.remove(folder.path()))?
                }
            };
            let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            all.runs.push((name, run));
        }
        Ok(all)
    }

    /// What `summary.json` says over all of them.
    pub fn combined(&self) -> Combined {
        Combined {
            format: FORMAT,
            verdict: several::verdict(&self.runs),
            sentence: several::sentence(&self.runs),
            exit: self.code.status(),
            held: self.runs.iter().filter(|(_, run)| run.summary.verdict == Verdict::Passed).count() as u64,
            folders: self.runs.iter().map(|(name, _)| name.clone()).collect(),
            runs: self.runs.iter().map(|(_, run)| run.summary.clone()).collect(),
        }
    }

    /// Something that was to be written or drawn over all was not.
    pub fn failed(&mut self, failure: Failure) {
        self.worst(failure.code, Some(failure.message));
    }

    fn worst(&mut self, code: Code, trouble: Option<String>) {
        if code.severity() > self.code.severity() {
            self.code = code;
            self.trouble = trouble;
        }
    }
}
