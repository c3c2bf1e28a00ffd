//! How a task's port answers a probe.

use std::time::Duration;

use super::{
    CONNECT, known,
    script::{Port, Script, Serves},
};
use crate::checkers::{MALFORMED, Probe, ProbeKind, ProbeOutcome, ProbedBy};

/// One HTTP exchange over loopback.
const EXCHANGE: Duration = Duration::from_millis(4);
/// The body of an answer that has no other.
const BODY: &str = "<!DOCTYPE HTML>\n<title>simulated</title>\n";
/// The texts of akka-http and of Java's TLS (recorded in `https.*`, `not_http.*`, `status_102.*`).
const PLAINTEXT: &str = "Unrecognized SSL message, plaintext connection?";
const NOT_HTTP: &str = "The server-side HTTP version is not supported";
const ONLY_INTERIM: &str =
    "ResponseStart expected but EntityStreamError(akka.http.scaladsl.model.ErrorInfo@6800c3ee) received.";

/// The outcome of a probe and when it comes; `None` when it is never answered. `asks_second` says whether the probe
/// goes to the task's second port.
pub(super) fn answer(
    script: &Script,
    age: Duration,
    probe: &Probe,
    asks_second: bool,
) -> Option<(Duration, ProbeOutcome)> {
    let port = script.nth_port(usize::from(asks_second), age);
    match &probe.kind {
        ProbeKind::Http { .. } if probe.is_malformed() => Some((CONNECT, ProbeOutcome::Failed(MALFORMED.to_owned()))),
        ProbeKind::Tcp | ProbeKind::Http { .. } if port == Port::Closed || !script.addresses.contain(&probe.host) => {
            Some((CONNECT, ProbeOutcome::Refused))
        }
        ProbeKind::Tcp => Some((CONNECT, ProbeOutcome::Ok)),
        ProbeKind::Http { .. } if port == Port::Hung => None,
        ProbeKind::Http { path, tls } => serve(script, probe, path, *tls),
        ProbeKind::Command { shell } => known::shell_check(shell, script, age).or(match port {
            Port::Open => Some((EXCHANGE + script.slow, ProbeOutcome::Ok)),
            Port::Closed => Some((EXCHANGE, ProbeOutcome::ExitStatus(1))),
            Port::Hung => None,
        }),
    }
}

/// What stands behind an open port answers a GET.
fn serve(script: &Script, probe: &Probe, path: &str, tls: bool) -> Option<(Duration, ProbeOutcome)> {
    let with_body = |status: u16, body: &str| {
        let outcome = match probe.want_body {
            true => ProbeOutcome::Answer { status, body: body.to_owned() },
            false => ProbeOutcome::Status(status),
        };
        Some((EXCHANGE + script.slow, outcome))
    };
    let with = |status: u16| with_body(status, BODY);
    let fails = |text: &str| Some((EXCHANGE, ProbeOutcome::Failed(text.to_owned())));
    match script.serves {
        Serves::Silence => None,
        Serves::HangUp => Some((CONNECT, ProbeOutcome::Reset)),
        Serves::Tls if tls => with(200),
        Serves::Tls => Some((EXCHANGE, ProbeOutcome::Reset)),
        Serves::Files
        | Serves::Interim { .. }
        | Serves::NotHttp
        | Serves::Page { .. }
        | Serves::Redirect { .. }
        | Serves::Target(_)
            if tls =>
        {
            fails(PLAINTEXT)
        }
        Serves::NotHttp => fails(NOT_HTTP),
        Serves::Http(status) => with(status),
        Serves::Page { status, body } => with_body(status, body),
        Serves::Files if matches!(path.split('?').next(), Some("" | "/")) => with(200),
        Serves::Files => with(404),
        Serves::Target(target) => with(if path == target { 200 } else { 404 }),
        Serves::Redirect { status, to } => match (probe.by, to) {
            (ProbedBy::Marathon, _) => with(status),
            (ProbedBy::Executor, Some(status)) => with(status),
            (ProbedBy::Executor, None) => fails("Maximum (50) redirects followed"),
        },
        Serves::Interim { then: Some(status) } => with(status),
        Serves::Interim { then: None } => fails(ONLY_INTERIM),
    }
}
