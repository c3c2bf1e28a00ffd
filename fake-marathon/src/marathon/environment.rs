//! The environment that Marathon gives a task.
//!
//! Rules from Marathon's `mesosphere/mesos/TaskBuilder.scala` and `EnvironmentHelper.scala`; recorded in `environment.*`.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::versions::DeclaredPorts;
use crate::{
    app::{AppDefinition, ContainerKind},
    ids::{Rng, TaskId},
    tree::sort_texts,
};

/// Labels are left out whose value is as long as this, or whose key and prefix are.
const LONGEST: usize = 512;
const LABEL_PREFIX: &str = "MARATHON_APP_LABEL_";
/// A Scala map of up to this many entries keeps the order of insertion.
const IN_ORDER: usize = 4;
/// Invented container ports lie above this one.
const PRIVILEGED: u64 = 1025;

type Variables = IndexMap<String, String>;

/// What a task gets beside its definition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement<'a> {
    /// One host port (or none) for each definition or mapping.
    pub(crate) ports: &'a [Option<u16>],
    /// Whether the app's top-level group enforces its role.
    pub(crate) enforces_role: bool,
}

/// The variables of a task of `app`. The app's own win.
pub(super) fn of(app: &AppDefinition, id: &TaskId, host: &str, placement: Placement<'_>) -> Vec<(String, String)> {
    let mut env = Variables::new();
    let mut set = |name: &str, value: String| drop(env.insert(name.to_owned(), value));
    set("MESOS_TASK_ID", id.as_str().into());
    set("MARATHON_APP_ID", app.id.as_str().into());
    set("MARATHON_APP_VERSION", app.version.iso());
    // An image that Mesos itself runs is not named.
    let of_docker = app.container.as_ref().filter(|container| container.kind == ContainerKind::Docker);
    if let Some(image) = of_docker.and_then(|container| container.image.as_ref()) {
        set("MARATHON_APP_DOCKER_IMAGE", image.clone());
    }
    set("MARATHON_APP_RESOURCE_CPUS", as_java(app.cpus));
    set("MARATHON_APP_RESOURCE_MEM", as_java(app.mem));
    set("MARATHON_APP_RESOURCE_DISK", as_java(app.disk));
    set("MARATHON_APP_RESOURCE_GPUS", app.gpus.to_string());
    set("MARATHON_APP_ENFORCE_GROUP_ROLE", if placement.enforces_role { "TRUE" } else { "FALSE" }.into());
    for (name, value) in label_variables(&app.labels) {
        set(&name, value);
    }
    for (name, value) in port_variables(app, id, placement.ports) {
        set(&name, value);
    }
    env.insert("HOST".into(), host.to_owned());
    for (name, value) in &app.env {
        if let Some(text) = value.as_str() {
            env.insert(name.clone(), text.to_owned());
        }
    }
    env.into_iter().collect()
}

/// A number as Java writes a double.
pub(super) fn as_java(number: f64) -> String {
    if number == 0.0 || (1e-3..1e7).contains(&number.abs()) {
        return format!("{number:?}");
    }
    let text = format!("{number:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        Some(_) | None => text,
    }
}

/// `MARATHON_APP_LABELS` and the variable of each label, with Marathon's order of the names.
pub(super) fn label_variables(labels: &IndexMap<String, String>) -> Variables {
    // Java counts UTF-16 units.
    let units = |text: &String| text.encode_utf16().count();
    let short = |(key, value): &(&String, &String)| units(key) < LONGEST - LABEL_PREFIX.len() && units(value) < LONGEST;
    let hashed = labels.len() > IN_ORDER;
    let mut labels: Vec<(&String, &String)> = labels.iter().collect();
    if hashed {
        sort_texts(&mut labels, |(key, _)| key);
    }
    // Of two keys that become one name the later one stays.
    let escaped: Variables =
        labels.into_iter().filter(short).map(|(key, value)| (escaped(key), value.clone())).collect();
    let mut names: Vec<&str> = escaped.keys().map(String::as_str).collect();
    if hashed {
        sort_texts(&mut names, |name| name);
    }
    let all = [("MARATHON_APP_LABELS".to_owned(), names.join(" "))];
    let each = escaped.iter().map(|(name, value)| (format!("{LABEL_PREFIX}{name}"), value.clone()));
    all.into_iter().chain(each).collect()
}

/// A label's key as part of a variable's name: what is no letter, digit or `_` becomes one `_`.
pub(super) fn escaped(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut name = String::new();
    for c in key.chars() {
        match plain(c) {
            true => name.extend(c.to_uppercase()),
            false if name.ends_with('\u{0}') => {}
            false => name.push('\u{0}'),
        }
    }
    name.replace('\u{0}', "_")
}

/// A port of a task, for its variables.
struct Port<'a> {
    /// Of the definition or mapping.
    index: usize,
    /// The number that names it.
    requested: u16,
    /// The number that it has.
    effective: u16,
    name: Option<&'a str>,
}

