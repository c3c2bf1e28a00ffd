//! One line of `events.jsonl`: an event of Marathon, or a remark of the rig.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{moment::millis, sample::FORMAT};

/// What the driver remarks between Marathon's events. Other writers of `events.jsonl` have kinds of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A step begins. Data: `step`, `target`, `asked_at` in seconds since the run began.
    Step,
    /// Which executor runs a task. Data: `task`, `agent`, `executor_pid`, `container`.
    Executor,
    /// Clean-up begins; what follows says nothing about health.
    CleanUp,
    /// The app was deployed. Data: `app`, `version`.
    Deployed,
    /// The run goes on in another process. Data: `app`, `instances`.
    Resumed,
}

impl Remark {
    /// Every remark.
    pub const ALL: [Self; 5] = [Self::Step, Self::Executor, Self::CleanUp, Self::Deployed, Self::Resumed];

    /// Its `eventType`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Step => "hc_rig_step",
            Self::Executor => "hc_rig_executor",
            Self::CleanUp => "hc_rig_clean_up",
            Self::Deployed => "hc_rig_deployed",
            Self::Resumed => "hc_rig_resumed",
        }
    }

    /// Reads an `eventType`; `None` for any other.
    #[must_use]
    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|remark| remark.as_str() == kind)
    }
}

/// How a note begins after which events may be missing.
pub(crate) const STREAM_BROKE: &str = "the event stream broke";
/// How a note begins about a poll that was asked for and not answered.
pub(crate) const POLL_FAILED: &str = "a poll failed";

/// One line of `events.jsonl`. Unknown keys are ignored and missing ones defaulted, so that later readers understand
/// earlier files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventRecord {
    /// The format version, [`FORMAT`].
    pub v: u32,
    /// When it arrived, ISO 8601 in UTC with milliseconds, by the rig's clock.
    pub at: String,
    /// Seconds since the run began, at the same moment.
    pub t: f64,
    /// The event as Marathon wrote it, or a remark of the rig; its `eventType` says what it is.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub event: Value,
    /// What the driver itself has to say at this moment instead: a gap in the stream, a poll that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl EventRecord {
    /// A remark of the rig at time of day `at`, `t` seconds since the run began.
    pub fn remark(at: impl Into<String>, t: f64, kind: &str, fields: Value) -> Self {
        let mut event = Map::new();
        event.insert("eventType".to_owned(), Value::from(kind));
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        Self { v: FORMAT, at: at.into(), t: millis(t), event: Value::Object(event), note: None }
    }

    /// Marathon's `eventType`, or that of a [`Remark`].
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("eventType")
    }

    /// A text field of the event, empty if it is not there.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.event[key].as_str().unwrap_or_default()
    }

    /// Whether Marathon sent it, rather than the rig remarked it.
    pub(super) fn is_of_marathon(&self) -> bool {
        !self.event.is_null() && !self.kind().starts_with("hc_rig_")
    }

    /// Whether it says that the event stream broke.
    pub(super) fn is_stream_gap(&self) -> bool {
        self.note.as_ref().is_some_and(|note| note.starts_with(STREAM_BROKE))
    }

    /// Whether it says that a poll was not answered.
    pub(super) fn is_failed_poll(&self) -> bool {
        self.note.as_ref().is_some_and(|note| note.starts_with(POLL_FAILED))
    }

    /// Whether others than the driver wrote it, by a clock of their own.
    pub(super) fn is_aside(&self) -> bool {
        match Remark::parse(self.kind()) {
            Some(Remark::Step | Remark::CleanUp) => false,
            Some(Remark::Executor | Remark::Deployed | Remark::Resumed) => true,
            None => self.kind().starts_with("hc_rig_"),
        }
    }
}
