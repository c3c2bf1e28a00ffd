//! The native check of one task: its checker, the timer that wakes it, and the probes that it sends.

use std::{sync::Arc, time::Duration};

use super::{
    Due,
    checker::{Checker, Cost, Verdict, Woken},
    probes::Probed,
    turn::{Event, Turn},
};
use crate::{
    checkers::{Probe, ProbeKind, ProbeRequest, ProbedBy},
    clock::Time,
    slab::Key,
    timers::TimerKey,
    tuning::Tuning,
    wire::{NativeCheck, TaskInfo},
};

/// Without a checker until the task runs, and for a task without a native check.
#[derive(Debug, Default)]
pub(super) struct Checks {
    checker: Option<(Checker, Arc<ProbeRequest>)>,
    timer: Option<TimerKey>,
}

impl Checks {
    /// Starts to check a task that has a native check; its executor created the checker at `created`.
    pub(super) fn start(&mut self, turn: &mut Turn<'_>, (key, info): (Key, &TaskInfo), created: Time) {
        let Some(check) = &info.health_check else { return };
        let (checker, first) = Checker::new(check, created, cost(&check.kind, turn.tuning));
        self.checker = Some((checker, request(info, check)));
        self.wake_at(turn, key, first.max(turn.now));
    }

    /// Ends the check and its probe under way.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) {
        if let Some(timer) = self.timer.take() {
            turn.timers.cancel(timer);
        }
        if let Some((checker, _)) = &mut self.checker {
            if let Some(probe) = checker.probe() {
                turn.probes.end(probe);
            }
            checker.stop();
        }
    }

    /// The checker of the task wakes.
    pub(super) fn wake(&mut self, turn: &mut Turn<'_>, task: Key) -> Option<Verdict> {
        self.timer = None;
        let (checker, request) = self.checker.as_mut()?;
        match checker.wake(turn.now) {
            Woken::Again(at) => {
                self.wake_at(turn, task, at);
                None
            }
            Woken::Probe(timeout) => {
                send_probe(turn, task, (checker, request), timeout);
                None
            }
            Woken::Result(verdict) => Some(verdict),
            Woken::Idle => None,
        }
    }

    /// The outcome of a probe; ignored unless it is the one under way.
    pub(super) fn probed(&mut self, turn: &mut Turn<'_>, task: Key, outcome: Probed<'_>) -> Option<Verdict> {
        let (checker, _) = self.checker.as_mut().filter(|(checker, _)| checker.probe() == Some(outcome.probe))?;
        match checker.came_back(turn.now, outcome.outcome) {
            Woken::Again(at) => {
                self.wake_at(turn, task, at);
                None
            }
            Woken::Result(verdict) => Some(verdict),
            Woken::Probe(_) | Woken::Idle => None,
        }
    }

    /// Wakes the checker then.
    pub(super) fn wake_at(&mut self, turn: &mut Turn<'_>, task: Key, at: Time) {
        self.timer = Some(turn.timers.set(at, Due::Check(task)));
    }
}

/// What the probes of a task's check share.
pub(super) fn request(info: &TaskInfo, check: &NativeCheck) -> Arc<ProbeRequest> {
    Arc::new(ProbeRequest {
        task: info.id.clone(),
        by: ProbedBy::Executor,
        kind: check.kind.clone(),
        host: check.host.to_owned(),
        port: check.port,
        want_body: false,
    })
}

/// Sends the probe that a checker asked for.
pub(super) fn send_probe(
    turn: &mut Turn<'_>,
    task: Key,
    (checker, request): (&mut Checker, &Arc<ProbeRequest>),
    timeout: Option<Duration>,
) {
    let id = turn.probes.begin(task);
    checker.probing(id, turn.now);
    turn.events.push(Event::Probe(Probe { id, timeout, request: Arc::clone(request) }));
}

pub(super) fn cost(kind: &ProbeKind, tuning: &Tuning) -> Cost {
    match kind {
        // The shell is the probe: it runs from the start.
        ProbeKind::Command { .. } => Cost { lead: Duration::ZERO, whole: tuning.command_probe_cost },
        ProbeKind::Tcp | ProbeKind::Http { .. } => {
            Cost { lead: tuning.native_probe_lead, whole: tuning.native_probe_cost }
        }
    }
}
