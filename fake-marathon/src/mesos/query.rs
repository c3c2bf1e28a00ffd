//! What can be read of Mesos.

use crate::ids::{AgentId, PathId};

/// A read of Mesos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MesosQuery {
    /// An endpoint of the master.
    Master(MasterEndpoint),
    /// A read of the master's operator API.
    Operator(OperatorCall),
    /// An endpoint of an agent.
    Agent(AgentId, AgentEndpoint),
    /// Where a path on an agent really is: `{"sandbox": …, "below": …}`, the path below the sandbox perhaps empty. `None`
    /// when it lies in no sandbox of a process task.
    Sandbox(AgentId, String),
    /// Sandbox folders of an app's tasks, for evidence: `[{"task": …, "sandbox": …}]`.
    Sandboxes(PathId),
}

/// The master's endpoints that show its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MasterEndpoint {
    /// `/state`.
    State,
    /// `/state-summary`.
    StateSummary,
    /// `/slaves`, of all agents.
    Slaves,
    /// `/frameworks`.
    Frameworks,
    /// `/tasks`: all tasks, the first ones first.
    Tasks,
    /// `/roles`.
    Roles,
    /// `/version`.
    Version,
    /// `/flags`.
    Flags,
    /// `/metrics/snapshot`.
    Metrics,
}

/// Reads of the operator API that show the master's state: the `GET_…` calls of these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "Mesos's own names, explained in its documentation")]
pub enum OperatorCall {
    State,
    Tasks,
    Executors,
    Frameworks,
    Agents,
    Roles,
    Master,
}

/// An agent's endpoints that show its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentEndpoint {
    /// `/state`.
    State,
    /// `/containers`.
    Containers,
    /// `/monitor/statistics`.
    Statistics,
    /// `/version`.
    Version,
    /// `/flags`.
    Flags,
    /// `/metrics/snapshot`.
    Metrics,
    /// `/files/debug`.
    Files,
}
