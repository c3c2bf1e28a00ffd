//! Whether a definition can be run as planned, as far as that is known before anything is deployed.

use harness::model::Kind;
use serde_json::Value;

use crate::{exit::Failure, folder::spec, run::Definition};

/// The label with which Marathon refuses a second instance of an app (`AppDefinition.scala`).
const SINGLE_INSTANCE: &str = "MARATHON_SINGLE_INSTANCE_APP";

/// The most tasks that a definition can have, and the part of it that limits them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Most {
    tasks: u64,
    /// A clause, such as `"ports" asks for the fixed port 8080, which an agent has once`.
    because: String,
    /// What to do.
    remedy: String,
}

/// What may be overlooked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// The app must have a health check.
    Required,
    /// It may have none.
    Optional,
}

/// Refuses a definition that cannot be measured, or that cannot have `target` tasks; `agents` is how many there are, if that is
/// known.
///
/// # Errors
/// Exit code 2: the first reason against it, with what to do.
pub fn check(definition: &Definition, target: u32, agents: Option<u64>, checks: Checks) -> Result<(), Failure> {
    let named = &definition.named;
    if checks == Checks::Required && spec::health_checks(&definition.json).is_empty() {
        let lacks = match definition.kind() {
            Kind::App => "the app has no health checks, so a run would measure nothing; add \"healthChecks\"",
            Kind::Pod => {
                "no container of the pod has a health check, so a run would measure nothing; add a \"healthCheck\" to one"
            }
        };
        return Err(Failure::usage(format!(
            "{named}: {lacks}, or use --allow-no-check to wait for running tasks only"
        )));
    }
    let limits = single_instance(&definition.json)
        .into_iter()
        .chain(agents.into_iter().flat_map(|agents| by_agents(&definition.json, agents)));
    match limits.filter(|most| most.tasks < u64::from(target)).min_by_key(|most| most.tasks) {
        None => Ok(()),
        Some(Most { tasks, because, remedy }) => Err(Failure::usage(format!(
            "{named}: {because}, so {} of the target of {target} can run; {remedy}, or lower the target to {tasks}",
            text::count(tasks, "task")
        ))),
    }
}

fn single_instance(app: &Value) -> Option<Most> {
    (app.get("labels")?.get(SINGLE_INSTANCE)?.as_str()? == "true").then(|| Most {
        tasks: 1,
        because: format!("the label {SINGLE_INSTANCE} makes Marathon refuse a second instance"),
        remedy: "remove the label".to_owned(),
    })
}

/// The limits that come from the number of agents.
fn by_agents(app: &Value, agents: u64) -> Vec<Most> {
    let there = text::count(agents, "agent");
    let mut limits = Vec::new();
    if let Some((place, port)) = fixed_port(app) {
        limits.push(Most {
            tasks: agents,
            because: format!("{place} asks for the fixed port {port}, which an agent has once, and there are {there}"),
            remedy: "use port 0".to_owned(),
        });
    }
    for [field, operator, value] in spec::constraints(app) {
        let operator = operator.to_uppercase();
        let (each, said) = match operator.as_str() {
            "UNIQUE" => (1, format!("[\"{field}\", \"UNIQUE\"]")),
            "MAX_PER" => match value.parse::<u64>() {
                Ok(each) => (each, format!("[\"{field}\", \"MAX_PER\", \"{each}\"]")),
                // Marathon refuses it with words of its own.
                Err(_) => continue,
            },
            _ => continue,
        };
        limits.push(Most {
            tasks: each.saturating_mul(agents),
            because: format!(
                "the constraint {said} allows {} for each value of {field}, and there are {there}",
                text::count(each, "task")
            ),
            remedy: "remove the constraint".to_owned(),
        });
    }
    limits
}

