//! Mesos as a whole: hands inputs to its parts, and hands out what comes of them.

mod launching;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    Due, MesosConfig, MesosQuery, Output,
    agents::Agents,
    cycle::AllocationCycle,
    executors::{Context, Executors},
    master::Master,
    offers::{self, Offered, Offers},
    reconciliation,
    recorded_offers::Step,
    state::State,
    turn::Event,
};
use crate::{
    checkers::{ProbeId, ProbeOutcome},
    clock::Time,
    ids::{AgentId, PathId, Rng, TaskId},
    timers::Timers,
    tuning::Tuning,
    wire::{FromMesos, StatusUpdate, TaskCall, TaskReport, ToMesos},
};

/// Master, agents, executors.
#[derive(Debug)]
pub struct Mesos {
    tuning: Arc<Tuning>,
    rng: Rng,
    master: Master,
    agents: Agents,
    offers: Offers,
    cycle: AllocationCycle,
    executors: Executors,
    timers: Timers<Due>,
    outputs: Vec<Output>,
}

/// Inputs.
impl Mesos {
    /// A master with its agents registered and one framework, Marathon.
    #[must_use]
    pub fn new(config: MesosConfig, tuning: Arc<Tuning>, seed: u64, now: Time) -> Self {
        let mut rng = Rng::seeded(seed ^ 0x4D65_736F_7321);
        let master = Master::new(&mut rng, now);
        let cycle = AllocationCycle::new(&tuning, now, &mut rng);
        let mut timers = Timers::default();
        if let Some(first) = cycle.first_recorded() {
            timers.set(first, Due::Recorded);
        }
        Self {
            rng,
            agents: Agents::new(config.agents, tuning.agent_timeout, master.id(), now),
            offers: Offers::new(master.id().to_owned()),
            master,
            cycle,
            executors: Executors::new(tuning.clone(), now),
            tuning,
            timers,
            outputs: Vec::new(),
        }
    }

    /// Takes a call of the scheduler.
    pub fn call(&mut self, now: Time, call: ToMesos) -> Vec<Output> {
        match call {
            ToMesos::Accept { offer, launch, refuse } => match self.offers.take(&offer) {
                Some(offered) => self.accept(now, offered, launch, refuse),
                None => self.refuse_all(now, &offer, &launch),
            },
            ToMesos::Revive => self.revive(now),
            // With prompt offers nothing waits for the cycle.
            ToMesos::Unsuppress if self.tuning.prompt_offers => self.revive(now),
            ToMesos::Unsuppress => {
                self.want_offers();
                self.set_cycle(now);
            }
            ToMesos::Suppress => self.offers.suppress(),
            ToMesos::Kill { task, grace } => {
                let (executors, context) = self.executors(now);
                let events = executors.kill(context, &task, grace);
                self.carry_out(now, events);
            }
            ToMesos::Reconcile(tasks) => {
                let statuses = reconciliation::reconcile(now, &tasks, self.executors.tasks(), &self.agents);
                statuses.into_iter().for_each(|status| self.send(status));
            }
        }
        self.take_outputs()
    }

    /// Takes the outcome of a native probe.
    pub fn probed(&mut self, now: Time, id: ProbeId, outcome: &ProbeOutcome) -> Vec<Output> {
        let (executors, context) = self.executors(now);
        let events = executors.probed(context, id, outcome);
        self.carry_out(now, events);
        self.take_outputs()
    }

    /// Takes a report of a process.
    pub fn task(&mut self, now: Time, report: TaskReport) -> Vec<Output> {
        let (executors, context) = self.executors(now);
        let events = executors.report(context, report);
        self.carry_out(now, events);
        self.take_outputs()
    }

    /// Does all that is due by `now`, in order of time.
    pub fn advance(&mut self, now: Time) -> Vec<Output> {
        while let Some((at, due)) = self.timers.pop_due(now) {
            self.due(at, due);
        }
        self.take_outputs()
    }

