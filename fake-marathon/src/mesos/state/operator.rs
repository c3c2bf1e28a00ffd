//! What the master answers to reads of its operator API (`POST /api/v1`): the messages of `v1/master/master.proto` as JSON
//! (`master/readonly_handler.cpp`, `common/http.cpp`: `asV1Protobuf`). What is repeated and empty is left out, except where a
//! handler writes its lists itself.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    AGENT_CAPABILITIES, AGENT_PORT, FRAMEWORK_CAPABILITIES, MASTER_CAPABILITIES, MASTER_PORT, State, VERSION,
    resources, seconds, task,
};
use crate::{
    clock::Time,
    ids::OfferId,
    mesos::{
        OperatorCall,
        offers::Offered,
        resources::{Resources, scalar},
        task::Task,
    },
    wire::{CheckResult, ExecutorInfo, Reason, StatusUpdate, TaskState},
};

/// 127.0.0.1 as `MasterInfo` writes it: in network order, read as a number.
const LOOPBACK: u32 = u32::from_le_bytes([127, 0, 0, 1]);

impl State<'_> {
    /// The message that a call is answered with.
    pub(super) fn operator(self, call: OperatorCall) -> Value {
        match call {
            OperatorCall::State => json!({
                "get_tasks": self.get_tasks(),
                "get_executors": self.get_executors(),
                "get_frameworks": self.get_frameworks(),
                "get_agents": self.get_agents(),
            }),
            OperatorCall::Tasks => self.get_tasks(),
            OperatorCall::Executors => self.get_executors(),
            OperatorCall::Frameworks => self.get_frameworks(),
            OperatorCall::Agents => self.get_agents(),
            OperatorCall::Roles => self.get_roles(),
            OperatorCall::Master => self.get_master(),
        }
    }

    fn get_tasks(self) -> Value {
        let (unreachable, running) = self.split();
        let all = |tasks: Vec<&Task>| tasks.into_iter().map(|task| self.v1_task(task)).collect::<Vec<_>>();
        json!({
            "tasks": all(running),
            "unreachable_tasks": all(unreachable),
            "completed_tasks": all(self.tasks.completed().collect()),
        })
    }

    fn get_executors(self) -> Value {
        let mut seen = BTreeSet::new();
        let groups = self.tasks.active().filter_map(|task| Some((task, task.info().executor.as_ref()?)));
        let first = groups.filter(|(_, executor)| seen.insert(executor.id.as_str()));
        let all = first.map(|(task, executor)| {
            json!({
                "executor_info": self.v1_executor(executor, &task.info().role),
                "agent_id": id(self.agents[task.agent()].id().as_str()),
            })
        });
        json!({"executors": all.collect::<Vec<_>>()})
    }

    fn get_frameworks(self) -> Value {
        let framework = json!({
            "framework_info": {
                "user": "root",
                "name": "marathon",
                "id": id(self.master.framework_id()),
                "failover_timeout": 604_800.0,
                "checkpoint": true,
                "roles": ["*"],
                "hostname": "127.0.0.1",
                "webui_url": "http://127.0.0.1:8080",
                "capabilities": types(&FRAMEWORK_CAPABILITIES),
            },
            "active": true,
            "connected": true,
            "recovered": false,
            "registered_time": nanoseconds(self.master.started()),
            "offers": self.offers.all().map(|(name, offer)| self.v1_offer(name, offer)).collect::<Vec<_>>(),
            "allocated_resources": resources::full(&self.used_by_framework(), true),
            "offered_resources": resources::full(&self.all_offered(), true),
            "offer_constraints": {},
        });
        json!({"frameworks": [without_empty_lists(framework)], "completed_frameworks": []})
    }

    fn v1_offer(self, name: &OfferId, offer: &Offered) -> Value {
        let agent = &self.agents[offer.agent];
        let hostname = agent.config().hostname.as_str();
        json!({
            "id": id(name.as_str()),
            "framework_id": id(self.master.framework_id()),
            "agent_id": id(agent.id().as_str()),
            "hostname": hostname,
            "url": {
                "scheme": "http",
                "address": {"hostname": hostname, "ip": hostname, "port": AGENT_PORT},
                "path": "/slave(1)",
            },
            "resources": allocated(&offer.resources, "*"),
            "allocation_info": {"role": "*"},
        })
    }

    fn get_agents(self) -> Value {
        let all = self.known_agents().map(|n| {
            let agent = &self.agents[n];
            let hostname = &agent.config().hostname;
            let attributes = agent.config().attributes.iter();
            without_empty_lists(json!({
                "agent_info": without_empty_lists(json!({
                    "hostname": hostname,
                    "port": AGENT_PORT,
                    "resources": without_roles(resources::full(agent.total(), false)),
                    "attributes": attributes
                        .map(|(name, value)| json!({"name": name, "type": "TEXT", "text": {"value": value}}))
                        .collect::<Vec<_>>(),
                    "id": id(agent.id().as_str()),
                })),
                "active": self.is_active(n),
                "deactivated": false,
                "version": VERSION,
                "pid": format!("slave(1)@{hostname}:{AGENT_PORT}"),
                "registered_time": nanoseconds(agent.registered()),
                "total_resources": resources::full(agent.total(), false),
                "allocated_resources": resources::full(&self.used(n), true),
                "offered_resources": resources::full(&self.offered(n), true),
                "capabilities": types(&AGENT_CAPABILITIES),
            }))
        });
        json!({"agents": all.collect::<Vec<_>>(), "recovered_agents": []})
    }

    /// What is offered counts too.
    fn get_roles(self) -> Value {
        let mut sum = self.used_by_framework();
        sum.add(self.all_offered());
        let quantities = [("cpus", sum.cpus), ("disk", sum.disk), ("gpus", sum.gpus * 1000), ("mem", sum.mem)];
        let quantities = quantities
            .into_iter()
            .filter(|(_, amount)| *amount > 0)
            .map(|(name, amount)| json!({"name": name, "type": "SCALAR", "scalar": {"value": scalar(amount)}}));
        json!({"roles": [without_empty_lists(json!({
            "name": "*",
            "weight": 1.0,
            "frameworks": [id(self.master.framework_id())],
            "resources": quantities.collect::<Vec<_>>(),
        }))]})
    }

    fn get_master(self) -> Value {
        let started = seconds(self.master.started());
        json!({
            "master_info": {
                "id": self.master.id(),
                "ip": LOOPBACK,
                "port": MASTER_PORT,
                "pid": format!("master@127.0.0.1:{MASTER_PORT}"),
                "hostname": "127.0.0.1",
                "version": VERSION,
                "address": {"hostname": "127.0.0.1", "ip": "127.0.0.1", "port": MASTER_PORT},
                "capabilities": types(&MASTER_CAPABILITIES),
            },
            "start_time": started,
            "elected_time": started,
        })
    }

    /// A task. What Mesos has beyond this are the UUIDs of status updates.
    fn v1_task(self, task: &Task) -> Value {
        let info = task.info();
        let mut json = json!({
            "name": info.name,
            "task_id": id(info.id.as_str()),
            "framework_id": id(self.master.framework_id()),
            "agent_id": id(self.agents[task.agent()].id().as_str()),
            "state": task.state().name(),
            "resources": allocated(task.resources(), &info.role),
            "statuses": task.statuses().iter().map(|status| status_json(task, status)).collect::<Vec<_>>(),
            "discovery": task::discovery(info),
        });
        if let Some(executor) = &info.executor {
            json["executor_id"] = id(&executor.id);
        }
        if let Some(labels) = task::labels(info) {
            json["labels"] = json!({"labels": labels});
        }
        if let Some(container) = &info.container {
            json["container"] = container.clone();
        }
        if let Some(check) = &info.health_check {
            json["health_check"] = task::check_json(check);
        }
        if let Some(grace) = info.kill_grace {
            json["kill_policy"] = json!({"grace_period": {"nanoseconds": grace.as_nanos()}});
        }
        if let Some(user) = &info.user {
            json["user"] = Value::from(user.as_str());
        }
        without_empty_lists(json)
    }

    fn v1_executor(self, executor: &ExecutorInfo, role: &str) -> Value {
        let mut json = json!({
            "type": "DEFAULT",
            "executor_id": id(&executor.id),
            "framework_id": id(self.master.framework_id()),
            "resources": allocated(&Resources::of_executor(executor), role),
        });
        if !executor.labels.is_empty() {
            json["labels"] = json!({"labels": task::pairs(executor.labels.iter())});
        }
        json
    }
}

