//! The second stage: what a well-shaped pod must not say (`api/v2/validation/PodsValidation.scala`).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    checks,
    elements::{each, has_twice},
    networks,
};
use crate::app::{Violation, Violations, absolute, schema::add, validate as of_apps};

pub(super) type Object = Map<String, Value>;

const NO_SECRETS: &str = "Feature secrets is not enabled. Enable with --enable_features secrets)";

/// The rules about what was posted.
pub(super) fn check(pod: &Value, found: &mut Violations) {
    identity(pod["id"].as_str().unwrap_or_default(), found);
    if pod["user"] == "" {
        add(found, "/user", "must not be empty");
    }
    secrets(pod, found);
    networks::check(pod, found);
    containers(pod, found);
    volumes(pod, found);
    checks::check(pod, found);
    placement(pod, found);
    let instances = pod["scaling"]["instances"].as_i64().unwrap_or(1);
    if instances < 0 {
        add(found, "/scaling/instances", &format!("got {instances}, expected 0 or more"));
    }
    if !pod["linuxInfo"]["seccomp"].is_null() {
        add(found, "/linuxInfo/seccomp", "Seccomp configuration on executor level is not supported");
    }
    ipc(pod, "", found);
}

/// The rules about the definition that was made of it (`podDefValidator`).
pub(super) fn check_definition(pod: &Value, roles: &[String], found: &mut Violations) {
    let role = pod["role"].as_str().unwrap_or_else(|| roles.first().map_or("*", String::as_str));
    if !roles.iter().any(|valid| valid == role) {
        add(found, "/role", &format!("got {role}, expected one of: [{}]", roles.join(", ")));
    }
    let is_resident = each(pod, "volumes", "").any(|(_, volume)| volume["persistent"].is_object());
    if is_resident && role == "*" {
        add(found, "/role", "Resident pods cannot have the role *");
    }
    let accepted = pod["scheduling"]["placement"]["acceptedResourceRoles"].as_array().into_iter().flatten();
    if accepted.filter_map(Value::as_str).any(|accepted| accepted != "*" && accepted != role) {
        let own = if role == "*" { String::new() } else { format!(" and {role}") };
        add(found, "/acceptedResourceRoles", &format!("acceptedResourceRoles can only contain *{own}"));
    }
}

/// Memory that is shared with other containers (`LinuxInfo.scala`).
fn ipc(of: &Value, path: &str, found: &mut Violations) {
    let ipc = &of["linuxInfo"]["ipcInfo"];
    let is_shared = ipc["mode"].as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("SHARE_PARENT"));
    if is_shared && !ipc["shmSize"].is_null() {
        let text = "ipcInfo shmSize can NOT be set when mode is SHARE_PARENT";
        add(found, &format!("{path}/linuxInfo/ipcInfo"), text);
    }
}

fn seccomp(container: &Value, path: &str, found: &mut Violations) {
    let seccomp = &container["linuxInfo"]["seccomp"];
    let text = match (seccomp["profileName"].is_string(), seccomp["unconfined"] == true) {
        _ if seccomp.is_null() => return,
        (true, true) => "Seccomp unconfined can NOT be true when Profile is defined",
        (false, false) => "Seccomp unconfined must be true when Profile is NOT defined",
        (true, false) | (false, true) => return,
    };
    add(found, &format!("{path}/linuxInfo/seccomp"), text);
}

fn identity(id: &str, found: &mut Violations) {
    if !id.starts_with('/') {
        add(found, "/id", "Path needs to be absolute");
    } else if absolute(id, "/") == "/" {
        add(found, "/id", "Path must contain at least one path element");
    } else {
        // Parts like `..` are resolved, but for one at the end, which is a word that may not be there.
        let resolved = absolute(id, "/");
        let path = if id.trim_end_matches('/').ends_with("..") { id } else { resolved.as_str() };
        of_apps::identity::path(path, "/id", found);
    }
}

