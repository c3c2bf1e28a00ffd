//! How a run ended, and the one table of what follows from it: the word, the sign, the tone and the exit code that every
//! output shows.

use serde::{Deserialize, Serialize};

use crate::exit::Code;

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every target reached, all tasks healthy at the last one.
    // The published name of before the word became PASSED.
    #[serde(rename = "held")]
    Passed,
    /// A target was not reached in time.
    NotReached,
    /// A threshold was crossed.
    Crossed,
    /// A search found the limit below its last target.
    Limit,
    /// The user stopped it.
    Stopped,
    /// The run broke: the cluster went away, the disk was full.
    #[default]
    Broken,
}

/// What a colour says of a verdict or a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Neither: not judged, or ended by the user.
    Neutral,
}

impl Tone {
    /// The class of the page's style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Neutral => "neutral",
        }
    }
}

/// What a verdict makes of the step in which the run ended, for a CI server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastStep {
    /// It passes if its target was reached, and fails otherwise.
    ByTarget,
    /// It fails, even if its target was reached before.
    Failed,
    /// It passes if its target was reached, and is skipped otherwise.
    Unfinished,
    /// It could not be judged, even if its target was reached before.
    Error,
}

impl LastStep {
    /// Whether the step passes if its target was reached.
    pub fn counts_when_reached(self) -> bool {
        match self {
            Self::ByTarget | Self::Unfinished => true,
            Self::Failed | Self::Error => false,
        }
    }
}

/// A row of the table of verdicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// One word in capitals, for the head of a summary.
    pub word: &'static str,
    /// A sign that carries the meaning without colour.
    pub sign: &'static str,
    /// Its colour.
    pub tone: Tone,
    /// The exit code that the verdict alone gives.
    pub code: Code,
    /// The step in which the run ended.
    pub last_step: LastStep,
}

impl Verdict {
    /// Every verdict, in the order of the table in `docs/rig.md`.
    pub const ALL: [Self; 6] =
        [Self::Passed, Self::NotReached, Self::Crossed, Self::Limit, Self::Stopped, Self::Broken];

    /// The table.
    pub fn row(self) -> Row {
        let row = |word, sign, tone, code, last_step| Row { word, sign, tone, code, last_step };
        match self {
            Self::Passed => row("PASSED", "✓", Tone::Good, Code::Passed, LastStep::ByTarget),
            Self::NotReached => row("NOT REACHED", "✗", Tone::Bad, Code::Failed, LastStep::ByTarget),
            Self::Crossed => row("CROSSED", "✗", Tone::Bad, Code::Failed, LastStep::Failed),
            Self::Limit => row("LIMIT", "✗", Tone::Bad, Code::Failed, LastStep::ByTarget),
            Self::Stopped => row("STOPPED", "■", Tone::Neutral, Code::Stopped, LastStep::Unfinished),
            Self::Broken => row("BROKEN", "!", Tone::Bad, Code::Internal, LastStep::Error),
        }
    }

    /// The word of the table.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// The exit code of the table.
    pub fn code(self) -> Code {
        self.row().code
    }

    /// Whether the run came to an end that its app or its checks are to blame for.
    pub fn is_failure(self) -> bool {
        self.code() == Code::Failed
    }

    /// The verdict over several runs: the one whose exit code is the most severe.
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max_by_key(|verdict| verdict.code().severity()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct_and_every_verdict_keeps_its_published_name() {
        let words: std::collections::BTreeSet<_> = Verdict::ALL.map(Verdict::word).into_iter().collect();
        assert_eq!(words.len(), Verdict::ALL.len());
        let names = Verdict::ALL.map(|verdict| serde_json::to_value(verdict).unwrap());
        assert_eq!(names, ["held", "not_reached", "crossed", "limit", "stopped", "broken"]);
    }

    #[test]
    fn the_verdict_over_several_runs_is_the_most_severe() {
        use Verdict::{Broken, Crossed, Passed, Stopped};
        assert_eq!(Verdict::of_all([Passed, Passed]), Passed);
        assert_eq!(Verdict::of_all([Stopped, Crossed, Passed]), Stopped);
        assert_eq!(Verdict::of_all([Stopped, Broken, Crossed]), Broken);
        assert_eq!(Verdict::of_all([]), Broken);
    }
}
