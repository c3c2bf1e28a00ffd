//! Agents, tasks and executors as Mesos reports them.
//!
//! Behind DC/OS the master is at `/mesos/state` and an agent at `/agent/{id}/containers` (Admin Router). Without DC/OS
//! a proxy may offer the same paths beside Marathon; else Marathon names its master in `/v2/info`, and the master
//! names its agents.

use std::iter::Sum;

use bytes::Bytes;
use http::Method;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use url::Url;

use super::{
    Error, Result,
    ask::{Ask, Target},
    client::Client,
    connection::MesosPlace,
};

/// The master's `/state`, as much of it as the rig needs. All tasks of all frameworks are in that answer; see
/// [`Client::mesos_state_and_tasks`].
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct MesosState {
    /// Mesos's version.
    pub version: String,
    /// The cluster's name, if it has one.
    pub cluster: Option<String>,
    /// The registered agents.
    #[serde(rename = "slaves")]
    pub agents: Vec<Agent>,
}

/// An agent as the master's `/state` shows it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Agent {
    /// The id, such as `…-S0`.
    pub id: String,
    /// The host name.
    pub hostname: String,
    /// The agent's own port.
    pub port: u16,
    /// Whether it takes part.
    pub active: bool,
    /// What it offers in all.
    pub resources: Resources,
    /// What is taken.
    pub used_resources: Resources,
    /// Its attributes, texts and numbers.
    pub attributes: serde_json::Map<String, Value>,
    /// Mesos's version there.
    pub version: String,
}

impl Agent {
    /// The resources that are free.
    #[must_use]
    pub fn free(&self) -> Free {
        Free {
            cpus: (self.resources.cpus - self.used_resources.cpus).max(0.0),
            mem: (self.resources.mem - self.used_resources.mem).max(0.0),
            ports: self.resources.number_of_ports().saturating_sub(self.used_resources.number_of_ports()),
        }
    }
}

/// Free resources of one agent, or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Free {
    /// CPUs.
    pub cpus: f64,
    /// Memory in MB.
    pub mem: f64,
    /// Ports that tasks can be given.
    pub ports: u64,
}

impl Sum for Free {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            cpus: sum.cpus + one.cpus,
            mem: sum.mem + one.mem,
            ports: sum.ports + one.ports,
        })
    }
}

/// Scalar resources and the port ranges.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// CPUs.
    pub cpus: f64,
    /// Memory in MB.
    pub mem: f64,
    /// Ranges such as `[31000-32000, 33000-33000]`; empty without ports.
    pub ports: String,
}

impl Resources {
    /// How many ports the ranges hold. What is no range counts as none.
    #[must_use]
    pub fn number_of_ports(&self) -> u64 {
        let ranges = self.ports.trim_matches(['[', ']']).split(',');
        let number = |range: &str| {
            let (first, last) = range.trim().split_once('-')?;
            Some((last.parse::<u64>().ok()? + 1).saturating_sub(first.parse().ok()?))
        };
        ranges.filter_map(number).sum()
    }
}

/// A container as the agent's `/containers` shows it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct Container {
    /// The container's id.
    pub container_id: String,
    /// The executor, which for a command task has the task's id.
    pub executor_id: String,
    /// The framework.
    pub framework_id: String,
    /// The id of the task as the scheduler knows it.
    pub source: String,
    /// The runtime's view.
    pub status: ContainerStatus,
}

/// The status part of a container.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct ContainerStatus {
    /// The process id of the executor on the agent: what `sysdig proc.apid=` wants.
    pub executor_pid: Option<u32>,
}

/// Whether an answer is the state of a master.
#[derive(Deserialize)]
struct HasAgents {
    slaves: Option<IgnoredAny>,
}

impl Client {
    /// The state of the leading master.
    ///
    /// # Errors
    /// If Mesos cannot be reached through DC/OS, beside Marathon, or where Marathon says it is.
    pub async fn mesos_state(&self) -> Result<MesosState> {
        let (url, body) = self.mesos_state_body().await?;
        self.connection.parse(&Method::GET, &url, &body)
    }

