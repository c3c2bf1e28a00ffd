//! `/metrics/snapshot` of master and agents: all names that were recorded. What the fake does not measure is 0.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{State, count, seconds};
use crate::{
    clock::Time,
    mesos::{
        agents::Link,
        resources::{Resources, scalar},
        task::Task,
    },
    wire::TaskState,
};

/// `<framework>` stands for Marathon's name and id.
const MASTER: &str = include_str!("metrics/master.txt");
const AGENT: &str = include_str!("metrics/agent.txt");

const STATES: [TaskState; 14] = [
    TaskState::Staging,
    TaskState::Starting,
    TaskState::Running,
    TaskState::Killing,
    TaskState::Finished,
    TaskState::Failed,
    TaskState::Killed,
    TaskState::Error,
    TaskState::Lost,
    TaskState::Dropped,
    TaskState::Unreachable,
    TaskState::Gone,
    TaskState::GoneByOperator,
    TaskState::Unknown,
];

/// Values by name; all other names are 0.
type Values = HashMap<String, f64>;

fn snapshot(names: &str, framework: &str, values: &Values) -> Value {
    let named = names.lines().map(|name| {
        let value = values.get(name).copied().unwrap_or_default();
        (name.replace("<framework>", framework), Value::from(value))
    });
    Value::Object(named.collect::<Map<_, _>>())
}

impl State<'_> {
    /// The master's.
    pub(super) fn master_metrics(&self, now: Time) -> Value {
        let mut total = Resources::default();
        self.known_agents().for_each(|n| total.add(self.agents[n].total().clone()));
        let used = self.used_by_framework();
        let mut values = Values::new();
        resources(&mut values, "master", &used, &total);
        for (name, used, total) in amounts(&used, &total) {
            values.insert(format!("allocator/mesos/resources/{name}/offered_or_allocated"), used);
            values.insert(format!("allocator/mesos/resources/{name}/total"), total);
            for role in ["*", ""] {
                values.insert(format!("allocator/mesos/quota/roles/{role}/resources/{name}/consumed"), used);
            }
        }
        let mut set = |name: &str, value: f64| _ = values.insert(name.to_owned(), value);
        set("master/uptime_secs", seconds(now) - seconds(self.master.started()));
        for one in ["elected", "frameworks_active", "frameworks_connected"] {
            set(&format!("master/{one}"), 1.0);
        }
        set("master/frameworks/<framework>/subscribed", 1.0);
        set("master/outstanding_offers", count(self.offers.all().count()));
        set("master/slave_registrations", count(self.agents.len()));
        for (name, links) in [
            ("slaves_active", [Link::Up].as_slice()),
            ("slaves_connected", &[Link::Up]),
            ("slaves_disconnected", &[Link::Silent]),
            ("slaves_inactive", &[Link::Silent]),
            ("slaves_unreachable", &[Link::Unreachable]),
        ] {
            set(&format!("master/{name}"), self.linked(links));
        }
        self.tasks_by_state(None, |state, tasks| {
            let name = state.name().to_lowercase();
            set(&format!("master/{}", name.replacen("task_", "tasks_", 1)), tasks);
            let kind = if state.is_terminal() { "terminal" } else { "active" };
            set(&format!("master/frameworks/<framework>/tasks/{kind}/{name}"), tasks);
        });
        snapshot(MASTER, &format!("marathon/{}", self.master.framework_id()), &values)
    }

    /// An agent's.
    pub(super) fn agent_metrics(&self, now: Time, n: usize) -> Value {
        let agent = &self.agents[n];
        let mut values = Values::new();
        resources(&mut values, "slave", &self.allocated(n), agent.total());
        let mut set = |name: &str, value: f64| _ = values.insert(format!("slave/{name}"), value);
        set("uptime_secs", seconds(now) - seconds(agent.registered()));
        set("registered", if agent.link() == Link::Up { 1.0 } else { 0.0 });
        set("frameworks_active", 1.0);
        set("executors_running", count(self.tasks.active().filter(|task| task.agent() == n).count()));
        self.tasks_by_state(Some(n), |state, tasks| {
            set(&state.name().to_lowercase().replacen("task_", "tasks_", 1), tasks);
        });
        snapshot(AGENT, "", &values)
    }

    /// How many tasks, of one agent or of all, are in each state.
    fn tasks_by_state(&self, agent: Option<usize>, mut take: impl FnMut(TaskState, f64)) {
        let tasks = self.tasks.active().chain(self.tasks.completed());
        let states: Vec<TaskState> =
            tasks.filter(|task| agent.is_none_or(|n| task.agent() == n)).map(Task::state).collect();
        for wanted in STATES {
            take(wanted, count(states.iter().filter(|state| **state == wanted).count()));
        }
    }
}

/// Name, used, total.
fn amounts(used: &Resources, total: &Resources) -> [(&'static str, f64, f64); 4] {
    [
        ("cpus", scalar(used.cpus), scalar(total.cpus)),
        ("mem", scalar(used.mem), scalar(total.mem)),
        ("disk", scalar(used.disk), scalar(total.disk)),
        ("gpus", scalar(used.gpus * 1000), scalar(total.gpus * 1000)),
    ]
}

fn resources(values: &mut Values, of: &str, used: &Resources, total: &Resources) {
    for (name, used, total) in amounts(used, total) {
        values.insert(format!("{of}/{name}_used"), used);
        values.insert(format!("{of}/{name}_total"), total);
        values.insert(format!("{of}/{name}_percent"), if total > 0.0 { used / total } else { 0.0 });
    }
}
