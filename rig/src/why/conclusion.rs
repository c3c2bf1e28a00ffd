//! What a rule concludes: the cause, the evidence, the confidence, and what to do next.

use serde::Serialize;

/// The likely cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// One hung task under Marathon's own checks delays the checks of all others.
    HeadOfLine,
    /// Marathon makes no check of its own any more, for no app.
    ChecksEnded,
    /// The checks of all tasks are late, and no task stands out as the cause.
    ChecksLate,
    /// Everything ran on the rig's own machine, and its processors were fully used.
    MachineBusy,
    /// Everything ran on the rig's own machine, and its kernel dropped new connections.
    ConnectionsFull,
    /// Instances wait for offers.
    NoOffers,
    /// A deployment waits for readiness checks that have not passed.
    NotReady,
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
    /// The task answers, later than the check's timeout.
    TimeoutTooShort,
    /// The task became healthy after its grace period.
    GraceTooShort,
    /// The task answers the rig in time, and its checker calls it unhealthy.
    CheckerLate,
    /// The task turns healthy and unhealthy in turns.
    Flapping,
    /// The task failed within its grace period or had no result, and the run ended.
    Unjudged,
    /// The rig cannot reach the task's host.
    Unreachable,
    /// None of the rules fits.
    Unknown,
}

/// How well the evidence supports a conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Two independent observations agree.
    High,
    /// One observation, nothing against it.
    Medium,
    /// It fits, other things fit as well.
    Low,
}

impl Confidence {
    /// For a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::High => "high confidence: two independent observations agree",
            Self::Medium => "medium confidence: one observation, none against it",
            Self::Low => "low confidence: other causes fit as well",
        }
    }
}

/// One conclusion.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conclusion {
    /// The likely cause.
    pub reason: Reason,
    /// The same as a headline.
    pub title: String,
    /// One paragraph.
    pub text: String,
    /// The evidence, a sentence each.
    pub evidence: Vec<String>,
    /// How sure it is. The key is that of before the word changed.
    #[serde(rename = "sure")]
    pub confidence: Confidence,
    /// The tasks that it is about, by Marathon's ids.
    pub tasks: Vec<String>,
    /// What to do or to look at.
    pub next: Vec<String>,
}

/// A number with at most two digits after the point.
pub fn number(value: f64) -> String {
    text::decimal(value, 2)
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
