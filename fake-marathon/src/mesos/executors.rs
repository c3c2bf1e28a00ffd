//! The tasks and their executors: takes launches, kills, reports of processes, outcomes of probes and what happens to
//! agents; returns status updates, calls to processes, probes, and what became free.

use std::{sync::Arc, time::Duration};

use super::{
    Due,
    agents::{Agents, Link},
    groups::Groups,
    messages,
    probes::{Probed, ProbesInFlight},
    reconciliation,
    recorded_launches::RecordedLaunches,
    resources::Resources,
    status::Status,
    task::{KilledBy, Task},
    tasks::Tasks,
    turn::{Event, Launch, Turn},
};
use crate::{
    checkers::{ProbeId, ProbeOutcome},
    clock::Time,
    ids::TaskId,
    slab::Key,
    timers::Timers,
    tuning::Tuning,
    wire::{Exit, Reason, TaskCall, TaskReport, TaskState},
};

/// What every input comes with: its time, the agents to look at, and where timers are set.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) now: Time,
    pub(super) agents: &'a Agents,
    pub(super) timers: &'a mut Timers<Due>,
}

/// All tasks, each with its executor.
#[derive(Debug)]
pub(super) struct Executors {
    tuning: Arc<Tuning>,
    tasks: Tasks,
    groups: Groups,
    probes: ProbesInFlight,
    recorded: RecordedLaunches,
    /// Room for the events of the next input.
    room: Vec<Event>,
}

impl Executors {
    pub(super) fn new(tuning: Arc<Tuning>, started: Time) -> Self {
        Self {
            recorded: RecordedLaunches::new(tuning.recorded_launches.as_ref(), started),
            tuning,
            tasks: Tasks::default(),
            groups: Groups::default(),
            probes: ProbesInFlight::default(),
            room: Vec::new(),
        }
    }

    /// Takes the room of events back that were carried out.
    pub(super) fn reuse(&mut self, mut room: Vec<Event>) {
        if room.capacity() > self.room.capacity() {
            room.clear();
            self.room = room;
        }
    }

    /// The tasks, to look at.
    pub(super) fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// The executors of task groups, to look at.
    pub(super) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Launches an executor for the tasks of a group, which are to follow.
    pub(super) fn launch_group(&mut self, executor: &str, agent: usize, resources: Resources) {
        self.groups.launch(executor, agent, resources);
    }

    /// Launches a task.
    pub(super) fn launch(&mut self, context: Context<'_>, launch: Launch) {
        if let Some(executor) = &launch.info.executor {
            self.groups.add(&executor.id, launch.info.id.clone());
        }
        let recorded = self.recorded.take(context.now);
        let (tasks, _, mut turn) = self.turn(context);
        let id = launch.info.id.clone();
        tasks.insert_with(id, |key| Task::launched(launch, key, recorded, &mut turn));
    }

    /// How long an agent takes to drop a task that is launched at `now`.
    pub(super) fn drop_latency(&mut self, now: Time) -> Duration {
        self.recorded.take(now).and_then(|recorded| recorded.starting).unwrap_or(self.tuning.drop_latency)
    }

    /// The next stage of a task is due.
    pub(super) fn next_stage(&mut self, context: Context<'_>, task: Key) -> Vec<Event> {
        self.at(context, task, Task::next_stage)
    }

    /// A report of a task's process.
    pub(super) fn report(&mut self, context: Context<'_>, report: TaskReport) -> Vec<Event> {
        match report {
            TaskReport::Fetched { task } => self.with(context, &task, Task::fetched),
            TaskReport::NotFetched { task, .. } => self.with(context, &task, Task::not_fetched),
            TaskReport::Started { task, executor_pid } => {
                self.with(context, &task, |task, turn| task.started(turn, executor_pid))
            }
            TaskReport::Exited { task, exit } => self.with(context, &task, |task, turn| task.exited(turn, exit)),
            TaskReport::NotStarted { task, why } => {
                self.with(context, &task, |task, turn| task.not_started(turn, &why))
            }
        }
    }

    /// The executor's last update is due.
    pub(super) fn ended(&mut self, context: Context<'_>, task: Key, exit: Exit) -> Vec<Event> {
        self.at(context, task, |task, turn| task.end(turn, exit))
    }

    /// The scheduler kills a task.
    pub(super) fn kill(&mut self, context: Context<'_>, id: &TaskId, grace: Option<Duration>) -> Vec<Event> {
        if self.tasks.get(id).is_none() {
            // The master reconciles it, without knowing of an agent.
            let status = reconciliation::unknown(context.now, id, TaskState::Unknown, messages::UNKNOWN_TASK);
            return vec![Event::Status(status)];
        }
        self.with(context, id, |task, turn| task.kill(turn, grace))
    }

    /// A kill of the scheduler has reached the executor.
    pub(super) fn execute_kill(&mut self, context: Context<'_>, task: Key, grace: Option<Duration>) -> Vec<Event> {
        self.at(context, task, |task, turn| task.execute_kill(turn, grace, KilledBy::Scheduler))
    }

    /// A task's checker wakes.
    pub(super) fn check(&mut self, context: Context<'_>, task: Key) -> Vec<Event> {
        self.at(context, task, Task::check)
    }

    /// The checker of a task's general check wakes.
    pub(super) fn general_check(&mut self, context: Context<'_>, task: Key) -> Vec<Event> {
        self.at(context, task, Task::general_check)
    }

