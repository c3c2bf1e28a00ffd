//! Marathon, Mesos and, unless they are processes, the tasks: the three machines behind one interface.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::WorldConfig;
use crate::{
    checkers::{Probe, ProbeId, ProbeOutcome, ProbedBy},
    clock::Time,
    fault::{AgentAction, FaultError, Hold, SchedulerAction},
    ids::{AgentId, PathId, TaskId},
    inspect::Inspection,
    marathon::{
        self, Marathon,
        command::{Answer, Command},
    },
    mesos::{self, Mesos, MesosQuery},
    snapshot::Snapshot,
    tasks::simulated::{self, SimulatedTasks},
    wire::{FromMesos, TaskCall, TaskReport, ToMesos},
};

/// An output of one machine, on its way to the others.
#[derive(Debug)]
pub(super) enum Step {
    Marathon(marathon::Output),
    Mesos(mesos::Output),
    Tasks(simulated::Output),
}

/// Outputs in the order in which they are delivered.
pub(super) type Steps = VecDeque<Step>;

#[derive(Debug)]
pub(super) struct Machines {
    marathon: Marathon,
    mesos: Mesos,
    simulated: Option<SimulatedTasks>,
    away: Option<Away>,
}

/// Marathon's process is being restarted.
#[derive(Debug)]
struct Away {
    until: Time,
    /// What becomes of its state.
    action: SchedulerAction,
    /// What Mesos sends meanwhile.
    waiting: Vec<FromMesos>,
}

/// How a task was made to exit.
pub(super) enum Exited {
    /// By its script.
    Simulated,
    /// By this call, for a process.
    Process(TaskCall),
    /// Not at all: it does not run.
    NotRunning,
}

fn of_marathon(outputs: Vec<marathon::Output>) -> Steps {
    outputs.into_iter().map(Step::Marathon).collect()
}

fn of_mesos(outputs: Vec<mesos::Output>) -> Steps {
    outputs.into_iter().map(Step::Mesos).collect()
}

fn of_tasks(outputs: Vec<simulated::Output>) -> Steps {
    outputs.into_iter().map(Step::Tasks).collect()
}

impl Machines {
    pub(super) fn new(config: WorldConfig) -> Self {
        let WorldConfig { tuning, mesos, simulated, seed, faults, now, journal_limit: _, alone: _ } = config;
        let tuning = Arc::new(tuning);
        let mesos = Mesos::new(mesos, Arc::clone(&tuning), seed, now);
        let marathon = Marathon::new(tuning, seed, mesos.framework_id().to_owned(), faults, now);
        Self { marathon, mesos, simulated: simulated.then(SimulatedTasks::default), away: None }
    }

    pub(super) fn next_deadline(&self) -> Option<Time> {
        let tasks = self.simulated.as_ref().and_then(SimulatedTasks::next_deadline);
        let marathon = self.away.as_ref().map_or_else(|| self.marathon.next_deadline(), |away| Some(away.until));
        [tasks, self.mesos.next_deadline(), marathon].into_iter().flatten().min()
    }

    /// Adds to `steps` what comes of all that is due.
    pub(super) fn advance(&mut self, now: Time, steps: &mut Steps) {
        if let Some(tasks) = &mut self.simulated {
            steps.extend(tasks.advance(now).into_iter().map(Step::Tasks));
        }
        steps.extend(self.mesos.advance(now).into_iter().map(Step::Mesos));
        if let Some(away) = self.away.take_if(|away| away.until <= now) {
            steps.extend(self.scheduler_action(now, away.action));
            steps.extend(
                away.waiting.into_iter().flat_map(|message| of_marathon(self.marathon.from_mesos(now, message))),
            );
        }
        if self.away.is_none() {
            steps.extend(self.marathon.advance(now).into_iter().map(Step::Marathon));
        }
    }

    /// Marathon's process is away until then; false when it is already.
    pub(super) fn leave(&mut self, until: Time, action: SchedulerAction) -> bool {
        let leaves = self.away.is_none();
        self.away.get_or_insert(Away { until, action, waiting: Vec::new() });
        leaves
    }

    pub(super) fn command(&mut self, now: Time, command: Command) -> (Answer, Steps) {
        let (answer, outputs) = self.marathon.command(now, command);
        (answer, of_marathon(outputs))
    }

    pub(super) fn call_mesos(&mut self, now: Time, call: ToMesos) -> Steps {
        of_mesos(self.mesos.call(now, call))
    }

    pub(super) fn message_from_mesos(&mut self, now: Time, message: FromMesos) -> Steps {
        if let Some(away) = &mut self.away {
            away.waiting.push(message);
            return Steps::new();
        }
        of_marathon(self.marathon.from_mesos(now, message))
    }

