//! What an agent is told of a task that it is to run.

use std::{borrow::Cow, sync::Arc, time::Duration};

use serde_json::Value;

use crate::{
    checkers::ProbeKind,
    ids::{AgentId, PathId, TaskId},
};

/// What an agent is to run.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskInfo {
    /// Which incarnation.
    pub id: TaskId,
    /// The app (for labels, names and journals).
    pub app: PathId,
    /// Mesos's name of the task: the app's path reversed with dots (`web.hc`), of a pod that of its container.
    pub name: String,
    /// Where.
    pub agent: AgentId,
    /// CPUs of the task.
    pub cpus: f64,
    /// MiB.
    pub mem: f64,
    /// MiB.
    pub disk: f64,
    /// Whole GPUs.
    pub gpus: u32,
    /// Host ports given to the task, in the order of its definitions.
    pub ports: Vec<u16>,
    /// What runs.
    pub command: TaskCommand,
    /// The environment that Marathon sets (`PORT0`, `MARATHON_APP_ID`, the app's own, …). Mesos adds its own to it.
    pub env: Vec<(String, String)>,
    /// Who runs it.
    pub containerizer: Containerizer,
    /// At most one native check.
    pub health_check: Option<NativeCheck>,
    /// The general check.
    pub check: Option<GeneralCheck>,
    /// The executor that runs it beside others of its group; none for a task with an executor of its own.
    pub executor: Option<Arc<ExecutorInfo>>,
    /// The name that service discovery shows: the path reversed with dots.
    pub discovery_name: String,
    /// The ports that service discovery shows (`DiscoveryInfo`).
    pub discovery: Vec<DiscoveryPort>,
    /// `ContainerInfo` as Mesos writes it, for tasks in a container of their own.
    pub container: Option<Value>,
    /// Between SIGTERM and SIGKILL; the executor's default when absent (command 3 s, docker 5 s).
    pub kill_grace: Option<Duration>,
    /// The app's labels.
    pub labels: Arc<[(String, String)]>,
    /// The role whose resources are used.
    pub role: String,
    /// The app's `user`.
    pub user: Option<String>,
    /// What is fetched first.
    pub fetch: Vec<FetchedFile>,
    /// Host ports that lead to other ports inside the task's network: (host, container).
    pub mapped_ports: Vec<(u16, u16)>,
    /// The volumes that it sees beside its sandbox.
    pub volumes: Vec<Volume>,
}

/// A volume of a task of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Where the task sees it: below its sandbox, or an absolute path.
    pub container_path: String,
    /// What it is.
    pub source: VolumeSource,
}

/// What a volume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// A folder of this name in the sandbox of the group's executor, which all tasks of the group can see.
    Shared(String),
    /// A path of the agent.
    Host(String),
}

/// The default executor of a task group.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutorInfo {
    /// Its id.
    pub id: String,
    /// CPUs of the executor itself.
    pub cpus: f64,
    /// MiB.
    pub mem: f64,
    /// MiB.
    pub disk: f64,
    /// The host ports of all its tasks.
    pub ports: Vec<u16>,
    /// Labels.
    pub labels: Vec<(String, String)>,
}

/// A port as service discovery shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryPort {
    /// Host port, or container port when no host port is mapped to it.
    pub number: u16,
    /// For service discovery.
    pub name: Option<String>,
    /// `tcp` or `udp`; of a pod whatever its definition says.
    pub protocol: Cow<'static, str>,
    /// Those of the definition, and for networks of containers `network-scope` and `network-name`.
    pub labels: Vec<(String, String)>,
}

/// A file that an agent fetches into a task's sandbox before the task starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// Where from: `file://`, a path, or what HTTP clients take.
    pub uri: String,
    /// Whether an archive is unpacked.
    pub extract: bool,
    /// Whether it is made executable; then nothing is unpacked.
    pub executable: bool,
    /// Whether the agent keeps it for the next task that wants it.
    pub cache: bool,
    /// Its name in the sandbox, where that is not the last part of the URI.
    pub dest_path: Option<String>,
}

/// A command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskCommand {
    /// Under `/bin/sh -c`.
    Shell(String),
    /// As it is.
    Argv(Vec<String>),
    /// The image's own entry point.
    ImageDefault,
}

/// Which containerizer (and with it which executor) runs a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Containerizer {
    /// The Mesos containerizer with the command executor; an image is optional.
    Mesos {
        /// A docker image provisioned by Mesos.
        image: Option<String>,
    },
    /// The docker containerizer and executor.
    Docker {
        /// The image.
        image: String,
    },
}

/// A health check as Mesos gets it: Marathon always sets all five numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeCheck {
    /// What is done.
    pub kind: ProbeKind,
    /// The address that is asked: `127.0.0.1`, for an HTTP check with `ipProtocol` IPv6 `::1`.
    pub host: &'static str,
    /// `IPv4` or `IPv6`, as the definition has it.
    pub ip_protocol: &'static str,
    /// Whether the definition gives a path and it is empty, which Mesos refuses.
    pub path_is_empty: bool,
    /// The port probed; 0 for a command.
    pub port: u16,
    /// From the checker's creation to the first probe.
    pub delay: Duration,
    /// From the end of a probe to the start of the next.
    pub interval: Duration,
    /// Zero means none.
    pub timeout: Duration,
    /// Kill when this many failures counted in a row (0 and 1: at the first).
    pub consecutive_failures: u32,
    /// From the checker's creation; over with the first success.
    pub grace: Duration,
}

/// A general check (an app's `check`) as Mesos gets it: its results are reported, and nothing follows from them.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneralCheck {
    /// What is done.
    pub kind: ProbeKind,
    /// The port probed; 0 for a command.
    pub port: u16,
    /// From the checker's creation to the first probe.
    pub delay: Duration,
    /// From the end of a probe to the start of the next.
    pub interval: Duration,
    /// Zero means none.
    pub timeout: Duration,
}
