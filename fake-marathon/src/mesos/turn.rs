//! An input of an executor: what it comes with, what may come of it, and a launch, which is the first.

use std::sync::Arc;

use super::{Due, agents::Agents, probes::ProbesInFlight, resources::Resources};
use crate::{
    checkers::Probe,
    clock::Time,
    timers::Timers,
    tuning::Tuning,
    wire::{StatusUpdate, TaskCall, TaskInfo},
};

/// One input of an executor: when it came, what it may read and set, and what comes of it.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) now: Time,
    pub(super) tuning: &'a Tuning,
    pub(super) agents: &'a Agents,
    pub(super) timers: &'a mut Timers<Due>,
    pub(super) probes: &'a mut ProbesInFlight,
    pub(super) events: Vec<Event>,
}

/// What comes of an input.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// A status update for the scheduler.
    Status(StatusUpdate),
    /// Something for the world of processes.
    Task(TaskCall),
    /// A native probe to be made now.
    Probe(Probe),
    /// A task has ended and no longer uses these resources of its agent.
    Freed { agent: usize, resources: Resources },
}

/// A task to be launched.
#[derive(Debug)]
pub(super) struct Launch {
    /// Index of the agent.
    pub(super) agent: usize,
    pub(super) container_id: String,
    /// The container of the executor that it shares with its group.
    pub(super) parent: Option<String>,
    pub(super) resources: Resources,
    pub(super) info: Arc<TaskInfo>,
    /// Why its agent will refuse to make its container, of a task in a group.
    pub(super) refused: Option<String>,
}
