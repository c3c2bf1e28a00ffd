//! Pods: their definitions, read strictly like those of apps (`raml/Pod`, `api/v2/validation/PodsValidation.scala`,
//! `api/v2/PodNormalization.scala`).
//!
//! The scheduler treats a pod as a run specification like an app's: [`AppDefinition::pod`] says what it consists of.

mod checks;
mod convert;
mod elements;
mod ids;
mod networks;
mod normalise;
mod render;
mod shape;
mod validate;

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;

pub(crate) use self::render::plain;
pub use self::{
    ids::{instance, instances, path},
    render::{render, render_for_status},
};
use super::{
    AppDefinition, HealthCheck, KillSelection, Unreachable, Violation, Violations, absolute,
    roles::{RoleSettings, Tree},
};
use crate::{ids::PathId, refusal::Refused};

/// What a pod has beyond what every run specification has.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// Its containers, in the order given; at least one.
    pub containers: Vec<PodContainer>,
    /// CPUs of the executor.
    pub executor_cpus: f64,
    /// MiB of the executor.
    pub executor_mem: f64,
    /// MiB of the executor.
    pub executor_disk: f64,
    /// The environment of all containers.
    pub environment: IndexMap<String, Value>,
    /// The user of containers that name none.
    pub user: Option<String>,
    /// The paths of its volumes that are paths of the agent, by name.
    pub host_volumes: IndexMap<String, String>,
    /// The names of its networks of containers.
    pub network_names: Vec<String>,
    /// Whether its containers share their control groups.
    pub shares_cgroups: bool,
    /// Whether it uses Mesos's bridge.
    pub on_bridge: bool,
    /// Whether it uses the network of the agent.
    pub on_host_network: bool,
    /// Everything as it is echoed, without `version` and `scaling`.
    echoed: Value,
}

/// One of a pod's `containers`.
#[derive(Clone, Debug, PartialEq)]
pub struct PodContainer {
    /// Unique in the pod.
    pub name: String,
    /// CPUs.
    pub cpus: f64,
    /// MiB.
    pub mem: f64,
    /// MiB.
    pub disk: f64,
    /// Whole GPUs.
    pub gpus: u32,
    /// Shell command.
    pub shell: Option<String>,
    /// Argument vector; excludes `shell`.
    pub argv: Vec<String>,
    /// A Docker image, run by Mesos.
    pub image: Option<String>,
    /// Whether the image is fetched although the agent has it.
    pub force_pull: bool,
    /// `linuxInfo` as it is echoed, else null.
    pub linux_info: Value,
    /// Environment; wins over the pod's.
    pub environment: IndexMap<String, Value>,
    /// Wins over the pod's.
    pub user: Option<String>,
    /// What is fetched before it starts, as it is echoed: with all defaults.
    pub artifacts: Vec<Value>,
    /// Where it sees volumes of the pod.
    pub mounts: Vec<Mount>,
    /// Labels.
    pub labels: IndexMap<String, String>,
    /// Ports, in the order given.
    pub endpoints: Vec<Endpoint>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// At most one check, made by the executor.
    pub health_check: Option<HealthCheck>,
    /// The endpoint that the check asks; none for a command.
    pub checked_endpoint: Option<String>,
    /// Between SIGTERM and SIGKILL.
    pub kill_grace: Option<Duration>,
}

/// One of a container's `volumeMounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The volume's name.
    pub volume: String,
    /// Where the container sees it.
    pub path: String,
    /// Whether it may only read it.
    pub read_only: bool,
}

/// One of a container's `endpoints`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Unique in the pod.
    pub name: String,
    /// Port inside, if it differs from the host port.
    pub container_port: Option<u16>,
    /// Port of the agent; 0 means any, absent means none.
    pub host_port: Option<u16>,
    /// Transport protocols, in the order given.
    pub protocols: Vec<String>,
    /// Labels.
    pub labels: IndexMap<String, String>,
    /// The networks that it belongs to; all if it names none.
    pub network_names: Vec<String>,
}

impl Pod {
    /// Whether a launch ends in `unexpected combination of network mode and endpoint ports`, which ends Marathon's launch
    /// queue with it: an endpoint without a container port on anything but the host network (also without any network).
    #[must_use]
    pub fn breaks_the_launch_queue(&self) -> bool {
        let endpoints = self.containers.iter().flat_map(|container| &container.endpoints);
        !self.on_host_network && endpoints.into_iter().any(|endpoint| endpoint.container_port.is_none())
    }
}

impl AppDefinition {
    /// A pod as far as Marathon looks at it to see whether it has changed: not at these fields
    /// (`PodDefinition.isUpgrade`). An app as it is.
    #[must_use]
    pub fn without_what_changes_in_place(&self) -> Self {
        let Some(pod) = &self.pod else { return self.clone() };
        let mut pod = Pod::clone(pod);
        (pod.executor_cpus, pod.executor_mem, pod.executor_disk) = (0.0, 0.0, 0.0);
        pod.shares_cgroups = false;
        for name in ["executorResources", "legacySharedCgroups"] {
            pod.echoed.as_object_mut().into_iter().for_each(|all| drop(all.shift_remove(name)));
        }
        for name in ["killSelection", "unreachableStrategy"] {
            pod.echoed["scheduling"].as_object_mut().into_iter().for_each(|all| drop(all.shift_remove(name)));
        }
        let (kill_selection, unreachable) = (KillSelection::YoungestFirst, Unreachable::Disabled);
        Self { pod: Some(pod.into()), cpus: 0.0, mem: 0.0, disk: 0.0, kill_selection, unreachable, ..self.clone() }
    }

    /// Whether anybody checks the health of its instances.
    #[must_use]
    pub fn has_health_checks(&self) -> bool {
        let of_pod = self.pod.iter().flat_map(|pod| &pod.containers).any(|container| container.health_check.is_some());
        of_pod || !self.health_checks.is_empty()
    }
}

/// Reads a definition; versions are not set.
///
/// # Errors
///
/// [`Refused::BadShape`] with all errors of the first stage, else [`Refused::Invalid`] with all of the second, else a
/// message with 400 if `target` is not the definition's id.
pub fn read(body: &Value, target: Option<&str>, tree: &dyn Tree) -> Result<AppDefinition, Refused> {
    let shaped = shape::read(body)?;
    let id = shaped.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let roles = RoleSettings::of_app(&PathId::new(absolute(&id, "/")), tree);
    let posted = Value::Object(shaped.clone());
    let mut found = Violations::default();
    validate::check(&posted, &mut found);
    refuse(found, Refused::Invalid)?;
    if let Some(target) = target.filter(|target| *target != absolute(&id, "/")) {
        return Err(Refused::Message(400, format!("'{target}' does not match definition's id ('{id}')")));
    }
    let mut found = Violations::default();
    validate::check_definition(&posted, &roles.valid, &mut found);
    refuse(found, Refused::Invalid)?;
    let normal = normalise::pod(shaped, &roles.default);
    Ok(convert::pod(&normal))
}

fn refuse(found: Violations, as_refusal: fn(Vec<Violation>) -> Refused) -> Result<(), Refused> {
    if found.is_empty() { Ok(()) } else { Err(as_refusal(found.into_list())) }
}
