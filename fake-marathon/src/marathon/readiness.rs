//! Readiness checks: HTTP requests of the scheduler while a deployment's step waits, from Running until ready.
//!
//! Rules from Marathon's `core/readiness/impl/ReadinessCheckExecutorImpl.scala`: the next request follows the interval
//! after the former one's end, and what fails counts as an answer with status 504. akka-http's pool, which makes them,
//! tries a refused connection again (recorded in `readiness.*`). A path that is no URI ends the checks of its task before
//! the first request: they have no result.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{health, probe_ids::ProbeIds, request_target};
use crate::{
    app::{ReadinessCheck, Scheme},
    checkers::{Probe, ProbeId, ProbeKind, ProbeOutcome, ProbeRequest, ProbedBy},
    clock::Time,
    ids::{DeploymentId, TaskId},
};

/// The task that a deployment waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Awaited {
    pub(crate) deployment: DeploymentId,
    pub(crate) task: TaskId,
}

/// What readiness checks lead to, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// To be made now; its outcome goes to [`Readiness::probed`].
    Probe(Probe),
    Timer(Time, Due),
    /// `readinessCheckResults[]`, and whether the task is ready.
    Result {
        awaited: Awaited,
        ready: bool,
        result: Value,
    },
}

/// What falls due.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {
    /// The next request: [`Readiness::ask`].
    Ask(Awaited),
    /// A refused connection is tried again: [`Readiness::retry`].
    Retry(ProbeId),
    /// A request whose connection was refused times out: [`Readiness::probed`].
    TimedOut(ProbeId),
}

/// akka-http's pool waits this long before it tries a refused connection again: its delays double and have a random part
/// (`NewHostConnectionPool`, 4 s to 6 s in all; recorded 4.0 s three times).
const RETRIES: [Duration; 5] = [
    Duration::from_millis(130),
    Duration::from_millis(260),
    Duration::from_millis(520),
    Duration::from_millis(1030),
    Duration::from_millis(2060),
];

/// A request under way.
#[derive(Clone, Debug)]
struct Request {
    awaited: Awaited,
    /// As it was sent first.
    probe: Probe,
    /// How often its connection was refused.
    refused: usize,
    /// How long it has waited between its connections.
    waited: Duration,
}

/// Readiness requests under way.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    in_flight: BTreeMap<ProbeId, Request>,
}

impl Readiness {
    /// Whose request a probe is.
    pub(crate) fn awaited(&self, probe: ProbeId) -> Option<&Awaited> {
        self.in_flight.get(&probe).map(|request| &request.awaited)
    }

    /// Sends a request to a task's host and port; `None` when what is asked for is no URI.
    pub(crate) fn ask(
        &mut self,
        awaited: Awaited,
        check: &ReadinessCheck,
        (host, port): (String, u16),
        ids: &mut ProbeIds,
    ) -> Option<Event> {
        let path = request_target::of(&check.path)?;
        let (id, task) = (ids.next(), awaited.task.clone());
        let request = ProbeRequest {
            task,
            by: ProbedBy::Marathon,
            kind: ProbeKind::Http { path, tls: check.scheme == Scheme::Https },
            host,
            port,
            want_body: true,
        };
        let probe = Probe { id, timeout: Some(check.timeout), request: Arc::new(request) };
        self.in_flight.insert(id, Request { awaited, probe: probe.clone(), refused: 0, waited: Duration::ZERO });
        Some(Event::Probe(probe))
    }

    /// Tries a refused connection again.
    pub(crate) fn retry(&mut self, probe: ProbeId, ids: &mut ProbeIds) -> Option<Event> {
        let request = self.in_flight.remove(&probe)?;
        let id = ids.next();
        let timeout = request.probe.timeout.map(|timeout| timeout.saturating_sub(request.waited));
        let probe = Probe { id, timeout, ..request.probe.clone() };
        self.in_flight.insert(id, request);
        Some(Event::Probe(probe))
    }

