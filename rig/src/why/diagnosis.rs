//! The diagnosis of a run as data, for `hc-rig why`, the summary at the end of a run and the report.

use serde::Serialize;

use crate::{
    folder::{Run, outcome::Cause},
    why::{Conclusion, Facts, Finding, Groups, Reason, finding::CAPTURE, findings, rules},
};

/// The diagnosis of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Version of the format.
    pub format: u32,
    /// The run's pair, or its app where there is none.
    pub name: String,
    /// Tasks that were seen.
    pub seen: usize,
    /// Tasks that had a bad result at any time.
    #[serde(rename = "sick")]
    pub were_unhealthy: u64,
    /// Tasks whose only bad results came within their grace period.
    pub in_grace: u64,
    /// Whether the app of somebody else was only watched.
    pub watched: bool,
    /// Tasks that ended before clean-up.
    pub ended: u64,
    /// Polls that are on disk.
    pub samples: u64,
    /// The conclusions, the most confident first. Empty when nothing was wrong.
    pub conclusions: Vec<Conclusion>,
    /// What the affected tasks have in common.
    pub groups: Groups,
    /// The affected tasks, the earliest first.
    pub tasks: Vec<Finding>,
    /// The command to capture the next occurrence with.
    pub capture: String,
}

impl Diagnosis {
    /// The diagnosis of a run that was read back.
    pub fn of(run: &Run) -> Self {
        let facts = Facts::of(run);
        Self {
            format: 1,
            name: run.manifest.name().to_owned(),
            seen: facts.tasks.len(),
            were_unhealthy: run.summary.sick_tasks,
            in_grace: run.summary.grace_tasks,
            watched: run.manifest.is_watch(),
            ended: run.summary.ended_tasks,
            samples: run.summary.samples,
            conclusions: rules::conclude(&facts),
            groups: Groups::of(&run.lives.troubled(), &facts.tasks, facts.poll),
            tasks: findings(run),
            capture: CAPTURE.to_owned(),
        }
    }

    /// The conclusions in short, for `summary.json`.
    pub fn causes(&self) -> Vec<Cause> {
        let cause = |conclusion: &Conclusion| Cause {
            reason: word(conclusion.reason),
            title: conclusion.title.clone(),
            confidence: word(conclusion.confidence),
        };
        self.conclusions.iter().map(cause).collect()
    }

    /// The title of the most confident conclusion, if a cause was found.
    pub fn likely(&self) -> Option<&str> {
        self.conclusions.first().filter(|first| first.reason != Reason::Unknown).map(|first| first.title.as_str())
    }

    /// Whether anything was wrong at all.
    pub fn is_clean(&self) -> bool {
        self.conclusions.is_empty() && self.tasks.is_empty()
    }
}

/// The word of a closed set, as it is serialised.
fn word(member: impl Serialize) -> String {
    match serde_json::to_value(member) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}
