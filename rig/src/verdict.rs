//! How a run ended, and the one table of what follows from it: the word, the sign, the tone, the exit code and the meaning
//! that every output shows. Why it ended so is a closed set beside it.

use harness::record::Weakness;
use serde::{Deserialize, Serialize};

use crate::exit::Code;

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every target reached, all tasks healthy at the last one, and their checks could be relied on.
    Passed,
    /// Every target reached, and yet the checks could not be relied on.
    Degraded,
    /// A target was not reached in time, or a threshold was crossed.
    Failed,
    /// A search found the limit below its last target.
    Limit,
    /// The user stopped it.
    Stopped,
    /// The run could not be judged: the cluster went away, the disk was full, the process was killed.
    #[default]
    Error,
}

/// Why a run ended as it did, where the verdict leaves that open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// A target was not reached in time.
    NotReached,
    /// A threshold was crossed.
    Crossed,
    /// Check results were too old for too long.
    StaleResults,
    /// The event stream broke for too long.
    EventsLost,
    /// Polls were missed for too long.
    PollsMissed,
    /// The cluster could not be asked any more.
    Cluster,
    /// Results could not be written.
    Results,
    /// The process ended before it could judge the run.
    Killed,
}

/// What a colour says of a verdict or a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Reached, and not to be relied on.
    Warning,
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
            Self::Warning => "warning",
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
    /// What it means, in one line.
    pub meaning: &'static str,
}

impl Verdict {
    /// Every verdict, in the order of the table in `docs/rig.md`.
    pub const ALL: [Self; 6] = [Self::Passed, Self::Degraded, Self::Failed, Self::Limit, Self::Stopped, Self::Error];

    /// The same, the most severe one last: that is the verdict over several runs.
    const BY_SEVERITY: [Self; 6] =
        [Self::Passed, Self::Limit, Self::Degraded, Self::Failed, Self::Stopped, Self::Error];

    /// The table.
    pub fn row(self) -> Row {
        let row = |word, sign, tone, code, last_step, meaning| Row { word, sign, tone, code, last_step, meaning };
        match self {
            Self::Passed => row(
                "PASSED",
                "✓",
                Tone::Good,
                Code::Passed,
                LastStep::ByTarget,
                "every target was reached: all tasks healthy, no deployment left",
            ),
            Self::Degraded => row(
                "DEGRADED",
                "~",
                Tone::Warning,
                Code::Failed,
                LastStep::Failed,
                "every target was reached, but the checks could not be relied on",
            ),
            Self::Failed => row(
                "FAILED",
                "✗",
                Tone::Bad,
                Code::Failed,
                LastStep::ByTarget,
                "a target was not reached, or a threshold was crossed",
            ),
            Self::Limit => row(
                "LIMIT",
                "✓",
                Tone::Good,
                Code::Passed,
                LastStep::ByTarget,
                "--find-limit found the largest number of tasks that stays healthy",
            ),
            Self::Stopped => {
                row("STOPPED", "■", Tone::Neutral, Code::Stopped, LastStep::Unfinished, "the user stopped the run")
            }
            Self::Error => row(
                "ERROR",
                "!",
                Tone::Bad,
                Code::Internal,
                LastStep::Error,
                "the run could not be judged: the cluster failed, results could not be written, or the process was killed",
            ),
        }
    }

    /// The word of the table.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// The exit code of the table, or 0 for a degraded run where the user allows that.
    pub fn code(self, allow_degraded: bool) -> Code {
        if allow_degraded && self == Self::Degraded { Code::Passed } else { self.row().code }
    }

    /// What becomes of the last step; that of a degraded run passes where the user allows that.
    pub fn last_step(self, reason: Option<EndReason>, allow_degraded: bool) -> LastStep {
        match (self, reason) {
            (Self::Failed, Some(EndReason::Crossed)) => LastStep::Failed,
            (Self::Degraded, _) if allow_degraded => LastStep::ByTarget,
            _ => self.row().last_step,
        }
    }

    /// Whether the run came to an end that its app or its checks are to blame for.
    pub fn is_failure(self) -> bool {
        self.row().code == Code::Failed
    }