fn secrets(pod: &Value, found: &mut Violations) {
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

fn environment(of: &Value, path: &str, found: &mut Violations) {
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

fn containers(pod: &Value, found: &mut Violations) {
    let names: Vec<&Value> = each(pod, "containers", "").map(|(_, container)| &container["name"]).collect();
    if has_twice(&names) {
        add(found, "/containers", "container names must be unique");
    }
    for (path, container) in each(pod, "containers", "") {
        seccomp(container, &path, found);
        ipc(container, &path, found);
        if pod["legacySharedCgroups"] == true && container["resourceLimits"].is_object() {
            let text = "resourceLimits cannot be defined if legacySharedCgroups is enabled";
            add(found, &format!("{path}/resourceLimits"), text);
        }
        for (name, otherwise) in [("cpus", 1.0), ("mem", 128.0)] {
            let wanted = container["resources"][name].as_f64().unwrap_or(otherwise);
            if container["resourceLimits"][name].as_f64().is_some_and(|limit| limit < wanted) {
                let text = format!("resource limit must be greater than or equal to requested resource ({wanted:?})");
                add(found, &format!("{path}/resourceLimits/{name}"), &text);
            }
        }
    }
}

fn volumes(pod: &Value, found: &mut Violations) {
    let names: Vec<&Value> = each(pod, "volumes", "").map(|(_, volume)| &volume["name"]).collect();
    if has_twice(&names) {
        add(found, "/volumes", "volume names must be unique");
    }
    let known: HashSet<&Value> = names.iter().copied().collect();
    let mut mounted = HashSet::new();
    for (path, container) in each(pod, "containers", "") {
        for (path, mount) in each(container, "volumeMounts", &path) {
            mounted.insert(&mount["name"]);
            if !known.contains(&mount["name"]) {
                add(found, &format!("{path}/name"), "Referenced Volume in VolumeMount should exist");
            }
        }
    }
    secret_volumes(pod, found);
    for (path, volume) in each(pod, "volumes", "") {
        if !mounted.contains(&volume["name"]) {
            add(found, &path, "volume must be referenced by at least one container");
        }
    }
    if each(pod, "volumes", "").any(|(_, volume)| volume["persistent"].is_object()) {
        resident(&pod["scheduling"], found);
    }
}

/// Two rules that both allow no secret volumes, so that both say "must be empty".
fn secret_volumes(pod: &Value, found: &mut Violations) {
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

/// What a pod with persistent volumes must say of its scheduling.
fn resident(scheduling: &Value, found: &mut Violations) {
    let over = scheduling["upgrade"]["maximumOverCapacity"].as_f64().unwrap_or(1.0);
    if scheduling["upgrade"].is_object() && over != 0.0 {
        add(found, "/upgrade/maximumOverCapacity", &format!("got {over:?}, expected 0.0"));
    }
    if scheduling["unreachableStrategy"].is_object() {
        add(found, "/", "unreachableStrategy must be disabled for pods with persistent volumes");
    }
    let roles: Vec<&Value> =
        each(&scheduling["placement"], "acceptedResourceRoles", "").map(|(_, role)| role).collect();
    if !roles.is_empty() && roles.iter().any(|role| **role != "*") {
        let text = "A resident pod must have `acceptedResourceRoles = [\"*\"]`.";
        add(found, "/acceptedResourceRoles", text);
    }
}

fn placement(pod: &Value, found: &mut Violations) {
    let placement = &pod["scheduling"]["placement"];
    for (path, constraint) in each(placement, "constraints", "/scheduling/placement") {
        let parts: Vec<&str> =
            ["fieldName", "operator", "value"].iter().filter_map(|part| constraint[*part].as_str()).collect();
        // No constraints at all would do as well.
        let problem = match parts.first() {
            Some(&"") => Some("missing field for constraint declaration"),
            Some(_) | None => of_apps::placement::problem(&parts),
        };
        if let Some(problem) = problem {
            add(found, "/scheduling/placement/constraints", "must be empty");
            add(found, &path, problem);
        }
    }
}
