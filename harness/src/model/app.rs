//! Apps and groups.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    Kind, Protocol,
    lenient::{Raw, Unreadable, null_as_default, read_each, timestamp},
    task::Task,
};

/// An app as `GET /v2/apps/{id}` and the elements of `GET /v2/apps` show it (Marathon's `AppConversion.scala`), or a pod read
/// as one: an instance is a task ([`App::from_pod_status`]).
///
/// A `POST` answers with the same type: counters 0, no tasks, the deployment that was started.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// Whether it is a pod.
    pub kind: Kind,
    /// The absolute id, such as `/hc`.
    pub id: String,
    /// How many instances are wanted.
    pub instances: u64,
    /// Launched, without a status from Mesos yet.
    pub tasks_staged: u64,
    /// In the state `TASK_RUNNING`.
    pub tasks_running: u64,
    /// Every check's last result is good.
    pub tasks_healthy: u64,
    /// Some check's last result is bad.
    pub tasks_unhealthy: u64,
    /// The tasks, in the order of the answer. Empty where the request did not ask for them.
    pub tasks: Vec<Task>,
    /// Ids of the deployments that touch the app.
    pub deployments: Vec<String>,
    /// The health checks with all defaults filled in.
    pub health_checks: Vec<HealthCheck>,
    /// The last task that failed or was killed by one of Marathon's own checks; native kills leave nothing here.
    pub last_task_failure: Option<TaskFailure>,
    /// The version, a timestamp.
    pub version: String,
    /// When it was last scaled and changed; only on `GET`.
    pub version_info: Option<VersionInfo>,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// Tasks that could not be read.
    pub unreadable: Vec<Unreadable>,
    /// The object as it came, without `tasks` (each task keeps its own); of a pod its definition.
    pub raw: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an app")]
struct Wire {
    id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    instances: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    tasks_staged: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    tasks_running: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    tasks_healthy: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    tasks_unhealthy: u64,
    #[serde(default, deserialize_with = "null_as_default")]
    deployments: Vec<Reference>,
    #[serde(default, deserialize_with = "null_as_default")]
    health_checks: Vec<HealthCheck>,
    #[serde(default)]
    last_task_failure: Option<TaskFailure>,
    #[serde(default, deserialize_with = "null_as_default")]
    version: String,
    #[serde(default)]
    version_info: Option<VersionInfo>,
    #[serde(default, deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
}

/// `{"id": "…"}`.
#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) id: String,
}

impl App {
    /// Reads one app, the bare object without the wrapping `{"app": …}`.
    ///
    /// # Errors
    /// If it has no id, or a field has another type than Marathon's. Tasks are read one by one and cannot fail it.
    pub fn from_value(mut raw: Value) -> Result<Self, serde_json::Error> {
        let tasks = match raw.as_object_mut().and_then(|object| object.shift_remove("tasks")) {
            Some(Value::Array(tasks)) => tasks,
            _ => Vec::new(),
        };
        let wire = Wire::deserialize(&raw)?;
        let mut unreadable = Vec::new();
        Ok(Self {
            kind: Kind::App,
            id: wire.id,
            instances: wire.instances,
            tasks_staged: wire.tasks_staged,
            tasks_running: wire.tasks_running,
            tasks_healthy: wire.tasks_healthy,
            tasks_unhealthy: wire.tasks_unhealthy,
            tasks: read_each("task", tasks, &mut unreadable),
            deployments: wire.deployments.into_iter().map(|reference| reference.id).collect(),
            health_checks: wire.health_checks,
            last_task_failure: wire.last_task_failure,
            version: wire.version,
            version_info: wire.version_info,
            labels: wire.labels,
            unreadable,
            raw,
        })
    }
}

impl<'de> Deserialize<'de> for App {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Raw for App {
    /// The app has kept its value already, without the tasks.
    fn keep(self, _: Value) -> Self {
        self
    }
}

/// A list of apps, with those that could not be read beside them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Apps {
    /// The apps, in the order of the answer.
    pub apps: Vec<App>,
    /// The elements that are no app that we can read.
    pub unreadable: Vec<Unreadable>,
}

