//! What an agent is to run of a pod: a task for each container, under one executor.
//!
//! Rules from Marathon's `mesosphere/mesos/TaskGroupBuilder.scala`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::json;

use super::{
    discovery,
    environment::{self, Placement},
    instances::Agent,
    task_info,
};
use crate::{
    app::{
        AppDefinition, PortProtocol,
        pod::{Endpoint, Pod, PodContainer},
    },
    ids::{InstanceId, TaskId},
    wire::{Containerizer, DiscoveryPort, ExecutorInfo, NativeCheck, TaskCommand, TaskInfo},
};

/// The endpoints of a container, each with its host port.
type Ports<'a> = Vec<(&'a Endpoint, Option<u16>)>;

/// The tasks of incarnation `n` of an instance, in the order of the containers, with one host port (or none) for each
/// endpoint of the pod; empty for an app.
pub(crate) fn build(
    spec: &AppDefinition,
    id: &InstanceId,
    n: u32,
    agent: &Agent,
    placement: Placement<'_>,
) -> Vec<TaskInfo> {
    let ports = placement.ports;
    let Some(pod) = &spec.pod else { return Vec::new() };
    let executor = Arc::new(ExecutorInfo {
        id: id.executor(),
        cpus: pod.executor_cpus,
        mem: pod.executor_mem,
        disk: pod.executor_disk,
        ports: ports.iter().flatten().copied().collect(),
        labels: spec.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
    });
    let mut left = ports.iter().copied();
    let of_containers: Vec<Ports<'_>> = pod
        .containers
        .iter()
        .map(|container| container.endpoints.iter().map(|endpoint| (endpoint, left.next().flatten())).collect())
        .collect();
    let all: Ports<'_> = of_containers.iter().flatten().copied().collect();
    let whole = Whole { spec, pod, agent, executor, all: &all, enforces_role: placement.enforces_role };
    pod.containers
        .iter()
        .zip(&of_containers)
        .map(|(container, own)| whole.task(container, id.container(&container.name, n), own))
        .collect()
}

/// What all tasks of an instance share.
struct Whole<'a> {
    spec: &'a AppDefinition,
    pod: &'a Pod,
    agent: &'a Agent,
    executor: Arc<ExecutorInfo>,
    all: &'a Ports<'a>,
    enforces_role: bool,
}

impl Whole<'_> {
    fn task(&self, container: &PodContainer, id: TaskId, own: &Ports<'_>) -> TaskInfo {
        let command = match (&container.shell, container.argv.as_slice()) {
            (Some(shell), _) => TaskCommand::Shell(shell.clone()),
            (None, []) => TaskCommand::ImageDefault,
            (None, argv) => TaskCommand::Argv(argv.to_vec()),
        };
        TaskInfo {
            env: self.environment(container, &id),
            id,
            app: self.spec.id.clone(),
            name: container.name.clone(),
            agent: self.agent.id.clone(),
            cpus: container.cpus,
            mem: container.mem,
            disk: container.disk,
            gpus: container.gpus,
            ports: own.iter().filter_map(|(_, port)| *port).collect(),
            command,
            containerizer: Containerizer::Mesos { image: container.image.clone() },
            health_check: native_check(container, own),
            check: None,
            user: container.user.clone().or_else(|| self.pod.user.clone()),
            fetch: task_info::fetched_files([&container.artifacts]),
            mapped_ports: Vec::new(),
            executor: Some(self.executor.clone()),
            discovery_name: discovery::name(&self.spec.id),
            discovery: ports(own),
            container: Some(json!({"type": "MESOS", "linux_info": {"share_cgroups": false}})),
            kill_grace: container.kill_grace,
            labels: container.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            role: self.spec.role.clone(),
        }
    }

    fn environment(&self, container: &PodContainer, id: &TaskId) -> Vec<(String, String)> {
        let mut env: IndexMap<String, String> = IndexMap::new();
        let mut set = |name: String, value: String| drop(env.insert(name, value));
        for (name, value) in self.pod.environment.iter().chain(&container.environment) {
            if let Some(text) = value.as_str() {
                set(name.clone(), text.to_owned());
            }
        }
        set("HOST".into(), self.agent.host.clone());
        set("MESOS_TASK_ID".into(), id.as_str().into());
        set("MESOS_EXECUTOR_ID".into(), self.executor.id.clone());
        set("MARATHON_APP_ID".into(), self.spec.id.as_str().into());
        set("MARATHON_APP_VERSION".into(), self.spec.version.iso());
        set("MARATHON_CONTAINER_ID".into(), container.name.clone());
        let enforces = if self.enforces_role { "TRUE" } else { "FALSE" };
        set("MARATHON_APP_ENFORCE_GROUP_ROLE".into(), enforces.into());
        set("MARATHON_CONTAINER_RESOURCE_CPUS".into(), format!("{:?}", container.cpus));
        set("MARATHON_CONTAINER_RESOURCE_MEM".into(), format!("{:?}", container.mem));
        set("MARATHON_CONTAINER_RESOURCE_DISK".into(), format!("{:?}", container.disk));
        set("MARATHON_CONTAINER_RESOURCE_GPUS".into(), container.gpus.to_string());
        let labels: IndexMap<&String, &String> = self.spec.labels.iter().chain(&container.labels).collect();
        let names: Vec<String> = labels.keys().map(|key| environment::escaped(key)).collect();
        set("MARATHON_APP_LABELS".into(), names.join(" "));
        for (name, value) in names.iter().zip(labels.values()) {
            set(format!("MARATHON_APP_LABEL_{name}"), (*value).clone());
        }
        for (endpoint, port) in self.all {
            let name = environment::escaped(&endpoint.name);
            let inside = endpoint.container_port.or(*port);
            for (prefix, port) in [("ENDPOINT", inside), ("EP_HOST", *port), ("EP_CONTAINER", endpoint.container_port)]
            {
                if let Some(port) = port {
                    set(format!("{prefix}_{name}"), port.to_string());
                }
            }
        }
        env.into_iter().collect()
    }
}

/// The check as Mesos gets it, with the port of the endpoint that it names.
fn native_check(container: &PodContainer, own: &Ports<'_>) -> Option<NativeCheck> {
    let check = container.health_check.as_ref()?;
    let port = match &container.checked_endpoint {
        None => 0,
        Some(name) => {
            let (endpoint, host) = own.iter().find(|(endpoint, _)| endpoint.name == *name)?;
            endpoint.container_port.or(*host)?
        }
    };
    Some(task_info::timed(check, task_info::native_kind(check)?, "127.0.0.1", port))
}

fn ports(own: &Ports<'_>) -> Vec<DiscoveryPort> {
    let ports = own.iter().filter_map(|(endpoint, port)| Some((endpoint, port.or(endpoint.container_port)?)));
    ports
        .flat_map(|(endpoint, number)| {
            let labels: Vec<_> = endpoint.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            endpoint.protocols.iter().map(move |protocol| DiscoveryPort {
                number,
                name: Some(endpoint.name.clone()),
                protocol: match protocol {
                    PortProtocol::Tcp | PortProtocol::UdpTcp => "tcp",
                    PortProtocol::Udp => "udp",
                },
                labels: labels.clone(),
            })
        })
        .collect()
}