    pub(super) fn probed(&mut self, now: Time, by: ProbedBy, id: ProbeId, outcome: ProbeOutcome) -> Steps {
        match by {
            // Who asked is gone.
            ProbedBy::Marathon if self.away.is_some() => Steps::new(),
            ProbedBy::Marathon => of_marathon(self.marathon.probed(now, id, outcome)),
            ProbedBy::Executor => of_mesos(self.mesos.probed(now, id, &outcome)),
        }
    }

    /// A report of a task, to its executor.
    pub(super) fn report(&mut self, now: Time, report: TaskReport) -> Steps {
        of_mesos(self.mesos.task(now, report))
    }

    /// A call of an executor to its task. A call to a process comes back.
    pub(super) fn call_task(&mut self, now: Time, call: TaskCall) -> Result<Steps, TaskCall> {
        match &mut self.simulated {
            Some(tasks) => Ok(of_tasks(tasks.call(now, call))),
            None => Err(call),
        }
    }

    /// Makes a probe of a simulated task. A probe of a process comes back.
    pub(super) fn probe(&mut self, now: Time, probe: Probe) -> Result<(), Probe> {
        let Some(tasks) = &mut self.simulated else { return Err(probe) };
        tasks.probe(now, &probe);
        Ok(())
    }

    /// Lets a task exit by itself.
    pub(super) fn exit_task(&mut self, now: Time, task: &TaskId, status: i32) -> Exited {
        let runs = match &mut self.simulated {
            Some(tasks) => tasks.exit(now, task, status),
            None => self.mesos.runs(task),
        };
        match (runs, &self.simulated) {
            (false, _) => Exited::NotRunning,
            (true, Some(_)) => Exited::Simulated,
            // The exit status of a real process cannot be chosen, so it is killed.
            (true, None) => Exited::Process(TaskCall::Kill(task.clone())),
        }
    }

    /// Changes the behaviour of a simulated task.
    pub(super) fn change_behaviour(&mut self, now: Time, task: &TaskId, behaviour: &str) -> Result<(), FaultError> {
        let tasks = self.simulated.as_mut().ok_or(FaultError::NotSimulated)?;
        match tasks.behave(now, task, behaviour) {
            Ok(true) => Ok(()),
            Ok(false) => Err(FaultError::NoSuchTask(task.to_string())),
            Err(why) => Err(FaultError::Behaviour(why)),
        }
    }

    pub(super) fn agent_action(&mut self, now: Time, n: usize, action: AgentAction) -> Steps {
        match action {
            AgentAction::Lost | AgentAction::Out(_) => of_mesos(self.mesos.lose_agent(now, n)),
            // Executors and tasks outlive their agent's process, and the master waits: clients notice nothing.
            AgentAction::Restart => Steps::new(),
            AgentAction::Gone => of_mesos(self.mesos.remove_agent(now, n)),
        }
    }

    pub(super) fn scheduler_action(&mut self, now: Time, action: SchedulerAction) -> Steps {
        of_marathon(match action {
            SchedulerAction::Abdicates => self.marathon.command(now, Command::Abdicate).1,
            SchedulerAction::RestartsEmpty => self.marathon.restart_empty(now),
        })
    }

    /// No rule holds this any longer.
    pub(super) fn released(&mut self, now: Time, hold: &Hold) -> Steps {
        match hold {
            Hold::Agent(n) => of_mesos(self.mesos.restore_agent(now, *n)),
            Hold::Deployment(id) => of_marathon(self.marathon.deployment_freed(now, id)),
            Hold::Launches(app) => of_marathon(self.marathon.launches_freed(now, app)),
        }
    }

    pub(super) fn snapshot(&mut self, now: Time) -> Arc<Snapshot> {
        self.marathon.snapshot(now)
    }

    pub(super) fn query(&self, now: Time, query: &MesosQuery) -> Option<Value> {
        self.mesos.query(now, query)
    }

    pub(super) fn sandbox_at(&self, agent: &AgentId, path: &str) -> Option<(TaskId, String)> {
        self.mesos.sandbox_at(agent, path)
    }

    pub(super) fn tasks_of(&self, app: &PathId) -> Vec<TaskId> {
        self.mesos.tasks_of(app)
    }

    /// The app of a task that Mesos remembers.
    pub(super) fn app_of(&self, task: &TaskId) -> Option<&PathId> {
        self.mesos.app_of(task)
    }

    pub(super) fn agent_count(&self) -> usize {
        self.mesos.agent_count()
    }

    pub(super) fn has_agent(&self, n: usize) -> bool {
        self.mesos.has_agent(n)
    }

    /// The figures of the machines.
    pub(super) fn inspect(&self) -> Inspection {
        Inspection {
            simulated: self.simulated.is_some(),
            bodies: self.simulated.as_ref().map_or(0, SimulatedTasks::len),
            tasks: self.mesos.census(),
            offers: self.mesos.offers_out(),
            ..Inspection::default()
        }
    }
}
