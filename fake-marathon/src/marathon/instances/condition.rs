//! Conditions of instances (Marathon's `core/condition/Condition.scala`).

use crate::wire::TaskState;

/// The condition of an instance, in Marathon's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    Scheduled,
    Provisioned,
    Staging,
    Starting,
    Running,
    Killing,
    Killed,
    Finished,
    Failed,
    Error,
    Dropped,
    Gone,
    Unreachable,
    UnreachableInactive,
    Unknown,
}

impl Condition {
    /// As events spell it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Provisioned => "Provisioned",
            Self::Staging => "Staging",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Killing => "Killing",
            Self::Killed => "Killed",
            Self::Finished => "Finished",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Dropped => "Dropped",
            Self::Gone => "Gone",
            Self::Unreachable => "Unreachable",
            Self::UnreachableInactive => "UnreachableInactive",
            Self::Unknown => "Unknown",
        }
    }

    /// What a Mesos state means (`TaskCondition.scala`).
    pub(crate) const fn of(state: TaskState) -> Self {
        match state {
            TaskState::Staging => Self::Staging,
            TaskState::Starting => Self::Starting,
            TaskState::Running => Self::Running,
            TaskState::Killing => Self::Killing,
            TaskState::Finished => Self::Finished,
            TaskState::Failed => Self::Failed,
            TaskState::Killed => Self::Killed,
            TaskState::Error => Self::Error,
            TaskState::Lost | TaskState::Dropped => Self::Dropped,
            TaskState::Unreachable => Self::Unreachable,
            TaskState::Gone | TaskState::GoneByOperator => Self::Gone,
            TaskState::Unknown => Self::Unknown,
        }
    }

    /// The task will never run again.
    pub(crate) const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Killed | Self::Finished | Self::Failed | Self::Error | Self::Dropped | Self::Gone | Self::Unknown
        )
    }

    /// Holds or may hold resources. Plain `Unreachable` and `Killing` are active.
    pub(crate) const fn is_active(self) -> bool {
        matches!(
            self,
            Self::Provisioned | Self::Staging | Self::Starting | Self::Running | Self::Killing | Self::Unreachable
        )
    }

    /// Who waits for its end waits no longer (`InstanceChangedPredicates.considerTerminal`).
    pub(crate) const fn is_considered_terminal(self) -> bool {
        self.is_terminal() || self.is_lost()
    }

    /// Its agent cannot be reached.
    pub(crate) const fn is_lost(self) -> bool {
        matches!(self, Self::Unreachable | Self::UnreachableInactive)
    }
}
