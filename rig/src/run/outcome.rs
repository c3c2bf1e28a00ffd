//! How a run ended, and what is written last of it.

use crate::{
    exit::{Code, Failure},
    folder::{
        RunFolder, clean_up::CleanUp, evidence::Machine, incident::Incident, moment, reserve::Reserve, summary::Summary,
    },
    terminal::progress::RunProgress,
    why::Diagnosis,
};

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict as it stands in `summary.json`.
    pub summary: Summary,
    /// Where the results are.
    pub folder: RunFolder,
    /// What went wrong beyond a target that was not reached: the sentence and its exit code.
    pub failure: Option<Failure>,
    /// Whether a degraded run ends with exit code 0.
    pub allow_degraded: bool,
}

impl Outcome {
    /// The exit code of this run.
    pub fn code(&self) -> Code {
        let verdict = || self.summary.verdict.code(self.allow_degraded);
        self.failure.as_ref().map_or_else(verdict, |failure| failure.code)
    }

    /// Records how clean-up ended: complete, or with what is left.
    pub(super) fn cleaned_up(&mut self, left: Option<String>) {
        match left {
            None => self.summary.clean_up = CleanUp::Complete,
            Some(left) => {
                self.summary.clean_up = CleanUp::Incomplete(left.clone());
                self.failure.get_or_insert_with(|| Failure::new(Code::CleanUp, left));
            }
        }
    }

    /// Ends the run: completes the summary, writes it into the room that was reserved for it, with the likely causes, and
    /// shows the verdict.
    pub(super) fn conclude(
        mut self,
        incidents: Vec<Incident>,
        machine: Option<Machine>,
        reserve: Reserve,
        mut progress: RunProgress,
    ) -> Self {
        self.summary.incidents = incidents;
        self.summary.machine = machine;
        self.summary.exit = self.code().status();
        drop(reserve);
        self.summary.ended_at = Some(moment::now());
        match self.folder.conclude(self.summary.clone(), |run| Diagnosis::of(run).causes()) {
            Ok(summary) => self.summary = summary,
            Err(failure) => drop(self.failure.get_or_insert(failure)),
        }
        progress.finish(self.summary.verdict.word());
        self
    }
}
