//! Rules about the health checks of containers.

use serde_json::Value;

use super::elements::each;
use crate::app::{Violations, schema::add};

const DEFAULT_TIMEOUT: i64 = 20;
const DEFAULT_INTERVAL: i64 = 60;

/// All rules.
pub(super) fn check(pod: &Value, found: &mut Violations) {
    for (path, container) in each(pod, "containers", "") {
        let check = &container["healthCheck"];
        if check.is_object() {
            one(check, container, &format!("{path}/healthCheck"), found);
        }
    }
}

fn one(check: &Value, container: &Value, path: &str, found: &mut Violations) {
    let kinds = ["http", "tcp", "exec"];
    if kinds.iter().filter(|kind| check[**kind].is_object()).count() != 1 {
        add(found, path, "Only one of http, tcp, or command may be specified");
    }
    for kind in ["http", "tcp"] {
        let endpoint = &check[kind]["endpoint"];
        if endpoint.is_string() && !each(container, "endpoints", "").any(|(_, known)| known["name"] == *endpoint) {
            add(found, &format!("{path}/{kind}/endpoint"), "contained in the container endpoints");
        }
    }
    let timeout = check["timeoutSeconds"].as_i64().unwrap_or(DEFAULT_TIMEOUT);
    let interval = check["intervalSeconds"].as_i64().unwrap_or(DEFAULT_INTERVAL);
    if timeout >= interval {
        add(found, &format!("{path}/timeoutSeconds"), &format!("got {timeout}, expected less than {interval}"));
    }
}
