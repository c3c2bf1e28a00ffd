//! `PodStatus` (Marathon's `raml/PodStatusConversion.scala`, `core/appinfo/impl/AppInfoBaseData.scala`).

use serde_json::{Value, json};

use crate::{
    app::pod::{Pod, PodContainer, render, render_for_status},
    clock::Time,
    snapshot::{ContainerView, PodInstanceView, PodView, TaskFailure},
    wire::TaskState,
};

/// What an executor holds, in the sum that a status shows: the default, whatever the pod says.
const EXECUTOR: [(&str, f64); 4] = [("cpus", 0.1), ("mem", 32.0), ("disk", 10.0), ("gpus", 0.0)];

/// A pod's status as `::status` shows it: whole numbers without a fraction.
pub(in crate::rest) fn of(pod: &PodView, now: Time) -> Value {
    let mut status = build(pod, now, render_for_status(&pod.definition));
    crate::app::pod::plain(&mut status);
    status
}

/// A pod's status as a group shows it.
pub(in crate::rest) fn in_group(pod: &PodView, now: Time) -> Value {
    build(pod, now, render(&pod.definition))
}

fn build(pod: &PodView, now: Time, spec: Value) -> Value {
    let instances: Vec<Value> = pod.instances.iter().map(instance).collect();
    let since = pod.instances.iter().map(|own| own.since).max().unwrap_or(now);
    let stable = instances.iter().filter(|own| own["status"] == "STABLE").count();
    let wanted = usize::try_from(pod.definition.instances).unwrap_or(usize::MAX);
    let history: Vec<Value> = pod.last_failure.iter().filter_map(|failure| termination(pod, failure)).collect();
    json!({
        "id": pod.definition.id.as_str(),
        "spec": spec,
        "status": if stable >= wanted { "STABLE" } else { "DEGRADED" },
        "statusSince": since.iso(),
        "instances": instances,
        "terminationHistory": history,
        "lastUpdated": now.iso(),
        "lastChanged": since.iso(),
    })
}

fn termination(pod: &PodView, failure: &TaskFailure) -> Option<Value> {
    let containers = pod.instances.iter().flat_map(|own| own.containers.iter().map(move |container| (own, container)));
    let (instance, container) = containers.into_iter().find(|(_, container)| container.task == failure.task)?;
    Some(json!({
        "instanceID": instance.id.as_str(),
        "startedAt": container.started_at.unwrap_or(container.staged_at).iso(),
        "terminatedAt": failure.at.iso(),
        "message": failure.message,
        "containers": [{"containerId": failure.task.as_str(), "lastKnownState": class_name(failure.state)}],
    }))
}

/// `TaskFailed`: Marathon writes the name of its class.
fn class_name(state: TaskState) -> String {
    let words = state.name().split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_string() + &letters.as_str().to_lowercase()).unwrap_or_default()
    });
    words.collect()
}

fn instance(own: &PodInstanceView) -> Value {
    let pod = own.spec.pod.as_deref();
    let specs = || pod.iter().flat_map(|pod| &pod.containers);
    let of = |container: &ContainerView| specs().find(|spec| spec.name == container.name);
    let containers: Vec<Value> = own.containers.iter().map(|view| container(view, of(view))).collect();
    let sick = containers.iter().any(|container| container["conditions"][0]["value"] == "false");
    let (status, message) = match own.state {
        "STABLE" if sick => ("DEGRADED", Some("at least one container is not healthy")),
        "DEGRADED" => ("DEGRADED", Some("pod instance has become unreachable")),
        other => (other, None),
    };
    let amount = |(name, base): (&str, f64)| {
        let sum: f64 = containers.iter().filter_map(|container| container["resources"][name].as_f64()).sum();
        let whole = ((base + sum) * 1e6).round() / 1e6;
        (name.to_owned(), if name == "gpus" { plain_number(whole) } else { Value::from(whole) })
    };
    let mut addresses: Vec<&String> = own.containers.iter().flat_map(|container| &container.addresses).collect();
    addresses.dedup();
    let networks = if addresses.is_empty() { json!([]) } else { networks(pod, &addresses) };
    let mut all = json!({
        "id": own.id.as_str(),
        "status": status,
        "statusSince": own.since.iso(),
        "conditions": [],
        "agentId": own.agent.as_str(),
        "agentHostname": own.host,
        "resources": EXECUTOR.into_iter().map(amount).collect::<serde_json::Map<_, _>>(),
        "networks": networks,
        "containers": containers,
        "localVolumes": [],
        "specReference": format!("/v2/pods{}::versions/{}", own.spec.id, own.spec.version.iso()),
        "lastUpdated": own.since.iso(),
        "lastChanged": own.since.iso(),
        "role": own.spec.role,
    });
    for (name, value) in
        [("message", message), ("agentRegion", own.region.as_deref()), ("agentZone", own.zone.as_deref())]
    {
        if let Some(value) = value {
            all[name] = Value::from(value);
        }
    }
    all
}

