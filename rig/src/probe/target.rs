//! Where and how a task is probed: as its own check does.

use harness::model::{HealthCheck, Protocol, Task};
use serde_json::Value;

/// What a check would probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The agent's host name.
    pub host: String,
    /// The port on it.
    pub port: u16,
    /// How it is probed.
    pub method: Method,
}

/// How a port is probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// By a connection.
    Tcp,
    /// By GET of this path.
    Http(String),
    /// The same over TLS; as Marathon and curl -k do, any certificate is good.
    Https(String),
}

impl Target {
    /// Where the check finds the task, seen from outside of its agent.
    ///
    /// # Errors
    /// Why that is not known, in words.
    pub fn of(app: &Value, check: &HealthCheck, task: &Task) -> Result<Self, String> {
        let path = || match check.path.as_deref() {
            None | Some("") => "/".to_owned(),
            Some(path) if path.starts_with('/') => path.to_owned(),
            Some(path) => format!("/{path}"),
        };
        let Some(protocol) = check.known_protocol() else {
            return Err(format!("the protocol {} is not known", check.protocol));
        };
        let method = match protocol {
            Protocol::Command => return Err("the check is a command that runs in the task".to_owned()),
            Protocol::Tcp | Protocol::MesosTcp => Method::Tcp,
            Protocol::Http | Protocol::MesosHttp => Method::Http(path()),
            Protocol::Https | Protocol::MesosHttps => Method::Https(path()),
        };
        // A container network gives the task an address that only its agent's network knows.
        let mode =
            |network: &Value| network["mode"].as_str().is_some_and(|mode| mode != "host" && mode != "container/bridge");
        if app["networks"].as_array().is_some_and(|networks| networks.iter().any(mode)) {
            return Err("the task is in a container network that cannot be reached from here".to_owned());
        }
        if task.host.is_empty() {
            return Err("the task's host is not known".to_owned());
        }
        let index = usize::from(check.port_index.unwrap_or(0));
        let bridge = app["networks"][0]["mode"] == "container/bridge";
        let port = match check.port {
            // Behind a bridge the check's port is the container's, not the host's.
            Some(port) if !bridge => Some(port),
            _ => task.ports.get(index).copied(),
        };
        let port = port.ok_or_else(|| "the task has no port for this check".to_owned())?;
        Ok(Self { host: task.host.clone(), port, method })
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The path, empty for a connection.
    pub fn path(&self) -> &str {
        match &self.method {
            Method::Tcp => "",
            Method::Http(path) | Method::Https(path) => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(app: Value, check: Value) -> Result<Target, String> {
        let task = json!({"id": "a._app.1", "host": "10.0.0.7", "ports": [31_000, 31_001]});
        let check: HealthCheck = serde_json::from_value(check).unwrap();
        Target::of(&app, &check, &Task::from_value(task).unwrap())
    }

    #[test]
    fn a_task_is_probed_where_its_check_probes_it() {
        let http = target(json!({}), json!({"protocol": "HTTP", "path": "health", "portIndex": 1})).unwrap();
        assert_eq!((http.address().as_str(), http.path()), ("10.0.0.7:31001", "/health"));
        let tcp = target(json!({}), json!({"protocol": "MESOS_TCP", "port": 9000})).unwrap();
        assert_eq!((tcp.address().as_str(), tcp.method), ("10.0.0.7:9000", Method::Tcp));
        let bridge = json!({"networks": [{"mode": "container/bridge"}]});
        assert_eq!(target(bridge, json!({"protocol": "HTTP", "port": 80})).unwrap().port, 31_000);
    }

    #[test]
    fn a_task_that_cannot_be_probed_has_a_reason() {
        let command = target(json!({}), json!({"protocol": "COMMAND"})).unwrap_err();
        assert!(command.contains("command"), "{command}");
        let network = json!({"networks": [{"mode": "container", "name": "dcos"}]});
        assert!(target(network, json!({"protocol": "TCP"})).unwrap_err().contains("container network"));
        assert!(target(json!({}), json!({"protocol": "TCP", "portIndex": 7})).unwrap_err().contains("no port"));
    }
}
