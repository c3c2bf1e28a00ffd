//! Executors: the events that launches, reports, kills and probes lead to.

use std::{sync::Arc, time::Duration};

use super::super::cluster::{START, check, task};
use crate::{
    checkers::{ProbeKind, ProbeOutcome},
    clock::Time,
    ids::TaskId,
    mesos::{
        AgentConfig, Due,
        agents::{Agents, Link},
        executors::{Context, Executors},
        offers::{Offered, Offers},
        resources::Resources,
        turn::{Event, Launch},
    },
    timers::Timers,
    tuning::Tuning,
    wire::{Exit, TaskCall, TaskInfo, TaskReport, TaskState},
};

/// Executors on one agent, with the timers that they set.
pub(super) struct Rig {
    pub(super) executors: Executors,
    pub(super) agents: Agents,
    timers: Timers<Due>,
    pub(super) now: Time,
}

impl Rig {
    pub(super) fn new() -> Self {
        let agents = Agents::new(vec![AgentConfig::nth(0)], Duration::from_secs(75), "master", START);
        let executors = Executors::new(Arc::new(Tuning::default()), START);
        Self { executors, agents, timers: Timers::default(), now: START }
    }

    pub(super) fn does(&mut self, input: impl FnOnce(&mut Executors, Context<'_>) -> Vec<Event>) -> Vec<Event> {
        let context = Context { now: self.now, agents: &self.agents, timers: &mut self.timers };
        input(&mut self.executors, context)
    }

    /// Launches a task; it is on its way to the executor.
    pub(super) fn launch(&mut self, adjust: impl FnOnce(&mut TaskInfo)) -> TaskId {
        let offered = Offered { agent: 0, resources: self.agents[0].total().clone() };
        let offer = Offers::new(String::from("master")).make(&self.agents[0], offered);
        let mut info = task(&offer, 1);
        adjust(&mut info);
        let (id, resources) = (info.id.clone(), Resources::of(&info));
        let info = Arc::new(info);
        let launch = Launch { agent: 0, container_id: String::from("c"), parent: None, resources, info, refused: None };
        self.does(|executors, context| {
            executors.launch(context, launch);
            Vec::new()
        });
        id
    }

    /// Goes on to the next timer and does what is due.
    fn next(&mut self) -> Vec<Event> {
        let at = self.timers.next().expect("something is due");
        let (at, due) = self.timers.pop_due(at).expect("it is due");
        self.now = at;
        self.does(|executors, context| match due {
            Due::Stage(task) => executors.next_stage(context, task),
            Due::Kill(task, grace) => executors.execute_kill(context, task, grace),
            Due::Ended(task, exit) => executors.ended(context, task, exit),
            Due::Check(task) => executors.check(context, task),
            Due::GeneralCheck(task) => executors.general_check(context, task),
            Due::Escalate(task) => vec![Event::Task(TaskCall::Kill(task))],
            Due::Cycle | Due::Recorded | Due::Dropped(_) | Due::AgentTimedOut(_) => {
                panic!("executors do not set {due:?}")
            }
        })
    }

    /// Launches a task and waits for TASK_RUNNING.
    pub(super) fn run(&mut self, adjust: impl FnOnce(&mut TaskInfo)) -> TaskId {
        let id = self.launch(adjust);
        assert_eq!(states(&self.next()), [TaskState::Starting]);
        let started = TaskReport::Started { task: id.clone(), executor_pid: None };
        assert_eq!(self.does(|executors, context| executors.report(context, started)), []);
        assert_eq!(states(&self.next()), [TaskState::Running]);
        id
    }
}

pub(super) fn states(events: &[Event]) -> Vec<TaskState> {
    let state = |event: &Event| match event {
        Event::Status(update) => Some(update.state),
        Event::Task(_) | Event::Probe(_) | Event::Freed { .. } => None,
    };
    events.iter().filter_map(state).collect()
}

#[test]
fn a_command_that_ends_is_finished_and_frees_what_it_used() {
    let mut rig = Rig::new();
    let id = rig.run(|_| {});
    let exited = TaskReport::Exited { task: id.clone(), exit: Exit::Status(0) };
    assert_eq!(rig.does(|executors, context| executors.report(context, exited)), []);
    let events = rig.next();
    assert_eq!(states(&events), [TaskState::Finished]);
    let Some(Event::Freed { agent: 0, resources }) = events.last() else { panic!("nothing is freed: {events:?}") };
    assert_eq!(resources.ports.ranges().collect::<Vec<_>>(), [31_000..=31_000]);
    assert!(rig.executors.tasks().get(&id).is_none());
    assert_eq!(rig.executors.tasks().completed().count(), 1);
}

#[test]
fn a_kill_terminates_and_escalates_after_its_grace() {
    let mut rig = Rig::new();
    let id = rig.run(|_| {});
    let grace = Some(Duration::from_secs(7));
    assert_eq!(rig.does(|executors, context| executors.kill(context, &id, grace)), []);
    assert_eq!(rig.next(), [Event::Task(TaskCall::Terminate(id.clone()))]);
    let terminated = rig.now;
    assert_eq!(rig.next(), [Event::Task(TaskCall::Kill(id))]);
    assert_eq!(rig.now, terminated + Duration::from_secs(7));
}

#[test]
fn a_kill_of_an_unknown_task_is_answered_with_unknown() {
    let mut rig = Rig::new();
    let id = TaskId::new("hc.instance-x._app.1");
    let events = rig.does(|executors, context| executors.kill(context, &id, None));
    assert_eq!(states(&events), [TaskState::Unknown]);
}

#[test]
fn the_outcome_of_a_probe_is_reported_and_counts_once() {
    let mut rig = Rig::new();
    rig.run(|info| info.health_check = Some(check(ProbeKind::Tcp, 0, 5)));
    let probe = loop {
        if let Some(Event::Probe(probe)) = rig.next().pop() {
            break probe.id;
        }
    };
    rig.does(|executors, context| executors.probed(context, probe, &ProbeOutcome::Ok));
    let events = rig.next();
    let Some(Event::Status(update)) = events.first() else { panic!("no status update: {events:?}") };
    assert_eq!((update.state, update.healthy), (TaskState::Running, Some(true)));
    let again = rig.does(|executors, context| executors.probed(context, probe, &ProbeOutcome::Refused));
    assert_eq!(again, [], "the probe has ended");
}

#[test]
fn updates_of_a_cut_off_agent_wait_until_it_is_back() {
    let mut rig = Rig::new();
    let id = rig.run(|_| {});
    let mut deadlines = Timers::default();
    assert!(rig.agents.lose(rig.now, 0, &mut deadlines));
    let exited = TaskReport::Exited { task: id.clone(), exit: Exit::Status(3) };
    rig.does(|executors, context| executors.report(context, exited));
    assert_eq!(rig.next(), [], "withheld");
    assert!(rig.executors.tasks().get(&id).is_some());
    assert_eq!(rig.agents.restore(0, &mut deadlines), Some(Link::Silent));
    let events = rig.does(|executors, context| executors.agent_back(context, 0, Link::Silent));
    assert_eq!(states(&events), [TaskState::Failed]);
    assert!(matches!(events.last(), Some(Event::Freed { .. })), "{events:?}");
}

#[test]
fn the_tasks_of_a_removed_agent_are_gone() {
    let mut rig = Rig::new();
    let id = rig.run(|_| {});
    let events = rig.does(|executors, context| executors.agent_removed(context, 0));
    assert_eq!(events.first(), Some(&Event::Task(TaskCall::Kill(id))));
    assert_eq!(states(&events), [TaskState::GoneByOperator]);
    assert!(matches!(events.last(), Some(Event::Freed { .. })), "{events:?}");
}