/// The addresses in each network; that of the agent has no name.
fn networks(pod: Option<&Pod>, addresses: &[&String]) -> Value {
    let named = |name: &str| json!({"name": name, "addresses": addresses});
    match pod {
        Some(pod) if pod.on_bridge => json!([named("mesos-bridge")]),
        Some(pod) if !pod.network_names.is_empty() => pod.network_names.iter().map(|name| named(name)).collect(),
        Some(_) | None => json!([{"addresses": addresses}]),
    }
}

fn plain_number(amount: f64) -> Value {
    let mut value = Value::from(amount);
    crate::app::pod::plain(&mut value);
    value
}

fn container(view: &ContainerView, spec: Option<&PodContainer>) -> Value {
    let since = view.started_at.unwrap_or(view.staged_at).iso();
    let endpoints = spec.filter(|_| view.active).map(|spec| endpoints(view, spec)).unwrap_or_default();
    let mut conditions = Vec::new();
    if let Some(spec) = spec.filter(|spec| spec.health_check.is_some() && view.has_run) {
        let reported = if spec.checked_endpoint.is_some() {
            endpoints.iter().find_map(|endpoint| endpoint["healthy"].as_bool())
        } else {
            view.healthy
        };
        conditions.push(json!({
            "name": "healthy",
            "lastChanged": since,
            "lastUpdated": since,
            "value": reported.unwrap_or(false).to_string(),
            "reason": if reported.is_some() { "health-reported-by-mesos" } else { "health-unreported-by-mesos" },
        }));
    }
    let mut all = json!({
        "name": view.name,
        "status": view.state.name(),
        "statusSince": since,
        "conditions": conditions,
        "endpoints": endpoints,
        "lastUpdated": since,
        "lastChanged": since,
    });
    if view.active {
        all["containerId"] = Value::from(view.task.as_str());
    }
    if let Some(spec) = spec.filter(|_| view.reported) {
        all["resources"] = json!({"cpus": spec.cpus, "mem": spec.mem, "disk": spec.disk, "gpus": spec.gpus});
    }
    all
}

/// Those with a host port come first, and the one that is checked last.
fn endpoints(view: &ContainerView, spec: &PodContainer) -> Vec<Value> {
    let with_port = spec.endpoints.iter().filter(|endpoint| endpoint.host_port.is_some()).zip(&view.ports);
    let reserved = with_port.map(|(endpoint, port)| json!({"name": endpoint.name, "allocatedHostPort": port}));
    let without = spec.endpoints.iter().filter(|endpoint| endpoint.host_port.is_none());
    let mut all: Vec<Value> = reserved.chain(without.map(|endpoint| json!({"name": endpoint.name}))).collect();
    let checked = all.iter().position(|endpoint| endpoint["name"].as_str() == spec.checked_endpoint.as_deref());
    if let Some(checked) = checked {
        let mut endpoint = all.remove(checked);
        if let Some(healthy) = view.healthy {
            endpoint["healthy"] = Value::from(healthy);
        }
        all.push(endpoint);
    }
    all
}
