//! What a result does to a record, to an instance, and to the event bus, whoever made the check.
//!
//! Rules from Marathon's `core/health/impl/HealthCheckActor.scala`.

use super::{CheckerId, Due, Event, Health, Turn, record::Record};
use crate::{
    app::HealthCheck,
    clock::Time,
    marathon::{
        bus,
        instances::{Condition, Healthy, Instance, Instances, Slot},
    },
    snapshot::TaskFailure,
    wire::TaskState,
};

/// The result of one check of one instance (`HealthResult.scala`).
pub(super) enum HealthResult {
    Healthy,
    /// With its cause, empty for native checks.
    Unhealthy(String),
}

/// A failed result whose instance is being looked up.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    checker: CheckerId,
    slot: Slot,
    /// The record when the result came in: another result that comes in before this one is judged starts from the same.
    old: Record,
    at: Time,
    cause: String,
    publish: bool,
}

impl Health {
    /// A status update reports the health of an instance whose checks the executor makes.
    #[must_use]
    pub(crate) fn native_status(&mut self, now: Time, slot: Slot, healthy: bool, instances: &Instances) -> Vec<Event> {
        let mut turn = Turn::new(now, instances);
        if let Some(instance) = instances.get(slot) {
            self.apply_native(&mut turn, instance, healthy, true);
        }
        turn.events
    }

    /// Applies a status to all native checks of an instance.
    pub(super) fn apply_native(&mut self, turn: &mut Turn<'_>, instance: &Instance, healthy: bool, publish: bool) {
        let versions = self.by_app.get(instance.app());
        let ids = versions.and_then(|versions| versions.get(&instance.version())).map(|(ids, _)| ids.clone());
        for id in ids.unwrap_or_default() {
            if self.checkers.get(&id).is_some_and(|checker| checker.probe.is_none()) {
                let result = if healthy { HealthResult::Healthy } else { HealthResult::Unhealthy(String::new()) };
                self.apply(turn, (id, instance.slot), result, publish);
            }
        }
    }

    /// Takes the result of a check of an instance. A success counts at once; a failure waits for its instance to be
    /// looked up.
    pub(super) fn apply(
        &mut self,
        turn: &mut Turn<'_>,
        (id, slot): (CheckerId, Slot),
        result: HealthResult,
        publish: bool,
    ) {
        let Some(checker) = self.checkers.get_mut(&id) else { return };
        let (at, native, lookup) = (turn.now, checker.probe.is_none(), self.tuning.result_lookup);
        match result {
            HealthResult::Healthy => {
                // A result of an instance that is already forgotten changes nothing that a client can see.
                if turn.instances.get(slot).is_none() {
                    return;
                }
                let record = checker.records.get_or_insert_with(slot.0, Box::default);
                let was = record.alive();
                record.succeed(at);
                let is = record.alive();
                self.stored(turn, (id, slot), (was, is), publish);
            }
            HealthResult::Unhealthy(cause) => {
                let old = checker.records.get(slot.0).map(|record| Record::clone(record)).unwrap_or_default();
                let failure = Failure { checker: id, slot, old, at, cause, publish };
                // Native results come one at a time, so there the wait would show nowhere.
                if native || lookup.is_zero() {
                    self.judge(turn, failure);
                } else {
                    turn.events.push(Event::Timer(at + lookup, Due::Failure(Box::new(failure))));
                }
            }
        }
    }

    /// Takes a failure in Marathon's order: ignore, announce, kill by the old count, store, aggregate.
    pub(super) fn judge(&mut self, turn: &mut Turn<'_>, failure: Failure) {
        let Failure { checker: id, slot, old, at, cause, publish } = failure;
        let Some(checker) = self.checkers.get(&id) else { return };
        let check = &checker.check;
        // A result of an instance that is already forgotten changes nothing that a client can see.
        let Some(instance) = turn.instances.get(slot) else { return };
        let mut new = old.clone();
        if !is_ignored(instance, &old, check, turn.now) {
            if publish {
                let failed = bus::health_check_failed(turn.now, &checker.app, &instance.id, check);
                turn.events.push(Event::Publish(failed));
            }
            if check.max_consecutive_failures > 0 && old.consecutive_failures >= check.max_consecutive_failures {
                kill(turn, instance, checker.version, &old);
            }
            new.fail(at, cause);
        }
        let (was, is) = (old.alive(), new.alive());
        if let Some(checker) = self.checkers.get_mut(&id) {
            checker.records.insert(slot.0, Box::new(new));
        }
        self.stored(turn, (id, slot), (was, is), publish);
    }

    /// Publishes what changed by a new record: what its check said of the instance, and what it says now.
    fn stored(&mut self, turn: &mut Turn<'_>, (id, slot): (CheckerId, Slot), (was, is): (bool, bool), publish: bool) {
        let Some(instance) = turn.instances.get(slot).map(|instance| &instance.id) else { return };
        let Some(checker) = self.checkers.get(&id) else { return };
        let (app, version, index) = (checker.app.clone(), checker.version, checker.index);
        turn.events.push(Event::RecordChanged(slot));
        if was != is && publish {
            turn.events.push(Event::Publish(bus::health_status_changed(turn.now, &app, instance, version, is)));
        }
        let versions = self.by_app.get_mut(&app);
        if let Some((ids, aggregator)) = versions.and_then(|versions| versions.get_mut(&version))
            && let Some(healthy) = aggregator.update(slot, ids.len(), index, is)
        {
            let changed = bus::instance_health_changed(turn.now, instance, &app, version, healthy);
            turn.events.push(Event::Publish(changed));
            if healthy == Some(true) {
                turn.events.push(Event::Healthy(Healthy { id: instance.clone(), app, version }));
            }
        }
    }
}

/// Has an instance killed because of the failures in its record.
fn kill(turn: &mut Turn<'_>, instance: &Instance, version: Time, record: &Record) {
    let (Some(agent), Some(task)) = (&instance.agent, &instance.task) else { return };
    if instance.condition == Condition::Unreachable {
        return;
    }
    let reason = record.last_failure_cause.as_deref().unwrap_or("unknown");
    let at = record.last_failure.unwrap_or(turn.now);
    let failure = TaskFailure {
        app: instance.app().clone(),
        host: agent.host.clone(),
        message: format!("Task was killed since health check failed. Reason: {reason}"),
        state: TaskState::Killed,
        task: task.id.clone(),
        at,
        version,
        agent: Some(agent.id.clone()),
    };
    let announced = bus::unhealthy_instance_kill(turn.now, instance, version, reason, at);
    turn.events.extend(announced.map(Event::Publish));
    turn.events.extend([Event::Failed(failure), Event::Kill(instance.slot)]);
}

/// A failure that does not count: not running, or never healthy and still in grace.
fn is_ignored(instance: &Instance, record: &Record, check: &HealthCheck, now: Time) -> bool {
    instance.condition != Condition::Running || (record.first_success.is_none() && instance.since + check.grace > now)
}
