//! Injects faults between the two machines and the tasks: into checks, starts of tasks, status updates and offers.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::start_order::StartOrder;
use crate::{
    checkers::{Probe, ProbeId, ProbeKind, ProbeOutcome},
    clock::Time,
    fault::{Action, CheckAction, Faults, InjectionPoint, MessageAction, Target, TaskAction},
    ids::{AgentId, PathId, TaskId},
    task_map::TaskMap,
    tasks::simulated::BEHAVIOUR_LABEL,
    timers::{TimerKey, Timers},
    wire::{FromMesos, TaskInfo, TaskReport, ToMesos},
};

/// How long a refused connection takes over loopback.
const REFUSAL: Duration = Duration::from_millis(1);
/// How long the resources of a lost offer are withheld: Marathon's own filter for a declined one.
const LOST_OFFER: Duration = Duration::from_secs(5);

/// Something that a rule delays.
#[derive(Debug)]
pub(super) enum Delayed {
    /// A probe to be made.
    Probe(Probe),
    /// An outcome to be reported.
    Outcome(ProbeId, ProbeOutcome),
    /// A message to be delivered.
    Message(FromMesos),
    /// A task to be ended.
    Crash(TaskId),
}

/// What becomes of a probe.
pub(super) enum Checked {
    /// It is made.
    Faithfully(Probe),
    /// A rule decides its outcome.
    Injected,
}

/// What becomes of a message.
pub(super) enum Delivery {
    Now(FromMesos),
    Later,
    /// It never arrives; a lost offer is declined by this call.
    Lost(Option<ToMesos>),
}

#[derive(Debug)]
struct LivingTask {
    app: PathId,
    agent: Option<usize>,
    /// In the start order of its app.
    number: usize,
}

/// The living tasks in order of start, and what rules delay.
#[derive(Debug)]
pub(super) struct FaultInjector {
    faults: Faults,
    living: TaskMap<LivingTask>,
    start_order: BTreeMap<PathId, StartOrder>,
    delayed: Timers<Delayed>,
    /// Probes whose outcome a rule decides, with the task and, unless they never end, their timer.
    injected: BTreeMap<ProbeId, (TaskId, Option<TimerKey>)>,
}

impl FaultInjector {
    pub(super) fn new(faults: Faults) -> Self {
        Self {
            faults,
            living: TaskMap::default(),
            start_order: BTreeMap::new(),
            delayed: Timers::default(),
            injected: BTreeMap::new(),
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        self.delayed.next()
    }

    /// The next thing whose delay is over.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<Delayed> {
        let (_, delayed) = self.delayed.pop_due(now)?;
        if let Delayed::Outcome(probe, _) = &delayed {
            self.injected.remove(probe);
        }
        Some(delayed)
    }

    /// A task is about to start; returns its failure if a rule refuses it.
    pub(super) fn start(&mut self, now: Time, info: &mut Arc<TaskInfo>) -> Option<TaskReport> {
        let agent = info.agent.number();
        let number = self.start_order.entry(info.app.clone()).or_default().add();
        let task = LivingTask { app: info.app.clone(), agent, number };
        self.living.insert_with(info.id.clone(), |_| task);
        if !self.faults.has_rules_at(InjectionPoint::Tasks) {
            return None;
        }
        let (app, task) = (info.app.clone(), info.id.clone());
        let target = Target { apps: &[app.as_str()], task: Some(task.as_str()), agent, ..Target::default() };
        let Some(Action::Tasks(action)) = self.faults.trigger(now, InjectionPoint::Tasks, &target) else { return None };
        match action {
            TaskAction::Refuse => {
                Some(TaskReport::NotStarted { task, why: String::from("refused by an injected fault") })
            }
            TaskAction::CrashAfter(after) => {
                self.delayed.set(now + after, Delayed::Crash(task));
                None
            }
            TaskAction::Behave(label) => {
                let kept = info.labels.iter().filter(|(name, _)| name != BEHAVIOUR_LABEL).cloned();
                Arc::make_mut(info).labels = kept.chain([(BEHAVIOUR_LABEL.to_owned(), label)]).collect::<Arc<[_]>>();
                None
            }
        }
    }

    /// A task has ended; returns the injected probes whose connections that cuts.
    pub(super) fn ended(&mut self, task: &TaskId) -> Vec<ProbeId> {
        if let Some(ended) = self.living.remove(task)
            && let Some(order) = self.start_order.get_mut(&ended.app)
        {
            order.remove(ended.number);
            if order.is_empty() {
                self.start_order.remove(&ended.app);
            }
        }
        let cut: Vec<_> = self.injected.iter().filter(|(_, (of, _))| of == task).map(|(probe, _)| *probe).collect();
        for probe in &cut {
            if let Some((_, Some(timer))) = self.injected.remove(probe) {
                self.delayed.cancel(timer);
            }
        }
        cut
    }

