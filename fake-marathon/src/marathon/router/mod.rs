//! The scheduler: hands inputs to its parts, and hands out what comes of them.

mod commands;
mod parts;

use std::sync::Arc;

use self::parts::{Deferred, Parts};
use super::{
    Output,
    command::{Answer, Command},
    instances::{self, Slot},
    readiness,
    render::Renderer,
    timers::Timer,
};
use crate::{
    checkers::{ProbeId, ProbeOutcome},
    clock::Time,
    fault::Faults,
    ids::{DeploymentId, PathId},
    snapshot::Snapshot,
    tuning::Tuning,
    wire::{FromMesos, ToMesos},
};

/// The scheduler.
#[derive(Debug)]
pub struct Marathon {
    tuning: Arc<Tuning>,
    parts: Parts,
    renderer: Renderer,
}

impl Marathon {
    /// A scheduler that was just elected and knows nothing: only the root group. Its ids depend on the seed alone;
    /// `faults` are the rules that it follows.
    #[must_use]
    pub fn new(tuning: Arc<Tuning>, seed: u64, framework_id: String, faults: Faults, now: Time) -> Self {
        let mut parts = Parts::new(&tuning, seed, faults, now);
        parts.timers.set(now + tuning.scale_apps_initial_delay, Timer::ScaleAll);
        parts.timers.set(now + tuning.reconciliation_initial_delay, Timer::Reconcile);
        parts.timers.set(now + tuning.reconciliation_interval, Timer::SweepChecks);
        Self { tuning, parts, renderer: Renderer::new(framework_id) }
    }

    /// Makes a change; returns the answer and what is to be done.
    pub fn command(&mut self, now: Time, command: Command) -> (Answer, Vec<Output>) {
        self.parts.now = self.parts.now.max(now);
        let answer = commands::carry_out(&mut self.parts, command);
        (answer, self.settle())
    }

    /// A message from the master.
    pub fn from_mesos(&mut self, now: Time, message: FromMesos) -> Vec<Output> {
        self.parts.now = self.parts.now.max(now);
        match message {
            FromMesos::Offer(offer) => self.parts.match_offer(*offer),
            // Offers are used or declined at once, so none is ever held.
            FromMesos::Rescind(_) => {}
            FromMesos::Status(update) => {
                let events = self.parts.instances.status(self.parts.now, update, self.parts.groups.root());
                self.parts.on_instances(events);
            }
        }
        self.settle()
    }

    /// The outcome of a probe.
    pub fn probed(&mut self, now: Time, id: ProbeId, outcome: ProbeOutcome) -> Vec<Output> {
        self.parts.now = self.parts.now.max(now);
        match self.parts.health.probed(self.parts.now, id, &outcome, &self.parts.instances) {
            Some(events) => self.parts.on_health(events),
            None => self.parts.readiness_probed(id, &outcome),
        }
        self.settle()
    }

    /// Does everything that is due at `now`, in order of time, and each at its own time.
    pub fn advance(&mut self, now: Time) -> Vec<Output> {
        let mut outputs = Vec::new();
        while let Some((at, timer)) = self.parts.timers.take(now) {
            self.parts.now = self.parts.now.max(at);
            self.due(timer);
            outputs.append(&mut self.settle());
        }
        self.parts.now = self.parts.now.max(now);
        outputs
    }

