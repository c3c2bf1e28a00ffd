//! What Mesos shows of a task to service discovery: its ports and its container.
//!
//! Rules from Marathon's `mesosphere/mesos/PortDiscovery.scala` and `api/serialization/ContainerSerializer.scala`.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::versions::DeclaredPorts;
use crate::{
    app::{AppDefinition, ContainerKind, NetworkMode, PortMapping, PortProtocol},
    ids::{PathId, TaskId},
    wire::DiscoveryPort,
};

type Labels = IndexMap<String, String>;

/// A path as a host name: reversed, with dots.
pub(crate) fn name(id: &PathId) -> String {
    let mut parts: Vec<&str> = id.as_str().split('/').filter(|part| !part.is_empty()).collect();
    parts.reverse();
    parts.join(".")
}

/// The ports of a task, one for each protocol and, without a host port, for each network.
pub(crate) fn ports(app: &AppDefinition, hosts: &[Option<u16>]) -> Vec<DiscoveryPort> {
    match DeclaredPorts::of(app) {
        DeclaredPorts::Definitions(definitions) => {
            let given = definitions.iter().zip(hosts).filter_map(|(port, host)| Some((port, (*host)?)));
            given.flat_map(|(port, host)| entries(host, port.name.as_ref(), port.protocol, &port.labels, &[])).collect()
        }
        DeclaredPorts::Mappings(mappings) => {
            mappings.iter().zip(hosts).flat_map(|(mapping, host)| mapped(app, mapping, *host)).collect()
        }
    }
}

fn mapped(app: &AppDefinition, mapping: &PortMapping, host: Option<u16>) -> Vec<DiscoveryPort> {
    let name = mapping.name.as_ref();
    let entries = |number, scope: &[(&str, &str)]| entries(number, name, mapping.protocol, &mapping.labels, scope);
    if let Some(host) = host {
        return entries(host, &[("network-scope", "host")]);
    }
    let of_app = || app.networks.iter().filter_map(|network| network.name.clone()).collect();
    let networks: Vec<String> = if mapping.network_names.is_empty() { of_app() } else { mapping.network_names.clone() };
    let each = networks
        .iter()
        .map(|network| entries(mapping.container_port, &[("network-scope", "container"), ("network-name", network)]));
    each.flatten().collect()
}

fn entries(
    number: u16,
    name: Option<&String>,
    protocol: PortProtocol,
    labels: &Labels,
    scope: &[(&str, &str)],
) -> Vec<DiscoveryPort> {
    let own = labels.iter().map(|(key, value)| (key.clone(), value.clone()));
    let labels: Vec<_> = own.chain(scope.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).collect();
    let port = |protocol: &'static str| {
        let (name, protocol) = (name.cloned(), protocol.into());
        DiscoveryPort { number, name, protocol, labels: labels.clone() }
    };
    match protocol {
        PortProtocol::Tcp => vec![port("tcp")],
        PortProtocol::Udp => vec![port("udp")],
        PortProtocol::UdpTcp => vec![port("udp"), port("tcp")],
    }
}

/// `ContainerInfo`; `None` for a task without a container.
pub(crate) fn container(app: &AppDefinition, id: &TaskId, hosts: &[Option<u16>]) -> Option<Value> {
    let container = app.container.as_ref()?;
    let docker = &container.echoed["docker"];
    let flag = |name: &str| docker[name].as_bool().unwrap_or(false);
    match (container.kind, &container.image) {
        (ContainerKind::Mesos, None) | (ContainerKind::Docker, None) => Some(json!({"type": "MESOS"})),
        (ContainerKind::Mesos, Some(image)) => {
            Some(json!({"type": "MESOS", "mesos": {"image": {"type": "DOCKER", "docker": {"name": image},
                                                            "cached": !flag("forcePullImage")}}}))
        }
        (ContainerKind::Docker, Some(image)) => {
            let mode = app.networks.first().map_or(NetworkMode::Host, |network| network.mode);
            let mut parameters = docker["parameters"].as_array().cloned().unwrap_or_default();
            parameters.push(json!({"key": "label", "value": format!("MESOS_TASK_ID={id}")}));
            let mut info = json!({"image": image, "network": match mode {
                NetworkMode::Host => "HOST",
                NetworkMode::Bridge => "BRIDGE",
                NetworkMode::Container => "USER",
            }});
            let mappings = port_mappings(container.port_mappings.as_deref().unwrap_or_default(), hosts);
            if !mappings.is_empty() && mode != NetworkMode::Host {
                info["port_mappings"] = Value::from(mappings);
            }
            info["privileged"] = Value::from(flag("privileged"));
            info["parameters"] = Value::from(parameters);
            info["force_pull_image"] = Value::from(flag("forcePullImage"));
            let mut all = json!({"type": "DOCKER", "docker": info});
            if let Some(network) = app.networks.iter().find_map(|network| network.name.as_ref()) {
                all["network_infos"] = json!([{"name": network}]);
            }
            Some(all)
        }
    }
}

/// Docker's port mappings: those with a host port, one for each protocol.
fn port_mappings(mappings: &[PortMapping], hosts: &[Option<u16>]) -> Vec<Value> {
    let given = mappings.iter().zip(hosts).filter_map(|(mapping, host)| Some((mapping, (*host)?)));
    given
        .flat_map(|(mapping, host)| {
            let inside = if mapping.container_port == 0 { host } else { mapping.container_port };
            entries(host, None, mapping.protocol, &Labels::new(), &[])
                .into_iter()
                .map(move |port| json!({"host_port": host, "container_port": inside, "protocol": port.protocol}))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn udp_and_tcp_are_two_ports() {
        let labels = Labels::from_iter([(String::from("VIP_0"), String::from("/dns:53"))]);
        let ports =
            entries(31_000, Some(&String::from("dns")), PortProtocol::UdpTcp, &labels, &[("network-scope", "host")]);
        assert_eq!(ports.iter().map(|port| &*port.protocol).collect::<Vec<_>>(), ["udp", "tcp"]);
        let keys = ports[0].labels.iter().map(|(key, _)| key.as_str());
        assert_eq!(keys.collect::<Vec<_>>(), ["VIP_0", "network-scope"]);
    }
}
