//! Why a request got no response.

use std::{error::Error as StdError, fmt, io};

use crate::tls::NotPinned;

/// What kind of failure it was; it decides whether trying again makes sense and what to advise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// The host's name is unknown, or the port is closed.
    Connect,
    /// The certificate is not trusted, or the TLS handshake failed otherwise.
    Tls,
    /// The certificate is another than the pinned one.
    NotPinned,
    /// The server requires a client certificate.
    ClientCertificate,
    /// No answer in time.
    Timeout,
    /// The connection broke before the answer was complete.
    Reset,
    /// The answer is larger than any that is meant.
    TooLarge,
    /// Anything else.
    Other,
}

/// No response, or only a part of one. The URL is the caller's to add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    kind: TransportErrorKind,
    detail: String,
}

impl TransportError {
    /// An error of the given kind; `detail` is a fragment that fits behind a colon.
    #[must_use]
    pub fn new(kind: TransportErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// True if the same request may well succeed a moment later. A certificate does not become good by itself.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let lasting = [
            TransportErrorKind::Tls,
            TransportErrorKind::NotPinned,
            TransportErrorKind::ClientCertificate,
            TransportErrorKind::TooLarge,
        ];
        !lasting.contains(&self.kind)
    }

    /// Sorts reqwest's error. Its own texts repeat the URL and each other, so only the innermost cause is kept.
    pub(super) fn from_reqwest(error: &reqwest::Error) -> Self {
        let innermost = innermost(error);
        let text = innermost.to_string();
        let text = text::plain::system(&text).into_owned();
        if let Some(tls) = find::<rustls::Error>(error) {
            if let rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired) = tls {
                let what = "the server wants a client certificate";
                return Self::new(TransportErrorKind::ClientCertificate, what);
            }
            if let rustls::Error::Other(other) = tls
                && let Some(wrong) = other.source().and_then(|wrong| wrong.downcast_ref::<NotPinned>())
            {
                return Self::new(TransportErrorKind::NotPinned, wrong.to_string());
            }
            // Errors of our own certificate verifiers pass through rustls's catch-all.
            return Self::new(TransportErrorKind::Tls, text.trim_start_matches("unexpected error: "));
        }
        // rustls's own text for it is a link to its manual.
        if find::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            return Self::new(TransportErrorKind::Reset, "the server closed it before the end of the answer");
        }
        // So it reads when a server of TLS answers to plain HTTP.
        if text == "invalid HTTP version parsed" {
            let what = "the server does not speak HTTP; an address with TLS starts with https";
            return Self::new(TransportErrorKind::Connect, what);
        }
        if error.is_timeout() {
            return Self::new(TransportErrorKind::Timeout, "no answer in time");
        }
        if error.is_connect() {
            return Self::new(TransportErrorKind::Connect, text);
        }
        if error.is_body() || error.is_decode() || error.is_request() {
            return Self::new(TransportErrorKind::Reset, text);
        }
        Self::new(TransportErrorKind::Other, text)
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            TransportErrorKind::Connect => "cannot connect",
            TransportErrorKind::Tls | TransportErrorKind::NotPinned => "the TLS connection was refused",
            TransportErrorKind::Timeout | TransportErrorKind::ClientCertificate | TransportErrorKind::TooLarge => {
                return f.write_str(&self.detail);
            }
            TransportErrorKind::Reset => "the connection broke",
            TransportErrorKind::Other => "the request failed",
        };
        write!(f, "{what}: {}", self.detail)
    }
}

impl StdError for TransportError {}

fn innermost<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

/// The first `E` in the chain. An `io::Error` is no link of it but a wrapper: it names its content's source as
/// its own, and one may hold another.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let wrapped = || error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.downcast_ref::<E>().or_else(|| find::<E>(wrapped()?)).or_else(|| find::<E>(error.source()?))
}
