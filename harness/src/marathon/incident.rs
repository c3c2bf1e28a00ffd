//! What went wrong on the way and was survived, for the report of a run.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Error;

/// How many are kept: a run of hours on a bad network must not grow without end.
const KEPT: usize = 1000;

/// Something that went wrong, and when by tokio's clock.
#[derive(Debug, Clone)]
pub struct Incident {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: IncidentKind,
}

/// What went wrong.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IncidentKind {
    /// A request failed in a way that may pass: a broken connection, no answer in time, 503.
    Failed {
        /// How.
        error: Error,
    },
    /// A server was away and another answered: a lost leader, for one.
    OtherServer {
        /// The one that answered.
        server: String,
        /// What the one before said.
        error: Error,
    },
    /// The token was refused in the middle of a run, and a new one was had.
    LoggedInAgain,
    /// The event stream broke.
    EventsLost {
        /// Why.
        why: String,
    },
    /// The event stream is open again; what happened in the gap was not told.
    EventsBack {
        /// How long nobody listened.
        gap: Duration,
    },
}

impl fmt::Display for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error } => write!(f, "{error}"),
            Self::OtherServer { server, error } => write!(f, "{server} answered instead ({error})"),
            Self::LoggedInAgain => f.write_str("the token was refused; logged in again"),
            Self::EventsLost { why } => write!(f, "the event stream was lost: {why}"),
            Self::EventsBack { gap } => write!(f, "the event stream is back after {:.1} s", gap.as_secs_f32()),
        }
    }
}

/// The first incidents of a client, and how many came after them.
#[derive(Debug, Clone, Default)]
pub struct Incidents {
    /// In order of time, at most 1,000.
    pub kept: Vec<Incident>,
    /// How many more there were.
    pub not_kept: u64,
}

#[derive(Debug, Default)]
pub(super) struct IncidentLog(Mutex<Incidents>);

impl IncidentLog {
    pub(super) fn note(&self, kind: IncidentKind) {
        tracing::info!(incident = %kind);
        let mut incidents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if incidents.kept.len() < KEPT {
            incidents.kept.push(Incident { at: Instant::now(), kind });
        } else {
            incidents.not_kept += 1;
        }
    }

    pub(super) fn all(&self) -> Incidents {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
