//! Whether an agent can run Docker containers.

use serde_json::Value;

/// Docker according to an agent's flags. Only a task shows whether containers really start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DockerSupport {
    /// `docker` is among its containerizers.
    Yes,
    /// It is not.
    No,
    /// The agent does not report it.
    Unknown,
}

impl DockerSupport {
    /// From the `flags.containerizers` of an agent's `/state`, such as `docker,mesos`.
    pub(super) fn from_agent_state(state: &Value) -> Self {
        match state.pointer("/flags/containerizers").and_then(Value::as_str) {
            None => Self::Unknown,
            Some(list) if list.split(',').any(|each| each.trim() == "docker") => Self::Yes,
            Some(_) => Self::No,
        }
    }
}