    /// The outcome of a native probe.
    pub(super) fn probed(&mut self, context: Context<'_>, id: ProbeId, outcome: &ProbeOutcome) -> Vec<Event> {
        let Some(task) = self.probes.end(id) else { return Vec::new() };
        self.at(context, task, |task, turn| task.probed(turn, Probed { probe: id, outcome }))
    }

    /// The master has given an agent up.
    pub(super) fn agent_timed_out(&mut self, context: Context<'_>, n: usize) -> Vec<Event> {
        self.on_agent(context, n, |task, turn| {
            let (message, reason) = (messages::AGENT_LOST, Reason::SlaveRemoved);
            task.send_masters(turn, Status::because(TaskState::Unreachable, message, reason));
        })
    }

    /// An agent is connected again after it was `before`.
    pub(super) fn agent_back(&mut self, context: Context<'_>, n: usize, before: Link) -> Vec<Event> {
        self.on_agent(context, n, |task, turn| task.agent_back(turn, before))
    }

    /// An agent was removed for good; its tasks end with it.
    pub(super) fn agent_removed(&mut self, context: Context<'_>, n: usize) -> Vec<Event> {
        self.on_agent(context, n, |task, turn| {
            turn.events.push(Event::Task(TaskCall::Kill(task.id().clone())));
            let (message, reason) = (messages::AGENT_GONE, Reason::SlaveRemovedByOperator);
            task.send_masters(turn, Status::because(TaskState::GoneByOperator, message, reason));
        })
    }

    /// Gives an input to a task, unless it has ended.
    fn with(&mut self, context: Context<'_>, id: &TaskId, input: impl FnOnce(&mut Task, &mut Turn<'_>)) -> Vec<Event> {
        self.tasks.key(id).map_or_else(Vec::new, |task| self.at(context, task, input))
    }

    /// The same for the task of a key.
    fn at(&mut self, context: Context<'_>, task: Key, input: impl FnOnce(&mut Task, &mut Turn<'_>)) -> Vec<Event> {
        let (tasks, groups, mut turn) = self.turn(context);
        take_in(tasks, groups, &mut turn, task, input);
        turn.events
    }

    /// Gives an input to every task of an agent that has not ended.
    fn on_agent(
        &mut self,
        context: Context<'_>,
        n: usize,
        mut input: impl FnMut(&mut Task, &mut Turn<'_>),
    ) -> Vec<Event> {
        let (tasks, groups, mut turn) = self.turn(context);
        for task in tasks.on_agent(n) {
            take_in(tasks, groups, &mut turn, task, &mut input);
        }
        turn.events
    }

    fn turn<'a>(&'a mut self, context: Context<'a>) -> (&'a mut Tasks, &'a mut Groups, Turn<'a>) {
        let Context { now, agents, timers } = context;
        let turn = Turn {
            now,
            tuning: &self.tuning,
            agents,
            timers,
            probes: &mut self.probes,
            events: std::mem::take(&mut self.room),
        };
        (&mut self.tasks, &mut self.groups, turn)
    }
}

/// Gives an input to a task; one that has ended then moves to the remembered ones.
fn take_in(
    tasks: &mut Tasks,
    groups: &mut Groups,
    turn: &mut Turn<'_>,
    key: Key,
    input: impl FnOnce(&mut Task, &mut Turn<'_>),
) {
    let Some(task) = tasks.at_mut(key) else { return };
    let awaited = task.awaits_its_launch();
    input(task, turn);
    let (ended, executor) = (task.has_ended(), task.info().executor.clone());
    let settled = awaited && (ended || !task.awaits_its_launch());
    if ended {
        leave(tasks, groups, turn, key);
    }
    if let Some(executor) = executor.filter(|_| settled) {
        let group: Vec<_> = groups.tasks(&executor.id).iter().filter_map(|id| tasks.key(id)).collect();
        let awaits = |task: &Key| tasks.at(*task).is_some_and(Task::awaits_its_launch);
        if !group.iter().any(awaits) {
            let ready = group.iter().filter_map(|task| tasks.at(*task)?.ready()).max();
            let ready = ready.unwrap_or(turn.now);
            for task in group {
                tasks.at_mut(task).into_iter().for_each(|task| task.group_launched(turn, ready));
            }
        }
    }
}

/// Frees what an ended task held; what its group makes of its end follows.
fn leave(tasks: &mut Tasks, groups: &mut Groups, turn: &mut Turn<'_>, key: Key) {
    let Some(task) = tasks.at_mut(key) else { return };
    let (agent, resources, takes_along) = (task.agent(), task.leave(turn), task.takes_its_group_along());
    let unhealthy = task.healthy() == Some(false);
    let (id, executor) = (task.id().clone(), task.info().executor.clone());
    turn.events.push(Event::Freed { agent, resources });
    tasks.complete(&id);
    let Some(executor) = executor else { return };
    if let Some((agent, resources)) = groups.remove(&executor.id, &id) {
        turn.events.push(Event::Freed { agent, resources });
    }
    if takes_along {
        for other in groups.tasks(&executor.id) {
            if let Some(other) = tasks.key(&other) {
                take_in(tasks, groups, turn, other, |task, turn| task.end_with_its_group(turn, unhealthy));
            }
        }
    }
}