    /// A connection was refused: when it is tried again, or when the request times out; `None` when the pool gives up.
    fn refused(&mut self, now: Time, probe: ProbeId, check: &ReadinessCheck) -> Option<Event> {
        let request = self.in_flight.get_mut(&probe)?;
        let pause = RETRIES.get(request.refused)?;
        let left = check.timeout.saturating_sub(request.waited);
        if left <= *pause {
            return Some(Event::Timer(now + left, Due::TimedOut(probe)));
        }
        request.refused += 1;
        request.waited += *pause;
        Some(Event::Timer(now + *pause, Due::Retry(probe)))
    }

    /// A request has been answered. Without `check` no deployment waits for the answer.
    #[must_use]
    pub(crate) fn probed(
        &mut self,
        now: Time,
        probe: ProbeId,
        outcome: &ProbeOutcome,
        check: Option<&ReadinessCheck>,
    ) -> Vec<Event> {
        let Some(check) = check.filter(|_| self.in_flight.contains_key(&probe)) else {
            self.in_flight.remove(&probe);
            return Vec::new();
        };
        if *outcome == ProbeOutcome::Refused
            && let Some(event) = self.refused(now, probe, check)
        {
            return vec![event];
        }
        let Some(Request { awaited, probe, .. }) = self.in_flight.remove(&probe) else { return Vec::new() };
        let answer = answer(&probe, check, outcome);
        let (ready, result) = result(check, &awaited.task, answer);
        let mut events = Vec::new();
        if !ready {
            events.push(Event::Timer(now + check.interval, Due::Ask(awaited.clone())));
        }
        events.push(Event::Result { awaited, ready, result });
        events
    }

    /// Forgets all requests, as a new leader does.
    pub(crate) fn clear(&mut self) {
        self.in_flight.clear();
    }
}

/// What a request came to.
struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
    /// Whether the task itself gave it.
    given: bool,
}

/// The answer, or Marathon's substitute for one.
fn answer(probe: &Probe, check: &ReadinessCheck, outcome: &ProbeOutcome) -> Answer {
    let ProbeRequest { host, port, .. } = &**probe;
    let scheme = if check.scheme == Scheme::Https { "https" } else { "http" };
    let url = format!("{scheme}://{host}:{port}{}", check.path);
    // Marathon searches the headers for the type, where akka-http never keeps it.
    let given = |status: u16, body: String| Answer { status, content_type: "", body, given: true };
    let failed = |why: &str| Answer {
        status: 504,
        content_type: "text/plain",
        body: format!("Marathon could not query {url}: {why}"),
        given: false,
    };
    match outcome {
        ProbeOutcome::Answer { status, body } => given(*status, body.clone()),
        ProbeOutcome::Status(status) | ProbeOutcome::Unregistered { status, .. } => given(*status, String::new()),
        ProbeOutcome::Refused => failed(&health::refused(host, *port)),
        // The time-out has no name: its text has Scala's `None`.
        ProbeOutcome::TimedOut => failed(&format!("None timed out after {}", health::seconds(check.timeout.as_secs()))),
        ProbeOutcome::Reset => failed("The connection closed with error: Connection reset"),
        ProbeOutcome::Failed(text) => failed(text),
        ProbeOutcome::Ok | ProbeOutcome::ExitStatus(_) | ProbeOutcome::Transient => failed("no answer"),
    }
}

fn result(check: &ReadinessCheck, task: &TaskId, answer: Answer) -> (bool, Value) {
    let Answer { status, content_type, body, given } = answer;
    let ready = given && check.ready_codes.contains(&status);
    let mut value = json!({"name": check.name, "taskId": task.as_str(), "ready": ready});
    if check.preserve_last_response {
        value["lastResponse"] = json!({"status": status, "contentType": content_type, "body": body});
    }
    (ready, value)
}
