//! The types of events that tell of an app's tasks and deployments.

use serde_json::Value;

/// A type of event that is asked for or interpreted (Marathon's `Events.scala`). Every other type is kept as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A health check was added to an app.
    AddHealthCheck,
    /// A deployment failed.
    DeploymentFailed,
    /// A deployment began or went on.
    DeploymentInfo,
    /// A step of a deployment failed.
    DeploymentStepFailure,
    /// A step of a deployment is over.
    DeploymentStepSuccess,
    /// A deployment is over.
    DeploymentSuccess,
    /// A check of Marathon's own failed.
    FailedHealthCheck,
    /// The health of a task changed, as its check reports it.
    HealthStatusChanged,
    /// An instance changed its condition.
    InstanceChanged,
    /// The health of an instance changed.
    InstanceHealthChanged,
    /// Mesos reported a task's state.
    StatusUpdate,
    /// Marathon kills a task because a check of its own failed too often.
    UnhealthyInstanceKill,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::AddHealthCheck,
        Self::DeploymentFailed,
        Self::DeploymentInfo,
        Self::DeploymentStepFailure,
        Self::DeploymentStepSuccess,
        Self::DeploymentSuccess,
        Self::FailedHealthCheck,
        Self::HealthStatusChanged,
        Self::InstanceChanged,
        Self::InstanceHealthChanged,
        Self::StatusUpdate,
        Self::UnhealthyInstanceKill,
    ];

    /// Marathon's name of the type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddHealthCheck => "add_health_check_event",
            Self::DeploymentFailed => "deployment_failed",
            Self::DeploymentInfo => "deployment_info",
            Self::DeploymentStepFailure => "deployment_step_failure",
            Self::DeploymentStepSuccess => "deployment_step_success",
            Self::DeploymentSuccess => "deployment_success",
            Self::FailedHealthCheck => "failed_health_check_event",
            Self::HealthStatusChanged => "health_status_changed_event",
            Self::InstanceChanged => "instance_changed_event",
            Self::InstanceHealthChanged => "instance_health_changed_event",
            Self::StatusUpdate => "status_update_event",
            Self::UnhealthyInstanceKill => "unhealthy_instance_kill_event",
        }
    }

    /// The kind of an event as Marathon writes it.
    #[must_use]
    pub fn of(event: &Value) -> Option<Self> {
        Self::parse(event.get("eventType")?.as_str()?)
    }

    /// The health that an event of this kind reports, if its kind is one of the two that report a change.
    #[must_use]
    pub fn health_change(self, event: &Value) -> Option<bool> {
        let key = match self {
            Self::HealthStatusChanged => "alive",
            Self::InstanceHealthChanged => "healthy",
            Self::AddHealthCheck
            | Self::DeploymentFailed
            | Self::DeploymentInfo
            | Self::DeploymentStepFailure
            | Self::DeploymentStepSuccess
            | Self::DeploymentSuccess
            | Self::FailedHealthCheck
            | Self::InstanceChanged
            | Self::StatusUpdate
            | Self::UnhealthyInstanceKill => return None,
        };
        event.get(key)?.as_bool()
    }

    /// Reads Marathon's name; `None` for a type that nothing here interprets.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_own_name_and_no_other_text_is() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(EventKind::parse("pod_created_event"), None);
    }
}
