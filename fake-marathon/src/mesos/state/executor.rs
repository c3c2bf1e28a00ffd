//! Executors, as an agent shows them.

use serde_json::{Value, json};

use super::State;
use crate::{
    mesos::{resources::Resources, task::Task},
    wire::TaskCommand,
};

impl State<'_> {
    /// An executor in an agent's `/state`.
    pub(super) fn executor_json(&self, task: &Task, ended: bool) -> Value {
        let id = task.id().as_str();
        let mut json = json!({
            "id": id,
            "name": name(task),
            "source": id,
            "container": task.container_id(),
            "directory": self.sandbox(task, task.container_id()),
            "resources": amounts(task).to_json(),
            "role": task.info().role,
        });
        if let Some(labels) = super::task::labels(task.info()) {
            json["labels"] = labels;
        }
        let (tasks, completed) = if ended { ("completed_tasks", "tasks") } else { ("tasks", "completed_tasks") };
        json[tasks] = json!([self.task_json(task)]);
        json["queued_tasks"] = json!([]);
        json[completed] = json!([]);
        json
    }
}

/// The command executor needs 0.1 CPUs and 32 MiB for itself.
pub(super) fn amounts(task: &Task) -> Resources {
    let mut sum = task.resources().clone();
    sum.cpus += 100;
    sum.mem += 32_000;
    sum
}

/// The name that the agent gives to a command executor.
pub(super) fn name(task: &Task) -> String {
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
