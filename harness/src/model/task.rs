//! Tasks and what their health checks last said.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    Kind, TaskStatus,
    lenient::{Raw, null_as_default, timestamp},
};

/// A task as `GET /v2/apps/{id}`, `…/tasks` and `/v2/tasks` list it (Marathon's `TaskConversion.scala`).
///
/// A killed task that waits for its relaunch is still listed: with its old id, a terminal state, no ports and
/// none of the three dates.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The task's id, such as `hc.instance-…._app.1`.
    pub id: TaskId,
    /// The app it belongs to.
    #[serde(default, deserialize_with = "null_as_default")]
    pub app_id: String,
    /// The agent's host name.
    #[serde(default, deserialize_with = "null_as_default")]
    pub host: String,
    /// The host ports that it was given; empty once it is gone.
    #[serde(default, deserialize_with = "null_as_default")]
    pub ports: Vec<u16>,
    /// Addresses from the task's status.
    #[serde(default, deserialize_with = "null_as_default")]
    pub ip_addresses: Vec<IpAddress>,
    /// Mesos's state, such as `TASK_RUNNING`; empty for an old Marathon that does not report it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub state: String,
    /// One element for each health check that has produced a result; empty before the first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub health_check_results: Vec<HealthResult>,
    /// The agent's Mesos id.
    #[serde(default, deserialize_with = "null_as_default")]
    pub slave_id: String,
    /// When it was launched.
    #[serde(default, deserialize_with = "timestamp")]
    pub staged_at: Option<OffsetDateTime>,
    /// When Marathon first saw it running.
    #[serde(default, deserialize_with = "timestamp")]
    pub started_at: Option<OffsetDateTime>,
    /// The version of the app that it runs.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
    /// Of a pod's instance the ids and states of its containers, by name; of an app's task nothing.
    #[serde(default, deserialize_with = "null_as_default")]
    pub containers: BTreeMap<String, Container>,
    /// The object as it came.
    #[serde(skip)]
    pub raw: Value,
}

/// A container of a pod's instance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Container {
    /// Its id as a task of Mesos; empty once it has ended.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// Mesos's state.
    #[serde(deserialize_with = "null_as_default")]
    pub state: String,
}

impl Raw for Task {
    fn keep(mut self, raw: Value) -> Self {
        self.raw = raw;
        self
    }
}

impl Task {
    /// Reads one task and keeps the object in `raw`.
    ///
    /// # Errors
    /// If it has no id, or a field has another type than Marathon's.
    pub fn from_value(raw: Value) -> Result<Self, serde_json::Error> {
        Ok(Self::deserialize(&raw)?.keep(raw))
    }

    /// What it is a task of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if self.id.is_of_pod() { Kind::Pod } else { Kind::App }
    }

    /// True if there is a result and every check's last one is good (how Marathon counts `tasksHealthy`).
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.health_check_results.is_empty() && self.health_check_results.iter().all(|result| result.alive)
    }

    /// True if any check's last result is bad (how Marathon counts `tasksUnhealthy`).
    #[must_use]
    pub fn is_unhealthy(&self) -> bool {
        self.health_check_results.iter().any(|result| !result.alive)
    }

    /// The state as Mesos names it; `None` if Marathon does not report it, or for an unknown state.
    #[must_use]
    pub fn status(&self) -> Option<TaskStatus> {
        TaskStatus::parse(&self.state)
    }

    /// True for `TASK_RUNNING` and nothing else.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status() == Some(TaskStatus::Running)
    }

    /// True for a state from which Mesos never brings a task back.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.status().is_some_and(TaskStatus::is_terminal)
    }
}

