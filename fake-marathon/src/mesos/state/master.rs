//! The master's endpoints.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    AGENT_CAPABILITIES, AGENT_PORT, FRAMEWORK_CAPABILITIES, MASTER_CAPABILITIES, MASTER_PORT, State, VERSION,
    attributes, count, flags, joined, resources, seconds, version,
};
use crate::{
    mesos::{agents::Link, ports::PortSet, resources::Resources, task::Task},
    wire::TaskState,
};

/// The states that `/state-summary` counts.
const COUNTED: [TaskState; 10] = [
    TaskState::Staging,
    TaskState::Starting,
    TaskState::Running,
    TaskState::Killing,
    TaskState::Finished,
    TaskState::Killed,
    TaskState::Failed,
    TaskState::Lost,
    TaskState::Error,
    TaskState::Unreachable,
];

impl State<'_> {
    /// `/state`.
    pub(super) fn master_state(&self) -> Value {
        let start = seconds(self.master.started());
        let pid = format!("master@127.0.0.1:{MASTER_PORT}");
        joined(
            version(),
            json!({
                "start_time": start,
                "elected_time": start,
                "id": self.master.id(),
                "pid": pid,
                "hostname": "127.0.0.1",
                "capabilities": MASTER_CAPABILITIES,
                "activated_slaves": self.linked(&[Link::Up]),
                "deactivated_slaves": self.linked(&[Link::Silent]),
                "unreachable_slaves": self.linked(&[Link::Unreachable]),
                "leader": pid,
                "leader_info": {"id": self.master.id(), "pid": pid, "port": MASTER_PORT, "hostname": "127.0.0.1"},
                "cluster": "fake",
                "flags": flags::of_master(),
                "slaves": self.known_agents().map(|n| self.agent_of_master(n)).collect::<Vec<_>>(),
                "recovered_slaves": [],
                "frameworks": [self.framework()],
                "completed_frameworks": [],
                "orphan_tasks": [],
                "unregistered_frameworks": [],
            }),
        )
    }

    /// `/state-summary`.
    pub(super) fn summary(&self) -> Value {
        let agents = self.known_agents().map(|n| {
            let tasks = || self.tasks.active().chain(self.tasks.completed()).filter(|task| task.agent() == n);
            let frameworks: &[&str] = if tasks().next().is_some() { &[self.master.framework_id()] } else { &[] };
            let counted = joined(self.agent_of_master(n), counts(tasks()));
            joined(counted, json!({"framework_ids": frameworks}))
        });
        let tasks = || self.tasks.active().chain(self.tasks.completed());
        let used: BTreeSet<usize> = tasks().map(Task::agent).collect();
        let ids: Vec<_> = used.into_iter().map(|n| self.agents[n].id().as_str()).collect();
        let framework = joined(joined(self.framework_facts(), counts(tasks())), json!({"slave_ids": ids}));
        json!({
            "hostname": "127.0.0.1",
            "cluster": "fake",
            "slaves": agents.collect::<Vec<_>>(),
            "frameworks": [framework],
        })
    }

    /// `/slaves`.
    pub(super) fn slaves(&self) -> Value {
        let agents = self.known_agents().map(|n| {
            joined(
                self.agent_of_master(n),
                json!({
                    "reserved_resources_full": {},
                    "unreserved_resources_full": resources::full(self.agents[n].total(), false),
                    "used_resources_full": resources::full(&self.used(n), true),
                    "offered_resources_full": resources::full(&self.offered(n), true),
                }),
            )
        });
        json!({"slaves": agents.collect::<Vec<_>>(), "recovered_slaves": []})
    }

    /// `/frameworks`.
    pub(super) fn frameworks(&self) -> Value {
        json!({"frameworks": [self.framework()], "completed_frameworks": [], "unregistered_frameworks": []})
    }

    /// `/tasks`: the order is that of the first status updates.
    pub(super) fn all_tasks(&self) -> Value {
        let mut all: Vec<&Task> = self.tasks.active().chain(self.tasks.completed()).collect();
        all.sort_by_key(|task| task.statuses().first().map(|status| status.at));
        json!({"tasks": all.into_iter().map(|task| self.task_json(task)).collect::<Vec<_>>()})
    }

    /// `/roles`.
    pub(super) fn roles(&self) -> Value {
        let used = resources::amounts(&self.used_by_framework());
        json!({"roles": [{
            "name": "*",
            "weight": 1.0,
            "quota": {"role": "*", "guarantee": {}, "limit": {}, "consumed": used},
            "resources": used,
            "allocated": used,
            "offered": resources::amounts(&self.all_offered()),
            "reserved": {},
            "frameworks": [self.master.framework_id()],
        }]})
    }

    /// The agents that the master has, reachable or not yet given up.
    pub(super) fn known_agents(&self) -> impl Iterator<Item = usize> {
        (0..self.agents.len()).filter(|n| matches!(self.agents[*n].link(), Link::Up | Link::Silent))
    }

    /// Whether the master gets answers of an agent.
    pub(super) fn is_active(&self, n: usize) -> bool {
        self.agents[n].link() == Link::Up
    }

    /// How many agents are linked so.
    pub(super) fn linked(&self, wanted: &[Link]) -> f64 {
        count(self.agents.iter().filter(|agent| wanted.contains(&agent.link())).count())
    }

    /// The tasks that have not ended, those on unreachable agents apart.
    pub(super) fn split(&self) -> (Vec<&Task>, Vec<&Task>) {
        self.tasks.active().partition(|task| task.state() == TaskState::Unreachable)
    }

    /// What the framework uses.
    pub(super) fn used_by_framework(&self) -> Resources {
        let mut used = Resources::default();
        self.split().1.iter().for_each(|task| used.add(task.resources().clone()));
        used.add(self.groups.held(None));
        used
    }

    pub(super) fn all_offered(&self) -> Resources {
        let mut offered = Resources::default();
        self.offers.all().for_each(|(_, offer)| {
            offered.add(Resources { ports: PortSet::default(), ..offer.resources.clone() });
        });
        offered
    }

    /// What `/state-summary` and `/frameworks` show of Marathon.
    fn framework_facts(&self) -> Value {
        json!({
            "id": self.master.framework_id(),
            "name": "marathon",
            "pid": "scheduler@127.0.0.1:0",
            "used_resources": self.used_by_framework().to_json(),
            "offered_resources": self.all_offered().to_json(),
            "capabilities": FRAMEWORK_CAPABILITIES,
            "hostname": "127.0.0.1",
            "webui_url": "http://127.0.0.1:8080",
            "active": true,
            "connected": true,
            "recovered": false,
        })
    }

    fn framework(&self) -> Value {
        let (unreachable, running) = self.split();
        let offers = self.offers.all().map(|(id, offer)| {
            json!({
                "id": id.as_str(),
                "framework_id": self.master.framework_id(),
                "allocation_info": {"role": "*"},
                "slave_id": self.agents[offer.agent].id().as_str(),
                "resources": offer.resources.to_json(),
            })
        });
        joined(
            self.framework_facts(),
            json!({
                "user": "root",
                "failover_timeout": 604_800.0,
                "checkpoint": true,
                "registered_time": seconds(self.master.started()),
                "unregistered_time": 0.0,
                "resources": self.used_by_framework().to_json(),
                "roles": ["*"],
                "tasks": running.iter().map(|task| self.task_json(task)).collect::<Vec<_>>(),
                "unreachable_tasks": unreachable.iter().map(|task| self.task_json(task)).collect::<Vec<_>>(),
                "completed_tasks": self.tasks.completed().map(|task| self.task_json(task)).collect::<Vec<_>>(),
                "offers": offers.collect::<Vec<_>>(),
                "executors": self.group_executors(),
                "offer_constraints": {},
            }),
        )
    }

    fn agent_of_master(&self, n: usize) -> Value {
        let agent = &self.agents[n];
        json!({
            "id": agent.id().as_str(),
            "hostname": agent.config().hostname,
            "port": AGENT_PORT,
            "attributes": attributes(agent),
            "pid": format!("slave(1)@{}:{AGENT_PORT}", agent.config().hostname),
            "registered_time": seconds(agent.registered()),
            "resources": agent.total().to_json(),
            "used_resources": self.used(n).to_json(),
            "offered_resources": self.offered(n).to_json(),
            "reserved_resources": {},
            "unreserved_resources": agent.total().to_json(),
            "active": self.is_active(n),
            "deactivated": false,
            "version": VERSION,
            "capabilities": AGENT_CAPABILITIES,
        })
    }
}

/// How many of these tasks are in each state.
fn counts<'a>(tasks: impl Iterator<Item = &'a Task>) -> Value {
    let states: Vec<TaskState> = tasks.map(Task::state).collect();
    let count = |wanted: TaskState| Value::from(states.iter().filter(|state| **state == wanted).count());
    COUNTED.into_iter().map(|state| (state.name().to_owned(), count(state))).collect()
}
