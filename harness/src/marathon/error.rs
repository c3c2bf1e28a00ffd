//! The one error of the client.

use std::fmt;

use http::{Method, StatusCode};
use serde_json::Value;

use super::LoginError;
use crate::transport::{TransportError, TransportErrorKind};

/// A request that failed.
///
/// `Display` is one line with method, URL, status and Marathon's own message. It is complete, so there is no source that
/// would repeat it. It never shows a password, token or key.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    method: Method,
    url: String,
    kind: ErrorKind,
}

/// What went wrong.
#[derive(Debug, Clone)]
pub enum ErrorKind {
    /// No response, or only a part of one.
    Transport(TransportError),
    /// A response with an error status.
    Status {
        /// The status.
        status: StatusCode,
        /// Marathon's `message`, or the beginning of a body of another origin.
        message: String,
        /// Marathon's `details`: a text, or a list of `{"path", "errors"}`.
        details: Option<Value>,
        /// The deployments that lock the app (409).
        deployments: Vec<String>,
    },
    /// A good status with a body that is no JSON: cut short, or of something on the way, such as a proxy's page.
    Garbled {
        /// Where it stops being JSON.
        why: String,
        /// The beginning of the body.
        excerpt: String,
    },
    /// A good status with a body that is not what Marathon answers.
    Body {
        /// What was expected and what is wrong.
        why: String,
        /// The beginning of the body.
        excerpt: String,
    },
    /// The server redirects to another one that was not named. The request was not repeated there.
    ForeignRedirect {
        /// Where to: scheme, host and port.
        origin: String,
    },
    /// The login that the request needed was refused or failed.
    Login(LoginError),
}

/// How much of a foreign body is shown.
const EXCERPT: usize = 200;

impl Error {
    pub(super) fn new(method: &Method, url: impl Into<String>, kind: ErrorKind) -> Self {
        Self(Box::new(Inner { method: method.clone(), url: url.into(), kind }))
    }

    /// Reads Marathon's error body: `{"message", "details"?, "deployments"?}`; a proxy's HTML is shortened to text.
    pub(super) fn status(method: &Method, url: impl Into<String>, status: StatusCode, body: &[u8]) -> Self {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let text = |key: &str| json.as_ref().and_then(|json| json.get(key)).and_then(Value::as_str).map(str::to_owned);
        // DC/OS's own services send `title` and `description`.
        let message = text("message")
            .or_else(|| text("description"))
            .or_else(|| text("title"))
            .unwrap_or_else(|| plain_text(body));
        let details = json.as_ref().and_then(|json| json.get("details")).filter(|details| !is_empty(details)).cloned();
        let deployments = json
            .as_ref()
            .and_then(|json| json.get("deployments"))
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(|each| each.get("id")?.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        Self::new(method, url, ErrorKind::Status { status, message, details, deployments })
    }

    pub(crate) fn body(method: &Method, url: impl Into<String>, why: impl Into<String>, body: &[u8]) -> Self {
        Self::new(method, url, ErrorKind::Body { why: why.into(), excerpt: plain_text(body) })
    }

    pub(super) fn unreadable(method: &Method, url: &str, error: &serde_json::Error, body: &[u8]) -> Self {
        let (why, excerpt) =
            (format!("the answer cannot be read: {}", text::plain::json(&error.to_string())), plain_text(body));
        let kind = if error.is_data() { ErrorKind::Body { why, excerpt } } else { ErrorKind::Garbled { why, excerpt } };
        Self::new(method, url, kind)
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The request's method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// The request's URL, without user or password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The status, if there was a response.
    #[must_use]
    pub fn status_code(&self) -> Option<StatusCode> {
        self.response().map(|(status, _)| status)
    }

    /// Marathon's own message, if it sent one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.response().map(|(_, message)| message)
    }

    fn response(&self) -> Option<(StatusCode, &str)> {
        match &self.0.kind {
            ErrorKind::Status { status, message, .. } => Some((*status, message)),
            ErrorKind::Transport(_)
            | ErrorKind::Garbled { .. }
            | ErrorKind::Body { .. }
            | ErrorKind::ForeignRedirect { .. }
            | ErrorKind::Login(_) => None,
        }
    }

    /// 404. Note that Marathon answers an unknown *route* with 500.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.status_code() == Some(StatusCode::NOT_FOUND)
    }

