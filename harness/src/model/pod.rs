//! Pods, read as apps: one instance is one task with the health of its containers.
//!
//! So counts, conditions, samples and reports need no second copy. `::status` of a pod (Marathon's
//! `PodStatusConversion.scala`, golden cases `pods.*`) has no list of tasks, no counters and no check results; each
//! instance is written here as Marathon writes the task of an app.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    App, HealthCheck, Kind, Protocol, Task, TaskFailure, TaskId, TaskState, TaskStatus,
    lenient::{null_as_default, read_each, timestamp},
};

/// The definition of a pod, as far as it is interpreted.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, expecting = "a pod")]
struct Spec {
    #[serde(deserialize_with = "null_as_default")]
    id: String,
    #[serde(deserialize_with = "null_as_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_as_default")]
    version: String,
    #[serde(deserialize_with = "null_as_default")]
    scaling: Scaling,
    #[serde(deserialize_with = "null_as_default")]
    containers: Vec<ContainerSpec>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Scaling {
    instances: u64,
}

impl Default for Scaling {
    /// Marathon's default of a pod without `scaling`.
    fn default() -> Self {
        Self { instances: 1 }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerSpec {
    #[serde(deserialize_with = "null_as_default")]
    endpoints: Vec<EndpointSpec>,
    health_check: Option<CheckSpec>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EndpointSpec {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    host_port: Option<u16>,
}

/// One of the three kinds of check, and the numbers that all have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CheckSpec {
    http: Option<Address>,
    tcp: Option<Address>,
    #[serde(flatten)]
    numbers: HealthCheck,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Address {
    endpoint: Option<String>,
    path: Option<String>,
    scheme: Option<String>,
}

impl Spec {
    /// The checks of all containers in their order, by the names that an app's have.
    fn checks(&self) -> Vec<HealthCheck> {
        let endpoints = self.containers.iter().flat_map(|container| &container.endpoints);
        // Ports of agents are given to the endpoints that ask for one, in their order.
        let ports: Vec<&str> =
            endpoints.filter(|endpoint| endpoint.host_port.is_some()).map(|endpoint| &*endpoint.name).collect();
        let index = |name: Option<&str>| u16::try_from(ports.iter().position(|port| Some(*port) == name)?).ok();
        let checks = self.containers.iter().filter_map(|container| container.health_check.as_ref());
        checks
            .map(|check| {
                let address = check.http.as_ref().or(check.tcp.as_ref());
                HealthCheck {
                    protocol: check.protocol().as_str().to_owned(),
                    port_index: address.and_then(|address| index(address.endpoint.as_deref())),
                    path: address.and_then(|address| address.path.clone()),
                    ..check.numbers.clone()
                }
            })
            .collect()
    }
}

impl CheckSpec {
    fn protocol(&self) -> Protocol {
        match (&self.http, &self.tcp) {
            (Some(http), _) if http.scheme.as_deref() == Some("HTTPS") => Protocol::MesosHttps,
            (Some(_), _) => Protocol::MesosHttp,
            (None, Some(_)) => Protocol::MesosTcp,
            (None, None) => Protocol::Command,
        }
    }
}

/// What Mesos and Marathon say of a container.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    container_id: String,
    #[serde(deserialize_with = "null_as_default")]
    status: String,
    #[serde(deserialize_with = "null_as_default")]
    status_since: String,
    #[serde(deserialize_with = "null_as_default")]
    conditions: Vec<Condition>,
    #[serde(deserialize_with = "null_as_default")]
    endpoints: Vec<Endpoint>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition {
    name: String,
    value: String,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Endpoint {
    allocated_host_port: Option<u16>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Instance {
    #[serde(deserialize_with = "null_as_default")]
    id: String,
    #[serde(deserialize_with = "null_as_default")]
    agent_hostname: String,
    #[serde(deserialize_with = "null_as_default")]
    agent_id: String,
    #[serde(deserialize_with = "null_as_default")]
    last_changed: String,
    #[serde(deserialize_with = "null_as_default")]
    spec_reference: String,
    #[serde(deserialize_with = "null_as_default")]
    containers: Vec<Container>,
}

/// An entry of `terminationHistory`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Termination {
    containers: Vec<Ended>,
    message: String,
    #[serde(deserialize_with = "timestamp")]
    terminated_at: Option<time::OffsetDateTime>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ended {
    container_id: String,
    last_known_state: String,
}

impl App {
    /// Reads a pod from its definition, as `POST /v2/pods` answers it: no tasks.
    ///
    /// # Errors
    /// If it has no id, or a field has another type than Marathon's.
    pub fn from_pod(raw: Value) -> Result<Self, serde_json::Error> {
        let spec = Spec::deserialize(&raw)?;
        if spec.id.is_empty() {
            return Err(serde::de::Error::missing_field("id"));
        }
        Ok(Self {
            kind: Kind::Pod,
            health_checks: spec.checks(),
            id: spec.id,
            instances: spec.scaling.instances,
            tasks_staged: 0,
            tasks_running: 0,
            tasks_healthy: 0,
            tasks_unhealthy: 0,
            tasks: Vec::new(),
            deployments: Vec::new(),
            last_task_failure: None,
            version: spec.version,
            version_info: None,
            labels: spec.labels,
            unreadable: Vec::new(),
            raw,
        })
    }

    /// Reads a pod from its `::status`, which its group shows as well. Its deployments are not in there.
    ///
    /// # Errors
    /// As [`App::from_pod`].
    pub fn from_pod_status(mut status: Value) -> Result<Self, serde_json::Error> {
        let mut pod = Self::from_pod(status.get_mut("spec").map(Value::take).unwrap_or_default())?;
        let tasks = tasks_of(&status, &pod.id);
        pod.tasks = read_each("task", tasks, &mut pod.unreadable);
        let count = |counts: fn(&Task) -> bool| pod.tasks.iter().filter(|task| counts(task)).count() as u64;
        pod.tasks_staged = count(|task| TaskState::of(&task.state, []) == TaskState::Staged);
        pod.tasks_running = count(Task::is_running);
        pod.tasks_healthy = count(Task::is_healthy);
        pod.tasks_unhealthy = count(Task::is_unhealthy);
        let ended = status["terminationHistory"].as_array().and_then(|ended| ended.last());
        pod.last_task_failure = ended.and_then(|ended| Termination::deserialize(ended).ok()).map(Termination::failure);
        Ok(pod)
    }
}

/// The instances of a `::status` as task objects. An instance whose containers have all ended has no task: it waits to be
/// launched again, and Marathon no longer says which life of it ended.
pub(crate) fn tasks_of(status: &Value, pod: &str) -> Vec<Value> {
    let instances = status["instances"].as_array().map_or(&[][..], Vec::as_slice);
    let read = instances.iter().map(|raw| Instance::deserialize(raw).map_err(|_| raw.clone()));
    read.filter_map(|instance| match instance {
        Ok(instance) => instance.task(pod),
        // Whatever it is, it is counted among what could not be read.
        Err(raw) => Some(raw),
    })
    .collect()
}

impl Instance {
    fn task(&self, pod: &str) -> Option<Value> {
        let incarnation = self.containers.iter().find_map(|each| TaskId::incarnation_of(&each.container_id))?;
        let ports: Vec<u16> = self.endpoints().filter_map(|endpoint| endpoint.allocated_host_port).collect();
        let results: Vec<Value> = self.containers.iter().filter_map(|each| self.result(each)).collect();
        // Of a container that runs, Marathon says only since when it does.
        let since = self.containers.iter().map(|container| &*container.status_since).filter(|at| !at.is_empty()).min();
        let state = self.state();
        let running = (state == TaskStatus::Running.as_str()).then_some(since).flatten();
        let version = self.spec_reference.rsplit_once("versions/").map_or("", |(_, version)| version);
        let containers: BTreeMap<&str, Value> = self
            .containers
            .iter()
            .map(|each| (&*each.name, json!({"id": each.container_id, "state": each.status})))
            .collect();
        Some(json!({
            "id": TaskId::of_pod(&self.id, incarnation).as_str(),
            "appId": pod,
            "host": self.agent_hostname,
            "slaveId": self.agent_id,
            "state": state,
            "stagedAt": since,
            "startedAt": running,
            "version": version,
            "ports": ports,
            "healthCheckResults": results,
            "containers": containers,
        }))
    }

    fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.containers.iter().flat_map(|container| &container.endpoints)
    }

    /// The state of the container that is furthest from running. One that ended well leaves the others alone (golden case
    /// `pods.one_finishes`), any other end takes them along.
    fn state(&self) -> &str {
        let rank = |state: &str| match TaskState::of(state, []) {
            TaskState::Killing => 0,
            TaskState::Unreachable => 1,
            TaskState::Staged | TaskState::Scheduled => 2,
            TaskState::Running | TaskState::Healthy | TaskState::Unhealthy | TaskState::UnhealthyInGrace => 3,
        };
        let goes_on = |state: &&str| TaskStatus::parse(state) != Some(TaskStatus::Finished);
        let states = self.containers.iter().map(|container| &*container.status);
        states.clone().filter(goes_on).min_by_key(|state| rank(state)).or_else(|| states.min()).unwrap_or_default()
    }

    /// The result of a container's check, as an app's native check shows it: changes only. Its own dates are those of the
    /// container's start; the instance's are those of the change.
    fn result(&self, container: &Container) -> Option<Value> {
        let reported =
            |each: &&Condition| each.name == "healthy" && each.reason.as_deref() == Some("health-reported-by-mesos");
        let alive = container.conditions.iter().find(reported)?.value == "true";
        let at = |is: bool| is.then_some(&self.last_changed);
        Some(json!({
            "alive": alive,
            "consecutiveFailures": u8::from(!alive),
            "firstSuccess": at(alive),
            "lastSuccess": at(alive),
            "lastFailure": at(!alive),
            "lastFailureCause": at(!alive).map(|_| ""),
            "instanceId": self.id,
            "container": container.name,
        }))
    }
}

impl Termination {
    fn failure(self) -> TaskFailure {
        let ended = self.containers.into_iter().next().unwrap_or_default();
        TaskFailure {
            task_id: TaskId::life_of(&ended.container_id).into_owned(),
            state: mesos_name(&ended.last_known_state),
            message: self.message,
            timestamp: self.terminated_at,
            ..TaskFailure::default()
        }
    }
}

/// `TASK_FAILED` of `TaskFailed`.
fn mesos_name(words: &str) -> String {
    let mut name = String::new();
    for (at, letter) in words.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
