//! The endpoints of master and agents, in the shapes recorded from Mesos 1.12.0 (`mesos-endpoints.json`).

mod agent;
mod executor;
mod flags;
mod master;
mod metrics;
mod operator;
mod resources;
mod task;

use serde_json::{Map, Value, json};

use super::{
    AgentEndpoint, MasterEndpoint, MesosQuery,
    agents::{Agent, Agents},
    groups::Groups,
    master::Master,
    offers::Offers,
    resources::Resources,
    task::Task,
    tasks::Tasks,
};
use crate::{
    clock::Time,
    ids::{AgentId, TaskId},
    wire::AGENT_PORT,
};

const VERSION: &str = "1.12.0";
const MASTER_PORT: u16 = 5050;
const MASTER_CAPABILITIES: [&str; 3] = ["AGENT_UPDATE", "AGENT_DRAINING", "QUOTA_V2"];
const FRAMEWORK_CAPABILITIES: [&str; 3] = ["PARTITION_AWARE", "REGION_AWARE", "MULTI_ROLE"];
const AGENT_CAPABILITIES: [&str; 8] = [
    "MULTI_ROLE",
    "HIERARCHICAL_ROLE",
    "RESERVATION_REFINEMENT",
    "RESOURCE_PROVIDER",
    "RESIZE_VOLUME",
    "AGENT_OPERATION_FEEDBACK",
    "AGENT_DRAINING",
    "TASK_RESOURCE_LIMITS",
];

fn seconds(time: Time) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this era are far below 2^53")]
    let micros = time.as_micros() as f64;
    micros / 1e6
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// `/version`, the beginning of `/state` too: the build that was recorded.
fn version() -> Value {
    json!({
        "version": VERSION,
        "git_sha": "c1b42f79d157aa900be5cbb0c1023f1479962aa7",
        "git_branch": "refs/heads/master",
        "build_date": "2026-11-30 01:33:44 UTC",
        "build_time": 1_796_002_424.0,
        "build_user": "",
    })
}

/// One object with the fields of both.
fn joined(mut first: Value, second: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut first, second) {
        all.extend(more);
    }
    first
}

/// What the endpoints show: all parts, read only.
#[derive(Clone, Copy, Debug)]
pub(super) struct State<'a> {
    pub(super) master: &'a Master,
    pub(super) agents: &'a Agents,
    pub(super) offers: &'a Offers,
    pub(super) tasks: &'a Tasks,
    pub(super) groups: &'a Groups,
}

impl State<'_> {
    /// Answers an endpoint; `None` when the agent is unknown.
    pub(super) fn query(self, now: Time, query: &MesosQuery) -> Option<Value> {
        match query {
            MesosQuery::Master(endpoint) => Some(match endpoint {
                MasterEndpoint::State => self.master_state(),
                MasterEndpoint::StateSummary => self.summary(),
                MasterEndpoint::Slaves => self.slaves(),
                MasterEndpoint::Frameworks => self.frameworks(),
                MasterEndpoint::Tasks => self.all_tasks(),
                MasterEndpoint::Roles => self.roles(),
                MasterEndpoint::Version => version(),
                MasterEndpoint::Flags => json!({"flags": flags::of_master()}),
                MasterEndpoint::Metrics => self.master_metrics(now),
            }),
            MesosQuery::Agent(id, endpoint) => {
                let n = self.agents.position(id)?;
                Some(match endpoint {
                    AgentEndpoint::State => self.agent_state(n),
                    AgentEndpoint::Containers => self.containers(now, n),
                    AgentEndpoint::Statistics => self.statistics(now, n),
                    AgentEndpoint::Version => version(),
                    AgentEndpoint::Flags => json!({"flags": self.agent_flags(n)}),
                    AgentEndpoint::Metrics => self.agent_metrics(now, n),
                    AgentEndpoint::Files => self.files(n),
                })
            }
            MesosQuery::Operator(call) => Some(self.operator(*call)),
            // Mesos knows the tasks, only the processes know where they live.
            MesosQuery::Sandboxes(_) => Some(json!([])),
            MesosQuery::Sandbox(..) => None,
        }
    }

    /// The task whose sandbox on an agent holds this path, and the rest of the path. `latest` stands for the last run of
    /// an executor, as in Mesos.
    pub(super) fn sandbox_at(self, agent: &AgentId, path: &str) -> Option<(TaskId, String)> {
        let n = self.agents.position(agent)?;
        let mut tasks = self.tasks.active().chain(self.tasks.completed()).filter(|task| task.agent() == n);
        tasks.find_map(|task| {
            let runs = [executor::container(task), "latest"].map(|run| self.sandbox(task, run));
            let below = runs.iter().find_map(|folder| path.strip_prefix(folder.as_str()))?;
            let below = if below.is_empty() { below } else { below.strip_prefix('/')? };
            Some((task.id().clone(), below.trim_start_matches('/').to_owned()))
        })
    }

    /// Where the sandbox of a run of a task is on the agent; that of a task of a group is inside its executor's.
    fn sandbox(&self, task: &Task, run: &str) -> String {
        let executor = self.executor_sandbox(task, run);
        if task.info().executor.is_some() { format!("{executor}/tasks/{}", task.id()) } else { executor }
    }

    /// Where the sandbox of a run of a task's executor is on the agent.
    fn executor_sandbox(&self, task: &Task, run: &str) -> String {
        self.agents[task.agent()].sandbox(self.master.framework_id(), executor::id(task), run)
    }

    /// What an agent has out in offers.
    fn offered(&self, n: usize) -> Resources {
        self.offers.of_agent(n).unwrap_or_default()
    }

    /// What is used on an agent.
    fn used(&self, n: usize) -> Resources {
        self.agents[n].used(self.offers.of_agent(n).as_ref())
    }

    /// The executors' own amounts included, as an agent counts.
    fn allocated(&self, n: usize) -> Resources {
        let mut sum = Resources::default();
        self.tasks.active().filter(|task| task.agent() == n).for_each(|task| sum.add(executor::amounts(task)));
        sum.add(self.groups.held(Some(n)));
        sum
    }
}

fn attributes(agent: &Agent) -> Map<String, Value> {
    agent.config().attributes.iter().cloned().map(|(name, value)| (name, Value::from(value))).collect()
}