    /// Disconnects an agent. Its tasks keep running; their status updates are withheld.
    pub fn lose_agent(&mut self, now: Time, n: usize) -> Vec<Output> {
        if self.agents.lose(now, n, &mut self.timers) {
            self.rescind(n);
        }
        self.take_outputs()
    }

    /// A lost agent registers again: unreachable tasks run, and what was withheld arrives.
    pub fn restore_agent(&mut self, now: Time, n: usize) -> Vec<Output> {
        if let Some(before) = self.agents.restore(n, &mut self.timers) {
            let (executors, context) = self.executors(now);
            let events = executors.agent_back(context, n, before);
            self.emit(events);
            self.resources_freed(now);
        }
        self.take_outputs()
    }

    /// Removes an agent for good; its tasks end with it.
    pub fn remove_agent(&mut self, now: Time, n: usize) -> Vec<Output> {
        if self.agents.remove(n, &mut self.timers) {
            self.rescind(n);
            let (executors, context) = self.executors(now);
            let events = executors.agent_removed(context, n);
            self.emit(events);
        }
        self.take_outputs()
    }

    fn due(&mut self, at: Time, due: Due) {
        match due {
            Due::Cycle => {
                self.cycle.reached();
                self.allocate(at);
                self.set_cycle(at);
            }
            Due::Recorded => self.recorded_offer(at),
            Due::Dropped(status) => self.send(*status),
            Due::Stage(task) => {
                let (executors, context) = self.executors(at);
                let events = executors.next_stage(context, task);
                self.carry_out(at, events);
            }
            Due::Kill(task, grace) => {
                let (executors, context) = self.executors(at);
                let events = executors.execute_kill(context, task, grace);
                self.carry_out(at, events);
            }
            Due::Escalate(task) => self.outputs.push(Output::Task(TaskCall::Kill(task))),
            Due::Ended(task, exit) => {
                let (executors, context) = self.executors(at);
                let events = executors.ended(context, task, exit);
                self.carry_out(at, events);
            }
            Due::Check(task) => {
                let (executors, context) = self.executors(at);
                let events = executors.check(context, task);
                self.carry_out(at, events);
            }
            Due::GeneralCheck(task) => {
                let (executors, context) = self.executors(at);
                let events = executors.general_check(context, task);
                self.carry_out(at, events);
            }
            Due::AgentTimedOut(n) => {
                if self.agents.give_up(n) {
                    let (executors, context) = self.executors(at);
                    let events = executors.agent_timed_out(context, n);
                    self.carry_out(at, events);
                }
            }
        }
    }
}

/// What can be read.
impl Mesos {
    /// Marathon's id as a framework.
    #[must_use]
    pub fn framework_id(&self) -> &str {
        self.master.framework_id()
    }

    /// When it wants to be advanced.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Answers a state endpoint; `None` when the agent is unknown.
    #[must_use]
    pub fn query(&self, now: Time, query: &MesosQuery) -> Option<Value> {
        self.state().query(now, query)
    }

    /// The task whose sandbox on an agent holds this path, and the rest of the path. `latest` stands for the last run of
    /// an executor, as in Mesos.
    #[must_use]
    pub fn sandbox_at(&self, agent: &AgentId, path: &str) -> Option<(TaskId, String)> {
        self.state().sandbox_at(agent, path)
    }

    /// Tasks of an app that Mesos remembers, ended ones first.
    #[must_use]
    pub fn tasks_of(&self, app: &PathId) -> Vec<TaskId> {
        self.executors.tasks().of_app(app)
    }

