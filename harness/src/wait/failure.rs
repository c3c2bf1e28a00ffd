//! A wait that ended without what was waited for.

use std::{error::Error, fmt, panic::Location, time::Duration};

use super::{
    report::{Report, Section},
    timeline::Timeline,
};

/// Why a wait ended without its condition being met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The deadline passed.
    TimedOut,
    /// The condition can no longer come true.
    Never,
    /// An observation failed, and every later one would.
    ProbeFailed,
}

/// A failed wait. Its text is a report for the reader of a test log: what was awaited and where, for how long, why it
/// failed, the timeline, what the last view showed, and how to investigate further.
pub struct WaitFailure(Box<Inner>);

struct Inner {
    kind: FailureKind,
    reason: String,
    waited: Duration,
    timeline: Timeline,
    report: Report,
}

/// What a wait knows and its failure reports.
pub(super) struct Story {
    pub(super) kind: FailureKind,
    /// What was awaited of whom: `2 healthy tasks of /hc`.
    pub(super) awaited: String,
    pub(super) location: &'static Location<'static>,
    pub(super) waited: Duration,
    pub(super) limit: String,
    pub(super) reason: String,
    pub(super) observations: u32,
    pub(super) failed: u32,
    pub(super) timeline: Timeline,
    pub(super) sections: Vec<Section>,
    pub(super) evidence: Evidence,
}

/// Where the reader of a failure can investigate further. Whoever starts a wait knows it. It holds no secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Requests to repeat by hand, such as `curl http://…/v2/apps/hc`.
    pub by_hand: Vec<String>,
    /// Files with what they are: log, journal.
    pub files: Vec<(String, String)>,
    /// The seed that a fake was started with.
    pub seed: Option<u64>,
    /// The command that runs this test again.
    pub rerun: Option<String>,
}

impl Evidence {
    fn into_sections(self) -> [Section; 2] {
        let mut lines: Vec<String> = self.files.into_iter().map(|(what, path)| format!("{what}: {path}")).collect();
        lines.extend(self.seed.map(|seed| format!("seed: {seed}")));
        lines.extend(self.rerun.map(|command| format!("rerun: {command}")));
        [Section::new("requests to repeat", self.by_hand), Section::new("evidence", lines)]
    }
}

impl WaitFailure {
    pub(super) fn new(story: Story) -> Self {
        let headline = match story.kind {
            FailureKind::TimedOut => format!("timed out waiting for {}", story.awaited),
            FailureKind::Never => format!("gave up waiting for {}: it can no longer happen", story.awaited),
            FailureKind::ProbeFailed => format!("cannot go on waiting for {}", story.awaited),
        };
        let polls = match story.failed {
            0 => format!("{}", story.observations),
            n => format!("{}, {n} of them without an answer", story.observations),
        };
        let facts = vec![
            ("reason", story.reason.clone()),
            ("where", format!("{}:{}:{}", story.location.file(), story.location.line(), story.location.column())),
            ("waited", format!("{} of {}", text::elapsed(story.waited), story.limit)),
            ("polls", polls),
        ];
        let mut sections = vec![Section::new("timeline (changes only)", story.timeline.lines())];
        sections.extend(story.sections);
        sections.extend(story.evidence.into_sections());
        let report = Report { headline, facts, sections };
        let Story { kind, reason, waited, timeline, .. } = story;
        Self(Box::new(Inner { kind, reason, waited, timeline, report }))
    }

    /// Why the wait ended.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.0.kind
    }

    /// The condition's last reason, or the error that ended the wait.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How long the wait lasted.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.0.waited
    }

    /// What the wait observed.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.0.timeline
    }

    /// The report that makes up its text.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.0.report
    }
}

impl fmt::Display for WaitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.report.fmt(f)
    }
}

/// The same text: a test that returns an error, and `expect`, print this one.
impl fmt::Debug for WaitFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The cause is part of the text already, so there is no source to print once more.
impl Error for WaitFailure {}