    /// 409 because of a deployment that `force` would override. A 409 for an id that exists is not a lock.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(&self.0.kind, ErrorKind::Status { status, deployments, .. }
            if *status == StatusCode::CONFLICT && !deployments.is_empty())
    }

    /// The deployments that lock the app.
    #[must_use]
    pub fn locking_deployments(&self) -> &[String] {
        match &self.0.kind {
            ErrorKind::Status { deployments, .. } => deployments,
            ErrorKind::Transport(_)
            | ErrorKind::Garbled { .. }
            | ErrorKind::Body { .. }
            | ErrorKind::ForeignRedirect { .. }
            | ErrorKind::Login(_) => &[],
        }
    }

    /// The login was not accepted: 401, or a refused login.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Status { status, .. } => *status == StatusCode::UNAUTHORIZED,
            ErrorKind::Login(error) => error.is_refused(),
            ErrorKind::Transport(_)
            | ErrorKind::Garbled { .. }
            | ErrorKind::Body { .. }
            | ErrorKind::ForeignRedirect { .. } => false,
        }
    }

    /// The server's certificate is not trusted or TLS failed otherwise.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        matches!(self.transport_kind(), Some(TransportErrorKind::Tls | TransportErrorKind::NotPinned))
    }

    /// The server's certificate is not the pinned one.
    #[must_use]
    pub fn is_not_pinned(&self) -> bool {
        self.transport_kind() == Some(TransportErrorKind::NotPinned)
    }

    /// The server wants a client certificate, or another one.
    #[must_use]
    pub fn wants_certificate(&self) -> bool {
        self.transport_kind() == Some(TransportErrorKind::ClientCertificate)
    }

    /// There is no connection, or none in time.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self.transport_kind(), Some(TransportErrorKind::Connect | TransportErrorKind::Timeout))
    }

    /// The same request may well succeed a moment later: a broken connection, 429, 502, 503, 504, a 5xx other
    /// than Marathon's 500 for an unknown route, or a body that is no JSON.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Transport(error) => error.is_transient(),
            ErrorKind::Status { status, message, .. } => {
                *status == StatusCode::TOO_MANY_REQUESTS || (status.is_server_error() && message != "URI not found")
            }
            ErrorKind::Garbled { .. } => true,
            ErrorKind::Body { .. } | ErrorKind::ForeignRedirect { .. } => false,
            ErrorKind::Login(error) => error.is_transient(),
        }
    }

    fn transport_kind(&self) -> Option<TransportErrorKind> {
        match &self.0.kind {
            ErrorKind::Transport(error) => Some(error.kind()),
            ErrorKind::Login(error) => error.transport_kind(),
            ErrorKind::Status { .. }
            | ErrorKind::Garbled { .. }
            | ErrorKind::Body { .. }
            | ErrorKind::ForeignRedirect { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { method, url, kind } = &*self.0;
        match kind {
            // The login has a URL of its own, and it is the one to look at.
            ErrorKind::Login(error) => write!(f, "{error}"),
            ErrorKind::Transport(error) => write!(f, "{method} {url}: {error}"),
            ErrorKind::ForeignRedirect { origin } => {
                write!(f, "{method} {url}: it redirects to {origin}, which is not one of the addresses given")
            }
            ErrorKind::Body { why, excerpt } if excerpt.is_empty() => write!(f, "{method} {url}: {why}"),
            ErrorKind::Garbled { why, excerpt } | ErrorKind::Body { why, excerpt } => {
                write!(f, "{method} {url}: {why}; it begins `{excerpt}`")
            }
            ErrorKind::Status { status, message, details, deployments } => {
                write!(f, "{method} {url}: {status}")?;
                if !message.is_empty() {
                    write!(f, ": {message}")?;
                }
                if let Some(details) = details {
                    write!(f, " ({})", Details(details))?;
                }
                if !deployments.is_empty() {
                    write!(f, " [deployments: {}]", deployments.join(", "))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {}

/// `details` as a person reads it: `/id: error.path.missing; /cpus: error.min`.
struct Details<'a>(&'a Value);

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => f.write_str(text.lines().next().unwrap_or_default()),
            Value::Array(list) => {
                for (n, each) in list.iter().enumerate() {
                    let path = each.get("path").and_then(Value::as_str);
                    let errors = each.get("errors").and_then(Value::as_array);
                    f.write_str(if n == 0 { "" } else { "; " })?;
                    match (path, errors) {
                        (Some(path), Some(errors)) => {
                            let errors: Vec<&str> = errors.iter().filter_map(Value::as_str).collect();
                            write!(f, "{path}: {}", errors.join(", "))?;
                        }
                        _ => write!(f, "{each}")?,
                    }
                }
                Ok(())
            }
            other => write!(f, "{other}"),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The beginning of a body that is not ours to understand: tags and line ends out, cut at a sensible length.
fn plain_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(16 * EXCERPT)]);
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    text::cut(&words.join(" "), EXCERPT)
}
