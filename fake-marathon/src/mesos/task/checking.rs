//! The checks of a task: when they begin and end, and what follows from their results.

use super::{KilledBy, Task};
use crate::{
    mesos::{checker::Verdict, general_check::General, probes::Probed, status::Status, turn::Turn},
    wire::{Containerizer, Reason, TaskState},
};

impl Task {
    pub(super) fn start_checks(&mut self, turn: &mut Turn<'_>) {
        if self.killed_by.is_some() {
            return;
        }
        // A checker exists from the fork on (command executor), or once docker reports that the container runs.
        let created = match self.info.containerizer {
            Containerizer::Mesos { .. } => self.forked.unwrap_or(turn.now),
            Containerizer::Docker { .. } => turn.now,
        };
        self.checks.start(turn, (self.key, &self.info), created);
        self.general = General::start(turn, (self.key, &self.info), created).map(Box::new);
    }

    pub(super) fn stop_checks(&mut self, turn: &mut Turn<'_>) {
        self.checks.stop(turn);
        if let Some(general) = &mut self.general {
            general.stop(turn);
        }
    }

    /// The checker of the general check wakes.
    pub(in crate::mesos) fn general_check(&mut self, turn: &mut Turn<'_>) {
        let key = self.key;
        if self.general.as_mut().is_some_and(|general| general.wake(turn, key)) {
            self.report_check(turn);
        }
    }

    /// The general check has another result. The health that was reported is repeated.
    fn report_check(&mut self, turn: &mut Turn<'_>) {
        let (healthy, reason) = (self.healthy(), Some(Reason::TaskCheckStatusUpdated));
        self.send(turn, Status { healthy, reason, ..Status::of(TaskState::Running) });
    }

    /// The checker wakes.
    pub(in crate::mesos) fn check(&mut self, turn: &mut Turn<'_>) {
        if let Some(verdict) = self.checks.wake(turn, self.key) {
            self.judged(turn, verdict);
        }
    }

    /// The outcome of a probe of the checker.
    pub(in crate::mesos) fn probed(&mut self, turn: &mut Turn<'_>, outcome: Probed<'_>) {
        let key = self.key;
        if self.general.as_mut().is_some_and(|general| general.probed(turn, key, outcome)) {
            self.report_check(turn);
        }
        if let Some(verdict) = self.checks.probed(turn, key, outcome) {
            self.judged(turn, verdict);
        }
    }

    fn judged(&mut self, turn: &mut Turn<'_>, verdict: Verdict) {
        if let Some(healthy) = verdict.report {
            let reason = Some(Reason::TaskHealthCheckStatusUpdated);
            self.send(turn, Status { healthy: Some(healthy), reason, ..Status::of(TaskState::Running) });
        }
        if verdict.kill {
            self.execute_kill(turn, None, KilledBy::Check);
        } else if let Some(next) = verdict.next {
            self.checks.wake_at(turn, self.key, next);
        }
    }
}
