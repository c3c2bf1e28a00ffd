//! The scheduler: hands inputs to the parts, and the events of one part to the next.
//!
//! Events are carried out in their order and depth first: what one leads to happens before the next. Some wait until
//! the present change is complete ([`Deferred`]), as messages between Marathon's actors do.

use std::{collections::VecDeque, sync::Arc};

use super::{
    Output, bus,
    command::{Answer, Command, Done, KillWhich, Origin, Refused},
    deployment::{self, Deployments, Next, plan::Plan, scaling},
    group_manager::{self, AppUpdates, GroupManager, Proposal},
    health::{self, Health},
    instances::{self, Changed, Goal, Healthy, Instances, Slot},
    kill_selection,
    kills::{Kill, Kills},
    last_failures::LastFailures,
    launch_queue::{self, LaunchQueue},
    probe_ids::ProbeIds,
    readiness::{self, Awaited, Readiness},
    render::{Parts, Renderer},
    timers::{Timer, Timers},
};
use crate::{
    app::{AppDefinition, render},
    checkers::{ProbeId, ProbeOutcome},
    clock::Time,
    events::Event,
    fault::Faults,
    ids::{Chance, DeploymentId, PathId},
    snapshot::Snapshot,
    tuning::Tuning,
    wire::{FromMesos, Offer, ToMesos},
};

/// What happens once the present change is complete.
#[derive(Debug)]
enum Deferred {
    /// Running deployments take in that an instance changed.
    Changed(Changed),
    /// Running deployments take in that an instance became healthy.
    Healthy(Healthy),
    /// An app is brought to its number of instances, unless a deployment does.
    Scale(PathId),
}

/// The scheduler.
#[derive(Debug)]
pub struct Marathon {
    tuning: Arc<Tuning>,
    rng: Chance,
    now: Time,
    groups: GroupManager,
    deployments: Deployments,
    instances: Instances,
    failures: LastFailures,
    launch_queue: LaunchQueue,
    kills: Kills,
    health: Health,
    readiness: Readiness,
    probe_ids: ProbeIds,
    renderer: Renderer,
    timers: Timers,
    deferred: VecDeque<Deferred>,
    outputs: Vec<Output>,
}

impl Marathon {
    /// A scheduler that was just elected and knows nothing: only the root group. Its ids depend on the seed alone.
    pub fn new(tuning: Arc<Tuning>, seed: u64, framework_id: String, now: Time) -> Self {
        let mut timers = Timers::default();
        timers.set(now + tuning.scale_apps_initial_delay, Timer::ScaleAll);
        timers.set(now + tuning.reconciliation_initial_delay, Timer::Reconcile);
        timers.set(now + tuning.reconciliation_interval, Timer::SweepChecks);
        Self {
            rng: Chance::seeded(seed),
            now,
            groups: GroupManager::new(tuning.clone(), now),
            deployments: Deployments::new(tuning.clone(), Faults::none()),
            instances: Instances::new(tuning.clone(), now),
            failures: LastFailures::default(),
            launch_queue: LaunchQueue::new(tuning.clone(), Faults::none(), now),
            kills: Kills::new(tuning.clone()),
            health: Health::new(tuning.clone(), now),
            readiness: Readiness::default(),
            probe_ids: ProbeIds::default(),
            renderer: Renderer::new(framework_id),
            timers,
            deferred: VecDeque::new(),
            outputs: Vec::new(),
            tuning,
        }
    }

    /// Puts a fresh scheduler under these rules.
    #[must_use]
    pub fn under(mut self, faults: Faults) -> Self {
        self.deployments = Deployments::new(self.tuning.clone(), faults.clone());
        self.launch_queue = LaunchQueue::new(self.tuning.clone(), faults, self.now);
        self
    }

    /// Makes a change; returns the answer and what is to be done.
    pub fn command(&mut self, now: Time, command: Command) -> (Answer, Vec<Output>) {
        self.now = self.now.max(now);
        let answer = self.carry_out(command);
        (answer, self.settle())
    }

