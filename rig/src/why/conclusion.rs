//! What a rule concludes: in words, with the evidence, how sure, and what to do next.

use serde::Serialize;

/// What it most likely was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// One hung task under Marathon's own checks makes everybody's news old.
    HeadOfLine,
    /// Checks come later than the interval for everybody, and no task stands out.
    ChecksLate,
    /// Everything ran on the rig's own machine, and its processors had nothing left.
    MachineBusy,
    /// Everything ran on the rig's own machine, and its kernel dropped new connections.
    ConnectionsFull,
    /// Instances wait for offers.
    NoOffers,
    /// An agent was lost with its tasks.
    AgentLost,
    /// Tasks end by themselves, again and again.
    CrashLoop,
    /// Health checks kill a task and its successors.
    KillLoop,
    /// The task answers with a status that counts as a failure.
    WrongAnswer,
    /// Nobody ever listened on the port that is checked.
    NeverListened,
    /// Nobody listens any more.
    AppDown,
    /// The task accepts connections and does not answer.
    Hung,
    /// The task answers, later than the check's time-out.
    TimeoutTooShort,
    /// The task became well after its grace period.
    GraceTooShort,
    /// The task answers the rig in time; the checker says that it does not.
    CheckerLate,
    /// The task comes and goes.
    Flapping,
    /// The task failed within its grace period or had no result, and the run ended.
    Unjudged,
    /// The rig cannot reach the task's host.
    Unreachable,
    /// None of the rules fits.
    Unknown,
}

/// How sure a conclusion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sureness {
    /// Two independent observations agree.
    High,
    /// One observation, nothing against it.
    Medium,
    /// It fits, other things fit as well.
    Low,
}

impl Sureness {
    /// For a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::High => "sure: two independent observations agree",
            Self::Medium => "likely: one observation, nothing speaks against it",
            Self::Low => "a guess: it fits, other things fit as well",
        }
    }
}

/// One conclusion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conclusion {
    /// What it most likely was.
    pub reason: Reason,
    /// The same as a headline.
    pub title: String,
    /// One paragraph.
    pub text: String,
    /// What speaks for it, a sentence each.
    pub evidence: Vec<String>,
    /// How sure.
    pub sure: Sureness,
    /// The tasks that it is about, by Marathon's ids.
    pub tasks: Vec<String>,
    /// What to do or to look at.
    pub next: Vec<String>,
}

/// `a`, `a and b`, or `a, b and 3 more`.
pub fn some(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}
