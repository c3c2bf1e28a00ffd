//! What status updates do to instances.
//!
//! Rules from Marathon's `core/instance/update/InstanceUpdater.scala`, `core/task/Task.scala` and the steps of
//! `core/task/update/impl/steps`.

use super::{Condition, Event, Goal, Healthy, Instance, Instances, Slot, Task, unreachable::is_expired};
use crate::{
    app::Unreachable,
    clock::Time,
    ids::TaskId,
    marathon::bus,
    snapshot::TaskFailure,
    tree::Root,
    wire::{StatusUpdate, TaskState},
};

/// Whether an unknown task in this condition is killed.
fn is_killed_when_unknown(condition: Condition) -> bool {
    matches!(condition, Condition::Staging | Condition::Starting | Condition::Running | Condition::Killing)
}

/// Whether the message of a status is kept as `lastTaskFailure`.
fn is_failure(state: TaskState) -> bool {
    matches!(
        state,
        TaskState::Failed
            | TaskState::Error
            | TaskState::Lost
            | TaskState::Dropped
            | TaskState::Gone
            | TaskState::GoneByOperator
            | TaskState::Unknown
    )
}

/// The app of a task that is not known, guessed from its id.
fn app_of(task: &TaskId, root: &Root) -> String {
    let instance = task.instance();
    let safe = instance.as_str().split(".instance-").next().unwrap_or_default();
    let known = root.apps.keys().find(|id| id.safe() == safe);
    known.map_or_else(|| format!("/{}", safe.replace('_', "/")), |id| id.as_str().to_owned())
}

impl Instances {
    /// Takes a status update from Mesos.
    #[must_use]
    pub(crate) fn status(&mut self, now: Time, update: StatusUpdate, root: &Root) -> Vec<Event> {
        let id = update.task.instance();
        let condition = Condition::of(update.state);
        let Some(instance) = self.find(&id) else {
            return if condition.is_terminal() {
                let app = app_of(&update.task, root);
                let terminated = bus::unknown_instance_terminated(now, &id, &app, condition);
                vec![Event::TaskEnded(update.task), Event::Publish(terminated)]
            } else {
                kill_unknown(update.task, condition)
            };
        };
        let slot = instance.slot;
        let Some(task) = instance.task_of(&update.task) else {
            return kill_unknown(update.task, condition);
        };
        let is_change = match task.condition {
            old if old.is_terminal() => false,
            Condition::Running if condition == Condition::Running => {
                (update.healthy.is_some() && update.healthy != task.healthy) || update.check != task.check
            }
            Condition::Running | Condition::Killing | Condition::Unreachable
                if matches!(condition, Condition::Staging | Condition::Starting) =>
            {
                false
            }
            old => old != condition || task.state.is_none(),
        };
        if is_change {
            return self.apply(now, slot, &update, condition);
        }
        if condition == Condition::Unreachable && self.becomes_inactive(now, slot) {
            // Repeated by a reconciliation; what is stored is examined again.
            let message = self.get(slot).and_then(|instance| instance.task.as_ref()?.message.clone());
            return self.apply(now, slot, &StatusUpdate { message, ..update }, condition);
        }
        Vec::new()
    }

    fn apply(&mut self, now: Time, slot: Slot, update: &StatusUpdate, condition: Condition) -> Vec<Event> {
        let Some(before) = self.get(slot).map(|before| (before.condition, before.healthy)) else { return Vec::new() };
        let Some(after) = self.change(slot, |instance| store(instance, now, update, condition)) else {
            return Vec::new();
        };
        let ended = condition.is_terminal();
        // Of a pod, one container's end is not that of the instance.
        let condition = if after.containers.is_empty() { condition } else { after.condition };
        let expunged = (condition.is_terminal() && after.goal == Goal::Decommissioned) || after.is_overdue(now);
        let not_awaited = !expunged && condition.is_lost() && after.goal == Goal::Decommissioned;
        let watched = after.condition == Condition::UnreachableInactive && !expunged;
        let (published, ends) = outcome(now, after, (update, condition), (before, expunged));
        let mut events = Vec::new();
        if ended {
            events.push(Event::TaskEnded(update.task.clone()));
        }
        if expunged {
            // A deployment that waits for the last task of a stopped app goes on before the status is published.
            events.extend(self.forget(slot));
        } else if not_awaited {
            events.push(Event::NotAwaited(slot));
        }
        events.extend(published);
        if watched {
            events.extend(self.watch_unreachable(now));
        }
        events.extend(ends);
        events
    }
}

