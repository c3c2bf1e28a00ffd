//! Executors, as an agent shows them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{State, task::pairs};
use crate::{
    mesos::{resources::Resources, task::Task},
    wire::TaskCommand,
};

impl State<'_> {
    /// The executors of an agent that have not ended, or those that have.
    pub(super) fn executors(&self, n: usize, ended: bool) -> Vec<Value> {
        let on_agent = |task: &&Task| task.agent() == n;
        let active: Vec<&Task> = self.tasks.active().filter(on_agent).collect();
        let completed: Vec<&Task> = self.tasks.completed().filter(on_agent).collect();
        let runs = |task: &&&Task| active.iter().any(|other| container(other) == container(task));
        let shown: Vec<&&Task> =
            if ended { completed.iter().filter(|task| !runs(task)).collect() } else { active.iter().collect() };
        let mut seen = BTreeSet::new();
        let first = shown.into_iter().filter(|task| seen.insert(container(task)));
        first.map(|task| self.executor_json(task, &active, &completed)).collect()
    }

    fn executor_json(&self, of: &Task, active: &[&Task], completed: &[&Task]) -> Value {
        let tasks = |all: &[&Task]| -> Vec<Value> {
            let own = all.iter().filter(|task| container(task) == container(of));
            own.map(|task| self.task_json(task)).collect()
        };
        let mut json = json!({
            "id": id(of),
            "name": name(of),
            "source": source(of),
            "container": container(of),
            "directory": self.executor_sandbox(of, container(of)),
            "resources": self.executor_resources(of).to_json(),
            "role": of.info().role,
        });
        if let Some(labels) = labels(of) {
            json["labels"] = labels;
        }
        if of.info().executor.is_some() {
            json["type"] = json!("DEFAULT");
        }
        json["tasks"] = Value::from(tasks(active));
        json["queued_tasks"] = json!([]);
        json["completed_tasks"] = Value::from(tasks(completed));
        json
    }

    /// What an executor and its tasks that have not ended hold.
    pub(super) fn executor_resources(&self, of: &Task) -> Resources {
        let mut sum = of.info().executor.as_ref().map(|e| Resources::of_executor(e)).unwrap_or_default();
        let own = self.tasks.active().filter(|task| container(task) == container(of));
        own.for_each(|task| sum.add(amounts(task)));
        sum
    }

    /// The executors of task groups, as the master shows them.
    pub(super) fn group_executors(&self) -> Vec<Value> {
        let mut seen = BTreeSet::new();
        let groups = self.tasks.active().filter_map(|task| Some((task, task.info().executor.as_ref()?)));
        groups
            .filter(|(task, _)| seen.insert(container(task)))
            .map(|(task, executor)| {
                let mut json = json!({
                    "executor_id": executor.id,
                    "name": "",
                    "framework_id": self.master.framework_id(),
                    "command": {"argv": [], "uris": []},
                    "resources": Resources::of_executor(executor).to_json(),
                    "role": task.info().role,
                    "type": "DEFAULT",
                    "slave_id": self.agents[task.agent()].id().as_str(),
                });
                if let Some(labels) = labels(task) {
                    json["labels"] = labels;
                }
                json
            })
            .collect()
    }
}

/// The id of a task's executor; a command executor has that of its task.
pub(super) fn id(task: &Task) -> &str {
    task.info().executor.as_ref().map_or(task.id().as_str(), |executor| executor.id.as_str())
}

/// The container of a task's executor.
pub(super) fn container(task: &Task) -> &str {
    task.parent().unwrap_or(task.container_id())
}

/// What an executor was made from: the default executor from nothing.
pub(super) fn source(task: &Task) -> &str {
    if task.info().executor.is_some() { "" } else { task.id().as_str() }
}

/// The labels of a task's executor: its own or, of a command executor, those of the task.
fn labels(task: &Task) -> Option<Value> {
    match &task.info().executor {
        Some(executor) if executor.labels.is_empty() => None,
        Some(executor) => Some(pairs(executor.labels.iter())),
        None => super::task::labels(task.info()),
    }
}

/// The command executor needs 0.1 CPUs and 32 MiB for itself; that of a group is counted once, not with each task.
pub(super) fn amounts(task: &Task) -> Resources {
    let mut sum = task.resources().clone();
    if task.info().executor.is_none() {
        sum.cpus += 100;
        sum.mem += 32_000;
    }
    sum
}

/// The name that the agent gives to a command executor.
pub(super) fn name(task: &Task) -> String {
    if task.info().executor.is_some() {
        return String::new();
    }
    let id = task.id();
    let command = match &task.info().command {
        TaskCommand::Shell(shell) => format!("sh -c '{}'", shortened(shell, 13)),
        TaskCommand::Argv(words) => shortened(&words.join(" "), 20),
        TaskCommand::ImageDefault => String::new(),
    };
    format!("Command Executor (Task: {id}) (Command: {command})")
}

/// Mesos shows the beginning of a command only.
fn shortened(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let beginning = text.chars().take(limit.saturating_sub(3)).collect::<String>();
    format!("{beginning}...")
}
