//! What a definition says, of an app or of a pod: one place that knows where each of them has it.

use std::borrow::Cow;

use fixtures::Containerizer;
use harness::model::{App, Kind};
use serde_json::{Map, Value, json};

/// Marathon's defaults of an app.
const CPUS: f64 = 1.0;
const MEM: f64 = 128.0;

/// The same of a pod's container and of its executor (recorded: `pods.bodies`, `pods.life`).
const EXECUTOR_CPUS: f64 = 0.1;
const EXECUTOR_MEM: f64 = 32.0;

/// What is checked, and how: the health checks as those of apps are written. Those of a pod's containers follow in the order of
/// the containers, with the protocol that an app's would have.
pub fn health_checks(definition: &Value) -> Cow<'_, [Value]> {
    match Kind::of_definition(definition) {
        Kind::App => Cow::Borrowed(list(definition, "healthChecks")),
        Kind::Pod => Cow::Owned(checks_of_pod(definition)),
    }
}

fn checks_of_pod(definition: &Value) -> Vec<Value> {
    // Whatever cannot be read is refused by Marathon, with its reason.
    let read = App::from_pod(definition.clone()).map(|pod| pod.health_checks).unwrap_or_default();
    let written =
        list(definition, "containers").iter().filter_map(|container| container.get("healthCheck")?.as_object());
    written
        .zip(read)
        .map(|(written, read)| {
            let kept = written.iter().filter(|(name, _)| !["http", "tcp", "exec"].contains(&name.as_str()));
            let mut check: Map<String, Value> = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
            check.insert("protocol".to_owned(), json!(read.protocol));
            let path = read.path.map(|path| ("path", json!(path)));
            let port = read.port_index.map(|index| ("portIndex", json!(index)));
            check.extend(path.into_iter().chain(port).map(|(name, value)| (name.to_owned(), value)));
            Value::Object(check)
        })
        .collect()
}

/// The number of instances that it asks for; 1 if it asks for none.
pub fn instances(definition: &Value) -> Option<&Value> {
    match Kind::of_definition(definition) {
        Kind::App => definition.get("instances"),
        Kind::Pod => definition.get("scaling")?.get("instances"),
    }
}

/// CPUs and memory (MB) of one task, of a pod those of all containers and of their executor.
pub fn needs(definition: &Value) -> (f64, f64) {
    match Kind::of_definition(definition) {
        Kind::App => (number(Some(definition), "cpus", CPUS), number(Some(definition), "mem", MEM)),
        Kind::Pod => {
            let executor = definition.get("executorResources");
            let (cpus, mem) = of_containers(definition);
            (cpus + number(executor, "cpus", EXECUTOR_CPUS), mem + number(executor, "mem", EXECUTOR_MEM))
        }
    }
}

/// CPUs and memory (MB) of a pod's containers together.
pub fn of_containers(definition: &Value) -> (f64, f64) {
    list(definition, "containers").iter().fold((0.0, 0.0), |(cpus, mem), container| {
        let own = container.get("resources");
        (cpus + number(own, "cpus", CPUS), mem + number(own, "mem", MEM))
    })
}

fn number(of: Option<&Value>, key: &str, default: f64) -> f64 {
    of.and_then(|of| of.get(key)?.as_f64()).unwrap_or(default)
}

/// The host ports that the endpoints of a pod ask for; 0 is any.
pub fn host_ports(definition: &Value) -> impl Iterator<Item = u64> {
    let endpoints = list(definition, "containers").iter().flat_map(|container| list(container, "endpoints"));
    endpoints.filter_map(|endpoint| endpoint.get("hostPort")?.as_u64())
}

/// The constraints, each a field, an operator and perhaps a value.
pub fn constraints(definition: &Value) -> Vec<[String; 3]> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    match Kind::of_definition(definition) {
        Kind::App => {
            let all = list(definition, "constraints").iter();
            all.map(|constraint| [0, 1, 2].map(|part| text(constraint.get(part)))).collect()
        }
        Kind::Pod => {
            let placement = definition.pointer("/scheduling/placement").unwrap_or(&Value::Null);
            let all = list(placement, "constraints").iter();
            all.map(|constraint| ["fieldName", "operator", "value"].map(|part| text(constraint.get(part)))).collect()
        }
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The containerizer that the definition asks for; Mesos's own is Marathon's default.
pub fn containerizer(definition: &Value) -> Containerizer {
    if Kind::of_definition(definition) == Kind::Pod {
        return Containerizer::Pod;
    }
    let container = definition.get("container");
    let kind = container.and_then(|c| c.get("type")).and_then(Value::as_str);
    // Marathon: a container with a docker object and no type is of the type DOCKER.
    let docker = container.is_some_and(|c| c.get("docker").is_some_and(|d| !d.is_null()));
    if kind == Some("DOCKER") || (kind.is_none() && docker) { Containerizer::Docker } else { Containerizer::Mesos }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> Value {
        json!({
            "id": "/p", "scaling": {"kind": "fixed", "instances": 4},
            "scheduling": {"placement": {"constraints": [{"fieldName": "hostname", "operator": "UNIQUE"}]}},
            "containers": [
                {"name": "side", "resources": {"cpus": 0.5}, "endpoints": [{"name": "a", "hostPort": 0}]},
                {"name": "web", "resources": {"mem": 64}, "endpoints": [{"name": "b", "hostPort": 80}, {"name": "c"}],
                 "healthCheck": {"http": {"endpoint": "b", "path": "/x", "scheme": "HTTPS"}, "intervalSeconds": 7}},
                {"name": "asked", "healthCheck": {"exec": {"command": {"shell": "true"}}}},
            ],
        })
    }

    #[test]
    fn a_pod_says_the_same_in_other_places() {
        let pod = pod();
        assert_eq!(
            *health_checks(&pod),
            [
                json!({"intervalSeconds": 7, "protocol": "MESOS_HTTPS", "path": "/x", "portIndex": 1}),
                json!({"protocol": "COMMAND"})
            ]
        );
        assert_eq!(instances(&pod), Some(&json!(4)));
        assert_eq!(needs(&pod), (2.6, 352.0));
        assert_eq!(host_ports(&pod).collect::<Vec<_>>(), [0, 80]);
        assert_eq!(constraints(&pod), [["hostname", "UNIQUE", ""].map(str::to_owned)]);
    }

    #[test]
    fn what_is_missing_is_marathons_default() {
        assert_eq!(needs(&json!({"id": "/a"})), (1.0, 128.0));
        assert_eq!(needs(&json!({"containers": [{}]})), (1.1, 160.0));
        assert!(health_checks(&json!({"containers": [{"healthCheck": null}, 7]})).is_empty());
        assert!(health_checks(&json!([1])).is_empty());
    }

    #[test]
    fn the_containerizer_follows_marathons_rule() {
        assert_eq!(containerizer(&json!({"container": {"docker": {"image": "alpine"}}})), Containerizer::Docker);
        assert_eq!(
            containerizer(&json!({"container": {"type": "MESOS", "docker": {"image": "alpine"}}})),
            Containerizer::Mesos
        );
        assert_eq!(containerizer(&json!({"cmd": "sleep 1"})), Containerizer::Mesos);
    }
}
