//! Answers to a scheduler that asks what became of its tasks.

use super::{agents::Agents, messages, status::Status, task::Task, tasks::Tasks};
use crate::{
    clock::Time,
    ids::{AgentId, TaskId},
    wire::{Reason, StatusUpdate, TaskState},
};

/// Repeats the last status of each task asked for; of all that can be reached when none is named (the master's
/// explicit and implicit reconciliation).
pub(super) fn reconcile(now: Time, asked: &[TaskId], tasks: &Tasks, agents: &Agents) -> Vec<StatusUpdate> {
    if asked.is_empty() {
        let reachable = tasks.active().filter(|task| task.state() != TaskState::Unreachable);
        return reachable.map(|task| known(now, task, agents)).collect();
    }
    let answer = |id: &TaskId| match tasks.get(id) {
        Some(task) => known(now, task, agents),
        None => unknown(now, id, TaskState::Gone, messages::UNKNOWN_TO_AGENT),
    };
    asked.iter().map(answer).collect()
}

fn known(now: Time, task: &Task, agents: &Agents) -> StatusUpdate {
    let last = task.statuses().last();
    let addresses = last.map(|status| status.ip_addresses.clone()).unwrap_or_default();
    let status = Status::because(task.state(), messages::RECONCILED, Reason::Reconciliation);
    let status = Status { healthy: task.healthy(), ..status };
    let update = status.update(now, task.id().clone(), agents[task.agent()].id().clone(), addresses);
    // With the last results of both checks (`Master::_reconcileTasks` in Mesos's `master.cpp`).
    StatusUpdate { check: last.and_then(|status| status.check), ..update }
}

/// The status of a task that the master does not know.
pub(super) fn unknown(now: Time, id: &TaskId, state: TaskState, message: &str) -> StatusUpdate {
    Status::because(state, message, Reason::Reconciliation).update(now, id.clone(), AgentId::new(""), Vec::new())
}
