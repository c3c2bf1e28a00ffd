//! What is checked before anything is deployed: reachability, permission, room.

use std::fmt;

use super::DockerSupport;
use crate::{
    marathon::{
        Client, Result,
        mesos::{Free, MesosState},
    },
    model::{Info, ServerTime},
};

/// At most this many agents are asked about Docker: on a large cluster they are alike.
const AGENTS_ASKED: usize = 20;

/// What the preflight found.
#[derive(Debug, Clone)]
pub struct Preflight {
    /// The user as the server knows it; `None` without a login.
    pub identity: Option<String>,
    /// DC/OS's version; `None` without DC/OS, or if it is not shown.
    pub dcos: Option<String>,
    /// What `/v2/info` answers; empty where this user may not see it.
    pub marathon: Info,
    /// Mesos's version, or why Mesos could not be asked.
    pub mesos: Result<String, String>,
    /// The active agents; empty if Mesos could not be asked.
    pub agents: Vec<AgentSummary>,
    /// The server's clock.
    pub server_time: Option<ServerTime>,
    /// Deployments in progress, whoever began them.
    pub deployments: usize,
}

/// One agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentSummary {
    /// The Mesos id.
    pub id: String,
    /// The host name.
    pub hostname: String,
    /// Its free resources.
    pub free: Free,
    /// Whether it has the Docker containerizer.
    pub docker: DockerSupport,
}

/// What a run will use at its largest.
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

/// What one run may use unless the user allows more.
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
    /// Room for the manual procedure's scale test in steps of 10 and of 100, and no more: 1,000 tasks, 32 CPUs, 64 GB.
    fn default() -> Self {
        Self { tasks: 1_000, cpus: 32.0, mem: 65_536.0 }
    }
}

/// Why a run must not start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// It would use more than its limits allow.
    #[error("the run would use {wanted} {what}, above the limit of {limit}")]
    AboveLimit {
        /// Of what.
        what: Resource,
        /// How much it would use.
        wanted: f64,
        /// How much it may use.
        limit: f64,
    },
    /// There is nothing that tasks could run on.
    #[error("Mesos has no active agent; start one")]
    NoAgents,
    /// It would use more than is free.
    #[error("the run needs {wanted} {what} and the cluster has {free} free; lower the target")]
    NoRoom {
        /// Of what.
        what: Resource,
        /// How much it would use.
        wanted: f64,
        /// How much is free.
        free: f64,
    },
    /// It needs the Docker containerizer, and every agent reports that it has none.
    #[error("no agent has the docker containerizer; use a definition for the Mesos containerizer")]
    NoDocker,
}

/// What a run uses of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Tasks.
    Tasks,
    /// CPUs.
    Cpus,
    /// Memory in MB.
    Memory,
    /// Ports of agents.
    Ports,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tasks => "tasks",
            Self::Cpus => "CPUs",
            Self::Memory => "MB of memory",
            Self::Ports => "ports",
        })
    }
}

/// Asks Marathon and Mesos. Nothing is changed.
///
/// # Errors
/// If Marathon cannot be reached, refuses the login, or is not a Marathon. A Mesos that cannot be reached is not an error:
/// a Marathon alone may be all that is reachable.
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

    /// Docker on the cluster: `Yes` if any agent has it, `No` if every agent reports that it has not.
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

    /// The largest number of tasks like these that [`Preflight::check`] allows, whatever `needs.tasks` is; `None` if nothing
    /// limits them, as far as is known.
    #[must_use]
    pub fn most(&self, needs: &Needs, limits: Option<&Limits>) -> Option<u64> {
        let allowed =
            limits.map(|limits| [(limits.tasks as f64, 1.0), (limits.cpus, needs.cpus), (limits.mem, needs.mem)]);
        let free = self.mesos.is_ok().then(|| self.free());
        let free =
            free.map(|free| [(free.cpus, needs.cpus), (free.mem, needs.mem), (free.ports as f64, needs.ports as f64)]);
        let quotients = allowed.into_iter().chain(free).flatten().filter(|(_, each)| *each > 0.0);
        let fit = quotients.map(|(have, each)| {
            let tasks = (have / each).floor();
            // Rounding of the quotient must not let one more in.
            if tasks * each > have { tasks - 1.0 } else { tasks }
        });
        fit.reduce(f64::min).map(|tasks| tasks as u64)
    }

    /// Whether a run fits into the cluster and into its limits. An unknown quantity refuses nothing.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn check(&self, needs: &Needs, limits: Option<&Limits>) -> Result<(), Refusal> {
        let Needs { tasks, docker, .. } = *needs;
        let (cpus, mem) = (needs.cpus * tasks as f64, needs.mem * tasks as f64);
        if let Some(limits) = limits {
            let asked = [
                (Resource::Tasks, tasks as f64, limits.tasks as f64),
                (Resource::Cpus, cpus, limits.cpus),
                (Resource::Memory, mem, limits.mem),
            ];
            if let Some((what, wanted, limit)) = asked.into_iter().find(|(_, wanted, limit)| wanted > limit) {
                return Err(Refusal::AboveLimit { what, wanted, limit });
            }
        }
        if self.mesos.is_err() {
            return Ok(());
        }
        if self.agents.is_empty() {
            return Err(Refusal::NoAgents);
        }
        let free = self.free();
        let ports = (needs.ports * tasks) as f64;
        let asked = [
            (Resource::Cpus, cpus, free.cpus),
            (Resource::Memory, mem, free.mem),
            (Resource::Ports, ports, free.ports as f64),
        ];
        if let Some((what, wanted, free)) = asked.into_iter().find(|(_, wanted, free)| wanted > free) {
            return Err(Refusal::NoRoom { what, wanted, free });
        }
        if docker && self.docker() == DockerSupport::No {
            return Err(Refusal::NoDocker);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(free: Free) -> Preflight {
        let agent = AgentSummary { id: "S0".to_owned(), hostname: "a".to_owned(), free, docker: DockerSupport::Yes };
        Preflight {
            identity: None,
            dcos: None,
            marathon: Info::default(),
            mesos: Ok("1.12.0".to_owned()),
            agents: vec![agent],
            server_time: None,
            deployments: 0,
        }
    }

    proptest! {
        #[test]
        fn the_most_is_allowed_and_one_more_is_not(
            cpus in 0.001f64..4.0, mem in 1.0f64..512.0, ports in 0u64..3,
            free_cpus in 0.1f64..64.0, free_mem in 1.0f64..65_536.0, free_ports in 0u64..2_000, limited: bool,
        ) {
            let found = found(Free { cpus: free_cpus, mem: free_mem, ports: free_ports });
            let limits = limited.then(Limits::default);
            let needs = |tasks| Needs { tasks, cpus, mem, ports, docker: false };
            let most = found.most(&needs(0), limits.as_ref()).expect("CPUs limit it");
            prop_assert_eq!(found.check(&needs(most), limits.as_ref()), Ok(()));
            prop_assert!(found.check(&needs(most + 1), limits.as_ref()).is_err());
        }
    }

    #[test]
    fn what_is_not_known_limits_nothing() {
        let unknown = Preflight { mesos: Err("no answer".to_owned()), agents: Vec::new(), ..found(Free::default()) };
        let needs = Needs { tasks: 0, cpus: 1.0, mem: 128.0, ports: 1, docker: false };
        assert_eq!(unknown.most(&needs, None), None);
        assert_eq!(unknown.most(&needs, Some(&Limits::default())), Some(32), "the limit of CPUs");
    }
}
