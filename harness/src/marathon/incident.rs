//! Errors that a client recovered from, for the report of a run.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Error, ErrorKind};
use crate::transport::TransportErrorKind;

/// What went wrong.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum IncidentKind {
    /// A request failed in a way that may pass: a broken connection, no answer in time, 503.
    Failed {
        /// How.
        error: Error,
    },
    /// A server did not answer and another one did.
    OtherServer {
        /// The one that answered.
        server: String,
        /// The error of the previous one.
        error: Error,
    },
    /// Another Marathon process leads than before.
    LeaderChanged {
        /// The leader until now.
        from: String,
        /// The new one.
        to: String,
    },
    /// An answer was slow in coming.
    Slow {
        /// How long it took to its end.
        took: Duration,
        /// The request.
        request: String,
    },
    /// The token was about to expire and was renewed.
    TokenRenewed,
    /// The token was refused and was renewed.
    LoggedInAgain,
    /// A group was still there, or there again, after its deletion, and was deleted once more.
    RemovedAgain {
        /// The group.
        group: String,
    },
    /// The event stream is refused, so only polls show what happens.
    EventsRefused {
        /// Why.
        error: Error,
    },
    /// The event stream broke.
    EventsLost {
        /// Why.
        why: String,
    },
    /// The event stream is open again; the events of the gap are missing.
    EventsBack {
        /// How long it was closed.
        gap: Duration,
    },
}

impl IncidentKind {
    /// A fixed name of the kind.
    #[must_use]
    pub fn name(&self) -> String {
        let fixed = match self {
            Self::Failed { error } => return failure_name(error),
            Self::OtherServer { .. } => "another server answered",
            Self::LeaderChanged { .. } => "another leader",
            Self::Slow { .. } => "slow answer",
            Self::TokenRenewed => "token renewed before it expired",
            Self::LoggedInAgain => "token refused and renewed",
            Self::RemovedAgain { .. } => "group removed again",
            Self::EventsRefused { .. } => "no event stream",
            Self::EventsLost { .. } => "event stream lost",
            Self::EventsBack { .. } => "event stream back",
        };
        fixed.to_owned()
    }
}

fn failure_name(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Status { status, .. } => format!("answer {}", status.as_u16()),
        ErrorKind::Transport(error) => {
            let what = match error.kind() {
                TransportErrorKind::Connect => "no connection",
                TransportErrorKind::Tls | TransportErrorKind::NotPinned | TransportErrorKind::ClientCertificate => {
                    "TLS refused"
                }
                TransportErrorKind::Timeout => "no answer in time",
                TransportErrorKind::Reset => "connection broke",
                TransportErrorKind::TooLarge => "answer too large",
                TransportErrorKind::Other => "request failed",
            };
            what.to_owned()
        }
        ErrorKind::Login(_) => "login failed".to_owned(),
        ErrorKind::Garbled { .. } | ErrorKind::Body { .. } => "unreadable answer".to_owned(),
        ErrorKind::ForeignRedirect { .. } => "redirected elsewhere".to_owned(),
    }
}

impl fmt::Display for IncidentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { error } => write!(f, "{error}"),
            Self::OtherServer { server, error } => write!(f, "{server} answered instead ({error})"),
            Self::LeaderChanged { from, to } => write!(f, "{to} leads instead of {from}"),
            Self::Slow { took, request } => write!(f, "{request} took {:.1} s", took.as_secs_f32()),
            Self::TokenRenewed => f.write_str("the token was about to expire and was renewed"),
            Self::LoggedInAgain => f.write_str("the token was refused; logged in again"),
            Self::RemovedAgain { group } => {
                write!(f, "{group} was still there after its deletion, and was deleted again")
            }
            Self::EventsRefused { error } => write!(f, "the event stream is refused: {error}"),
            Self::EventsLost { why } => write!(f, "the event stream was lost: {why}"),
            Self::EventsBack { gap } => write!(f, "the event stream is back after {:.1} s", gap.as_secs_f32()),
        }
    }
}

/// All incidents of one name. Kept so, and not one by one, a run of hours on a bad network needs no more memory than
/// a short one.
#[derive(Debug, Clone)]
pub struct Incidents {
    /// See [`IncidentKind::name`].
    pub name: String,
    /// How many there were.
    pub count: u64,
    /// When the first came, by tokio's clock.
    pub first: Instant,
    /// When the last came.
    pub last: Instant,
    /// The first of them, in full.
    pub example: String,
}

#[derive(Debug, Default)]
pub(super) struct IncidentLog(Mutex<Vec<Incidents>>);

impl IncidentLog {
    pub(super) fn note(&self, kind: &IncidentKind) {
        tracing::info!(incident = %kind);
        let (name, now) = (kind.name(), Instant::now());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|incidents| incidents.name == name) {
            Some(incidents) => {
                incidents.count += 1;
                incidents.last = now;
            }
            None => all.push(Incidents { name, count: 1, first: now, last: now, example: kind.to_string() }),
        }
    }

    pub(super) fn all(&self) -> Vec<Incidents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn incidents_of_one_name_are_counted_together() {
        let log = IncidentLog::default();
        for why in ["the server closed it", "nothing came"] {
            log.note(&IncidentKind::EventsLost { why: why.to_owned() });
            tokio::time::advance(Duration::from_secs(3)).await;
        }
        log.note(&IncidentKind::LoggedInAgain);
        let all = log.all();
        let names_and_counts: Vec<_> = all.iter().map(|incidents| (incidents.name.as_str(), incidents.count)).collect();
        assert_eq!(names_and_counts, [("event stream lost", 2), ("token refused and renewed", 1)]);
        assert_eq!(all[0].last - all[0].first, Duration::from_secs(3));
        assert_eq!(all[0].example, "the event stream was lost: the server closed it");
    }
}
