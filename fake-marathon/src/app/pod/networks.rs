//! Rules about the networks and endpoints of a pod (`NetworkValidation.scala`, `PodsValidation.scala`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::elements::{each, has_twice};
use crate::app::{Violations, schema::add};

const NAME_THE_NETWORK: &str =
    "networkNames must be a single item list when hostPort is specified and more than 1 container network is defined";

/// The mode of a network; a name alone means a network of containers.
pub(super) fn mode(network: &Value) -> String {
    network["mode"].as_str().unwrap_or("container").to_lowercase()
}

/// All rules.
pub(super) fn check(pod: &Value, found: &mut Violations) {
    let networks: Vec<&Value> = each(pod, "networks", "").map(|(_, network)| network).collect();
    of_pod(&networks, found);
    endpoints(pod, &networks, found);
}

fn of_pod(networks: &[&Value], found: &mut Violations) {
    let modes: Vec<String> = networks.iter().map(|network| mode(network)).collect();
    let of = |wanted: &str| -> Vec<&Value> {
        networks.iter().zip(&modes).filter(|(_, mode)| *mode == wanted).map(|(network, _)| *network).collect()
    };
    let is_named = |network: &&Value| network["name"].is_string();
    let has_labels = |network: &&Value| network["labels"].as_object().is_some_and(|all| !all.is_empty());
    let unnamed = of("container").into_iter().filter(|network| !is_named(network)).count();
    let names: Vec<&str> = networks.iter().filter_map(|network| network["name"].as_str()).collect();
    let wrong = [
        (
            of("host").iter().any(|network| is_named(network) || has_labels(network)),
            "Host networks may not have names or labels",
        ),
        (of("container/bridge").iter().any(is_named), "Bridge networks may not have names"),
        (unnamed > 1 || has_twice(&names), "Duplicate networks are not allowed"),
        (
            modes.len() > 1 && of("container").len() < modes.len(),
            "May specify a single host network, single bridge network, or else 1-to-n container networks",
        ),
        (unnamed > 0, "Network name must be specified when container network is selected."),
    ];
    wrong.iter().filter(|(wrong, _)| *wrong).for_each(|(_, text)| add(found, "/networks", text));
}

fn endpoints(pod: &Value, networks: &[&Value], found: &mut Violations) {
    let any = |wanted: &str| networks.iter().any(|network| mode(network) == wanted);
    let (host, container_mode) = (any("host"), any("container"));
    let container_networks = networks.iter().filter(|network| mode(network) == "container").count();
    let listed: Vec<&str> = networks.iter().filter_map(|network| network["name"].as_str()).collect();
    let known: BTreeSet<&str> = listed.iter().copied().collect();
    let unknown = format!("is not one of ({})", listed.join(","));
    let (mut names, mut inside, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    for (path, container) in each(pod, "containers", "") {
        for (path, endpoint) in each(container, "endpoints", &path) {
            names.push(&endpoint["name"]);
            inside.extend(endpoint["containerPort"].as_u64().filter(|port| *port > 0));
            outside.extend(endpoint["hostPort"].as_u64().filter(|port| *port > 0));
            for (path, name) in each(endpoint, "networkNames", &path) {
                if !name.as_str().is_some_and(|name| known.contains(name)) {
                    add(found, &path, &unknown);
                }
            }
            let port = format!("{path}/containerPort");
            match endpoint["containerPort"].is_null() {
                false if host => add(found, &port, "is not allowed when using host-mode networking"),
                true if container_mode => add(found, &port, "is required when using container-mode networking"),
                false | true => {}
            }
            let protocols: Vec<&Value> = each(endpoint, "protocol", "").map(|(_, protocol)| protocol).collect();
            if has_twice(&protocols) {
                let text = "Duplicate protocols within the same endpoint are not allowed";
                add(found, &format!("{path}/protocol"), text);
            }
            let ambiguous = !endpoint["hostPort"].is_null() && each(endpoint, "networkNames", "").count() != 1;
            if container_networks > 1 && ambiguous {
                add(found, &path, NAME_THE_NETWORK);
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
