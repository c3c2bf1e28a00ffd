//! `events.jsonl`: Marathon's events as they came, and the rig's own remarks between them.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::folder::moment;

/// The rig's own remark: which executor runs a task. Data: `task`, `agent`, `executor_pid`, `container`.
pub const EXECUTOR: &str = "hc_rig_executor";
/// The rig's own remark: clean-up begins; what follows is no news about health.
pub const CLEAN_UP: &str = "hc_rig_clean_up";

/// The rig's own remark: the app was deployed. Data: `app`, `version`.
pub const DEPLOYED: &str = "hc_rig_deployed";
/// The rig's own remark: the run goes on in another process. Data: `app`, `instances`.
pub const RESUMED: &str = "hc_rig_resumed";

/// One line of `events.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventLine {
    /// Version of the format.
    pub v: u32,
    /// When it was received, ISO 8601.
    pub at: String,
    /// The same in seconds on the samples' clock.
    pub t: f64,
    /// Marathon's object, unchanged, or one of this module's. Its `eventType` says what it is.
    pub event: Value,
    /// A remark of the driver, instead of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl EventLine {
    /// A line of the current format.
    pub fn new(t: f64, kind: &str, fields: Value) -> Self {
        let mut event = Map::new();
        event.insert("eventType".to_owned(), Value::from(kind));
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        let t = (t * 1e3).round() / 1e3;
        Self { v: 1, at: moment::now(), t, event: Value::Object(event), note: None }
    }

    /// Marathon's `eventType`, or one of this module's.
    pub fn kind(&self) -> &str {
        self.text("eventType")
    }

    /// A text field of the event, empty if it is not there.
    pub fn text(&self, key: &str) -> &str {
        self.event.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Hands every event of the file on, in order; lines that are no event are left out. A missing file has no events.
///
/// # Errors
/// The file exists but cannot be read.
pub fn scan(path: &Path, mut each: impl FnMut(EventLine)) -> io::Result<()> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for line in BufReader::new(file).split(b'\n') {
        if let Ok(event) = serde_json::from_slice::<EventLine>(&line?) {
            each(event);
        }
    }
    Ok(())
}