/// The last results of one health check of a task (Marathon's `HealthConversion.scala`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HealthResult {
    /// The last result.
    #[serde(default, deserialize_with = "null_as_default")]
    pub alive: bool,
    /// Failures in a row. True for Marathon's own checks; for Mesos-native ones it stays at 0 or 1.
    #[serde(default, deserialize_with = "null_as_default")]
    pub consecutive_failures: u64,
    /// When a check first succeeded.
    #[serde(default, deserialize_with = "timestamp")]
    pub first_success: Option<OffsetDateTime>,
    /// When a check last succeeded. A native check reports changes only, so here it is the last change to good.
    #[serde(default, deserialize_with = "timestamp")]
    pub last_success: Option<OffsetDateTime>,
    /// When a check last failed; stays after recovery.
    #[serde(default, deserialize_with = "timestamp")]
    pub last_failure: Option<OffsetDateTime>,
    /// Why it last failed. Empty for native checks, which give no cause.
    #[serde(default)]
    pub last_failure_cause: Option<String>,
    /// The instance, in Marathon's wording: `instance [hc.instance-…]`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub instance_id: String,
}

/// An address of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpAddress {
    /// The address.
    #[serde(default, deserialize_with = "null_as_default")]
    pub ip_address: String,
    /// `IPv4` or `IPv6`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub protocol: String,
}

/// A task's id: `<app with _ for />.instance-<uuid>._app.<incarnation>`.
///
/// After a kill the successor keeps the instance and gets the next incarnation (since Marathon 1.8), so two
/// tasks are distinguished by the whole id, never by the instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl TaskId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One life of an instance of a pod: `<instance>._pod.<incarnation>`, made as Marathon makes the id of an app's task. Its
    /// containers have ids of their own, `<instance>.<container>.<incarnation>`.
    #[must_use]
    pub fn of_pod(instance: &str, incarnation: u64) -> Self {
        Self(format!("{instance}{POD}.{incarnation}"))
    }

    /// The part that a successor shares: up to and including the UUID. The whole id where there is no such part.
    #[must_use]
    pub fn instance(&self) -> &str {
        Self::instance_of(&self.0)
    }

    /// The same of an id that is only text.
    #[must_use]
    pub fn instance_of(id: &str) -> &str {
        parts(id).map_or(id, |(instance, _)| instance)
    }

    /// Which life of the instance this is, from 1; `None` before Marathon 1.8.
    #[must_use]
    pub fn incarnation(&self) -> Option<u64> {
        Self::incarnation_of(&self.0)
    }

    /// The same of an id that is only text.
    #[must_use]
    pub fn incarnation_of(id: &str) -> Option<u64> {
        parts(id)?.1.rsplit_once('.')?.1.parse().ok()
    }

    /// Whether it is of a pod's instance.
    #[must_use]
    pub fn is_of_pod(&self) -> bool {
        parts(&self.0).is_some_and(|(instance, _)| self.0[instance.len()..].starts_with(POD))
    }

    /// Whether a text is the id of a pod's container.
    #[must_use]
    pub fn is_container(id: &str) -> bool {
        !id.contains("._") && parts(id).is_some()
    }

    /// The task that an id in an event belongs to: of a pod's container the life of its instance, else the id itself.
    #[must_use]
    pub fn life_of(id: &str) -> Cow<'_, str> {
        match Self::incarnation_of(id) {
            Some(incarnation) if Self::is_container(id) => {
                Cow::Owned(Self::of_pod(Self::instance_of(id), incarnation).0)
            }
            Some(_) | None => Cow::Borrowed(id),
        }
    }
}

/// What follows the instance in the id of one of its lives.
const POD: &str = "._pod";

/// The characters of a UUID.
const UUID: usize = 36;

/// An id's instance, and what follows its dot: `_app.1`, or of a pod's container `web.1`.
fn parts(id: &str) -> Option<(&str, &str)> {
    let of_container = || {
        id.match_indices(".instance-").find_map(|(at, mark)| {
            let (instance, rest) = id.split_at_checked(at + mark.len() + UUID)?;
            Some((instance, rest.strip_prefix('.')?))
        })
    };
    let of_app = id.split_once("._");
    of_app.or_else(of_container)
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for TaskId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}
