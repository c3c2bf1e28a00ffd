//! Readiness checks: HTTP requests of the scheduler while a deployment's step waits, from Running until ready.
//!
//! Rules from Marathon's `core/readiness/impl/ReadinessCheckExecutorImpl.scala`: the next request follows the interval
//! after the former one's end, and what fails counts as an answer with status 504. akka-http's pool, which makes them,
//! tries to connect until the time-out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::probe_ids::ProbeIds;
use crate::{
    app::{ReadinessCheck, Scheme},
    checkers::{Probe, ProbeId, ProbeKind, ProbeOutcome, ProbedBy},
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
    /// A request whose connection was refused times out: [`Readiness::probed`].
    TimedOut(ProbeId),
}

/// Readiness requests under way, with the address of each.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    in_flight: BTreeMap<ProbeId, (Awaited, String)>,
}

impl Readiness {
    /// Whose request a probe is.
    pub(crate) fn awaited(&self, probe: ProbeId) -> Option<&Awaited> {
        self.in_flight.get(&probe).map(|(awaited, _)| awaited)
    }

    /// Sends a request to a task's host and port.
    pub(crate) fn ask(
        &mut self,
        awaited: Awaited,
        check: &ReadinessCheck,
        (host, port): (String, u16),
        ids: &mut ProbeIds,
    ) -> Event {
        let (id, task) = (ids.next(), awaited.task.clone());
        self.in_flight.insert(id, (awaited, format!("{host}:{port}{}", check.path)));
        Event::Probe(Probe {
            id,
            task,
            by: ProbedBy::Marathon,
            kind: ProbeKind::Http { path: check.path.clone(), tls: check.scheme == Scheme::Https },
            host,
            port,
            timeout: Some(check.timeout),
            want_body: true,
        })
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
        let Some((awaited, url)) = self.in_flight.remove(&probe) else { return Vec::new() };
        let Some(check) = check else { return Vec::new() };
        if *outcome == ProbeOutcome::Refused {
            self.in_flight.insert(probe, (awaited, url));
            return vec![Event::Timer(now + check.timeout, Due::TimedOut(probe))];
        }
        let scheme = if check.scheme == Scheme::Https { "https" } else { "http" };
        let answer = answer(&format!("{scheme}://{url}"), outcome);
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

/// Status, content type and body of an answer, or of Marathon's substitute for one.
fn answer(url: &str, outcome: &ProbeOutcome) -> (u16, String, String) {
    let failed = |why: &str| (504, "text/plain".to_owned(), format!("Marathon could not query {url}: {why}"));
    match outcome {
        // Marathon searches the headers for the type, where akka-http never keeps it.
        ProbeOutcome::Answer { status, body } => (*status, String::new(), body.clone()),
        ProbeOutcome::Status(status) | ProbeOutcome::Unregistered { status, .. } => {
            (*status, String::new(), String::new())
        }
        // The time-out has no name, and the text leaves room for one.
        ProbeOutcome::Refused | ProbeOutcome::TimedOut => failed(" timed out"),
        ProbeOutcome::Reset => failed("The connection closed with error: Connection reset"),
        ProbeOutcome::Failed(text) => failed(text),
        ProbeOutcome::Ok | ProbeOutcome::ExitStatus(_) | ProbeOutcome::Transient => failed("no answer"),
    }
}

fn result(check: &ReadinessCheck, task: &TaskId, (status, content_type, body): (u16, String, String)) -> (bool, Value) {
    let ready = check.ready_codes.contains(&status);
    let mut value = json!({"name": check.name, "taskId": task.as_str(), "ready": ready});
    if check.preserve_last_response {
        value["lastResponse"] = json!({"status": status, "contentType": content_type, "body": body});
    }
    (ready, value)
}