/// `TaskStatus`. Who made it follows from its reason.
fn status_json(task: &Task, status: &StatusUpdate) -> Value {
    let mut json = json!({
        "task_id": id(status.task.as_str()),
        "state": status.state.name(),
        "source": source(status),
        "agent_id": id(status.agent.as_str()),
        "timestamp": seconds(status.at),
        "container_status": task::container_json(task, status),
    });
    if let Some(message) = &status.message {
        json["message"] = Value::from(message.as_str());
    }
    if let Some(reason) = status.reason {
        json["reason"] = Value::from(reason.name().replace("SLAVE", "AGENT"));
    }
    if let Some(executor) = &task.info().executor {
        json["executor_id"] = id(&executor.id);
    }
    if let Some(healthy) = status.healthy {
        json["healthy"] = Value::from(healthy);
    }
    if let Some(check) = status.check {
        json["check_status"] = match check {
            CheckResult::Command(exit_code) => json!({"type": "COMMAND", "command": {"exit_code": exit_code}}),
            CheckResult::Http(status_code) => json!({"type": "HTTP", "http": {"status_code": status_code}}),
            CheckResult::Tcp(succeeded) => json!({"type": "TCP", "tcp": {"succeeded": succeeded}}),
        };
    }
    if status.state == TaskState::Unreachable {
        json["unreachable_time"] = nanoseconds(status.at);
    }
    json
}