/// The first port of an agent that the definition fixes, and where it stands: of a pod's endpoints each `hostPort` but 0. On the host's network ports are fixed only with
/// `requirePorts`; behind a bridge or on a network of its own, `hostPort` fixes one unless it is 0.
fn fixed_port(app: &Value) -> Option<(String, u64)> {
    if let Some(port) = spec::host_ports(app).find(|port| *port > 0) {
        return Some(("an endpoint".to_owned(), port));
    }
    let numbers = |path: &str, key: Option<&str>| -> Option<(String, u64)> {
        let listed = app.pointer(path)?.as_array()?;
        let port = |entry: &Value| key.map_or(Some(entry), |key| entry.get(key)).and_then(Value::as_u64);
        listed
            .iter()
            .filter_map(port)
            .find(|port| *port > 0)
            .map(|port| (format!("{:?}", path.replace('/', ".").trim_start_matches('.')), port))
    };
    let required = app.get("requirePorts").and_then(Value::as_bool).unwrap_or(false);
    let on_the_host =
        required.then(|| numbers("/portDefinitions", Some("port")).or_else(|| numbers("/ports", None))).flatten();
    on_the_host
        .or_else(|| numbers("/container/portMappings", Some("hostPort")))
        .or_else(|| numbers("/container/docker/portMappings", Some("hostPort")))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::exit::Code;

    fn refused(mut app: Value, target: u32, agents: u64) -> Option<String> {
        app["id"] = "/hc".into();
        app["healthChecks"] = json!([{"protocol": "TCP"}]);
        let definition = Definition::parse("app.json", &app.to_string()).unwrap();
        let failure = check(&definition, target, Some(agents), Checks::Required).err()?;
        assert_eq!(failure.code, Code::Usage);
        Some(failure.message)
    }

    #[rstest]
    #[case::absent(json!({"id": "/hc"}))]
    #[case::empty(json!({"id": "/hc", "healthChecks": []}))]
    #[case::null(json!({"id": "/hc", "healthChecks": null}))]
    fn an_app_without_checks_is_refused_unless_that_is_allowed(#[case] app: Value) {
        let definition = Definition::parse("app.json", &app.to_string()).unwrap();
        let failure = check(&definition, 1, None, Checks::Required).unwrap_err();
        assert!(failure.message.starts_with("app.json: the app has no health checks"), "{failure}");
        assert!(check(&definition, 1, None, Checks::Optional).is_ok());
    }

    #[rstest]
    #[case::label(json!({"labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}}), 1, "remove the label")]
    #[case::host(json!({"requirePorts": true, "portDefinitions": [{"port": 0}, {"port": 8080}]}), 3, "fixed port 8080")]
    #[case::old(json!({"requirePorts": true, "ports": [31000]}), 3, "\"ports\" asks for the fixed port 31000")]
    #[case::bridge(
        json!({"networks": [{"mode": "container/bridge"}], "container": {"portMappings": [{"hostPort": 80}]}}),
        3,
        "\"container.portMappings\""
    )]
    #[case::docker(
        json!({"container": {"docker": {"network": "BRIDGE", "portMappings": [{"containerPort": 1, "hostPort": 80}]}}}),
        3,
        "use port 0"
    )]
    #[case::unique(json!({"constraints": [["hostname", "UNIQUE"]]}), 3, "[\"hostname\", \"UNIQUE\"] allows 1 task")]
    #[case::at_most(json!({"constraints": [["rack_id", "MAX_PER", "2"]]}), 6, "allows 2 tasks for each value of rack_id")]
    fn a_target_beyond_what_the_definition_allows_is_refused(
        #[case] app: Value,
        #[case] most: u32,
        #[case] says: &str,
    ) {
        assert_eq!(refused(app.clone(), most, 3), None);
        let why = refused(app, most + 1, 3).expect("refused");
        assert!(why.contains(says) && why.ends_with(&format!("or lower the target to {most}")), "{why}");
    }

    #[rstest]
    #[case::not_required(json!({"portDefinitions": [{"port": 8080}]}))]
    #[case::any_port(json!({"requirePorts": true, "ports": [0]}))]
    #[case::any_host_port(json!({"container": {"portMappings": [{"hostPort": 0}, {"hostPort": null}, {"containerPort": 80}]}}))]
    #[case::label_off(json!({"labels": {"MARATHON_SINGLE_INSTANCE_APP": "false"}}))]
    #[case::other_constraint(json!({"constraints": [["hostname", "LIKE", "a.*"], ["hostname", "MAX_PER", "many"]]}))]
    fn what_does_not_limit_the_tasks_is_not_refused(#[case] app: Value) {
        assert_eq!(refused(app, 100, 3), None);
    }
}
