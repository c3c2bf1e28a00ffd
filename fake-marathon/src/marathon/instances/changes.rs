//! Changes that the scheduler itself makes: instances are scheduled, placed, decommissioned, expunged.
//!
//! Rules from Marathon's `core/instance/update/InstanceUpdateOpResolver.scala` and `api/TaskKiller.scala`.

use std::{num::NonZeroU64, sync::Arc};

use super::{Agent, Condition, Due, Event, Goal, Instance, Instances, Slot, Task, containers};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::{InstanceId, TaskId},
    marathon::{bus, environment::Placement, pod_info, task_info},
    wire::{Offer, TaskInfo},
};

impl Instances {
    /// Adds an instance that waits for its first offer.
    #[must_use]
    pub(crate) fn schedule(&mut self, now: Time, id: InstanceId, spec: Arc<AppDefinition>) -> Vec<Event> {
        let slot = self.index.next_slot();
        let instance = Instance {
            slot,
            id,
            spec,
            goal: Goal::Running,
            condition: Condition::Scheduled,
            since: now,
            healthy: None,
            agent: None,
            task: None,
            containers: Vec::new(),
            view: None,
            is_stale: false,
        };
        self.changes += 1;
        self.stale.insert(instance.app().clone());
        let announced = bus::instance_changed(now, &instance, Condition::Scheduled);
        let changed = instance.changed(false);
        self.index.insert(instance);
        vec![Event::Publish(announced), Event::Changed(changed), Event::Demand(slot)]
    }

    /// Places a waiting instance; it gets its next incarnation.
    #[must_use]
    pub(crate) fn provision(
        &mut self,
        now: Time,
        slot: Slot,
        offer: &Offer,
        placement: Placement<'_>,
    ) -> Option<(Vec<TaskInfo>, Arc<AppDefinition>, Vec<Event>)> {
        let instance = self.get(slot)?;
        let incarnation = instance.task.as_ref().map_or(1, |task| task.id.incarnation() + 1);
        let agent = Arc::new(Agent {
            id: offer.agent.clone(),
            host: offer.hostname.clone(),
            attributes: offer.attributes.clone(),
            region: offer.region.clone(),
            zone: offer.zone.clone(),
        });
        let mut infos = match &instance.spec.pod {
            Some(_) => pod_info::build(&instance.spec, &instance.id, incarnation, &agent, placement),
            None => vec![task_info::build(&instance.spec, instance.id.task(incarnation), &agent, placement)],
        };
        let of_pod = instance.spec.pod.is_some();
        for info in &mut infos {
            self.launched += 1;
            info.id = NonZeroU64::new(self.launched).map(|number| info.id.clone().numbered(number))?;
        }
        let tasks: Vec<Task> = infos.iter().map(|info| provisioned(now, info)).collect();
        let whole = containers::whole(&tasks)?;
        let id = whole.id.clone();
        let placed = self.change(slot, |instance| {
            instance.agent = Some(agent);
            instance.task = Some(whole);
            instance.containers = if of_pod { tasks } else { Vec::new() };
            instance.condition = Condition::Provisioned;
            instance.healthy = None;
            instance.since = now;
        })?;
        let announced = bus::instance_changed(now, placed, Condition::Provisioned);
        let (changed, spec) = (placed.changed(false), placed.spec.clone());
        let overdue_at = now + self.tuning.task_launch_timeout;
        let events = vec![
            Event::NoDemand(slot),
            Event::Publish(announced),
            Event::Changed(changed),
            Event::Timer(overdue_at, Due::Unconfirmed(id)),
        ];
        Some((infos, spec, events))
    }

    /// The instance of a launch that neither runs nor has ended (`OverdueInstancesActor`).
    pub(crate) fn unconfirmed(&self, task: &TaskId) -> Option<Slot> {
        let instance = self.find(&task.instance())?;
        let present = instance.task.as_ref().filter(|present| present.id == *task)?;
        matches!(present.condition, Condition::Provisioned | Condition::Staging | Condition::Starting)
            .then_some(instance.slot)
    }

