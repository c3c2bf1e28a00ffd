//! The general check of one task (Mesos's `checker.cpp`): the loop of a native check, whose results are reported when they
//! change. Nothing follows from them.

use std::{sync::Arc, time::Duration};

use super::{
    Due,
    checker::{Checker, Woken},
    checks::{cost, request, send_probe},
    probes::Probed,
    turn::Turn,
};
use crate::{
    checkers::{ProbeKind, ProbeOutcome, ProbeRequest},
    clock::Time,
    slab::Key,
    timers::TimerKey,
    wire::{CheckResult, NativeCheck, TaskInfo},
};

#[derive(Debug)]
pub(super) struct General {
    checker: Checker,
    request: Arc<ProbeRequest>,
    timer: Option<TimerKey>,
    /// Of the probe whose end is yet to be noticed.
    outcome: Option<ProbeOutcome>,
    result: Option<CheckResult>,
}

impl General {
    /// Starts to check a task that has such a check; its executor created the checker at `created`.
    pub(super) fn start(turn: &mut Turn<'_>, (key, info): (Key, &TaskInfo), created: Time) -> Option<Self> {
        let check = info.check.clone()?;
        let cost = cost(&check.kind, turn.tuning);
        let check = NativeCheck {
            kind: check.kind,
            host: "127.0.0.1",
            ip_protocol: "IPv4",
            path_is_empty: false,
            port: check.port,
            delay: check.delay,
            interval: check.interval,
            timeout: check.timeout,
            consecutive_failures: u32::MAX,
            grace: Duration::ZERO,
        };
        let request = request(info, &check);
        let (checker, first) = Checker::new(&check, created, cost);
        let mut general = Self { checker, request, timer: None, outcome: None, result: None };
        general.wake_at(turn, key, first.max(turn.now));
        Some(general)
    }

    /// The last result.
    pub(super) fn result(&self) -> Option<CheckResult> {
        self.result
    }

    /// Ends the check and its probe under way.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) {
        if let Some(timer) = self.timer.take() {
            turn.timers.cancel(timer);
        }
        if let Some(probe) = self.checker.probe() {
            turn.probes.end(probe);
        }
        self.checker.stop();
    }

    /// The checker of the task wakes; returns whether the result has changed.
    pub(super) fn wake(&mut self, turn: &mut Turn<'_>, task: Key) -> bool {
        self.timer = None;
        let woken = self.checker.wake(turn.now);
        self.go_on(turn, task, woken)
    }

    /// The outcome of a probe, ignored unless it is the one under way; returns whether the result has changed.
    pub(super) fn probed(&mut self, turn: &mut Turn<'_>, task: Key, outcome: Probed<'_>) -> bool {
        if self.checker.probe() != Some(outcome.probe) {
            return false;
        }
        self.outcome = Some(outcome.outcome.clone());
        let woken = self.checker.came_back(turn.now, outcome.outcome);
        self.go_on(turn, task, woken)
    }

    fn go_on(&mut self, turn: &mut Turn<'_>, task: Key, woken: Woken) -> bool {
        match woken {
            Woken::Again(at) => self.wake_at(turn, task, at),
            Woken::Probe(timeout) => send_probe(turn, task, (&mut self.checker, &self.request), timeout),
            Woken::Result(verdict) => {
                if let Some(next) = verdict.next {
                    self.wake_at(turn, task, next);
                }
                return self.judge();
            }
            Woken::Idle => {}
        }
        false
    }

    fn judge(&mut self) -> bool {
        // Without an outcome the helper itself was too slow.
        let outcome = self.outcome.take().unwrap_or(ProbeOutcome::TimedOut);
        if outcome == ProbeOutcome::Transient {
            return false;
        }
        let result = result(&self.request.kind, &outcome);
        std::mem::replace(&mut self.result, result) != result
    }

    fn wake_at(&mut self, turn: &mut Turn<'_>, task: Key, at: Time) {
        self.timer = Some(turn.timers.set(at, Due::GeneralCheck(task)));
    }
}

/// What an outcome reports; nothing when there was no answer (recorded in `check.*`: a refused HTTP connection has no
/// result, a refused TCP connection has).
fn result(kind: &ProbeKind, outcome: &ProbeOutcome) -> Option<CheckResult> {
    match (kind, outcome) {
        (
            ProbeKind::Http { .. },
            ProbeOutcome::Status(status)
            | ProbeOutcome::Unregistered { status, .. }
            | ProbeOutcome::Answer { status, .. },
        ) => Some(CheckResult::Http(*status)),
        (ProbeKind::Tcp, ProbeOutcome::Ok) => Some(CheckResult::Tcp(true)),
        (ProbeKind::Tcp, ProbeOutcome::Refused | ProbeOutcome::Reset | ProbeOutcome::Failed(_)) => {
            Some(CheckResult::Tcp(false))
        }
        (ProbeKind::Command { .. }, ProbeOutcome::Ok) => Some(CheckResult::Command(0)),
        (ProbeKind::Command { .. }, ProbeOutcome::ExitStatus(status)) => Some(CheckResult::Command(*status)),
        (
            ProbeKind::Http { .. } | ProbeKind::Tcp | ProbeKind::Command { .. },
            ProbeOutcome::Ok
            | ProbeOutcome::Status(_)
            | ProbeOutcome::Unregistered { .. }
            | ProbeOutcome::Answer { .. }
            | ProbeOutcome::ExitStatus(_)
            | ProbeOutcome::Refused
            | ProbeOutcome::TimedOut
            | ProbeOutcome::Reset
            | ProbeOutcome::Failed(_)
            | ProbeOutcome::Transient,
        ) => None,
    }
}
