//! The second stage: what a well-shaped pod must not say (`api/v2/validation/PodsValidation.scala`).

use serde_json::{Map, Value};

use super::{checks, networks};
use crate::app::{Violation, absolute, schema::add, validate as of_apps};

pub(super) type Object = Map<String, Value>;

const NO_SECRETS: &str = "Feature secrets is not enabled. Enable with --enable_features secrets)";

/// The elements of an array, with their paths.
pub(super) fn each<'a>(of: &'a Value, field: &str, path: &str) -> impl Iterator<Item = (String, &'a Value)> {
    let path = format!("{path}/{field}");
    of[field].as_array().into_iter().flatten().enumerate().map(move |(i, value)| (format!("{path}({i})"), value))
}

/// Whether a value occurs twice.
pub(super) fn has_twice<T: PartialEq>(values: &[T]) -> bool {
    values.iter().enumerate().any(|(i, value)| values[..i].contains(value))
}

/// All rules.
pub(super) fn check(pod: &Object, roles: &[String], found: &mut Vec<Violation>) {
    identity(pod["id"].as_str().unwrap_or_default(), found);
    let pod = &Value::Object(pod.clone());
    user(pod, "", found);
    secrets(pod, found);
    networks::check(pod, found);
    containers(pod, found);
    volumes(pod, found);
    checks::check(pod, found);
    placement(pod, roles, found);
    let instances = pod["scaling"]["instances"].as_i64().unwrap_or(1);
    if instances < 0 {
        add(found, "/scaling/instances", &format!("got {instances}, expected 0 or more"));
    }
    if !pod["linuxInfo"]["seccomp"].is_null() {
        add(found, "/linuxInfo/seccomp", "Seccomp configuration on executor level is not supported");
    }
}

fn identity(id: &str, found: &mut Vec<Violation>) {
    if !id.starts_with('/') {
        add(found, "/id", "Path needs to be absolute");
    } else if absolute(id, "/") == "/" {
        add(found, "/id", "Path must contain at least one path element");
    } else {
        of_apps::identity::path(id, "/id", found);
    }
}

fn user(of: &Value, path: &str, found: &mut Vec<Violation>) {
    if of["user"].as_str() == Some("") {
        add(found, &format!("{path}/user"), "must not be empty");
    }
}

fn secrets(pod: &Value, found: &mut Vec<Violation>) {
    if pod["secrets"].as_object().is_some_and(|secrets| !secrets.is_empty()) {
        add(found, "/secrets", "must be empty");
        add(found, "/secrets", NO_SECRETS);
    }
    environment(pod, "", found);
    for (path, container) in each(pod, "containers", "") {
        environment(container, &path, found);
        if !container["image"]["pullConfig"].is_null() {
            let at = format!("{path}/image/pullConfig");
            add(found, &at, "must be empty");
            add(found, &at, NO_SECRETS);
            add(found, &at, "pullConfig.secret must refer to an existing secret");
        }
    }
}

fn environment(of: &Value, path: &str, found: &mut Vec<Violation>) {
    let variables = of["environment"].as_object();
    let secret: Vec<&String> =
        variables.into_iter().flatten().filter(|(_, value)| value.is_object()).map(|(name, _)| name).collect();
    if !secret.is_empty() {
        let text = "use of secret-references in the environment requires the secrets feature to be enabled";
        add(found, &format!("{path}/environment"), text);
    }
    for name in secret {
        add(found, &format!("{path}/environment/{name}/secret"), "references an undefined secret");
    }
}

fn containers(pod: &Value, found: &mut Vec<Violation>) {
    let names: Vec<&Value> = each(pod, "containers", "").map(|(_, container)| &container["name"]).collect();
    if has_twice(&names) {
        add(found, "/containers", "container names must be unique");
    }
    for (path, container) in each(pod, "containers", "") {
        user(container, &path, found);
        for (name, otherwise) in [("cpus", 1.0), ("mem", 128.0)] {
            let wanted = container["resources"][name].as_f64().unwrap_or(otherwise);
            if container["resourceLimits"][name].as_f64().is_some_and(|limit| limit < wanted) {
                let text = format!("resource limit must be greater than or equal to requested resource ({wanted:?})");
                add(found, &format!("{path}/resourceLimits/{name}"), &text);
            }
        }
    }
}

fn volumes(pod: &Value, found: &mut Vec<Violation>) {
    let names: Vec<&Value> = each(pod, "volumes", "").map(|(_, volume)| &volume["name"]).collect();
    if has_twice(&names) {
        add(found, "/volumes", "volume names must be unique");
    }
    let mut mounted = Vec::new();
    for (path, container) in each(pod, "containers", "") {
        for (path, mount) in each(container, "volumeMounts", &path) {
            mounted.push(&mount["name"]);
            if !names.contains(&&mount["name"]) {
                add(found, &format!("{path}/name"), "Referenced Volume in VolumeMount should exist");
            }
        }
    }
    secret_volumes(pod, found);
    for (path, volume) in each(pod, "volumes", "") {
        if !mounted.contains(&&volume["name"]) {
            add(found, &path, "volume must be referenced by at least one container");
        }
        if volume["persistent"].is_object() && pod["role"].as_str().unwrap_or("*") == "*" {
            add(found, "/role", "Resident pods cannot have the role *");
        }
    }
}

/// Two rules that both allow no secret volumes, so that both say "must be empty".
fn secret_volumes(pod: &Value, found: &mut Vec<Violation>) {
    let secrets = each(pod, "volumes", "").filter(|(_, volume)| volume["secret"].is_string()).count();
    if secrets == 0 {
        return;
    }
    let path = String::from("/podSecretVolumes(pod)");
    let errors = ["must be empty", NO_SECRETS, "must be empty"].map(String::from).to_vec();
    let unknown = (0..secrets).map(|i| format!("{path}({i})/secret")).collect::<Vec<_>>();
    found.push(Violation { path, errors });
    for path in unknown {
        add(found, &path, "volume.secret must refer to an existing secret");
    }
}

fn placement(pod: &Value, roles: &[String], found: &mut Vec<Violation>) {
    let placement = &pod["scheduling"]["placement"];
    for (path, constraint) in each(placement, "constraints", "/scheduling/placement") {
        let parts: Vec<&str> =
            ["fieldName", "operator", "value"].iter().filter_map(|part| constraint[*part].as_str()).collect();
        if let Some(problem) = of_apps::placement::problem(&parts) {
            let text = if parts.get(1).is_some_and(|operator| operator.eq_ignore_ascii_case("GROUP_BY")) {
                add(found, "/scheduling/placement/constraints", "must be empty");
                "GROUP BY must define an integer value or else no value at all"
            } else {
                problem
            };
            add(found, &path, text);
        }
    }
    let role = pod["role"].as_str().unwrap_or_else(|| roles.first().map_or("*", String::as_str));
    if !roles.iter().any(|valid| valid == role) {
        add(found, "/role", &format!("got {role}, expected one of: [{}]", roles.join(", ")));
    }
    let accepted = placement["acceptedResourceRoles"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if accepted.into_iter().any(|accepted| accepted != "*" && accepted != role) {
        let own = if role == "*" { String::new() } else { format!(" and {role}") };
        add(found, "/acceptedResourceRoles", &format!("acceptedResourceRoles can only contain *{own}"));
    }
}