    /// Kills an instance's task. One that cannot answer is decommissioned instead, and killed when it is back
    /// (`KillAction.Decommission`).
    #[must_use]
    pub(crate) fn kill(&mut self, now: Time, slot: Slot) -> Vec<Event> {
        let Some(instance) = self.get(slot) else { return Vec::new() };
        if instance.has_ended() {
            return Vec::new();
        }
        if !instance.condition.is_lost() {
            return kills(instance).collect();
        }
        match instance.goal {
            Goal::Running => self.decommission(now, slot),
            Goal::Decommissioned => Vec::new(),
        }
    }

    /// Wants an instance gone: it is announced, killed, and forgotten when it has ended (at once if nothing runs). One
    /// that cannot be reached stays until it is back or its time is over; nobody waits for it.
    #[must_use]
    pub(crate) fn decommission(&mut self, now: Time, slot: Slot) -> Vec<Event> {
        let Some(before) = self.get(slot) else { return Vec::new() };
        let announce = before.goal != Goal::Decommissioned;
        self.change(slot, |instance| instance.goal = Goal::Decommissioned);
        let Some(after) = self.get(slot).cloned() else { return Vec::new() };
        let mut events = Vec::new();
        let ended = after.has_ended();
        if ended {
            events.extend(self.forget(slot));
        }
        if announce {
            events.push(Event::Publish(bus::instance_changed(now, &after, after.condition)));
        }
        events.push(Event::Changed(after.changed(ended)));
        let Some(task) = after.task.as_ref().filter(|_| !ended) else { return events };
        events.push(Event::NoDemand(slot));
        if let Some(healthy) = task.healthy.filter(|_| task.state.is_some() && after.containers.is_empty()) {
            events.push(Event::NativeHealth { slot, healthy });
        }
        if after.condition.is_lost() {
            events.push(Event::NotAwaited(slot));
        } else {
            events.extend(kills(&after));
        }
        events
    }

    /// Forgets an instance whatever it does (`wipe`, or an agent that does not come back).
    #[must_use]
    pub(crate) fn expunge(&mut self, now: Time, slot: Slot) -> Vec<Event> {
        let Some(mut instance) = self.get(slot).cloned() else { return Vec::new() };
        let changed = instance.condition != Condition::Killed;
        instance.condition = Condition::Killed;
        let mut events = self.forget(slot);
        if changed {
            events.push(Event::Publish(bus::instance_changed(now, &instance, Condition::Killed)));
        }
        events.push(Event::Changed(instance.changed(true)));
        events.push(Event::Scale(instance.app().clone()));
        events
    }

    /// Removes an instance.
    #[must_use]
    pub(crate) fn forget(&mut self, slot: Slot) -> Vec<Event> {
        let Some(instance) = self.index.remove(slot) else { return Vec::new() };
        self.changes += 1;
        self.stale.insert(instance.app().clone());
        vec![Event::Forgotten(Box::new(instance))]
    }

    /// Changes an instance and keeps indexes and what was rendered right.
    pub(super) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Instance)) -> Option<&Instance> {
        let changed = self.index.change(slot, |instance| {
            change(instance);
            instance.is_stale = true;
        })?;
        self.changes += 1;
        self.stale.insert(changed.app().clone());
        Some(changed)
    }
}

/// A task that was just placed.
fn provisioned(now: Time, info: &TaskInfo) -> Task {
    Task {
        id: info.id.clone(),
        condition: Condition::Provisioned,
        state: None,
        healthy: None,
        check: None,
        ip_addresses: Vec::new(),
        ports: info.ports.clone(),
        staged_at: now,
        started_at: None,
        unreachable_since: None,
        message: None,
    }
}

/// A kill of each task that has not ended.
fn kills(instance: &Instance) -> impl Iterator<Item = Event> {
    let grace = instance.spec.kill_grace;
    instance.living().map(move |task| Event::Kill { task: task.id.clone(), grace })
}