    /// Tasks that have not ended, by state.
    #[must_use]
    pub fn census(&self) -> BTreeMap<&'static str, usize> {
        self.executors.tasks().census()
    }

    /// Whether this task has not ended.
    #[must_use]
    pub fn runs(&self, task: &TaskId) -> bool {
        self.executors.tasks().get(task).is_some()
    }

    /// The app of a task, as long as the task is remembered.
    #[must_use]
    pub fn app_of(&self, task: &TaskId) -> Option<&PathId> {
        self.executors.tasks().app_of(task)
    }

    /// Offers that the scheduler holds.
    #[must_use]
    pub fn offers_out(&self) -> usize {
        self.offers.all().count()
    }

    /// How many agents there are, gone ones included.
    #[must_use]
    pub fn agent_count(&self) -> usize {
        self.agents.len()
    }

    /// Whether an agent is there and has not been removed for good.
    #[must_use]
    pub fn has_agent(&self, n: usize) -> bool {
        self.agents.has(n)
    }

    /// All parts that the state endpoints show.
    pub(super) fn state(&self) -> State<'_> {
        State {
            master: &self.master,
            agents: &self.agents,
            offers: &self.offers,
            tasks: self.executors.tasks(),
            groups: self.executors.groups(),
        }
    }
}

/// Offers.
impl Mesos {
    fn want_offers(&mut self) {
        self.offers.revive();
        self.agents.forget_refusals();
    }

    fn revive(&mut self, now: Time) {
        self.want_offers();
        if !self.cycle.is_recorded() {
            self.allocate(now);
        }
        self.set_cycle(now);
    }

    fn set_cycle(&mut self, now: Time) {
        if self.offers.is_suppressed() {
            return;
        }
        if let Some(next) = self.cycle.await_next(now) {
            self.timers.set(next, Due::Cycle);
        }
    }

    fn recorded_offer(&mut self, now: Time) {
        match self.cycle.recorded_step(now) {
            Step::Offer(again) => {
                self.want_offers();
                self.allocate(now);
                self.timers.set(again, Due::Recorded);
            }
            Step::Wait(until) => drop(self.timers.set(until, Due::Recorded)),
            Step::Over => self.set_cycle(now),
        }
    }

    /// Offers whatever is free, agents in random order.
    fn allocate(&mut self, now: Time) {
        if self.offers.is_suppressed() {
            return;
        }
        let mut order = self.agents.offerable(now);
        offers::shuffle(&mut order, &mut self.rng);
        for agent in order {
            let resources = self.agents.take_free(agent);
            let offer = self.offers.make(&self.agents[agent], Offered { agent, resources });
            self.outputs.push(Output::ToMarathon(FromMesos::Offer(Box::new(offer))));
        }
    }

    /// Offers at once what became free, if that shortcut was asked for.
    fn resources_freed(&mut self, now: Time) {
        if self.tuning.prompt_offers {
            self.allocate(now);
        }
    }

    fn rescind(&mut self, n: usize) {
        for (offer, resources) in self.offers.rescind(n) {
            self.agents.release(n, resources);
            self.outputs.push(Output::ToMarathon(FromMesos::Rescind(offer)));
        }
    }
}

/// What comes of inputs.
impl Mesos {
    /// The executors, and what every input to them comes with.
    fn executors(&mut self, now: Time) -> (&mut Executors, Context<'_>) {
        (&mut self.executors, Context { now, agents: &self.agents, timers: &mut self.timers })
    }

    /// Carries events of the executors out; what became free is offered if that is asked for.
    fn carry_out(&mut self, now: Time, events: Vec<Event>) {
        let freed = events.iter().any(|event| matches!(event, Event::Freed { .. }));
        self.emit(events);
        if freed {
            self.resources_freed(now);
        }
    }

    fn emit(&mut self, mut events: Vec<Event>) {
        for event in events.drain(..) {
            match event {
                Event::Status(status) => self.send(status),
                Event::Task(call) => self.outputs.push(Output::Task(call)),
                Event::Probe(probe) => self.outputs.push(Output::Probe(probe)),
                Event::Freed { agent, resources } => self.agents.release(agent, resources),
            }
        }
        self.executors.reuse(events);
    }

    fn send(&mut self, status: StatusUpdate) {
        self.outputs.push(Output::ToMarathon(FromMesos::Status(status)));
    }

    fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }
}