/// `PORT0`, `PORT_<number>`, `PORT_<NAME>`, `PORT`, `PORTS`; of two that are called alike the later one stays, in this order.
fn port_variables(app: &AppDefinition, id: &TaskId, assigned: &[Option<u16>]) -> Variables {
    let mut env = Variables::new();
    let (declared, on_host): (Vec<(u16, Option<&str>)>, bool) = match DeclaredPorts::of(app) {
        DeclaredPorts::Mappings(mappings) => {
            (mappings.iter().map(|mapping| (mapping.container_port, mapping.name.as_deref())).collect(), false)
        }
        DeclaredPorts::Definitions(definitions) => {
            (definitions.iter().map(|port| (port.port, port.name.as_deref())).collect(), true)
        }
    };
    let mut invented = Inventor::new(id, &declared, assigned);
    let mut later = Vec::new();
    let mut resolved = |(index, (number, name)): (usize, &(u16, _))| {
        let (requested, effective) = match (assigned.get(index).copied().flatten(), *number) {
            (Some(port), 0) => (port, port),
            (Some(port), number) => (number, port),
            // Without a network of its own and without a port there is none.
            (None, _) if on_host => return None,
            (None, 0) => {
                let port = invented.next();
                later.push(port);
                (port, port)
            }
            (None, number) => (number, number),
        };
        Some(Port { index, requested, effective, name: *name })
    };
    let ports: Vec<Port<'_>> = declared.iter().enumerate().filter_map(&mut resolved).collect();
    if ports.is_empty() {
        return env;
    }
    for port in &ports {
        env.insert(format!("PORT{}", port.index), port.effective.to_string());
    }
    for port in &ports {
        env.insert(format!("PORT_{}", port.requested), port.effective.to_string());
    }
    for (name, port) in ports.iter().filter_map(|port| Some((port.name?, port))) {
        env.insert(format!("PORT_{}", name.to_uppercase()), port.effective.to_string());
    }
    let all: Vec<String> = assigned.iter().flatten().chain(&later).map(u16::to_string).collect();
    if let Some(first) = all.first() {
        env.insert("PORT".into(), first.clone());
    }
    env.insert("PORTS".into(), all.join(","));
    env
}

/// Invents container ports for mappings that name none and have no host port.
struct Inventor {
    rng: Rng,
    taken: BTreeSet<u16>,
}

impl Inventor {
    fn new(id: &TaskId, declared: &[(u16, Option<&str>)], assigned: &[Option<u16>]) -> Self {
        let seed = id.as_str().bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let taken = declared.iter().map(|(number, _)| *number).chain(assigned.iter().flatten().copied()).collect();
        Self { rng: Rng::seeded(seed), taken }
    }