    fn carry_out(&mut self, command: Command) -> Answer {
        let now = self.now;
        match command {
            Command::CreateApp { app, force, origin } => self.create_app(*app, force, &origin),
            Command::UpdateApps { updates, force, partial, create, bulk, origin } => {
                let updates = AppUpdates { bodies: &updates, partial, create, bulk };
                self.update_apps(updates, force, &origin)
            }
            Command::DeleteApp { id, force } => {
                let proposal = self.groups.delete_app(now, &id, force);
                self.deploy(proposal)
            }
            Command::RestartApp { id, force } => {
                let proposal = self.groups.restart_app(now, &id, force);
                self.deploy(proposal)
            }
            Command::KillTasks { which, scale: true, wipe: _, force } => self.kill_and_scale(&which, force),
            Command::KillTasks { which, scale: false, wipe, force: _ } => self.kill_tasks(&which, wipe),
            Command::PutGroup { id, body, create, dry_run, force } => {
                let request = self.groups.read_group(now, &id, &body, create)?;
                if dry_run {
                    return self.groups.dry_run(&request, &mut self.rng);
                }
                let proposal = self.groups.put_group(&request, force)?;
                self.deploy(proposal)
            }
            Command::PatchGroup { id, enforce_role } => self.groups.patch_group(&id, enforce_role),
            Command::DeleteGroup { id, force } => {
                let proposal = self.groups.delete_group(now, &id, force);
                self.deploy(proposal)
            }
            Command::CancelDeployment { id, force } => self.cancel_deployment(&id, force),
            Command::ResetDelay { id } => self.launch_queue.reset_delay_of(&id, &self.instances),
            Command::Abdicate => {
                self.abdicate();
                Ok(Done::Accepted)
            }
        }
    }

    /// A message from the master.
    pub fn from_mesos(&mut self, now: Time, message: FromMesos) -> Vec<Output> {
        self.now = self.now.max(now);
        match message {
            FromMesos::Offer(offer) => self.match_offer(offer),
            // Offers are used or declined at once, so none is ever held.
            FromMesos::Rescind(_) => {}
            FromMesos::Status(update) => {
                let events = self.instances.status(self.now, update, self.groups.root());
                self.on_instances(events);
            }
        }
        self.settle()
    }

    /// A probe has come back.
    pub fn probed(&mut self, now: Time, id: ProbeId, outcome: ProbeOutcome) -> Vec<Output> {
        self.now = self.now.max(now);
        match self.health.probed(self.now, id, &outcome, &self.instances) {
            Some(events) => self.on_health(events),
            None => self.readiness_probed(id, &outcome),
        }
        self.settle()
    }

