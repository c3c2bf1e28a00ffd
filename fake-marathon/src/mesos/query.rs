//! What can be read of Mesos.

use crate::ids::{AgentId, PathId};

/// A read of Mesos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MesosQuery {
    /// The master's `/state`.
    MasterState,
    /// An agent's `/state`.
    AgentState(AgentId),
    /// An agent's `/containers`.
    AgentContainers(AgentId),
    /// Where a path on an agent really is: `{"sandbox": …, "below": …}`, the path below the sandbox perhaps empty. `None`
    /// when it lies in no sandbox of a process task.
    Sandbox(AgentId, String),
    /// Sandbox folders of an app's tasks, for evidence: `[{"task": …, "sandbox": …}]`.
    Sandboxes(PathId),
}