fn source(status: &StatusUpdate) -> &'static str {
    match status.reason {
        Some(
            Reason::InvalidOffers
            | Reason::Reconciliation
            | Reason::SlaveRemoved
            | Reason::SlaveRemovedByOperator
            | Reason::SlaveReregistered
            | Reason::TaskGroupInvalid
            | Reason::TaskInvalid,
        ) => "SOURCE_MASTER",
        Some(Reason::ContainerLaunchFailed | Reason::ExecutorTerminated | Reason::TaskKilledDuringLaunch) => {
            "SOURCE_AGENT"
        }
        Some(Reason::TaskCheckStatusUpdated | Reason::TaskHealthCheckStatusUpdated) | None => "SOURCE_EXECUTOR",
    }
}

/// An id of any kind.
fn id(value: &str) -> Value {
    json!({ "value": value })
}

/// Capabilities.
fn types(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"type": name})).collect()
}

/// `TimeInfo`.
fn nanoseconds(time: Time) -> Value {
    json!({"nanoseconds": time.as_micros().saturating_mul(1000)})
}

/// Resources as tasks, executors and offers have them: to which role they are allocated, and none to which they belong.
fn allocated(resources: &Resources, role: &str) -> Value {
    let mut all = without_roles(resources::full(resources, true));
    all.as_array_mut().into_iter().flatten().for_each(|resource| resource["allocation_info"] = json!({"role": role}));
    all
}

/// The form before `convertResourceFormat(ENDPOINT)`.
fn without_roles(mut resources: Value) -> Value {
    let all = resources.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
    all.for_each(|resource| _ = resource.remove("role"));
    resources
}

/// Protobuf writes no list without elements.
fn without_empty_lists(mut message: Value) -> Value {
    if let Some(fields) = message.as_object_mut() {
        fields.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    }
    message
}