    /// Does everything that is due at `now`, in order of time, and each at its own time.
    pub fn advance(&mut self, now: Time) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Some((at, timer)) = self.timers.take(now) {
            self.now = self.now.max(at);
            self.due(timer);
            outputs.append(&mut self.settle());
        }
        self.now = self.now.max(now);
        outputs
    }

    /// When the next thing happens by itself.
    pub fn next_deadline(&self) -> Option<Time> {
        self.timers.first()
    }

    /// The state of now; parts that did not change since the last snapshot are shared with it.
    pub fn snapshot(&mut self, now: Time) -> Arc<Snapshot> {
        self.now = self.now.max(now);
        let parts = Parts {
            groups: &mut self.groups,
            deployments: &mut self.deployments,
            instances: &mut self.instances,
            failures: &mut self.failures,
            launch_queue: &self.launch_queue,
            health: &self.health,
        };
        Arc::new(self.renderer.render(self.now, parts))
    }

    /// No rule stops this deployment any more.
    pub fn deployment_freed(&mut self, now: Time, id: &str) -> Vec<Output> {
        self.now = self.now.max(now);
        self.drive(&DeploymentId::new(id));
        self.settle()
    }

    /// No rule holds the launches of this app back any more.
    pub fn launches_freed(&mut self, now: Time, app: &str) -> Vec<Output> {
        self.now = self.now.max(now);
        self.launch_queue.released(self.now, app);
        self.settle()
    }

    /// Restarts with its records of instances lost: reconciliation reports tasks that nobody knows, which are killed.
    pub fn restart_empty(&mut self, now: Time) -> Vec<Output> {
        self.now = self.now.max(now);
        let all: Vec<Slot> = self.instances.all().map(|instance| instance.slot).collect();
        for slot in all {
            let events = self.instances.forget(slot);
            self.on_instances(events);
        }
        self.abdicate();
        self.call(ToMesos::Reconcile(Vec::new()));
        self.deferred.extend(self.groups.root().apps.keys().cloned().map(Deferred::Scale));
        self.settle()
    }

    /// Carries out what was deferred, starts probes and asks for offers; then hands out what is to be done.
    fn settle(&mut self) -> Vec<Output> {
        loop {
            while let Some(deferred) = self.deferred.pop_front() {
                match deferred {
                    Deferred::Changed(changed) => self.instance_changed(&changed),
                    Deferred::Healthy(healthy) => self.instance_healthy(&healthy),
                    Deferred::Scale(app) => self.scale_app(&app),
                }
            }
            let events = self.health.start_probes(self.now, &self.instances, &mut self.probe_ids);
            self.on_health(events);
            if self.deferred.is_empty() {
                break;
            }
        }
        let events = self.launch_queue.evaluate(self.now, &self.instances);
        self.on_launch_queue(events);
        std::mem::take(&mut self.outputs)
    }

    fn due(&mut self, timer: Timer) {
        let now = self.now;
        match timer {
            Timer::Health(due) => {
                let events = self.health.due(now, due, &self.instances);
                self.on_health(events);
            }
            Timer::Readiness(readiness::Due::Ask(awaited)) => self.ask_readiness(awaited),
            Timer::Readiness(readiness::Due::TimedOut(probe)) => self.readiness_probed(probe, &ProbeOutcome::TimedOut),
            Timer::LaunchQueue(due) => {
                let events = self.launch_queue.due(now, &due);
                self.on_launch_queue(events);
            }
            Timer::Deployment(due) => {
                let events = self.deployments.top_up(now, due, &self.instances);
                self.on_deployments(events);
            }
            Timer::Instances(instances::Due::Unconfirmed(task)) => {
                if let Some(slot) = self.instances.unconfirmed(&task) {
                    self.kill(slot);
                }
            }
            Timer::Instances(instances::Due::SweepUnreachable) => self.sweep_unreachable(),
            Timer::RetryKill(task) => {
                let kill = self.kills.retry(now, task);
                self.send_kills(kill);
            }
            Timer::ScaleAll => {
                let apps: Vec<PathId> = self.groups.root().apps.keys().cloned().collect();
                apps.iter().for_each(|app| self.scale_app(app));
                self.timers.set(now + self.tuning.scale_apps_interval, Timer::ScaleAll);
            }
            Timer::Reconcile => {
                let reported = self.instances.reported_tasks();
                if !reported.is_empty() {
                    self.call(ToMesos::Reconcile(reported));
                }
                self.call(ToMesos::Reconcile(Vec::new()));
                self.timers.set(now + self.tuning.reconciliation_interval, Timer::Reconcile);
            }
            Timer::SweepChecks => {
                let events = self.health.sweep(now, self.groups.root(), &self.instances);
                self.on_health(events);
                self.timers.set(now + self.tuning.reconciliation_interval, Timer::SweepChecks);
            }
        }
    }

    // Commands that concern several parts.

    fn create_app(&mut self, app: AppDefinition, force: bool, origin: &Origin) -> Answer {
        let (proposal, posted) = self.groups.create_app(self.now, app, force);
        let deployment = self.change(proposal)?;
        self.publish(bus::api_post(self.now, origin, render::created_event(&posted)));
        Ok(Done::Created { app: Box::new(posted), deployment })
    }

    fn update_apps(&mut self, updates: AppUpdates<'_>, force: bool, origin: &Origin) -> Answer {
        let proposal = self.groups.update_apps(self.now, updates, force)?;
        let created = proposal.created;
        let done = self.deploy(proposal)?;
        if let Some(app) = updates.single().and_then(|id| self.groups.root().apps.get(id)) {
            let rendered = if created { render::created_event(app) } else { render::event(app) };
            self.publish(bus::api_post(self.now, origin, rendered));
        }
        Ok(done)
    }

    fn kill_and_scale(&mut self, which: &KillWhich, force: bool) -> Answer {
        let named = kill_selection::named_to_scale(which, self.groups.root(), &self.instances)?;
        let killed = kill_selection::count(&named, &self.instances);
        let proposal = self.groups.scale_down(self.now, &killed, named, force);
        self.deploy(proposal)
    }

    fn kill_tasks(&mut self, which: &KillWhich, wipe: bool) -> Answer {
        let named = kill_selection::named(which, self.groups.root(), &self.instances)?;
        let slots: Vec<Slot> = named.into_values().flatten().collect();
        let tasks = kill_selection::tasks(&slots, &self.instances);
        if wipe {
            slots.iter().for_each(|slot| self.decommission(*slot));
            slots.iter().for_each(|slot| self.expunge(*slot));
        } else {
            for slot in slots {
                if self.instances.get(slot).is_some_and(|instance| instance.is_active()) {
                    self.kill(slot);
                }
            }
        }
        Ok(Done::Killing(tasks))
    }

    fn cancel_deployment(&mut self, id: &DeploymentId, force: bool) -> Answer {
        if force {
            let failed = self.deployments.cancel(self.now, id);
            let failed = failed.ok_or_else(|| Refused::UnknownDeployment(id.clone()))?;
            self.on_deployments(vec![failed]);
            return Ok(Done::Accepted);
        }
        let plan = self.deployments.plan(id).ok_or_else(|| Refused::UnknownDeployment(id.clone()))?;
        let proposal = self.groups.revert(plan);
        self.deploy(proposal)
    }

    /// Changes the tree and starts the deployment that leads there.
    fn deploy(&mut self, proposal: Proposal) -> Answer {
        let (version, created) = (proposal.change.version, proposal.created);
        let deployment = self.change(proposal)?;
        Ok(Done::Deploying { deployment, version, created })
    }

    /// The same; events report success or failure.
    fn change(&mut self, proposal: Proposal) -> Result<DeploymentId, Refused> {
        let (group, version) = (proposal.change.group.clone(), proposal.change.version);
        let changed = self.try_change(proposal);
        self.publish(match &changed {
            Ok(_) => bus::group_change_success(self.now, &group, version),
            Err(refused) => bus::group_change_failed(self.now, &group, version, &group_manager::reason(refused)),
        });
        changed
    }

    fn try_change(&mut self, Proposal { change, target, .. }: Proposal) -> Result<DeploymentId, Refused> {
        let plan = self.groups.plan(&change, target?, &mut self.rng)?;
        match self.deployments.admit(self.now, &plan, change.force) {
            Ok(cancelled) => self.on_deployments(cancelled),
            Err(refused) => {
                let reason = group_manager::reason(&refused);
                self.publish(bus::deployment_failed(self.now, &plan, &reason));
                return Err(refused);
            }
        }
        Ok(self.start(plan))
    }

    fn start(&mut self, plan: Plan) -> DeploymentId {
        let id = plan.id.clone();
        self.groups.adopt(plan.target.clone());
        self.deployments.add(plan);
        self.drive(&id);
        id
    }

    /// Gives up leadership and is elected again: what was in memory only is lost (own health results, launch delays,
    /// launch statistics, kills under way); what was stored goes on.
    fn abdicate(&mut self) {
        self.launch_queue.restart(self.now);
        self.kills.clear();
        self.readiness.clear();
        let events = self.health.restart(self.now, self.groups.root(), &self.instances);
        self.on_health(events);
        let all: Vec<(Slot, Goal)> = self.instances.all().map(|instance| (instance.slot, instance.goal)).collect();
        for (slot, goal) in all {
            match goal {
                Goal::Running => self.launch_queue.update_demand(self.now, slot, &self.instances),
                Goal::Decommissioned => self.kill(slot),
            }
        }
        for id in self.deployments.restart() {
            self.drive(&id);
        }
    }

    // What several events lead to.

    /// Takes a deployment on as far as it goes.
    fn drive(&mut self, id: &DeploymentId) {
        loop {
            let (events, next) = self.deployments.advance(self.now, id, &self.instances);
            self.on_deployments(events);
            match next {
                Next::Advance => {}
                Next::Wait => return,
            }
        }
    }

    fn instance_changed(&mut self, changed: &Changed) {
        for id in self.deployments.changing(&changed.app) {
            let events = self.deployments.instance_changed(self.now, &id, changed, &self.instances);
            self.on_deployments(events);
            self.drive(&id);
        }
    }

    fn instance_healthy(&mut self, healthy: &Healthy) {
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

    fn scale_app(&mut self, id: &PathId) {
        if self.deployments.is_locked(id) {
            return;
        }
        if let Some(app) = self.groups.root().apps.get(id) {
            let events = scaling::scale(app, &self.instances);
            self.on_deployments(events);
        }
    }

    fn launch(&mut self, app: &Arc<AppDefinition>, count: usize) {
        for _ in 0..count {
            let id = self.rng.instance(&app.id, self.now);
            let events = self.instances.schedule(self.now, id, app.clone());
            self.on_instances(events);
        }
    }

    fn match_offer(&mut self, offer: Offer) {
        let mut round = self.launch_queue.begin_round(self.now, offer, &self.instances);
        while let Some(found) = self.launch_queue.next_match(self.now, &mut round, &self.instances, &mut self.rng) {
            let placed = self.instances.provision(self.now, found.slot, round.offer(), &found.ports);
            if let Some((info, spec, events)) = placed {
                self.on_instances(events);
                round.launch(info, spec);
            }
        }
        let events = self.launch_queue.end_round(self.now, round);
        self.on_launch_queue(events);
    }

    fn kill(&mut self, slot: Slot) {
        let events = self.instances.kill(self.now, slot);
        self.on_instances(events);
    }

    fn decommission(&mut self, slot: Slot) {
        let events = self.instances.decommission(self.now, slot);
        self.on_instances(events);
    }

    fn expunge(&mut self, slot: Slot) {
        let events = self.instances.expunge(self.now, slot);
        self.on_instances(events);
    }

    fn sweep_unreachable(&mut self) {
        for slot in self.instances.overdue(self.now) {
            self.expunge(slot);
        }
        let next = self.instances.sweep_again(self.now);
        self.on_instances(next);
    }

    fn ask_readiness(&mut self, awaited: Awaited) {
        let Some(check) = self.deployments.readiness_check(&awaited) else { return };
        let instance = self.instances.find(&awaited.task.instance());
        let target = instance.and_then(|instance| health::of_named_port(instance, &check.port_name));
        if let Some(target) = target {
            let event = self.readiness.ask(awaited, check, target, &mut self.probe_ids);
            self.on_readiness(vec![event]);
        }
    }

    fn readiness_probed(&mut self, probe: ProbeId, outcome: &ProbeOutcome) {
        let Some(awaited) = self.readiness.awaited(probe) else { return };
        let check = self.deployments.readiness_check(awaited);
        let events = self.readiness.probed(self.now, probe, outcome, check);
        self.on_readiness(events);
    }

    fn readiness_result(&mut self, awaited: &Awaited, ready: bool, result: &serde_json::Value) {
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

    fn send_kills(&mut self, kills: impl IntoIterator<Item = Kill>) {
        for Kill { task, grace, retry_at } in kills {
            self.timers.set(retry_at, Timer::RetryKill(task.clone()));
            self.call(ToMesos::Kill { task, grace });
        }
    }

    // What one event leads to.

    fn publish(&mut self, event: Event) {
        self.outputs.push(Output::Publish(event));
    }

    fn call(&mut self, call: ToMesos) {
        self.outputs.push(Output::ToMesos(call));
    }

    fn on_instances(&mut self, events: impl IntoIterator<Item = instances::Event>) {
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
                if let Some(task) = &instance.task {
                    self.kills.confirm(&task.id);
                }
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

    fn on_health(&mut self, events: Vec<health::Event>) {
        for event in events {
            match event {
                health::Event::Publish(event) => self.publish(event),
                health::Event::Probe(probe) => self.outputs.push(Output::Probe(probe)),
                health::Event::Timer(at, due) => self.timers.set(at, Timer::Health(due)),
                health::Event::Kill(slot) => self.kill(slot),
                health::Event::Failed(failure) => self.failures.keep(failure),
                health::Event::Healthy(healthy) => self.deferred.push_back(Deferred::Healthy(healthy)),
                health::Event::RecordChanged(slot) => self.instances.touch(slot),
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

    fn on_launch_queue(&mut self, events: impl IntoIterator<Item = launch_queue::Event>) {
        for event in events {
            match event {
                launch_queue::Event::Call(call) => self.call(call),
                launch_queue::Event::Timer(at, due) => self.timers.set(at, Timer::LaunchQueue(due)),
            }
        }
    }

    fn on_deployments(&mut self, events: Vec<deployment::Event>) {
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

    /// Marathon-level probes under way.
    #[cfg(test)]
    pub(crate) fn probing(&self) -> usize {
        self.health.probing()
    }
}
