//! Rules about the networks and endpoints of a pod (`NetworkValidation.scala`, `PodsValidation.scala`).

use serde_json::Value;

use super::validate::{each, has_twice};
use crate::app::{Violation, schema::add};

/// The mode of a network; a name alone means a network of containers.
pub(super) fn mode(network: &Value) -> String {
    network["mode"].as_str().unwrap_or("container").to_lowercase()
}

/// All rules.
pub(super) fn check(pod: &Value, found: &mut Vec<Violation>) {
    let networks: Vec<&Value> = each(pod, "networks", "").map(|(_, network)| network).collect();
    of_pod(&networks, found);
    endpoints(pod, &networks, found);
}

fn of_pod(networks: &[&Value], found: &mut Vec<Violation>) {
    let modes: Vec<String> = networks.iter().map(|network| mode(network)).collect();
    let containers = modes.iter().filter(|mode| *mode == "container").count();
    if modes.len() > 1 && containers < modes.len() {
        let text = "May specify a single host network, single bridge network, or else 1-to-n container networks";
        return add(found, "/networks", text);
    }
    for (network, mode) in networks.iter().zip(&modes) {
        let named = network["name"].is_string() || network["labels"].as_object().is_some_and(|all| !all.is_empty());
        match mode.as_str() {
            "host" if named => add(found, "/networks", "Host networks may not have names or labels"),
            "container" if !network["name"].is_string() => {
                add(found, "/networks", "Network name must be specified when container network is selected.");
            }
            _ => {}
        }
    }
    let names: Vec<&str> = networks.iter().filter_map(|network| network["name"].as_str()).collect();
    if has_twice(&names) {
        add(found, "/networks", "Duplicate networks are not allowed");
    }
}

fn endpoints(pod: &Value, networks: &[&Value], found: &mut Vec<Violation>) {
    let host = networks.first().is_some_and(|network| mode(network) == "host");
    let known: Vec<&str> = networks.iter().filter_map(|network| network["name"].as_str()).collect();
    let (mut names, mut inside, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    for (path, container) in each(pod, "containers", "") {
        for (path, endpoint) in each(container, "endpoints", &path) {
            names.push(&endpoint["name"]);
            inside.extend(endpoint["containerPort"].as_u64().filter(|port| *port > 0));
            outside.extend(endpoint["hostPort"].as_u64().filter(|port| *port > 0));
            if host && !endpoint["containerPort"].is_null() {
                add(found, &format!("{path}/containerPort"), "is not allowed when using host-mode networking");
            }
            let protocols: Vec<&Value> = each(endpoint, "protocol", "").map(|(_, protocol)| protocol).collect();
            if has_twice(&protocols) {
                let text = "Duplicate protocols within the same endpoint are not allowed";
                add(found, &format!("{path}/protocol"), text);
            }
            for (path, name) in each(endpoint, "networkNames", &path) {
                if !name.as_str().is_some_and(|name| known.contains(&name)) {
                    add(found, &path, &format!("is not one of ({})", known.join(",")));
                }
            }
        }
    }
    if has_twice(&names) {
        // Spelled like this by Marathon.
        add(found, "/", "endpoint names nust be unique across all containers");
    }
    if has_twice(&inside) {
        add(found, "/", "container ports must be unique across all containers");
    }
    if has_twice(&outside) {
        add(found, "/", "host ports must be unique across all containers");
    }
}