    /// When the next timer is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.parts.timers.first()
    }

    /// The present state; parts that did not change since the last snapshot are shared with it.
    pub fn snapshot(&mut self, now: Time) -> Arc<Snapshot> {
        self.parts.now = self.parts.now.max(now);
        Arc::new(self.renderer.render(self.parts.now, self.parts.rendered()))
    }

    /// The last rule that blocked this deployment was removed.
    pub fn deployment_freed(&mut self, now: Time, id: &str) -> Vec<Output> {
        self.parts.now = self.parts.now.max(now);
        self.parts.drive(&DeploymentId::new(id));
        self.settle()
    }

    /// The last rule that delayed the launches of this app was removed.
    pub fn launches_freed(&mut self, now: Time, app: &str) -> Vec<Output> {
        self.parts.now = self.parts.now.max(now);
        self.parts.launch_queue.released(self.parts.now, app);
        self.settle()
    }

    /// Restarts without its records of instances: tasks that reconciliation reports are unknown and are killed.
    pub fn restart_empty(&mut self, now: Time) -> Vec<Output> {
        self.parts.now = self.parts.now.max(now);
        let all: Vec<Slot> = self.parts.instances.all().map(|instance| instance.slot).collect();
        for slot in all {
            let events = self.parts.instances.forget(slot);
            self.parts.on_instances(events);
        }
        commands::abdicate(&mut self.parts);
        self.parts.call(ToMesos::Reconcile(Vec::new()));
        self.parts.deferred.extend(self.parts.groups.root().apps.keys().cloned().map(Deferred::Scale));
        self.settle()
    }

    /// Carries out what was deferred, starts probes and asks for offers; then hands out what is to be done.
    fn settle(&mut self) -> Vec<Output> {
        loop {
            while let Some(deferred) = self.parts.deferred.pop_front() {
                match deferred {
                    Deferred::Changed(changed) => self.parts.instance_changed(&changed),
                    Deferred::Healthy(healthy) => self.parts.instance_healthy(&healthy),
                    Deferred::Scale(app) => self.parts.scale_app(&app),
                }
            }
            let events =
                self.parts.health.start_probes(self.parts.now, &self.parts.instances, &mut self.parts.probe_ids);
            self.parts.on_health(events);
            if self.parts.deferred.is_empty() {
                break;
            }
        }
        let events = self.parts.launch_queue.evaluate(self.parts.now, &self.parts.instances);
        self.parts.on_launch_queue(events);
        std::mem::take(&mut self.parts.outputs)
    }

    fn due(&mut self, timer: Timer) {
        let now = self.parts.now;
        match timer {
            Timer::Health(due) => {
                let events = self.parts.health.due(now, due, &self.parts.instances);
                self.parts.on_health(events);
            }
            Timer::Readiness(readiness::Due::Ask(awaited)) => self.parts.ask_readiness(awaited),
            Timer::Readiness(readiness::Due::Retry(probe)) => self.parts.retry_readiness(probe),
            Timer::Readiness(readiness::Due::TimedOut(probe)) => {
                self.parts.readiness_probed(probe, &ProbeOutcome::TimedOut)
            }
            Timer::LaunchQueue(due) => {
                let events = self.parts.launch_queue.due(now, &due);
                self.parts.on_launch_queue(events);
            }
            Timer::Deployment(due) => {
                let events = self.parts.deployments.top_up(now, due, &self.parts.instances);
                self.parts.on_deployments(events);
            }
            Timer::Instances(instances::Due::Unconfirmed(task)) => {
                if let Some(slot) = self.parts.instances.unconfirmed(&task) {
                    self.parts.kill(slot);
                }
            }
            Timer::Instances(instances::Due::SweepUnreachable) => self.parts.sweep_unreachable(),
            Timer::RetryKill(task) => {
                let kill = self.parts.kills.retry(now, task);
                self.parts.send_kills(kill);
            }
            Timer::ScaleAll => {
                let apps: Vec<PathId> = self.parts.groups.root().apps.keys().cloned().collect();
                apps.iter().for_each(|app| self.parts.scale_app(app));
                self.parts.timers.set(now + self.tuning.scale_apps_interval, Timer::ScaleAll);
            }
            Timer::Reconcile => {
                let reported = self.parts.instances.reported_tasks();
                if !reported.is_empty() {
                    self.parts.call(ToMesos::Reconcile(reported));
                }
                self.parts.call(ToMesos::Reconcile(Vec::new()));
                self.parts.timers.set(now + self.tuning.reconciliation_interval, Timer::Reconcile);
            }
            Timer::SweepChecks => {
                let events = self.parts.health.sweep(now, self.parts.groups.root(), &self.parts.instances);
                self.parts.on_health(events);
                self.parts.timers.set(now + self.tuning.reconciliation_interval, Timer::SweepChecks);
            }
        }
    }

    /// Marathon-level probes under way.
    #[cfg(test)]
    pub(crate) fn probing(&self) -> usize {
        self.parts.health.probing()
    }
}
