//! Several runs: their outcomes gathered, their folders drawn, one exit code over all.

use std::{collections::HashMap, path::Path};

use tokio::task::JoinSet;

use crate::{
    exit::{Code, Completion, Failure},
    folder::{Named, RunFolder, origin::Origin, summary::Combined, upgrade::VERDICT_FORMAT},
    report::several,
    results::{discard, render},
    run::Outcome,
    verdict::Verdict,
};

/// How one run ended: measured, or refused before anything was deployed.
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

/// Several runs as read back, and how the command ends.
#[derive(Debug)]
pub struct Gathered {
    /// The runs with the names of their folders.
    pub runs: Vec<Named>,
    /// The most severe of their exit codes, with its sentence; no text yet.
    pub end: Completion,
}

impl Gathered {
    /// Reads and draws the runs in these folders below `path`.
    ///
    /// # Errors
    /// None of them was begun, or one cannot be read.
    pub fn draw(path: &Path, folders: &[RunFolder], outcomes: Vec<Ended>) -> Result<Self, Failure> {
        let mut all = Self { runs: Vec::new(), end: Completion::passed("") };
        let mut known = HashMap::new();
        let deployed = outcomes.iter().any(Result::is_ok);
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => {
                    all.worsen(outcome.code(), outcome.failure.map(|failure| failure.message));
                    known.insert(outcome.folder.path().to_owned(), outcome.summary);
                }
                Err(failure) if deployed => all.end.worsen(failure.once_deployed(Code::Failed)),
                Err(failure) => all.end.worsen(failure),
            }
        }
        if known.is_empty()
            && let Some(message) = &all.end.problem
        {
            let failure = Failure::new(all.end.code, message.clone());
            folders.iter().for_each(discard);
            drop(std::fs::remove_dir(path));
            return Err(failure);
        }
        for folder in folders {
            let run = match render::one(folder) {
                Ok(run) => run,
                Err(failure) => {
                    // The samples are safe, and can be drawn later.
                    all.end.worsen(failure.once_deployed(Code::Results));
                    let known = known.remove(folder.path());
                    folder.read_knowing(known).map_err(|failure| failure.once_deployed(Code::Results))?
                }
            };
            let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            all.runs.push((name, run));
        }
        Ok(all)
    }

    /// Draws summary, chart and report over several runs into their folder `path`; one run alone has its own.
    pub fn draw_over(&mut self, path: &Path) {
        if self.runs.len() == 1 && RunFolder::at(path).file("run.json").is_file() {
            return;
        }
        let drawn = RunFolder::at(path)
            .write_json("summary.json", &self.combined())
            .and_then(|()| render::over(path, &self.runs));
        if let Err(failure) = drawn {
            self.end.worsen(failure);
        }
    }

    /// What `summary.json` says over all of them.
    pub fn combined(&self) -> Combined {
        Combined {
            format: VERDICT_FORMAT,
            origin: Origin::of(&self.runs),
            verdict: several::verdict(&self.runs),
            sentence: several::sentence(&self.runs),
            exit: self.end.code.status(),
            held: self.runs.iter().filter(|(_, run)| run.summary.verdict == Verdict::Passed).count() as u64,
            folders: self.runs.iter().map(|(name, _)| name.clone()).collect(),
            runs: self.runs.iter().map(|(_, run)| run.summary.clone()).collect(),
        }
    }

    /// Takes the code of a run into account, which has a sentence only where more went wrong than its verdict says.
    fn worsen(&mut self, code: Code, problem: Option<String>) {
        if code.severity() > self.end.code.severity() {
            self.end.code = code;
            self.end.problem = problem;
        }
    }
}