    /// The verdict over several runs: the most severe one.
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max_by_key(|verdict| verdict.severity()).unwrap_or_default()
    }

    fn severity(self) -> usize {
        Self::BY_SEVERITY.iter().position(|other| *other == self).unwrap_or_default()
    }
}

impl From<Weakness> for EndReason {
    fn from(weakness: Weakness) -> Self {
        match weakness {
            Weakness::StaleResults => Self::StaleResults,
            Weakness::EventsLost => Self::EventsLost,
            Weakness::PollsMissed => Self::PollsMissed,
        }
    }
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::NotReached,
        Self::Crossed,
        Self::StaleResults,
        Self::EventsLost,
        Self::PollsMissed,
        Self::Cluster,
        Self::Results,
        Self::Killed,
    ];

    /// The verdict that it belongs to, and its words.
    pub fn row(self) -> (Verdict, &'static str) {
        match self {
            Self::NotReached => (Verdict::Failed, "target not reached"),
            Self::Crossed => (Verdict::Failed, "threshold crossed"),
            Self::StaleResults => (Verdict::Degraded, "check results stale"),
            Self::EventsLost => (Verdict::Degraded, "events lost"),
            Self::PollsMissed => (Verdict::Degraded, "polls missed"),
            Self::Cluster => (Verdict::Error, "cluster failed"),
            Self::Results => (Verdict::Error, "results not written"),
            Self::Killed => (Verdict::Error, "process killed"),
        }
    }

    /// In a few words.
    pub fn words(self) -> &'static str {
        self.row().1
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_distinct_and_every_verdict_keeps_its_published_name() {
        let words: BTreeSet<_> = Verdict::ALL.map(Verdict::word).into_iter().collect();
        assert_eq!(words.len(), Verdict::ALL.len());
        let names = Verdict::ALL.map(|verdict| serde_json::to_value(verdict).unwrap());
        assert_eq!(names, ["passed", "degraded", "failed", "limit", "stopped", "error"]);
        let words: BTreeSet<_> = EndReason::ALL.map(EndReason::words).into_iter().collect();
        assert_eq!(words.len(), EndReason::ALL.len());
        let names = EndReason::ALL.map(|reason| serde_json::to_value(reason).unwrap());
        let published = ["not_reached", "crossed", "stale_results", "events_lost", "polls_missed"];
        assert_eq!(names[..5], published);
        assert_eq!(names[5..], ["cluster", "results", "killed"]);
    }

    #[test]
    fn the_verdict_over_several_runs_is_the_most_severe() {
        use Verdict::{Degraded, Error, Failed, Limit, Passed, Stopped};
        assert_eq!(Verdict::of_all([Passed, Passed]), Passed);
        assert_eq!(Verdict::of_all([Passed, Degraded, Limit]), Degraded);
        assert_eq!(Verdict::of_all([Failed, Degraded]), Failed);
        assert_eq!(Verdict::of_all([Stopped, Failed, Passed]), Stopped);
        assert_eq!(Verdict::of_all([Stopped, Error, Failed]), Error);
        assert_eq!(Verdict::of_all([]), Error);
        let known: BTreeSet<usize> = Verdict::ALL.map(Verdict::severity).into_iter().collect();
        assert_eq!(known.len(), Verdict::ALL.len(), "each has a place of its own");
    }

    #[test]
    fn a_degraded_run_passes_only_where_that_is_allowed() {
        for verdict in Verdict::ALL {
            let strict = verdict.code(false);
            assert_eq!(strict, verdict.row().code);
            let allowed = if verdict == Verdict::Degraded { Code::Passed } else { strict };
            assert_eq!(verdict.code(true), allowed, "{verdict:?}");
        }
        assert_eq!(Verdict::Degraded.last_step(None, false), LastStep::Failed);
        assert_eq!(Verdict::Degraded.last_step(None, true), LastStep::ByTarget);
        assert_eq!(Verdict::Failed.last_step(Some(EndReason::Crossed), true), LastStep::Failed);
    }
}
