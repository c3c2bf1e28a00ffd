//! What an agent is to run of a pod: a task for each container, under one executor.
//!
//! Rules from Marathon's `mesosphere/mesos/TaskGroupBuilder.scala`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{
    discovery,
    environment::{self, Placement},
    instances::Agent,
    task_info,
};
use crate::{
    app::{
        AppDefinition,
        pod::{Endpoint, Mount, Pod, PodContainer},
    },
    ids::{InstanceId, TaskId},
    wire::{Containerizer, DiscoveryPort, ExecutorInfo, NativeCheck, TaskCommand, TaskInfo, Volume, VolumeSource},
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
            mapped_ports: self.mapped_ports(own),
            volumes: self.volumes(container),
            executor: Some(self.executor.clone()),
            discovery_name: discovery::name(&self.spec.id),
            discovery: ports(self.pod, own),
            container: Some(self.container_info(container)),
            kill_grace: container.kill_grace,
            labels: container.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            role: self.spec.role.clone(),
        }
    }

    /// The host ports of endpoints that lead to other ports inside (`buildMesosNetworks`).
    fn mapped_ports(&self, own: &Ports<'_>) -> Vec<(u16, u16)> {
        let mapped = own.iter().filter_map(|(endpoint, host)| Some(((*host)?, endpoint.container_port?)));
        // 0 stands for the host port.
        let differ = |(host, inside): &(u16, u16)| *inside != 0 && host != inside;
        mapped.filter(|ports| differ(ports) && !self.pod.on_host_network).collect()
    }

    /// What the container sees of the pod's volumes (`computeContainerInfo`). A persistent one is a folder of its name in
    /// the executor's sandbox, like an ephemeral one.
    fn volumes(&self, container: &PodContainer) -> Vec<Volume> {
        let mount = |mount: &Mount| Volume {
            container_path: mount.path.clone(),
            source: match self.pod.host_volumes.get(&mount.volume) {
                Some(path) => VolumeSource::Host(path.clone()),
                None => VolumeSource::Shared(mount.volume.clone()),
            },
        };
        container.mounts.iter().map(mount).collect()
    }

    /// `ContainerInfo` as Mesos writes it (`computeContainerInfo`).
    fn container_info(&self, container: &PodContainer) -> Value {
        let mut info = json!({"type": "MESOS", "linux_info": {"share_cgroups": self.pod.shares_cgroups}});
        if let Some(image) = &container.image {
            let cached = !container.force_pull;
            info["mesos"] = json!({"image": {"type": "DOCKER", "docker": {"name": image}, "cached": cached}});
        }
        let (seccomp, ipc) = (&container.linux_info["seccomp"], &container.linux_info["ipcInfo"]);
        for (name, value) in [("profile_name", &seccomp["profileName"]), ("unconfined", &seccomp["unconfined"])] {
            if !value.is_null() {
                info["linux_info"]["seccomp"][name] = value.clone();
            }
        }
        for (name, value) in [("ipc_mode", &ipc["mode"]), ("shm_size", &ipc["shmSize"])] {
            if !value.is_null() {
                info["linux_info"][name] = value.clone();
            }
        }
        let volumes: Vec<Value> = self.volumes(container).iter().zip(&container.mounts).map(volume_info).collect();
        if !volumes.is_empty() {
            info["volumes"] = Value::from(volumes);
        }
        if container.tty {
            info["tty_info"] = json!({});
        }
        info
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
        set("MARATHON_CONTAINER_RESOURCE_CPUS".into(), environment::as_java(container.cpus));
        set("MARATHON_CONTAINER_RESOURCE_MEM".into(), environment::as_java(container.mem));
        set("MARATHON_CONTAINER_RESOURCE_DISK".into(), environment::as_java(container.disk));
        set("MARATHON_CONTAINER_RESOURCE_GPUS".into(), container.gpus.to_string());
        let labels = self.spec.labels.iter().chain(&container.labels);
        let labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
        for (name, value) in environment::label_variables(&labels) {
            set(name, value);
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

fn volume_info((volume, mount): (&Volume, &Mount)) -> Value {
    let mut info = json!({"mode": if mount.read_only { "RO" } else { "RW" }, "container_path": volume.container_path});
    match &volume.source {
        VolumeSource::Host(path) => info["host_path"] = json!(path),
        VolumeSource::Shared(name) => {
            let path = json!({"type": "PARENT", "path": format!("volumes/{name}")});
            info["source"] = json!({"type": "SANDBOX_PATH", "sandbox_path": path});
        }
    }
    info
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

/// Like those of an app's mappings (`PortDiscovery.generate`), in the order of the endpoints.
fn ports(pod: &Pod, own: &Ports<'_>) -> Vec<DiscoveryPort> {
    own.iter().flat_map(|(endpoint, host)| entries(pod, endpoint, *host)).collect()
}

/// One for each protocol and, without a host port, for each network.
fn entries(pod: &Pod, endpoint: &Endpoint, host: Option<u16>) -> Vec<DiscoveryPort> {
    let scope = |words: &[(&str, &str)]| -> Vec<(String, String)> {
        words.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let of_networks = if endpoint.network_names.is_empty() { &pod.network_names } else { &endpoint.network_names };
    let scopes = match (pod.on_host_network, host) {
        (true, _) => vec![Vec::new()],
        (false, Some(_)) => vec![scope(&[("network-scope", "host")])],
        (false, None) => {
            let inside = |name: &String| scope(&[("network-scope", "container"), ("network-name", name.as_str())]);
            of_networks.iter().map(inside).collect()
        }
    };
    let Some(number) = host.or(endpoint.container_port) else { return Vec::new() };
    let own: Vec<_> = endpoint.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let port = |protocol: &String, scope: &Vec<(String, String)>| DiscoveryPort {
        number,
        name: Some(endpoint.name.clone()),
        protocol: protocol.clone().into(),
        labels: own.iter().chain(scope).cloned().collect(),
    };
    let protocols = endpoint.protocols.iter();
    protocols.flat_map(|protocol| scopes.iter().map(|scope| port(protocol, scope)).collect::<Vec<_>>()).collect()
}
