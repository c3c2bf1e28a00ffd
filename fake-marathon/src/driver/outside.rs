//! Tasks outside the world, processes or listeners, as the driver sees them: calls go in, reports and outcomes of probes
//! come out.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet, time::Instant};

use crate::{
    checkers::{
        Probe, ProbeId, ProbeKind, ProbeOutcome,
        runtime::{CheckRuntime, Job, LatenessFigures},
        socket::Route,
    },
    config::{Config, Tasks},
    ids::TaskId,
    start_error::StartError,
    tasks::{
        light::LightTasks,
        process::{ProcessConfig, ProcessTasks},
    },
    wire::{TaskCall, TaskReport},
    world::Input,
};

/// All tasks outside and the probes under way to them.
pub(super) struct Outside {
    tasks: Kind,
    reports: mpsc::UnboundedReceiver<TaskReport>,
    checks: CheckRuntime,
    commands: JoinSet<(ProbeId, ProbeOutcome)>,
    under_way: usize,
}

/// Reports that the world takes at once.
const REPORTS: usize = 256;

/// What the tasks are.
enum Kind {
    Process(ProcessTasks),
    Light(LightTasks),
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outside").field("under_way", &self.under_way).finish_non_exhaustive()
    }
}

impl Outside {
    /// `None` where all tasks are scripts of the world.
    pub(super) fn start(settings: &Config) -> Result<Option<Self>, StartError> {
        let (sender, reports) = mpsc::unbounded_channel();
        let tasks = match settings.tasks {
            Tasks::Simulated => return Ok(None),
            Tasks::Process => Kind::Process(processes(settings, sender)?),
            Tasks::Light => Kind::Light(LightTasks::start(sender).map_err(StartError::Light)?),
        };
        let checks = CheckRuntime::start().map_err(StartError::Checks)?;
        Ok(Some(Self { tasks, reports, checks, commands: JoinSet::new(), under_way: 0 }))
    }

    /// Does what an executor asks; returns the task if nothing says how it behaves.
    pub(super) fn call(&mut self, call: TaskCall) -> Option<TaskId> {
        match &mut self.tasks {
            Kind::Process(tasks) => {
                tasks.call(call);
                None
            }
            Kind::Light(tasks) => tasks.call(call),
        }
    }

    /// Begins a probe that was due this long ago.
    pub(super) fn probe(&mut self, probe: Probe, late: Duration) {
        self.under_way += 1;
        let id = probe.id;
        match (&self.tasks, &probe.kind) {
            (Kind::Process(tasks), ProbeKind::Command { .. }) => {
                let outcome = tasks.probe(probe);
                self.commands.spawn(async move { (id, outcome.await) });
            }
            (Kind::Light(tasks), ProbeKind::Command { .. }) => {
                let outcome = tasks.check(probe);
                self.commands.spawn(async move { (id, outcome.await) });
            }
            (tasks, ProbeKind::Tcp | ProbeKind::Http { .. }) => {
                let instead = match tasks {
                    Kind::Process(_) => None,
                    Kind::Light(tasks) => tasks.place(&probe).map(Into::into),
                };
                let now = Instant::now();
                let due = now.checked_sub(late).unwrap_or(now);
                self.checks.probe(Job { probe, route: Route { instead }, due });
            }
        }
    }

    /// Probes under way.
    pub(super) fn probes(&self) -> usize {
        self.under_way
    }

    /// How late probes began.
    pub(super) fn lateness(&self) -> LatenessFigures {
        self.checks.lateness().figures()
    }

    /// By how much the latest of all probes was late.
    pub(super) fn latest(&self) -> Duration {
        self.checks.lateness().latest()
    }

    /// The next reports of tasks and outcomes of probes. Cancel-safe.
    ///
    /// # Panics
    ///
    /// When a probe panicked: the panic is raised again.
    pub(super) async fn next(&mut self) -> Vec<Input> {
        let mut reports = Vec::new();
        loop {
            tokio::select! {
                biased;
                n = self.reports.recv_many(&mut reports, REPORTS) => match n {
                    0 => std::future::pending().await,
                    _ => {
                        reports.iter().for_each(|report| self.forget(report));
                        return reports.into_iter().map(Input::Task).collect();
                    }
                },
                outcomes = self.checks.next() => {
                    self.under_way -= outcomes.len();
                    return outcomes.into_iter().map(|(id, outcome)| Input::Probed(id, outcome)).collect();
                }
                Some(probed) = self.commands.join_next() => match probed {
                    Ok((id, outcome)) => {
                        self.under_way -= 1;
                        return vec![Input::Probed(id, outcome)];
                    }
                    Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
                    Err(_) => {}
                },
            }
        }
    }

    /// Light tasks are known here until they end.
    fn forget(&mut self, report: &TaskReport) {
        match (&mut self.tasks, report) {
            (Kind::Light(tasks), TaskReport::Exited { task, .. }) => tasks.forget(task),
            (Kind::Light(_) | Kind::Process(_), _) => {}
        }
    }

    /// Leaves the sandboxes where they are; returns whether there are any.
    pub(super) fn keep_sandboxes(&self) -> bool {
        match &self.tasks {
            Kind::Process(tasks) => {
                tasks.keep_sandboxes();
                true
            }
            Kind::Light(_) => false,
        }
    }

    fn sandbox_of(&self, task: &TaskId) -> Option<String> {
        match &self.tasks {
            Kind::Process(tasks) => Some(tasks.sandbox(task)?.to_string_lossy().into_owned()),
            Kind::Light(_) => None,
        }
    }

    /// `{"sandbox": …, "below": …}`: a task's real sandbox, and the path in it as it was given.
    pub(super) fn sandbox(&self, task: &TaskId, below: &str) -> Option<Value> {
        Some(json!({"sandbox": self.sandbox_of(task)?, "below": below}))
    }

    /// `[{"task": …, "sandbox": …}]`
    pub(super) fn sandboxes(&self, tasks: &[TaskId]) -> Value {
        tasks
            .iter()
            .filter_map(|task| Some(json!({"task": task.as_str(), "sandbox": self.sandbox_of(task)?})))
            .collect()
    }

    pub(super) async fn shutdown(mut self) {
        self.commands.abort_all();
        match self.tasks {
            Kind::Process(tasks) => tasks.shutdown().await,
            // Its thread ends within a turn.
            Kind::Light(tasks) => drop(tasks),
        }
    }
}

fn processes(settings: &Config, reports: mpsc::UnboundedSender<TaskReport>) -> Result<ProcessTasks, StartError> {
    let Some(tools) = &settings.task_tools else {
        return Err(StartError::Config(String::from(
            "process tasks need to know the program that calls task_tools::main(): name it with task_tools()",
        )));
    };
    let root = settings.sandbox_root.clone().unwrap_or_else(std::env::temp_dir);
    let mut config = ProcessConfig::new(tools, root);
    config.keep_sandboxes = settings.keep_sandboxes;
    config.isolation.clone_from(&settings.isolation);
    Ok(ProcessTasks::start(config, reports)?)
}
