//! The look before the first write: can we, may we, is there room.

use std::fmt;

use super::DockerSupport;
use crate::marathon::mesos::{Free, MesosState};
use crate::marathon::{Client, Result};
use crate::model::{Info, ServerTime};

/// At most this many agents are asked about Docker: on a large cluster they are alike.
const AGENTS_ASKED: usize = 20;

/// What was found.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// Who the server takes us for; `None` for nobody.
    pub identity: Option<String>,
    /// DC/OS's version; `None` without DC/OS, or where it does not tell.
    pub dcos: Option<String>,
    /// Marathon's own words; nothing is in them where this user may not see them.
    pub marathon: Info,
    /// Mesos's version, or why Mesos could not be asked.
    pub mesos: Result<String, String>,
    /// The active agents; empty if Mesos could not be asked.
    pub agents: Vec<AgentSummary>,
    /// The server's clock.
    pub server_time: Option<ServerTime>,
    /// Deployments of anybody that are going on.
    pub deployments: usize,
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSummary {
    /// The Mesos id.
    pub id: String,
    /// The host name.
    pub hostname: String,
    /// What is left.
    pub free: Free,
    /// Docker.
    pub docker: DockerSupport,
}

/// What a run is going to use, at its largest.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Needs {
    /// Tasks at the target.
    pub tasks: u64,
    /// CPUs of one task.
    pub cpus: f64,
    /// Memory of one task in MB.
    pub mem: f64,
    /// Ports of its agent that one task is given.
    pub ports: u64,
    /// Whether it needs the Docker containerizer.
    pub docker: bool,
}

/// What one run may use without being told to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Tasks.
    pub tasks: u64,
    /// CPUs in all.
    pub cpus: f64,
    /// Memory in all, MB.
    pub mem: f64,
}

impl Default for Limits {
    /// Room for the seed's scale test in steps of 10 and of 100, and no more: 1,000 tasks, 32 CPUs, 64 GB.
    fn default() -> Self {
        Self { tasks: 1_000, cpus: 32.0, mem: 65_536.0 }
    }
}

/// Why a run must not begin. `Display` is one sentence with the remedy.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Asks Marathon and Mesos. Nothing is changed.
///
/// # Errors
/// If Marathon cannot be reached, does not trust us, or is no Marathon. A Mesos that cannot be asked is no error:
/// a plain Marathon may be all that we can reach.
pub async fn preflight(client: &Client) -> Result<Preflight> {
    let marathon = client.info_if_allowed().await?;
    let deployments = client.deployments().await?.len();
    // Not every cluster lets everybody see its version; it is only for the report.
    let dcos = client.dcos_version().await.unwrap_or_default();
    let (mesos, agents) = match client.mesos_state().await {
        Ok(state) => (Ok(state.version.clone()), agents(client, state).await),
        Err(error) => (Err(error.to_string()), Vec::new()),
    };
    let identity = client.identity().await;
    Ok(Preflight { identity, dcos, marathon, mesos, agents, server_time: client.server_time(), deployments })
}

async fn agents(client: &Client, state: MesosState) -> Vec<AgentSummary> {
    let mut summaries = Vec::new();
    for (n, agent) in state.agents.into_iter().filter(|agent| agent.active).enumerate() {
        let state = if n < AGENTS_ASKED { client.agent_state(&agent).await.ok() } else { None };
        let docker = state.as_ref().map_or(DockerSupport::Unknown, DockerSupport::from_agent_state);
        summaries.push(AgentSummary { free: agent.free(), id: agent.id, hostname: agent.hostname, docker });
    }
    summaries
}

impl Preflight {
    /// What all agents have left together.
    #[must_use]
    pub fn free(&self) -> Free {
        self.agents.iter().map(|agent| agent.free).sum()
    }

    /// Docker on the cluster: `Yes` if any agent has it, `No` if every agent says that it has not.
    #[must_use]
    pub fn docker(&self) -> DockerSupport {
        let all_say_no = self.agents.iter().all(|agent| agent.docker == DockerSupport::No);
        if self.agents.iter().any(|agent| agent.docker == DockerSupport::Yes) {
            DockerSupport::Yes
        } else if all_say_no && !self.agents.is_empty() {
            DockerSupport::No
        } else {
            DockerSupport::Unknown
        }
    }

    /// Whether a run fits into the cluster and into its limits. What cannot be known refuses nothing.
    ///
    /// # Errors
    /// The first thing that stands against it.
    pub fn check(&self, needs: &Needs, limits: Option<&Limits>) -> Result<(), Refusal> {
        let Needs { tasks, docker, .. } = *needs;
        let (cpus, mem) = (needs.cpus * tasks as f64, needs.mem * tasks as f64);
        let refuse = |sentence: String| Err(Refusal(sentence));
        if let Some(limits) = limits {
            let (what, wanted, limit) = if tasks > limits.tasks {
                ("tasks", tasks as f64, limits.tasks as f64)
            } else if cpus > limits.cpus {
                ("CPUs", cpus, limits.cpus)
            } else {
                ("MB of memory", mem, limits.mem)
            };
            if wanted > limit {
                return refuse(format!(
                    "the run would use {wanted} {what}, above the limit of {limit}; lower the target or say --yes"
                ));
            }
        }
        if self.mesos.is_err() {
            return Ok(());
        }
        if self.agents.is_empty() {
            return refuse("Mesos has no active agent; start one".to_owned());
        }
        let free = self.free();
        let ports = (needs.ports * tasks) as f64;
        for (what, wanted, free) in
            [("CPUs", cpus, free.cpus), ("MB of memory", mem, free.mem), ("ports", ports, free.ports as f64)]
        {
            if wanted > free {
                return refuse(format!(
                    "the run needs {wanted} {what} and the cluster has {free} free; lower the target"
                ));
            }
        }
        if docker && self.docker() == DockerSupport::No {
            return refuse(
                "no agent has the docker containerizer; use a definition for the Mesos containerizer".to_owned(),
            );
        }
        Ok(())
    }
}
