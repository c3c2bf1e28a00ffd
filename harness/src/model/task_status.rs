//! The states in which Mesos knows a task.

use std::fmt;

/// A task's state as Mesos names it (`TaskState` in `mesos.proto`) and Marathon passes it on: `state` of a task,
/// `taskStatus` of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Marathon's own, before Mesos reports a state.
    Created,
    /// Accepted by the agent.
    Staging,
    /// Handed to the executor.
    Starting,
    /// The process runs.
    Running,
    /// Asked to stop.
    Killing,
    /// The agent does not answer; the task may come back.
    Unreachable,
    /// Ended by itself with status 0.
    Finished,
    /// Ended by itself in any other way.
    Failed,
    /// Ended because it was asked to.
    Killed,
    /// The description of the task is wrong.
    Error,
    /// Gone with its agent.
    Lost,
    /// Never reached its agent.
    Dropped,
    /// Gone with its agent for good.
    Gone,
    /// Marked as gone by an operator.
    GoneByOperator,
    /// Mesos has no record of it.
    Unknown,
}

impl TaskStatus {
    /// Every state.
    pub const ALL: [Self; 15] = [
        Self::Created,
        Self::Staging,
        Self::Starting,
        Self::Running,
        Self::Killing,
        Self::Unreachable,
        Self::Finished,
        Self::Failed,
        Self::Killed,
        Self::Error,
        Self::Lost,
        Self::Dropped,
        Self::Gone,
        Self::GoneByOperator,
        Self::Unknown,
    ];

    /// Mesos's name of the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "TASK_CREATED",
            Self::Staging => "TASK_STAGING",
            Self::Starting => "TASK_STARTING",
            Self::Running => "TASK_RUNNING",
            Self::Killing => "TASK_KILLING",
            Self::Unreachable => "TASK_UNREACHABLE",
            Self::Finished => "TASK_FINISHED",
            Self::Failed => "TASK_FAILED",
            Self::Killed => "TASK_KILLED",
            Self::Error => "TASK_ERROR",
            Self::Lost => "TASK_LOST",
            Self::Dropped => "TASK_DROPPED",
            Self::Gone => "TASK_GONE",
            Self::GoneByOperator => "TASK_GONE_BY_OPERATOR",
            Self::Unknown => "TASK_UNKNOWN",
        }
    }

    /// Reads Mesos's name; `None` for a state that no Mesos up to 1.11 has.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether a task never leaves the state: it has ended.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Finished
            | Self::Failed
            | Self::Killed
            | Self::Error
            | Self::Lost
            | Self::Dropped
            | Self::Gone
            | Self::GoneByOperator => true,
            Self::Created
            | Self::Staging
            | Self::Starting
            | Self::Running
            | Self::Killing
            | Self::Unreachable
            | Self::Unknown => false,
        }
    }

    /// Whether the task ended with its agent, or never reached it.
    #[must_use]
    pub fn is_lost(self) -> bool {
        matches!(self, Self::Lost | Self::Dropped | Self::Gone | Self::GoneByOperator)
    }

    /// Whether the task ended on its own account: its process exited, or it could not be started.
    #[must_use]
    pub fn is_own_end(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Error)
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_by_its_own_name_and_no_other_text_is() {
        for status in TaskStatus::ALL {
            assert_eq!(TaskStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(TaskStatus::parse("TASK_DREAMING"), None);
        assert_eq!(TaskStatus::parse("gone"), None);
    }

    #[test]
    fn an_ended_task_was_killed_was_lost_or_ended_on_its_own_account() {
        for status in TaskStatus::ALL {
            let kinds = [status == TaskStatus::Killed, status.is_lost(), status.is_own_end()];
            let expected = usize::from(status.is_terminal());
            assert_eq!(kinds.iter().filter(|kind| **kind).count(), expected, "{status}");
        }
    }
}