    /// A probe is about to be made.
    pub(super) fn check(&mut self, now: Time, mut probe: Probe) -> Checked {
        if !self.faults.has_rules_at(InjectionPoint::Checks) {
            return Checked::Faithfully(probe);
        }
        let Some(task) = self.living.get(&probe.task) else { return Checked::Faithfully(probe) };
        let older = self.start_order.get(&task.app).map_or(0, |order| order.older_than(task.number));
        let (app, agent) = (task.app.clone(), task.agent);
        let target =
            Target { apps: &[app.as_str()], task: Some(probe.task.as_str()), agent, older, ..Target::default() };
        let Some(Action::Checks(action)) = self.faults.trigger(now, InjectionPoint::Checks, &target) else {
            return Checked::Faithfully(probe);
        };
        let outcome = match action {
            CheckAction::Refuse => Some((REFUSAL, refusal(&probe.kind))),
            CheckAction::Hang | CheckAction::HoldAtMost(_) => timed_out(&probe),
            CheckAction::Status(code) => Some((REFUSAL, status(code, &probe))),
            CheckAction::Slow(by) if probe.timeout.is_some_and(|timeout| timeout <= by) => timed_out(&probe),
            CheckAction::Slow(by) => {
                probe.timeout = probe.timeout.map(|timeout| timeout.saturating_sub(by));
                self.delayed.set(now + by, Delayed::Probe(probe));
                return Checked::Injected;
            }
        };
        let timer = outcome.map(|(after, outcome)| self.delayed.set(now + after, Delayed::Outcome(probe.id, outcome)));
        self.injected.insert(probe.id, (probe.task.clone(), timer));
        Checked::Injected
    }

    /// A message of Mesos is about to be delivered; `app` is the app of the task that it is about, if any.
    pub(super) fn message(&mut self, now: Time, message: FromMesos, app: Option<&PathId>) -> Delivery {
        let (point, agent, task, kind) = match &message {
            FromMesos::Offer(offer) => (InjectionPoint::Offers, &offer.agent, None, None),
            FromMesos::Status(status) => {
                (InjectionPoint::StatusUpdates, &status.agent, Some(&status.task), Some(status.state.name()))
            }
            // A rescinded offer must not be used, so nothing can happen to its message.
            FromMesos::Rescind(_) => return Delivery::Now(message),
        };
        if !self.faults.has_rules_at(point) {
            return Delivery::Now(message);
        }
        let app = app.map(PathId::as_str);
        let target = Target {
            apps: app.as_slice(),
            task: task.map(TaskId::as_str),
            agent: AgentId::number(agent),
            kind,
            ..Target::default()
        };
        let action = self.faults.trigger(now, point, &target);
        let Some(Action::Offers(action) | Action::StatusUpdates(action)) = action else {
            return Delivery::Now(message);
        };
        match (action, message) {
            (MessageAction::Delay(by), message) => {
                self.delayed.set(now + by, Delayed::Message(message));
                Delivery::Later
            }
            (MessageAction::Drop, FromMesos::Offer(offer)) => {
                let decline = ToMesos::Accept { offer: offer.id, launch: Vec::new(), refuse: LOST_OFFER };
                Delivery::Lost(Some(decline))
            }
            (MessageAction::Drop, FromMesos::Status(_) | FromMesos::Rescind(_)) => Delivery::Lost(None),
        }
    }
}

fn timed_out(probe: &Probe) -> Option<(Duration, ProbeOutcome)> {
    probe.timeout.map(|timeout| (timeout, ProbeOutcome::TimedOut))
}

fn refusal(kind: &ProbeKind) -> ProbeOutcome {
    match kind {
        ProbeKind::Tcp | ProbeKind::Http { .. } => ProbeOutcome::Refused,
        ProbeKind::Command { .. } => ProbeOutcome::ExitStatus(1),
    }
}

fn status(code: u16, probe: &Probe) -> ProbeOutcome {
    match probe.kind {
        ProbeKind::Http { .. } if probe.want_body => {
            ProbeOutcome::Answer { status: code, body: String::from("answered by an injected fault") }
        }
        ProbeKind::Http { .. } => ProbeOutcome::Status(code),
        ProbeKind::Tcp => ProbeOutcome::Reset,
        ProbeKind::Command { .. } => ProbeOutcome::ExitStatus(1),
    }
}
