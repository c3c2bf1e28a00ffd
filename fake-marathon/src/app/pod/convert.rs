//! A normalised pod as a run specification.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Endpoint, Mount, Pod, PodContainer, validate::Object};
use crate::app::{AppDefinition, HealthCheck, IpProtocol, Protocol, convert};

/// The run specification; its ports are those of all endpoints in order.
pub(super) fn pod(normal: &Object) -> AppDefinition {
    let all = Value::Object(normal.clone());
    let containers: Vec<PodContainer> = list(&all["containers"]).map(container).collect();
    let executor = |name: &str| all["executorResources"][name].as_f64().unwrap_or_default();
    let mut echoed = normal.clone();
    echoed.shift_remove("scaling");
    let pod = Pod {
        executor_cpus: executor("cpus"),
        executor_mem: executor("mem"),
        executor_disk: executor("disk"),
        environment: map(&all["environment"]),
        user: text(&all["user"]),
        host_volumes: list(&all["volumes"])
            .filter_map(|one| Some((text(&one["name"])?, text(&one["host"])?)))
            .collect(),
        network_names: list(&all["networks"]).filter_map(|network| text(&network["name"])).collect(),
        shares_cgroups: all["legacySharedCgroups"] == true,
        on_bridge: all["networks"][0]["mode"] == "container/bridge",
        on_host_network: all["networks"][0]["mode"] == "host",
        echoed: Value::Object(echoed),
        containers,
    };
    let mut spec = convert::app(&as_app(&all, &pod));
    let backoff = &all["scheduling"]["backoff"];
    let seconds = |name: &str| {
        let seconds = backoff[name].as_f64().unwrap_or_default();
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    };
    spec.backoff = seconds("backoff");
    spec.max_launch_delay = seconds("maxLaunchDelay");
    spec.backoff_factor = backoff["backoffFactor"].as_f64().unwrap_or(1.15);
    spec.pod = Some(pod.into());
    spec
}

/// What a pod has in common with an app, in an app's words.
fn as_app(all: &Value, pod: &Pod) -> Object {
    let sum = |of: fn(&PodContainer) -> f64| pod.containers.iter().map(of).sum::<f64>();
    let scheduling = &all["scheduling"];
    let constraints = list(&scheduling["placement"]["constraints"]).map(|constraint| {
        let parts = ["fieldName", "operator", "value"].iter().map(|part| constraint[*part].clone());
        parts.filter(|part| !part.is_null()).collect::<Value>()
    });
    let endpoints = pod.containers.iter().flat_map(|container| &container.endpoints);
    let mappings = endpoints.map(|endpoint| {
        json!({"containerPort": endpoint.container_port.unwrap_or(0), "hostPort": endpoint.host_port, "name": endpoint.name})
    });
    let app = json!({
        "id": all["id"],
        "instances": all["scaling"]["instances"],
        "cpus": sum(|container| container.cpus) + pod.executor_cpus,
        "mem": sum(|container| container.mem) + pod.executor_mem,
        "disk": sum(|container| container.disk) + pod.executor_disk,
        "gpus": pod.containers.iter().map(|container| container.gpus).sum::<u32>(),
        "labels": if all["labels"].is_object() { all["labels"].clone() } else { json!({}) },
        "role": all["role"],
        "constraints": constraints.collect::<Vec<_>>(),
        "acceptedResourceRoles": scheduling["placement"].get("acceptedResourceRoles").unwrap_or(&json!([])),
        "upgradeStrategy": scheduling["upgrade"],
        "killSelection": scheduling["killSelection"],
        "unreachableStrategy": scheduling["unreachableStrategy"],
        "networks": [{"mode": "container/bridge"}],
        "container": {"type": "MESOS", "portMappings": mappings.collect::<Vec<_>>()},
    });
    let mut app = app.as_object().cloned().unwrap_or_default();
    for mapping in app["container"]["portMappings"].as_array_mut().into_iter().flatten() {
        if let Some(mapping) = mapping.as_object_mut() {
            mapping.retain(|_, value| !value.is_null());
        }
    }
    app
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn map(value: &Value) -> IndexMap<String, Value> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn texts(value: &Value) -> IndexMap<String, String> {
    map(value).into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned())).collect()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok())
}

fn seconds(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn container(value: &Value) -> PodContainer {
    let amount = |name: &str| value["resources"][name].as_f64().unwrap_or_default();
    let command = &value["exec"]["command"];
    let check = &value["healthCheck"];
    let checked = check["http"].get("endpoint").or_else(|| check["tcp"].get("endpoint"));
    let grace = value["lifecycle"]["killGracePeriodSeconds"].as_f64();
    PodContainer {
        name: text(&value["name"]).unwrap_or_default(),
        cpus: amount("cpus"),
        mem: amount("mem"),
        disk: amount("disk"),
        gpus: u32::try_from(value["resources"]["gpus"].as_u64().unwrap_or_default()).unwrap_or(u32::MAX),
        shell: text(&command["shell"]),
        argv: list(&command["argv"]).filter_map(text).collect(),
        image: text(&value["image"]["id"]),
        force_pull: value["image"]["forcePull"] == true,
        linux_info: value["linuxInfo"].clone(),
        environment: map(&value["environment"]),
        user: text(&value["user"]),
        artifacts: list(&value["artifacts"]).cloned().collect(),
        mounts: list(&value["volumeMounts"]).filter_map(mount).collect(),
        labels: texts(&value["labels"]),
        endpoints: list(&value["endpoints"]).map(endpoint).collect(),
        tty: value["tty"] == true,
        health_check: check.is_object().then(|| health_check(check)),
        checked_endpoint: checked.and_then(text),
        kill_grace: grace.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    }
}

fn mount(value: &Value) -> Option<Mount> {
    let read_only = value["readOnly"] == true;
    Some(Mount { volume: text(&value["name"])?, path: text(&value["mountPath"])?, read_only })
}

fn endpoint(value: &Value) -> Endpoint {
    Endpoint {
        name: text(&value["name"]).unwrap_or_default(),
        container_port: port(&value["containerPort"]),
        host_port: port(&value["hostPort"]),
        protocols: list(&value["protocol"]).filter_map(text).collect(),
        labels: texts(&value["labels"]),
        network_names: list(&value["networkNames"]).filter_map(text).collect(),
    }
}

fn health_check(value: &Value) -> HealthCheck {
    let protocol = match (value["http"]["scheme"].as_str(), value["tcp"].is_object()) {
        (Some("HTTPS"), _) => Protocol::MesosHttps,
        (Some(_), _) => Protocol::MesosHttp,
        (None, true) => Protocol::MesosTcp,
        (None, false) => Protocol::Command,
    };
    let command = &value["exec"]["command"];
    let words = || list(&command["argv"]).filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    HealthCheck {
        protocol,
        path: text(&value["http"]["path"]),
        command: (protocol == Protocol::Command).then(|| text(&command["shell"]).unwrap_or_else(words)),
        ip_protocol: IpProtocol::default(),
        port: None,
        port_index: None,
        grace: Duration::from_secs(seconds(&value["gracePeriodSeconds"])),
        interval: Duration::from_secs(seconds(&value["intervalSeconds"])),
        timeout_seconds: i64::try_from(seconds(&value["timeoutSeconds"])).unwrap_or(i64::MAX),
        max_consecutive_failures: u32::try_from(seconds(&value["maxConsecutiveFailures"])).unwrap_or(u32::MAX),
        delay: Duration::from_secs(seconds(&value["delaySeconds"])),
        ignore_http_1xx: None,
    }
}
