//! One line of `events.jsonl`: an event of Marathon, or a note of the rig.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The format version.
    pub v: u32,
    /// When it arrived, ISO 8601 in UTC with milliseconds, by the rig's clock.
    pub at: String,
    /// Seconds since the run began, at the same moment.
    pub t: f64,
    /// The event as Marathon wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// What the rig itself has to say at this moment: a gap in the stream, a poll that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
