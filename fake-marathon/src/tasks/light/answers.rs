//! What a light task sends for a request.

use std::time::Duration;

use crate::{
    task_tools::http_files::{Head, answer, head},
    tasks::simulated::{Port, Script, Serves},
};

const BODY: &str = "<!DOCTYPE HTML>\n<title>light</title>\n";
/// Where a redirect leads that ends.
const THERE: &str = "/hc-rig-redirected";

/// What becomes of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// More is to come, or nothing will ever be sent.
    Wait,
    /// It is reset.
    Reset,
    /// This is sent after a while, then it is closed.
    Send {
        /// How long it takes.
        after: Duration,
        /// Head and body.
        bytes: Vec<u8>,
    },
}

/// What has been read of a request so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    /// Without TLS.
    pub(super) bytes: &'a [u8],
    /// Whether it came over TLS.
    pub(super) tls: bool,
}

/// Whether the task speaks TLS with a client that does.
pub(super) fn speaks_tls(serves: Serves) -> bool {
    match serves {
        Serves::Http(_) | Serves::Tls => true,
        Serves::Silence
        | Serves::HangUp
        | Serves::Files
        | Serves::Page { .. }
        | Serves::Target(_)
        | Serves::Redirect { .. }
        | Serves::NotHttp
        | Serves::Interim { .. } => false,
    }
}

/// The reply of a task whose port is in this state.
pub(super) fn reply(script: &Script, port: Port, request: Request<'_>) -> Reply {
    match (port, script.serves) {
        (Port::Hung, _) | (_, Serves::Silence) => return Reply::Wait,
        // Not before something comes: a client that only connects, such as a TCP check, may look after that.
        (_, Serves::HangUp) if request.bytes.is_empty() => return Reply::Wait,
        (_, Serves::HangUp) => return Reply::Reset,
        (_, Serves::Tls) if !request.tls && !request.bytes.is_empty() => return Reply::Reset,
        // Its greeting comes before the request.
        (_, Serves::NotHttp) => return plain(Duration::ZERO, b"220 hello\r\n".to_vec()),
        (Port::Open | Port::Closed, _) => {}
    }
    match head(request.bytes) {
        Head::Incomplete if request.bytes.first() == Some(&TLS_RECORD) && !request.tls => bad_request(),
        Head::Incomplete => Reply::Wait,
        Head::Bad => bad_request(),
        Head::Request { method, path } => plain(script.slow, response(script.serves, &path, method != "HEAD")),
    }
}

/// The first byte of a client that speaks TLS.
pub(super) const TLS_RECORD: u8 = 22;

fn plain(after: Duration, bytes: Vec<u8>) -> Reply {
    Reply::Send { after, bytes }
}

fn bad_request() -> Reply {
    plain(Duration::ZERO, answer(400, "text/plain", b"bad request\n", true))
}

fn response(serves: Serves, path: &str, with_body: bool) -> Vec<u8> {
    let page = |status: u16| answer(status, "text/html", BODY.as_bytes(), with_body);
    match serves {
        Serves::Http(status) => page(status),
        Serves::Tls | Serves::Silence | Serves::HangUp | Serves::NotHttp => page(200),
        Serves::Files => page(if matches!(path.split('?').next(), Some("" | "/")) { 200 } else { 404 }),
        Serves::Page { status, body } => answer(status, "text/html", body.as_bytes(), with_body),
        Serves::Target(target) => page(if path == target { 200 } else { 404 }),
        Serves::Redirect { to: Some(status), .. } if path == THERE => page(status),
        Serves::Redirect { status, to } => {
            let to = to.map_or(path, |_| THERE);
            format!("HTTP/1.0 {status} Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        }
        Serves::Interim { then } => {
            let mut bytes = b"HTTP/1.1 102 Processing\r\nContent-Length: 0\r\n\r\n".to_vec();
            bytes.extend(then.map(page).unwrap_or_default());
            bytes
        }
    }
}