/// What a status that was stored leads to, as far as it follows from the instance as it is now: before the instance may be
/// watched as an unreachable one, and after that.
fn outcome(
    now: Time,
    after: &Instance,
    (update, condition): (&StatusUpdate, Condition),
    (before, expunged): ((Condition, Option<bool>), bool),
) -> (Vec<Event>, Vec<Event>) {
    let (slot, changed) = (after.slot, before.0 != after.condition);
    let mut events = vec![Event::Publish(bus::status_update(now, after, update))];
    if changed {
        events.push(Event::Publish(bus::instance_changed(now, after, after.condition)));
    }
    if let Some(healthy) = update.healthy.filter(|_| !expunged && after.containers.is_empty()) {
        events.push(Event::NativeHealth { slot, healthy });
    }
    if before.1 != after.healthy && !expunged {
        events.extend(health_changed(now, after));
    }
    if changed {
        let (spec, condition) = (after.spec.clone(), after.condition);
        events.push(Event::ConditionChanged { spec, condition });
    }
    if is_failure(update.state) {
        events.push(Event::Failed(failure(after, update)));
    }
    if !expunged {
        events.push(Event::Demand(slot));
    }
    if changed || expunged {
        events.push(Event::Changed(after.changed(expunged)));
    }
    if changed && (condition.is_terminal() || condition.is_lost()) {
        events.push(Event::Scale(after.app().clone()));
    }
    let mut ends = Vec::new();
    if changed && after.goal == Goal::Decommissioned && !after.condition.is_considered_terminal() {
        // It is back and nobody wants it.
        let (task, grace) = (update.task.clone(), after.spec.kill_grace);
        ends.push(Event::Kill { task, grace });
    }
    ends.push(Event::StatusApplied);
    (events, ends)
}

fn kill_unknown(task: TaskId, condition: Condition) -> Vec<Event> {
    if is_killed_when_unknown(condition) { vec![Event::KillUnknown(task)] } else { Vec::new() }
}

/// Stores a status in its instance.
fn store(instance: &mut Instance, now: Time, update: &StatusUpdate, condition: Condition) {
    let strategy = instance.spec.unreachable;
    instance.change_task(&update.task, |task| store_task(task, now, update, condition));
    let Some(task) = instance.task.as_ref() else { return };
    let condition = task.condition;
    let lost = condition == Condition::Unreachable;
    let healthy = match instance.containers.is_empty() {
        true => task.healthy.filter(|_| condition == Condition::Running),
        false => task.healthy,
    };
    let condition = match strategy {
        Unreachable::After { inactive, .. } if lost && is_expired(task.unreachable_since, now, inactive) => {
            Condition::UnreachableInactive
        }
        Unreachable::After { .. } | Unreachable::Disabled => condition,
    };
    if (instance.condition, instance.healthy) != (condition, healthy) {
        instance.condition = condition;
        instance.healthy = healthy;
        instance.since = now;
    }
}

fn store_task(task: &mut Task, now: Time, update: &StatusUpdate, condition: Condition) {
    task.condition = condition;
    task.state = Some(update.state);
    task.healthy = update.healthy;
    task.check = update.check;
    task.message.clone_from(&update.message);
    if !update.ip_addresses.is_empty() {
        task.ip_addresses.clone_from(&update.ip_addresses);
    }
    if condition == Condition::Running {
        task.started_at.get_or_insert(now);
    }
    let lost = condition == Condition::Unreachable;
    task.unreachable_since = lost.then(|| task.unreachable_since.unwrap_or(now));
}

fn health_changed(now: Time, instance: &Instance) -> Vec<Event> {
    let (id, app, version) = (instance.id.clone(), instance.app().clone(), instance.version());
    let changed = bus::instance_health_changed(now, &id, &app, version, instance.healthy);
    let mut events = vec![Event::Publish(changed)];
    if instance.healthy == Some(true) {
        events.push(Event::Healthy(Healthy { id, app, version }));
    }
    events
}

fn failure(instance: &Instance, update: &StatusUpdate) -> TaskFailure {
    let agent = instance.agent.as_ref();
    TaskFailure {
        app: instance.app().clone(),
        host: agent.map(|agent| agent.host.clone()).unwrap_or_default(),
        message: update.message.clone().unwrap_or_default(),
        state: update.state,
        task: update.task.clone(),
        at: update.at,
        version: instance.version(),
        agent: agent.map(|agent| agent.id.clone()),
    }
}
