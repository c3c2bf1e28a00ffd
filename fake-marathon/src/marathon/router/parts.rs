//! All parts of the scheduler, and how the events of one go to the next.
//!
//! Events are carried out in their order and depth first: what one leads to happens before the next. Some wait until the
//! present change is complete ([`Deferred`]), as messages between Marathon's actors do.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use crate::{
    app::{AppDefinition, roles::Tree as _},
    checkers::{ProbeId, ProbeOutcome},
    clock::Time,
    events::Event,
    fault::Faults,
    ids::{DeploymentId, PathId, Rng},
    marathon::{
        Output,
        deployment::{self, Deployments, Next, scaling},
        environment::Placement,
        group_manager::GroupManager,
        health::{self, Health},
        instances::{self, Changed, Healthy, Instance, Instances, Slot},
        kills::{Kill, Kills},
        last_failures::LastFailures,
        launch_queue::{self, LaunchQueue},
        probe_ids::ProbeIds,
        readiness::{self, Awaited, Readiness},
        rendered::Rendered,
        timers::{Timer, Timers},
    },
    tuning::Tuning,
    wire::{Offer, ToMesos},
};

/// What happens once the present change is complete.
#[derive(Debug)]
pub(super) enum Deferred {
    /// Running deployments learn that an instance changed.
    Changed(Changed),
    /// Running deployments learn that an instance became healthy.
    Healthy(Healthy),
    /// An app is brought to its number of instances, unless a deployment does.
    Scale(PathId),
}

/// The parts, and what their events have come to so far.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) rng: Rng,
    /// The time of the present call.
    pub(super) now: Time,
    pub(super) groups: GroupManager,
    pub(super) deployments: Deployments,
    pub(super) instances: Instances,
    pub(super) failures: LastFailures,
    pub(super) launch_queue: LaunchQueue,
    pub(super) kills: Kills,
    pub(super) health: Health,
    pub(super) readiness: Readiness,
    pub(super) probe_ids: ProbeIds,
    pub(super) timers: Timers,
    pub(super) deferred: VecDeque<Deferred>,
    pub(super) outputs: Vec<Output>,
}

impl Parts {
    pub(super) fn new(tuning: &Arc<Tuning>, seed: u64, faults: Faults, now: Time) -> Self {
        Self {
            rng: Rng::seeded(seed),
            now,
            groups: GroupManager::new(tuning.clone(), now),
            deployments: Deployments::new(tuning.clone(), faults.clone()),
            instances: Instances::new(tuning.clone(), now),
            failures: LastFailures::default(),
            launch_queue: LaunchQueue::new(tuning.clone(), faults, now),
            kills: Kills::new(tuning.clone()),
            health: Health::new(tuning.clone(), now),
            readiness: Readiness::default(),
            probe_ids: ProbeIds::default(),
            timers: Timers::default(),
            deferred: VecDeque::new(),
            outputs: Vec::new(),
        }
    }