    /// The body of that answer, and its URL for messages.
    pub(super) async fn mesos_state_body(&self) -> Result<(String, Bytes)> {
        let (base, target) = match self.mesos_place().await? {
            MesosPlace::Below(root) => (root, Target::path("mesos/state")),
            MesosPlace::Master(url) => (url, Target::path("state")),
        };
        let (url, _, body) = self.connection.fetch_from(Some(&base), Ask::get(target)).await?;
        Ok((url, body))
    }

    /// The containers on an agent.
    ///
    /// # Errors
    /// If the agent cannot be reached.
    pub async fn agent_containers(&self, agent: &Agent) -> Result<Vec<Container>> {
        self.agent_json(agent, Target::path("containers")).await
    }

    /// The state of an agent: frameworks, executors with their sandbox directories, tasks. As it came.
    ///
    /// # Errors
    /// If the agent cannot be reached.
    pub async fn agent_state(&self, agent: &Agent) -> Result<Value> {
        self.agent_json(agent, Target::path("state")).await
    }

    async fn agent_json<T: DeserializeOwned>(&self, agent: &Agent, target: Target) -> Result<T> {
        let (base, target) = self.agent_place(agent, target).await?;
        self.json_at(&base, target).await
    }

    /// The address of what an agent serves: behind Admin Router, or the agent's own.
    pub(super) async fn agent_place(&self, agent: &Agent, target: Target) -> Result<(Url, Target)> {
        let Agent { hostname, port, id, .. } = agent;
        if let MesosPlace::Below(root) = self.mesos_place().await? {
            return Ok((root, target.below(&format!("agent/{id}"))));
        }
        let text = format!("http://{hostname}:{port}/");
        let url = Url::parse(&text)
            .map_err(|_| Error::body(&Method::GET, &text, format!("agent {id} has no usable address"), b""))?;
        Ok((url, target))
    }

    /// Finds Mesos once; a failure is not remembered.
    async fn mesos_place(&self) -> Result<MesosPlace> {
        let known = &self.connection.mesos;
        if let Some(place) = known.get() {
            return Ok(place.clone());
        }
        let place = if let Some(root) = &self.connection.dcos {
            MesosPlace::Below(root.clone())
        } else {
            // A real Marathon does not know the path (500 or 404); that costs one small request.
            let beside = self.connection.base().clone();
            match self.json_at::<HasAgents>(&beside, Target::path("mesos/state")).await {
                Ok(HasAgents { slaves: Some(_) }) => MesosPlace::Below(beside),
                _ => MesosPlace::Master(self.mesos_master().await?),
            }
        };
        Ok(known.get_or_init(|| place).clone())
    }

    async fn mesos_master(&self) -> Result<Url> {
        let info = self.info().await?;
        let url = info.marathon_config.mesos_leader_ui_url.unwrap_or_default();
        Url::parse(&url).map_err(|_| {
            let why = "Marathon names no Mesos master (`mesos_leader_ui_url`)";
            Error::body(&Method::GET, self.url().as_str(), why, b"")
        })
    }

    async fn json_at<T: DeserializeOwned>(&self, base: &Url, target: Target) -> Result<T> {
        let (url, _, body) = self.connection.fetch_from(Some(base), Ask::get(target)).await?;
        self.connection.parse(&Method::GET, &url, &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_counted_in_ranges_as_mesos_writes_them() {
        let ports = |ranges: &str| Resources { ports: ranges.to_owned(), ..Resources::default() };
        assert_eq!(ports("[31000-32000]").number_of_ports(), 1_001);
        assert_eq!(ports("[34523-34523, 34600-34602]").number_of_ports(), 4);
        assert_eq!(["", "[]", "[7]", "[9-3]"].map(|none| ports(none).number_of_ports()), [0; 4]);
        let agent = Agent {
            resources: ports("[31000-31009]"),
            used_resources: ports("[31003-31003, 31005-31006]"),
            ..Agent::default()
        };
        assert_eq!(agent.free().ports, 7);
    }
}
