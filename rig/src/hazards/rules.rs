//! The rules: what in a definition breaks a real Marathon.

use fake_marathon::marathon::request_target;
use harness::model::Protocol;
use json_patch::{AddOperation, Patch, PatchOperation, jsonptr::PointerBuf};
use serde_json::{Value, json};

use super::{Found, Plan, uri};
use crate::command_line::quoted;

/// Tasks that one step may add on a cluster. One POST with 5,000 instances of an app that fit nowhere ended a real Marathon
/// 1.11.26 with a `StackOverflowError`; 1,000 are what its users deploy at once.
pub const LARGEST_STEP: u32 = 1_000;

/// A check that Marathon makes itself, with a path that akka-http cannot read.
pub(super) fn path_is_no_uri(plan: Plan<'_>) -> Option<Found> {
    let checks = plan.definition.get("healthChecks")?.as_array()?;
    checks.iter().enumerate().find_map(|(index, check)| {
        let path = unreadable_path(check)?;
        let (_, flaw) = request_target::flaws(path).next()?;
        let better = uri::encoded(path);
        Some(Found {
            what: format!("the path {path:?} of a health check is not a URI (it has {flaw})"),
            instead: format!("write {better:?}"),
            patch: set(&format!("/healthChecks/{index}/path"), json!(better)),
        })
    })
}

/// The path of a check with which Marathon's own checks end.
pub fn unreadable_path(check: &Value) -> Option<&str> {
    // Marathon's default is HTTP.
    let protocol = check.get("protocol").filter(|protocol| !protocol.is_null());
    let protocol = protocol.map_or(Some(Protocol::Http), |name| name.as_str().and_then(Protocol::parse))?;
    let asks = match protocol {
        Protocol::Http | Protocol::Https => true,
        Protocol::Tcp | Protocol::Command | Protocol::MesosHttp | Protocol::MesosHttps | Protocol::MesosTcp => false,
    };
    check.get("path")?.as_str().filter(|path| asks && request_target::flaws(path).next().is_some())
}

/// A general check whose command is a list of words: Marathon reads it and cannot write it (`CheckConversion.scala`).
pub(super) fn check_with_argv(plan: Plan<'_>) -> Option<Found> {
    let command = plan.definition.pointer("/check/exec/command")?;
    let shell = command.get("shell").and_then(Value::as_str).unwrap_or_default();
    let words = command.get("argv")?.as_array()?;
    if words.is_empty() || !shell.is_empty() {
        return None;
    }
    let words: Vec<String> = words.iter().filter_map(Value::as_str).map(quoted).collect();
    Some(Found {
        what: "its \"check\" has an \"exec\" with \"argv\"".to_owned(),
        instead: "write the command as \"shell\"".to_owned(),
        patch: set("/check/exec/command", json!({"shell": words.join(" ")})),
    })
}

/// A pod with an endpoint for which Marathon finds neither the host network nor a container port.
pub(super) fn endpoint_without_network(plan: Plan<'_>) -> Option<Found> {
    let list = |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let networks = list(plan.definition, "networks");
    // Container networks are the default; there Marathon itself refuses an endpoint without a container port.
    let mode = |network: &Value| network.get("mode").and_then(Value::as_str).unwrap_or("container").to_owned();
    if networks.iter().map(mode).any(|mode| mode == "host" || mode == "container") {
        return None;
    }
    let containers = list(plan.definition, "containers");
    let endpoints = containers.iter().flat_map(|container| list(container, "endpoints"));
    let bare = endpoints.into_iter().find(|endpoint| endpoint.get("containerPort").is_none_or(Value::is_null))?;
    let name = bare.get("name").and_then(Value::as_str).unwrap_or_default();
    Some(if networks.is_empty() {
        Found {
            what: format!("the pod has the endpoint {name:?} and no \"networks\""),
            instead: "write \"networks\": [{\"mode\": \"host\"}]".to_owned(),
            patch: set("/networks", json!([{"mode": "host"}])),
        }
    } else {
        Found {
            what: format!("the endpoint {name:?} of the pod has no \"containerPort\", and its network is a bridge"),
            instead: "give the endpoint a \"containerPort\"".to_owned(),
            patch: Patch(Vec::new()),
        }
    })
}

/// A step that may leave thousands of instances waiting.
pub(super) fn large_step(plan: Plan<'_>) -> Option<Found> {
    let before = std::iter::once(plan.before).chain(plan.targets.iter().copied());
    let largest = plan.targets.iter().zip(before).map(|(target, before)| target.saturating_sub(before)).max()?;
    (largest > LARGEST_STEP).then(|| Found {
        what: format!("a step of {largest} tasks is above {LARGEST_STEP}"),
        instead: "use smaller steps".to_owned(),
        patch: Patch(Vec::new()),
    })
}