    fn next(&mut self) -> u16 {
        let ports = PRIVILEGED..u64::from(u16::MAX);
        // A real Marathon looks for a free one for ever.
        let all_taken = self.taken.len() as u64 >= ports.end - ports.start
            && ports.clone().all(|port| u16::try_from(port).is_ok_and(|port| self.taken.contains(&port)));
        loop {
            let port = ports.start + self.rng.below(ports.end - ports.start);
            let port = u16::try_from(port).unwrap_or(u16::MAX);
            if self.taken.insert(port) || all_taken {
                return port;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::app::parse;

    fn variables(fields: Value, ports: &[Option<u16>], enforces_role: bool) -> Variables {
        let mut body = json!({"id": "/g2env", "cmd": "sleep 1000"});
        if let (Value::Object(body), Value::Object(fields)) = (&mut body, fields) {
            body.extend(fields);
        }
        let app = parse::create(&body).expect("a definition");
        let id = TaskId::new("g2env.instance-1._app.1");
        of(&app, &id, "127.0.0.1", Placement { ports, enforces_role }).into_iter().collect()
    }

    fn texts<'a>(env: &'a Variables, begins: &str) -> Vec<(&'a str, &'a str)> {
        let mut found: Vec<_> = env.iter().filter(|(name, _)| name.starts_with(begins)).collect();
        found.sort();
        found.into_iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Recorded in `environment.names_and_labels`.
    #[test]
    fn labels_that_are_too_long_are_left_out_and_names_are_escaped() {
        let labels = json!({"LONG": "e".repeat(900), "MAX511": "f".repeat(511), "MAX512": "g".repeat(512),
            "com.example--tier": "web", "a b": "c", "UPPER": "X", "upper": "x", "empty": ""});
        let env = variables(json!({"labels": labels, "env": {"MARATHON_APP_ID": "mine"}}), &[Some(31000)], false);
        assert_eq!(env["MARATHON_APP_LABELS"], "A_B COM_EXAMPLE_TIER UPPER MAX511 EMPTY");
        let f = "f".repeat(511);
        let wanted = [("A_B", "c"), ("COM_EXAMPLE_TIER", "web"), ("EMPTY", ""), ("MAX511", f.as_str()), ("UPPER", "X")];
        let named = wanted.map(|(name, value)| (format!("{LABEL_PREFIX}{name}"), value));
        let wanted: Vec<(&str, &str)> = named.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(texts(&env, LABEL_PREFIX), wanted);
        assert_eq!(env["MARATHON_APP_ID"], "mine", "the app's own win");
        assert_eq!(env["MARATHON_APP_ENFORCE_GROUP_ROLE"], "FALSE");
        assert_eq!(variables(json!({}), &[Some(31000)], true)["MARATHON_APP_ENFORCE_GROUP_ROLE"], "TRUE");
    }

    /// A definition with more mappings than there are ports would keep the fake looking for one for ever.
    #[test]
    fn a_port_is_invented_though_none_is_left() {
        let every: Vec<(u16, Option<&str>)> = (1..=u16::MAX).map(|port| (port, None)).collect();
        let id = TaskId::new("g2env.instance-1._app.1");
        let but_one: Vec<_> = every.iter().copied().filter(|(port, _)| *port != 4_711).collect();
        assert_eq!(Inventor::new(&id, &but_one, &[]).next(), 4_711);
        assert!(Inventor::new(&id, &every, &[]).next() > 1_024);
    }

    /// Recorded in `environment.plain`, `environment.names_and_labels` and `environment.docker_bridge_zero`.
    #[test]
    fn ports_have_names_numbers_and_indices() {
        let definitions = json!([{"port": 10000, "name": "spark-thrift-server"}, {"port": 10001, "protocol": "udp"}]);
        let env = variables(json!({"portDefinitions": definitions}), &[Some(31000), Some(31001)], false);
        let wanted = [
            ("PORT", "31000"),
            ("PORT0", "31000"),
            ("PORT1", "31001"),
            ("PORTS", "31000,31001"),
            ("PORT_10000", "31000"),
            ("PORT_10001", "31001"),
            ("PORT_SPARK-THRIFT-SERVER", "31000"),
        ];
        assert_eq!(texts(&env, "PORT"), wanted);
        let mapped = |mapping: Value, port: Option<u16>| {
            let container = json!({"type": "DOCKER", "docker": {"image": "x"}, "portMappings": [mapping]});
            variables(json!({"container": container, "networks": [{"mode": "container/bridge"}]}), &[port], false)
        };
        let env = mapped(json!({"containerPort": 0, "hostPort": 0}), Some(31000));
        let wanted = [("PORT", "31000"), ("PORT0", "31000"), ("PORTS", "31000"), ("PORT_31000", "31000")];
        assert_eq!(texts(&env, "PORT"), wanted);
        let env = mapped(json!({"containerPort": 8080}), None);
        assert_eq!(texts(&env, "PORT"), [("PORT0", "8080"), ("PORTS", ""), ("PORT_8080", "8080")]);
        let env = mapped(json!({"containerPort": 0}), None);
        let invented = env["PORT0"].clone();
        assert_eq!([&env["PORT"], &env["PORTS"], &env[&format!("PORT_{invented}")]], [&invented; 3]);
    }

    #[test]
    fn a_mapping_without_a_host_port_has_a_name_too() {
        let mappings = json!([{"containerPort": 8080, "name": "web"}, {"containerPort": 0, "name": "own"},
            {"containerPort": 9000, "hostPort": 0, "name": "8080"}]);
        let container = json!({"type": "MESOS", "docker": {"image": "x"}, "portMappings": mappings});
        let fields = json!({"container": container, "networks": [{"mode": "container", "name": "n"}]});
        let env = variables(fields, &[None, None, Some(31000)], false);
        assert_eq!(env["PORT_WEB"], "8080");
        assert_eq!(env["PORT_OWN"], env["PORT1"], "the port that was invented");
        assert_eq!(env["PORT_8080"], "31000", "a name comes after all numbers");
        assert_eq!(
            [env["PORT"].clone(), env["PORTS"].clone()],
            ["31000".to_owned(), format!("31000,{}", env["PORT1"])]
        );
        assert!(!env.contains_key("MARATHON_APP_DOCKER_IMAGE"), "Docker does not run it");
    }

    #[test]
    fn numbers_are_written_as_java_does() {
        let numbers = [0.0, 0.1, 0.001, 0.0004, 1.0, 2_500_000.5, 1e7, 12_345_678.0, 1e-5];
        let texts = ["0.0", "0.1", "0.001", "4.0E-4", "1.0", "2500000.5", "1.0E7", "1.2345678E7", "1.0E-5"];
        assert_eq!(numbers.map(as_java), texts);
    }

    /// As recorded in `environment.names_and_labels`, in characters and not in bytes.
    #[test]
    fn the_length_of_a_label_is_counted_in_characters() {
        let labels = json!({"ä".repeat(492): "x", "é".repeat(493): "y"});
        let env = variables(json!({"labels": labels}), &[], false);
        assert_eq!(texts(&env, LABEL_PREFIX), [("MARATHON_APP_LABEL__", "x")]);
    }
}
