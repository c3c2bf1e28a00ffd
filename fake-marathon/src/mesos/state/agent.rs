//! An agent's endpoints.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    AGENT_CAPABILITIES, AGENT_PORT, MASTER_PORT, State, attributes, executor, flags, joined, resources, seconds,
    version,
};
use crate::{clock::Time, mesos::task::Task, wire::Containerizer};

impl State<'_> {
    /// `/state`.
    pub(super) fn agent_state(&self, n: usize) -> Value {
        let agent = &self.agents[n];
        let total = agent.total().to_json();
        joined(
            version(),
            json!({
                "start_time": seconds(agent.registered()),
                "id": agent.id().as_str(),
                "pid": format!("slave(1)@{}:{AGENT_PORT}", agent.config().hostname),
                "hostname": agent.config().hostname,
                "capabilities": AGENT_CAPABILITIES,
                "resources": total,
                "reserved_resources": {},
                "unreserved_resources": total,
                "reserved_resources_full": {},
                "unreserved_resources_full": resources::full(agent.total(), false),
                "reserved_resources_allocated": {},
                "unreserved_resources_allocated": self.allocated(n).to_json(),
                "resource_providers": [],
                "attributes": attributes(agent),
                "master_hostname": "127.0.0.1",
                "flags": self.agent_flags(n),
                "frameworks": [{
                    "id": self.master.framework_id(),
                    "name": "marathon",
                    "user": "root",
                    "failover_timeout": 604_800.0,
                    "checkpoint": true,
                    "hostname": "127.0.0.1",
                    "roles": ["*"],
                    "executors": self.executors(n, false),
                    "completed_executors": self.executors(n, true),
                }],
                "completed_frameworks": [],
            }),
        )
    }

    /// An agent's flags.
    pub(super) fn agent_flags(&self, n: usize) -> Value {
        flags::of_agent(self.agents[n].config(), AGENT_PORT, &format!("127.0.0.1:{MASTER_PORT}"))
    }

    /// `/containers`.
    pub(super) fn containers(&self, now: Time, n: usize) -> Value {
        self.started_on(n)
            .map(|task| {
                let mut status = json!({"container_id": {"value": executor::container(task)}});
                if let Some(pid) = task.executor_pid() {
                    status["executor_pid"] = Value::from(pid);
                }
                joined(
                    json!({"container_id": executor::container(task)}),
                    joined(self.usage(now, task), json!({"status": status})),
                )
            })
            .collect()
    }

    /// `/monitor/statistics`.
    pub(super) fn statistics(&self, now: Time, n: usize) -> Value {
        self.started_on(n).map(|task| self.usage(now, task)).collect()
    }

    /// A started task of each executor of an agent.
    fn started_on(&self, n: usize) -> impl Iterator<Item = &Task> {
        let mut seen = BTreeSet::new();
        let started = self.tasks.active().filter(move |task| task.agent() == n && task.is_started());
        started.filter(move |task| seen.insert(executor::container(task)))
    }

    /// What an executor's container may use. What it does use is not measured: those figures are 0.
    fn usage(&self, now: Time, task: &Task) -> Value {
        let held = self.executor_resources(task).to_json();
        let limit = held["mem"].as_f64().unwrap_or_default() * 1_048_576.0;
        let mut statistics = json!({
            "cpus_soft_limit": held["cpus"],
            "cpus_system_time_secs": 0.0,
            "cpus_user_time_secs": 0.0,
            "mem_limit_bytes": limit,
            "mem_rss_bytes": 0,
            "timestamp": seconds(now),
        });
        if let Containerizer::Mesos { .. } = task.info().containerizer {
            statistics["mem_soft_limit_bytes"] = Value::from(limit);
        }
        json!({
            "executor_id": executor::id(task),
            "executor_name": executor::name(task),
            "framework_id": self.master.framework_id(),
            "source": executor::source(task),
            "statistics": statistics,
        })
    }

    /// `/files/debug`: the virtual paths of the agent, each with the path behind it.
    pub(super) fn files(&self, n: usize) -> Value {
        let framework = self.master.framework_id();
        let mut files = Map::new();
        for task in self.tasks.active().filter(|task| task.agent() == n) {
            let (id, real) = (executor::id(task), self.executor_sandbox(task, executor::container(task)));
            for known_as in [
                format!("/frameworks/{framework}/executors/{id}/runs/latest"),
                self.executor_sandbox(task, "latest"),
                real.clone(),
            ] {
                files.insert(known_as, Value::from(real.as_str()));
            }
        }
        Value::Object(files)
    }
}
