//! What a status update reports of a task.

use crate::{
    clock::Time,
    ids::{AgentId, TaskId},
    wire::{Reason, StatusUpdate, TaskState},
};

/// A state and what explains it.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub(super) state: TaskState,
    pub(super) healthy: Option<bool>,
    pub(super) message: Option<String>,
    pub(super) reason: Option<Reason>,
}

impl Status {
    /// A state that needs no explanation.
    pub(super) fn of(state: TaskState) -> Self {
        Self { state, healthy: None, message: None, reason: None }
    }

    /// A state with a message and its reason.
    pub(super) fn because(state: TaskState, message: impl Into<String>, reason: Reason) -> Self {
        Self { state, healthy: None, message: Some(message.into()), reason: Some(reason) }
    }

    /// The update that reports it.
    pub(super) fn update(self, at: Time, task: TaskId, agent: AgentId, ip_addresses: Vec<String>) -> StatusUpdate {
        let Self { state, healthy, message, reason } = self;
        StatusUpdate { task, agent, state, healthy, check: None, message, reason, ip_addresses, at }
    }
}
