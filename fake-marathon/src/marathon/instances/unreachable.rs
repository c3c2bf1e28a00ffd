//! Instances that cannot be reached: when they become inactive, when they are expunged, and how Marathon asks about them.
//!
//! Rules from Marathon's `InstanceUpdater.scala`, `ExpungeOverdueLostTasksActor.scala` and
//! `MarathonSchedulerActor.scala` (`reconcileTasks`). Nothing watches the time of an unreachable instance: it is examined
//! when its state is reported again, which is what the reconciliation every ten minutes does.

use std::time::Duration;

use super::{Condition, Due, Event, Instance, Instances, Slot};
use crate::{app::Unreachable, clock::Time, ids::TaskId};

/// Whether an instance that is unreachable since then has been so for longer than it may.
pub(super) fn is_expired(since: Option<Time>, now: Time, limit: Duration) -> bool {
    since.is_some_and(|since| since + limit <= now)
}

impl Instance {
    fn unreachable_since(&self) -> Option<Time> {
        self.task.as_ref().and_then(|task| task.unreachable_since)
    }

    /// Whether an unreachable instance has been so for longer than it is kept.
    pub(super) fn is_overdue(&self, now: Time) -> bool {
        match self.spec.unreachable {
            Unreachable::After { expunge, .. } => is_expired(self.unreachable_since(), now, expunge),
            Unreachable::Disabled => false,
        }
    }

    /// Whether an unreachable instance has been so for long enough to be replaced.
    fn becomes_inactive(&self, now: Time) -> bool {
        match self.spec.unreachable {
            Unreachable::After { inactive, .. } => {
                self.condition == Condition::Unreachable && is_expired(self.unreachable_since(), now, inactive)
            }
            Unreachable::Disabled => false,
        }
    }
}

impl Instances {
    pub(super) fn becomes_inactive(&self, now: Time, slot: Slot) -> bool {
        self.get(slot).is_some_and(|instance| instance.becomes_inactive(now))
    }

    /// The inactive instances that are to be expunged (`ExpungeOverdueLostTasksActor`); afterwards
    /// [`Self::sweep_again`] is to be called.
    pub(crate) fn overdue(&mut self, now: Time) -> Vec<Slot> {
        self.sweeping = false;
        self.inactive_ones().filter(|own| own.is_overdue(now)).map(|own| own.slot).collect()
    }

    /// The next sweep, if instances are left for it.
    pub(crate) fn sweep_again(&mut self, now: Time) -> Option<Event> {
        self.inactive_ones().next()?;
        self.watch_unreachable(now)
    }

    fn inactive_ones(&self) -> impl Iterator<Item = &Instance> {
        self.all().filter(|instance| instance.condition == Condition::UnreachableInactive)
    }

    /// Has inactive instances swept at the next of the ticks that go on since the start.
    pub(super) fn watch_unreachable(&mut self, now: Time) -> Option<Event> {
        if std::mem::replace(&mut self.sweeping, true) {
            return None;
        }
        let first = self.started + self.tuning.first_expunge_sweep;
        let interval = self.tuning.expunge_sweep_interval;
        let ticks = if now < first { 0 } else { now.since(first).as_micros() / interval.as_micros().max(1) + 1 };
        let due = first + interval * u32::try_from(ticks).unwrap_or(u32::MAX);
        Some(Event::Timer(due, Due::SweepUnreachable))
    }

    /// The tasks that a reconciliation asks about: those whose state is known and that have not ended
    /// (`SchedulerActions.reconcileTasks`).
    pub(crate) fn reported_tasks(&self) -> Vec<TaskId> {
        self.all()
            .flat_map(Instance::tasks)
            .filter(|task| task.state.is_some() && !task.condition.is_terminal())
            .map(|task| task.id.clone())
            .collect()
    }
}
