//! Tasks, as master and agents show them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{State, seconds};
use crate::{
    checkers::ProbeKind,
    mesos::task::Task,
    wire::{DiscoveryPort, NativeCheck, StatusUpdate, TaskInfo},
};

impl State<'_> {
    /// A task.
    pub(super) fn task_json(&self, task: &Task) -> Value {
        let info = task.info();
        let mut json = json!({
            "id": info.id.as_str(),
            "name": info.name,
            "framework_id": self.master.framework_id(),
            "executor_id": info.executor.as_ref().map_or("", |executor| executor.id.as_str()),
            "slave_id": self.agents[task.agent()].id().as_str(),
            "state": task.state().name(),
            "resources": task.resources().to_json(),
            "role": info.role,
            "statuses": task.statuses().iter().map(|status| status_json(task, status)).collect::<Vec<_>>(),
        });
        if let Some(labels) = labels(info) {
            json["labels"] = labels;
        }
        json["discovery"] = discovery(info);
        if let Some(container) = &info.container {
            json["container"] = container.clone();
        }
        if let Some(check) = &info.health_check {
            json["health_check"] = check_json(check);
        }
        json
    }
}

/// The labels of a task; `None` without any.
pub(super) fn labels(info: &TaskInfo) -> Option<Value> {
    (!info.labels.is_empty()).then(|| pairs(info.labels.iter()))
}

pub(super) fn pairs<'a>(labels: impl Iterator<Item = &'a (String, String)>) -> Value {
    labels.map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// `DiscoveryInfo`; mesos-dns and others read names, protocols and labels of the ports.
pub(super) fn discovery(info: &TaskInfo) -> Value {
    let port = |port: &DiscoveryPort| {
        let mut json = json!({"number": port.number});
        if let Some(name) = &port.name {
            json["name"] = Value::from(name.as_str());
        }
        json["protocol"] = Value::from(&*port.protocol);
        if !port.labels.is_empty() {
            json["labels"] = json!({"labels": pairs(port.labels.iter())});
        }
        json
    };
    let ports = match info.discovery.as_slice() {
        [] => json!({}),
        ports => json!({"ports": ports.iter().map(port).collect::<Vec<_>>()}),
    };
    json!({"visibility": "FRAMEWORK", "name": info.discovery_name, "ports": ports})
}

fn whole(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

fn status_json(task: &Task, status: &StatusUpdate) -> Value {
    let mut json = json!({
        "state": status.state.name(),
        "timestamp": seconds(status.at),
        "container_status": container_json(task, status),
    });
    if let Some(healthy) = status.healthy {
        json["healthy"] = Value::from(healthy);
    }
    json
}

/// `ContainerStatus`.
pub(super) fn container_json(task: &Task, status: &StatusUpdate) -> Value {
    let addresses = status
        .ip_addresses
        .iter()
        .map(|address| json!({"protocol": "IPv4", "ip_address": address}))
        .collect::<Vec<_>>();
    let mut container = json!({"container_id": {"value": task.container_id()}});
    if let Some(parent) = task.parent() {
        container["container_id"]["parent"] = json!({"value": parent});
    }
    if task.parent().is_none() || !addresses.is_empty() {
        container["network_infos"] = json!([{"ip_addresses": addresses}]);
    }
    container
}

/// `HealthCheck`.
pub(super) fn check_json(check: &NativeCheck) -> Value {
    let mut json = json!({
        "delay_seconds": whole(check.delay),
        "interval_seconds": whole(check.interval),
        "timeout_seconds": whole(check.timeout),
        "consecutive_failures": check.consecutive_failures,
        "grace_period_seconds": whole(check.grace),
    });
    match &check.kind {
        ProbeKind::Tcp => {
            json["type"] = Value::from("TCP");
            json["tcp"] = json!({"protocol": check.ip_protocol, "port": check.port});
        }
        ProbeKind::Http { path, tls } => {
            json["type"] = Value::from("HTTP");
            let scheme = if *tls { "https" } else { "http" };
            json["http"] = json!({"protocol": check.ip_protocol, "scheme": scheme, "port": check.port});
            if !path.is_empty() {
                json["http"]["path"] = Value::from(path.as_str());
            }
        }
        ProbeKind::Command { shell } => {
            json["type"] = Value::from("COMMAND");
            json["command"] = json!({"shell": true, "value": shell});
        }
    }
    json
}
