//! The quick way of a probe: a few system calls, no task, no poll.
//!
//! Over loopback a connection is made, and often a request answered, by the time the next call asks. A probe that is not
//! done by then is handed on with what it has.

use std::{
    io::{self, Read as _, Write as _},
    net::{IpAddr, SocketAddr},
    os::fd::AsRawFd as _,
};

use mio::net::TcpStream;
use nix::{
    errno::Errno,
    libc::linger,
    sys::socket::{SockaddrIn, SockaddrIn6, connect, setsockopt, sockopt},
};

use super::Job;
use crate::checkers::{Probe, ProbeKind, ProbeOutcome, ProbeRequest, ProbedBy, socket};

/// A connection of a probe.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) job: Job,
    pub(super) stream: TcpStream,
    to: SocketAddr,
}

/// What came of a step.
#[derive(Debug)]
pub(super) enum Step {
    /// This is the outcome.
    Done(ProbeOutcome),
    /// It goes on from here.
    On(Begun),
    /// It has to wait for the connection to be made.
    Connecting(Begun),
    /// It has to wait for more of an answer than this.
    Reading(Begun, Vec<u8>),
    /// It goes the long way.
    Long(Job),
    /// No socket can be had just now.
    NoRoom(Job),
}

/// Begins the connection of a probe.
pub(super) fn begin(job: Job) -> Step {
    let Some(to) = address(&job) else { return Step::Long(job) };
    match TcpStream::connect(to) {
        Ok(stream) => {
            // A reset leaves nothing behind. Without it the connection is closed in the usual way.
            let _ = setsockopt(&stream, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 });
            Step::On(Begun { job, stream, to })
        }
        Err(error) if is_no_room(&error) => Step::NoRoom(job),
        Err(error) => Step::Done(socket::outcome_of(&error)),
    }
}

/// No more files can be opened, or no more memory had for them: nothing that the probed task could help.
fn is_no_room(error: &io::Error) -> bool {
    matches!(error.raw_os_error().map(Errno::from_raw), Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS))
}

/// Ends a TCP probe, or sends the request of an HTTP one.
pub(super) fn use_connection(mut begun: Begun) -> Step {
    match &begun.job.probe.kind {
        ProbeKind::Tcp => match is_connected(&begun) {
            Ok(true) => Step::Done(ProbeOutcome::Ok),
            Ok(false) => Step::Connecting(begun),
            Err(error) => Step::Done(socket::outcome_of(&error)),
        },
        ProbeKind::Http { path, .. } => {
            let request = request(&begun.job.probe, path);
            match begun.stream.write(&request) {
                Ok(n) if n == request.len() => Step::On(begun),
                // It does not fit at once.
                Ok(_) => Step::Long(begun.job),
                Err(error) if is_pending(&error) => Step::Connecting(begun),
                Err(error) => Step::Done(socket::outcome_of(&error)),
            }
        }
        ProbeKind::Command { .. } => Step::Long(begun.job),
    }
}

/// Reads the answer to a request that was sent.
pub(super) fn read(mut begun: Begun, chunk: &mut [u8]) -> Step {
    match begun.stream.read(chunk) {
        // Bytes, or the end of the stream.
        Ok(n) => match answer(&begun.job.probe, &chunk[..n]) {
            Some(outcome) => Step::Done(outcome),
            None => Step::Reading(begun, chunk[..n].to_vec()),
        },
        Err(error) if is_pending(&error) => Step::Reading(begun, Vec::new()),
        Err(error) => Step::Done(socket::outcome_of(&error)),
    }
}

fn is_pending(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock || error.kind() == io::ErrorKind::NotConnected
}

/// Whether a connection that was begun is made by now: asking for it again tells.
fn is_connected(begun: &Begun) -> io::Result<bool> {
    let stream = begun.stream.as_raw_fd();
    let asked = match begun.to {
        SocketAddr::V4(to) => connect(stream, &SockaddrIn::from(to)),
        SocketAddr::V6(to) => connect(stream, &SockaddrIn6::from(to)),
    };
    match asked {
        Ok(()) | Err(Errno::EISCONN) => Ok(true),
        // What is reset was made before: a connection that is not is refused. Who asks late must not find it failed.
        Err(Errno::ECONNRESET) => Ok(true),
        Err(Errno::EALREADY | Errno::EINPROGRESS | Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Where a probe goes that can go the quick way.
fn address(job: &Job) -> Option<SocketAddr> {
    let probe = &job.probe;
    match &probe.kind {
        ProbeKind::Tcp => {}
        ProbeKind::Http { path, tls: false } if !probe.want_body && is_plain(path) => {}
        ProbeKind::Http { .. } | ProbeKind::Command { .. } => return None,
    }
    let named = || Some(SocketAddr::new(probe.host.parse::<IpAddr>().ok()?, probe.port));
    job.route.instead.or_else(named)
}

/// Whether a path is sent as it is, whoever reads it first; none is that of the root.
fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-=&?".contains(&byte);
    path.is_empty() || (path.starts_with('/') && path.bytes().all(plain))
}

/// The request that the long way sends too.
pub(super) fn request(probe: &Probe, path: &str) -> Vec<u8> {
    let ProbeRequest { host, port, .. } = &**probe;
    let path = if path.is_empty() { "/" } else { path };
    // Of what goes this way only an address of IPv6 has a colon.
    let (open, close) = if host.contains(':') && !host.starts_with('[') { ("[", "]") } else { ("", "") };
    let agent = probe.by.user_agent();
    let accept = match probe.by {
        ProbedBy::Marathon => "",
        ProbedBy::Executor => "Accept: */*\r\n",
    };
    let host = format!("{open}{host}{close}:{port}");
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n{accept}\r\n").into_bytes()
}

/// The outcome, if these bytes are a whole answer of the usual kind.
pub(super) fn answer(probe: &Probe, bytes: &[u8]) -> Option<ProbeOutcome> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes).ok()? else { return None };
    let status = response.code?;
    let known = http::StatusCode::from_u16(status).ok().filter(|status| status.canonical_reason().is_some())?;
    let named = |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    if known.is_informational() || named("transfer-encoding").is_some() {
        return None;
    }
    let length = match named("content-length") {
        None => None,
        Some(header) => Some(std::str::from_utf8(header.value).ok()?.parse::<usize>().ok()?),
    };
    let whole = match probe.by {
        // It has enough with the head.
        ProbedBy::Marathon => true,
        ProbedBy::Executor => !known.is_redirection() && length.is_some_and(|length| bytes.len() - head >= length),
    };
    whole.then_some(ProbeOutcome::Status(status))
}
