//! Why a login gave no token.

use std::fmt;

use http::StatusCode;

use crate::transport::{TransportError, TransportErrorKind};

/// A login gave no token. `Display` is one sentence, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginError {
    place: String,
    kind: Kind,
    /// There was a token from there before.
    had_one: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Refused { status: StatusCode, message: String },
    Transport(TransportError),
    Unusable(String),
}

impl LoginError {
    /// The cluster answered with a bad status; `message` is its own text, or empty.
    pub(crate) fn refused(place: impl fmt::Display, status: StatusCode, message: impl Into<String>) -> Self {
        Self { place: place.to_string(), kind: Kind::Refused { status, message: message.into() }, had_one: false }
    }

    /// The request for a token got no answer.
    pub(crate) fn transport(place: impl fmt::Display, error: TransportError) -> Self {
        Self { place: place.to_string(), kind: Kind::Transport(error), had_one: false }
    }

    /// The source cannot give a token, whatever is tried.
    pub(crate) fn unusable(place: impl fmt::Display, why: impl Into<String>) -> Self {
        Self { place: place.to_string(), kind: Kind::Unusable(why.into()), had_one: false }
    }

    /// The same where the source gave a token before: that it gives none now passes, for example while its file is being
    /// rewritten. Refused credentials stay refused.
    #[must_use]
    pub(crate) fn after_a_token(self) -> Self {
        Self { had_one: true, ..self }
    }

    /// The cluster rejected the credentials.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(&self.kind, Kind::Refused { status, .. } if status.is_client_error())
    }

    /// The source cannot give a token at all: a malformed key, a command that fails, a server without a login.
    #[must_use]
    pub fn is_unusable(&self) -> bool {
        matches!(self.kind, Kind::Unusable(_)) && !self.had_one
    }

    /// A second attempt may succeed.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.kind {
            Kind::Refused { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Kind::Transport(error) => error.is_transient(),
            Kind::Unusable(_) => self.had_one,
        }
    }

    /// How the request for a token failed, if it got no answer.
    #[must_use]
    pub fn transport_kind(&self) -> Option<TransportErrorKind> {
        match &self.kind {
            Kind::Transport(error) => Some(error.kind()),
            Kind::Refused { .. } | Kind::Unusable(_) => None,
        }
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.place;
        match &self.kind {
            Kind::Refused { status, message } if message.is_empty() => write!(f, "login at {place} refused: {status}"),
            Kind::Refused { status, message } => write!(f, "login at {place} refused: {status}: {message}"),
            Kind::Transport(error) => write!(f, "login at {place}: {error}"),
            Kind::Unusable(why) => write!(f, "no token from {place}: {why}"),
        }
    }
}

impl std::error::Error for LoginError {}