fn set(path: &str, value: Value) -> Patch {
    // Every path here is a constant with a number in it.
    let path = PointerBuf::parse(path).unwrap_or_default();
    Patch(vec![PatchOperation::Add(AddOperation { path, value })])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::hazards::{Hazard, of, refuse};

    fn hazards(definition: &Value) -> Vec<Hazard> {
        of(Plan { definition, before: 0, targets: &[] })
    }

    fn checked(protocol: &str, path: &str) -> Value {
        json!({"id": "/a", "healthChecks": [{"protocol": "TCP"}, {"protocol": protocol, "path": path}]})
    }

    fn pod(networks: Value, endpoint: Value) -> Value {
        json!({"id": "/p", "containers": [{"name": "c"}, {"name": "d", "endpoints": [endpoint]}], "networks": networks})
    }

    #[rstest]
    #[case::blank("path-is-no-uri", checked("HTTP", "/api/health check"), "write \"/api/health%20check\"")]
    #[case::https("path-is-no-uri", checked("HTTPS", "/ü"), "write \"/%C3%BC\"")]
    #[case::default_protocol(
        "path-is-no-uri",
        json!({"id": "/a", "healthChecks": [{"path": "/50%"}]}),
        "write \"/50%25\""
    )]
    #[case::argv(
        "check-with-argv",
        json!({"id": "/a", "check": {"exec": {"command": {"argv": ["test", "-e", "a b"]}}}}),
        "write the command as \"shell\""
    )]
    #[case::no_networks("endpoint-without-network", pod(json!(null), json!({"name": "web", "hostPort": 0})), "[{\"mode\": \"host\"}]")]
    #[case::empty_networks("endpoint-without-network", pod(json!([]), json!({"name": "web", "containerPort": null})), "\"host\"")]
    fn each_rule_finds_its_case_and_nothing_once_it_is_mended(
        #[case] rule: &str,
        #[case] mut definition: Value,
        #[case] instead: &str,
    ) {
        let found = hazards(&definition);
        let [hazard] = &found[..] else { panic!("{found:?}") };
        assert_eq!(hazard.rule.name, rule);
        assert!(hazard.found.instead.contains(instead), "{hazard:?}");
        json_patch::patch(&mut definition, &hazard.found.patch).unwrap();
        assert!(hazards(&definition).is_empty(), "{definition}");
    }

    #[rstest]
    #[case::native_checks(checked("MESOS_HTTP", "/a b"))]
    #[case::no_such_protocol(checked("http", "/a b"))]
    #[case::connections_have_no_path(checked("TCP", "/a b"))]
    #[case::no_paths(json!({"id": "/a", "healthChecks": [{}, {"path": null}, {"path": 7}, null]}))]
    #[case::shell(json!({"check": {"exec": {"command": {"shell": "true"}}}}))]
    #[case::shell_wins(json!({"check": {"exec": {"command": {"shell": "true", "argv": ["true"]}}}}))]
    #[case::no_words(json!({"check": {"exec": {"command": {"argv": []}}}}))]
    #[case::argv_elsewhere(json!({"healthChecks": [{"exec": {"command": {"argv": ["true"]}}}]}))]
    #[case::host(pod(json!([{"mode": "host"}]), json!({"name": "web", "hostPort": 0})))]
    #[case::refused_by_marathon(pod(json!([{"name": "a"}]), json!({"name": "web"})))]
    #[case::container_port(pod(json!(null), json!({"name": "web", "containerPort": 80})))]
    #[case::no_endpoints(json!({"id": "/p", "containers": [{"name": "c"}]}))]
    #[case::nonsense(json!([1, "healthChecks"]))]
    fn what_breaks_nothing_is_not_found(#[case] definition: Value) {
        assert!(hazards(&definition).is_empty(), "{definition}");
    }

    #[test]
    fn an_endpoint_behind_a_bridge_needs_a_container_port() {
        let found = hazards(&pod(json!([{"mode": "container/bridge"}]), json!({"name": "web"})));
        assert!(found[0].found.what.contains("its network is a bridge"), "{found:?}");
    }

    #[test]
    fn a_step_above_a_thousand_needs_a_yes() {
        for (before, targets, largest) in [
            (0, &[1, 1_001, 2_001][..], None),
            (0, &[1, 5_000], Some(4_999)),
            (0, &[1_001], Some(1_001)),
            (5_000, &[5_000, 6_000], None),
            (5_000, &[6_001], Some(1_001)),
        ] {
            let plan = Plan { definition: &Value::Null, before, targets };
            let refused = refuse("mesos,TCP", plan, false).err().map(|failure| failure.message);
            let expected = largest.map(|n: u32| format!("mesos,TCP: a step of {n} tasks is above 1000: "));
            assert_eq!(refused.is_some(), expected.is_some(), "{targets:?}");
            assert!(refused.zip(expected).is_none_or(|(refused, start)| refused.starts_with(&start)), "{targets:?}");
            assert!(refuse("mesos,TCP", plan, true).is_ok(), "{targets:?}");
        }
    }
}