    pub(super) fn rendered(&mut self) -> Rendered<'_> {
        Rendered {
            groups: &mut self.groups,
            deployments: &mut self.deployments,
            instances: &mut self.instances,
            failures: &mut self.failures,
            launch_queue: &self.launch_queue,
            health: &self.health,
        }
    }

    /// Advances a deployment until it waits.
    pub(super) fn drive(&mut self, id: &DeploymentId) {
        loop {
            let (events, next) = self.deployments.advance(self.now, id, &self.instances);
            self.on_deployments(events);
            match next {
                Next::Advance => {}
                Next::Wait => return,
            }
        }
    }

    pub(super) fn instance_changed(&mut self, changed: &Changed) {
        for id in self.deployments.changing(&changed.app) {
            let events = self.deployments.instance_changed(self.now, &id, changed, &self.instances);
            self.on_deployments(events);
            self.drive(&id);
        }
    }

    pub(super) fn instance_healthy(&mut self, healthy: &Healthy) {
        for id in self.deployments.changing(&healthy.app) {
            let events = self.deployments.instance_healthy(self.now, &id, healthy, &self.instances);
            self.on_deployments(events);
            self.drive(&id);
        }
    }

    /// A stopping app may have lost its last instance.
    fn not_awaited(&mut self, slot: Slot) {
        if let Some(id) = self.deployments.stopping(slot) {
            let events = self.deployments.not_awaited(self.now, &id, slot, &self.instances);
            self.on_deployments(events);
            self.drive(&id);
        }
    }

    pub(super) fn scale_app(&mut self, id: &PathId) {
        if self.deployments.is_locked(id) {
            return;
        }
        if let Some(app) = self.groups.root().apps.get(id) {
            let events = scaling::scale(app, &self.instances);
            self.on_deployments(events);
        }
    }

    /// A part has failed as a real one does.
    pub(super) fn broken(&mut self, what: String) {
        self.outputs.push(Output::Broken(what));
    }

    fn launch(&mut self, app: &Arc<AppDefinition>, count: usize) {
        // Recorded in `pods.endpoints_without_network`: a queue that has ended takes nothing in.
        if self.launch_queue.is_broken() {
            return;
        }
        for _ in 0..count {
            let id = self.rng.instance(&app.id, self.now);
            let events = self.instances.schedule(self.now, id, app.clone());
            self.on_instances(events);
        }
    }

    pub(super) fn match_offer(&mut self, offer: Offer) {
        let mut round = self.launch_queue.begin_round(self.now, offer, &self.instances);
        while let Some(found) = self.launch_queue.next_match(&mut round, &self.instances, &mut self.rng) {
            let app = self.instances.get(found.slot).map(Instance::app);
            let enforces_role = app.is_some_and(|app| self.groups.root().enforces_role(app));
            let placement = Placement { ports: &found.ports, enforces_role };
            let placed = self.instances.provision(self.now, found.slot, round.offer(), placement);
            if let Some((infos, spec, events)) = placed {
                self.on_instances(events);
                round.launch(infos, spec);
            }
        }
        let events = self.launch_queue.end_round(self.now, round);
        self.on_launch_queue(events);
    }

    pub(super) fn kill(&mut self, slot: Slot) {
        let events = self.instances.kill(self.now, slot);
        self.on_instances(events);
    }

    pub(super) fn decommission(&mut self, slot: Slot) {
        let events = self.instances.decommission(self.now, slot);
        self.on_instances(events);
    }

    pub(super) fn expunge(&mut self, slot: Slot) {
        let events = self.instances.expunge(self.now, slot);
        self.on_instances(events);
    }

    pub(super) fn sweep_unreachable(&mut self) {
        for slot in self.instances.overdue(self.now) {
            self.expunge(slot);
        }
        let next = self.instances.sweep_again(self.now);
        self.on_instances(next);
    }

    pub(super) fn ask_readiness(&mut self, awaited: Awaited) {
        let Some(check) = self.deployments.readiness_check(&awaited) else { return };
        let instance = self.instances.find(&awaited.task.instance());
        let target = instance.and_then(|instance| health::of_named_port(instance, &check.port_name));
        if let Some(target) = target {
            let event = self.readiness.ask(awaited, check, target, &mut self.probe_ids);
            self.on_readiness(event.into_iter().collect());
        }
    }

    pub(super) fn retry_readiness(&mut self, probe: ProbeId) {
        let event = self.readiness.retry(probe, &mut self.probe_ids);
        self.on_readiness(event.into_iter().collect());
    }

    pub(super) fn readiness_probed(&mut self, probe: ProbeId, outcome: &ProbeOutcome) {
        let Some(awaited) = self.readiness.awaited(probe) else { return };
        let check = self.deployments.readiness_check(awaited);
        let events = self.readiness.probed(self.now, probe, outcome, check);
        self.on_readiness(events);
    }

    fn readiness_result(&mut self, awaited: &Awaited, ready: bool, result: &Value) {
        let Some(instance) = self.instances.find(&awaited.task.instance()) else { return };
        let app = instance.app().clone();
        for id in self.deployments.changing(&app) {
            if id == awaited.deployment {
                let found = (&app, ready, result);
                let events = self.deployments.readiness_result(self.now, awaited, found, &self.instances);
                self.on_deployments(events);
            }
            self.drive(&id);
        }
    }

    pub(super) fn send_kills(&mut self, kills: impl IntoIterator<Item = Kill>) {
        for Kill { task, grace, retry_at } in kills {
            self.timers.set(retry_at, Timer::RetryKill(task.clone()));
            self.call(ToMesos::Kill { task, grace });
        }
    }

    pub(super) fn publish(&mut self, event: Event) {
        self.outputs.push(Output::Publish(event));
    }

    pub(super) fn call(&mut self, call: ToMesos) {
        self.outputs.push(Output::ToMesos(call));
    }

    pub(super) fn on_instances(&mut self, events: impl IntoIterator<Item = instances::Event>) {
        for event in events {
            self.on_instance(event);
        }
    }

    fn on_instance(&mut self, event: instances::Event) {
        let now = self.now;
        match event {
            instances::Event::Publish(event) => self.publish(event),
            instances::Event::Forgotten(instance) => {
                self.health.forget(&instance);
                self.launch_queue.remove_demand(instance.slot);
                instance.tasks().for_each(|task| self.kills.confirm(&task.id));
                self.not_awaited(instance.slot);
            }
            instances::Event::NotAwaited(slot) => self.not_awaited(slot),
            instances::Event::Kill { task, grace } => {
                let kills = self.kills.request(now, task, grace);
                self.send_kills(kills);
            }
            instances::Event::KillUnknown(task) => self.call(ToMesos::Kill { task, grace: None }),
            instances::Event::TaskEnded(task) => self.kills.confirm(&task),
            instances::Event::NativeHealth { slot, healthy } => {
                let events = self.health.native_status(now, slot, healthy, &self.instances);
                self.on_health(events);
            }
            instances::Event::Healthy(healthy) => self.deferred.push_back(Deferred::Healthy(healthy)),
            instances::Event::ConditionChanged { spec, condition } => {
                let event = self.launch_queue.condition_changed(now, &spec, condition);
                self.on_launch_queue(event);
            }
            instances::Event::Failed(failure) => self.failures.keep(failure),
            instances::Event::Demand(slot) => self.launch_queue.update_demand(now, slot, &self.instances),
            instances::Event::NoDemand(slot) => self.launch_queue.remove_demand(slot),
            instances::Event::Changed(changed) => self.deferred.push_back(Deferred::Changed(changed)),
            instances::Event::Scale(app) => self.deferred.push_back(Deferred::Scale(app)),
            instances::Event::StatusApplied => {
                let kills = self.kills.send_queued(now);
                self.send_kills(kills);
            }
            instances::Event::Timer(at, due) => self.timers.set(at, Timer::Instances(due)),
        }
    }

    pub(super) fn on_health(&mut self, events: Vec<health::Event>) {
        for event in events {
            match event {
                health::Event::Publish(event) => self.publish(event),
                health::Event::Probe(probe) => self.outputs.push(Output::Probe(probe)),
                health::Event::Timer(at, due) => self.timers.set(at, Timer::Health(due)),
                health::Event::Kill(slot) => self.kill(slot),
                health::Event::Failed(failure) => self.failures.keep(failure),
                health::Event::Healthy(healthy) => self.deferred.push_back(Deferred::Healthy(healthy)),
                health::Event::RecordChanged(slot) => self.instances.touch(slot),
                health::Event::Ended(why) => {
                    self.broken(format!("no Marathon-level health check is made until there is a new leader: {why}"));
                }
            }
        }
    }

    fn on_readiness(&mut self, events: Vec<readiness::Event>) {
        for event in events {
            match event {
                readiness::Event::Probe(probe) => self.outputs.push(Output::Probe(probe)),
                readiness::Event::Timer(at, due) => self.timers.set(at, Timer::Readiness(due)),
                readiness::Event::Result { awaited, ready, result } => {
                    self.readiness_result(&awaited, ready, &result);
                }
            }
        }
    }

    pub(super) fn on_launch_queue(&mut self, events: impl IntoIterator<Item = launch_queue::Event>) {
        for event in events {
            match event {
                launch_queue::Event::Call(call) => self.call(call),
                launch_queue::Event::Timer(at, due) => self.timers.set(at, Timer::LaunchQueue(due)),
                launch_queue::Event::Failed(launch_queue::Failure::Queue(why)) => {
                    self.broken(format!("nothing is launched until there is a new leader: {why}"));
                }
                launch_queue::Event::Failed(launch_queue::Failure::Process(why)) => {
                    self.outputs.push(Output::Died(format!("Marathon's process has died: {why}")));
                }
            }
        }
    }

    pub(super) fn on_deployments(&mut self, events: Vec<deployment::Event>) {
        for event in events {
            match event {
                deployment::Event::Publish(event) => self.publish(event),
                deployment::Event::AddChecks(app) => {
                    let events = self.health.add(self.now, &app);
                    self.on_health(events);
                }
                deployment::Event::RemoveChecks(app) => {
                    let events = self.health.remove(self.now, &app);
                    self.on_health(events);
                }
                deployment::Event::Launch { app, count } => self.launch(&app, count),
                deployment::Event::Decommission(slot) => self.decommission(slot),
                deployment::Event::ResetDelay(app) => self.launch_queue.reset_delay(&app),
                deployment::Event::AppStopped(app) => {
                    self.launch_queue.reset_delay(&app);
                    self.failures.forget(&app.id);
                }
                deployment::Event::AskReadiness(awaited) => {
                    self.timers.set(self.now, Timer::Readiness(readiness::Due::Ask(awaited)));
                }
                deployment::Event::Timer(at, due) => self.timers.set(at, Timer::Deployment(due)),
            }
        }
    }
}