impl Apps {
    pub(crate) fn from_values(values: Vec<Value>) -> Self {
        let mut unreadable = Vec::new();
        let apps = read_each("app", values, &mut unreadable);
        Self { apps, unreadable }
    }
}

/// A group with what is directly in it and its subgroups.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Group {
    /// The absolute id, such as `/hc-rig`.
    pub id: String,
    /// Its own apps, not those of subgroups; without tasks.
    #[serde(default, deserialize_with = "null_as_default")]
    pub apps: Vec<App>,
    /// Its own pods as they came, each a `::status`.
    #[serde(default, deserialize_with = "null_as_default")]
    pods: Vec<Value>,
    /// Its subgroups.
    #[serde(default, deserialize_with = "null_as_default")]
    pub groups: Vec<Group>,
    /// The version, a timestamp.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
}

impl Group {
    /// Its own apps and pods, not those of subgroups. A pod that cannot be read is in [`Group::unreadable_pods`].
    #[must_use]
    pub fn own(&self) -> Vec<App> {
        let pods = self.pods.iter().filter_map(|pod| App::from_pod_status(pod.clone()).ok());
        self.apps.iter().cloned().chain(pods).collect()
    }

    /// Every app and pod in the group and below.
    #[must_use]
    pub fn all(&self) -> Vec<App> {
        self.own().into_iter().chain(self.groups.iter().flat_map(Self::all)).collect()
    }

    /// The ids of its own pods that are no pods as we know them.
    #[must_use]
    pub fn unreadable_pods(&self) -> Vec<String> {
        let odd = self.pods.iter().filter(|pod| App::from_pod_status((*pod).clone()).is_err());
        odd.map(|pod| pod["id"].as_str().unwrap_or("a pod without an id").to_owned()).collect()
    }

    /// The same of the group and all below it.
    #[must_use]
    pub fn all_unreadable_pods(&self) -> Vec<String> {
        let own = self.unreadable_pods().into_iter();
        own.chain(self.groups.iter().flat_map(Self::all_unreadable_pods)).collect()
    }
}

/// A health check as Marathon echoes it, defaults filled in.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HealthCheck {
    /// The name of a [`Protocol`](super::Protocol), such as `MESOS_TCP`.
    pub protocol: String,
    /// Seconds after the start in which failures do not count.
    pub grace_period_seconds: u64,
    /// Seconds between checks.
    pub interval_seconds: u64,
    /// Seconds until a check counts as failed; Marathon accepts negative ones.
    pub timeout_seconds: i64,
    /// Failures in a row after which the task is killed.
    pub max_consecutive_failures: u64,
    /// Seconds before the first native check.
    pub delay_seconds: u64,
    /// The path of an HTTP check.
    pub path: Option<String>,
    /// A fixed port.
    pub port: Option<u16>,
    /// Which of the task's ports.
    pub port_index: Option<u16>,
}

impl HealthCheck {
    /// The protocol; `None` for one that no Marathon up to 1.11 has.
    #[must_use]
    pub fn known_protocol(&self) -> Option<Protocol> {
        Protocol::parse(&self.protocol)
    }

    /// True if Mesos's executor makes the check, false if Marathon does.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.known_protocol().is_some_and(Protocol::is_native)
    }
}

/// `lastTaskFailure` of an app.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskFailure {
    /// The task.
    #[serde(default, deserialize_with = "null_as_default")]
    pub task_id: String,
    /// How it ended, such as `TASK_FAILED`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub state: String,
    /// Mesos's or Marathon's words.
    #[serde(default, deserialize_with = "null_as_default")]
    pub message: String,
    /// The agent's host name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub host: String,
    /// The agent's Mesos id.
    #[serde(default, deserialize_with = "null_as_default")]
    pub slave_id: String,
    /// When; for a health kill the time of the failure before the last.
    #[serde(default, deserialize_with = "timestamp")]
    pub timestamp: Option<OffsetDateTime>,
    /// The app's version.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
}

/// When an app was last scaled and last changed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionInfo {
    /// The last scaling.
    #[serde(default, deserialize_with = "timestamp")]
    pub last_scaling_at: Option<OffsetDateTime>,
    /// The last change of the definition.
    #[serde(default, deserialize_with = "timestamp")]
    pub last_config_change_at: Option<OffsetDateTime>,
}
