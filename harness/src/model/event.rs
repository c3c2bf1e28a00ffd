//! Events of `GET /v2/events`.

use serde_json::Value;
use time::OffsetDateTime;

use super::{EventKind, TaskId, TaskStatus, lenient::parse_timestamp};

/// One event. The fields differ by type (Marathon's `Events.scala`), so they are read on demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Such as `health_status_changed_event`.
    pub event_type: String,
    /// Marathon's time of it; for `unhealthy_instance_kill_event` that of the failure before.
    pub timestamp: Option<OffsetDateTime>,
    /// The whole object.
    pub data: Value,
}

impl Event {
    /// An event from its type and object. The object's own `eventType` wins over the frame's.
    #[must_use]
    pub fn new(event_type: &str, data: Value) -> Self {
        let event_type = data.get("eventType").and_then(Value::as_str).unwrap_or(event_type).to_owned();
        let timestamp = data.get("timestamp").and_then(Value::as_str).and_then(parse_timestamp);
        Self { event_type, timestamp, data }
    }

    /// A text field.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.data.get(key).and_then(Value::as_str)
    }

    /// The app: `appId`, or `runSpecId` of instance events.
    #[must_use]
    pub fn app_id(&self) -> Option<&str> {
        self.text("appId").or_else(|| self.text("runSpecId"))
    }

    /// The task. In `failed_health_check_event` Marathon puts the instance's id here.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        self.text("taskId")
    }

    /// The instance: `instanceId`, or the part of the task's id.
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.text("instanceId").or_else(|| self.task_id().map(TaskId::instance_of))
    }

    /// The type, if it is one that is interpreted here.
    #[must_use]
    pub fn kind(&self) -> Option<EventKind> {
        EventKind::parse(&self.event_type)
    }

    /// Mesos's state in a `status_update_event`.
    #[must_use]
    pub fn task_status(&self) -> Option<&str> {
        self.text("taskStatus")
    }

    /// The terminal state that a `status_update_event` reports, if it reports one.
    #[must_use]
    pub fn terminal_status(&self) -> Option<TaskStatus> {
        let status = TaskStatus::parse(self.task_status()?)?;
        (self.kind() == Some(EventKind::StatusUpdate) && status.is_terminal()).then_some(status)
    }

    /// The health that one of the two events of a change reports, if this is one of them.
    #[must_use]
    pub fn health_change(&self) -> Option<bool> {
        self.kind()?.health_change(&self.data)
    }

    /// The health that the event reports, if any: `alive` or `healthy`.
    #[must_use]
    pub fn healthy(&self) -> Option<bool> {
        self.data.get("alive").or_else(|| self.data.get("healthy")).and_then(Value::as_bool)
    }

    /// The deployment: `id` of the final events, `plan.id` of the others.
    #[must_use]
    pub fn deployment_id(&self) -> Option<&str> {
        let plan = || self.data.get("plan").and_then(|plan| plan.get("id")).and_then(Value::as_str);
        if self.event_type.starts_with("deployment_") { self.text("id").or_else(plan) } else { None }
    }
}
