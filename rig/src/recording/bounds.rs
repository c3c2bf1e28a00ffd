//! Whether a request changes only the recording's own group. The cases are moved there as a whole; this second check, on
//! the way out, keeps a mistake in a case from reaching what others own.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

/// The first app, group or task that a request would change outside of `group`.
pub fn outside(group: &str, method: &Method, path: &str, body: &Bytes) -> Option<String> {
    if ![Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method) {
        return None;
    }
    let path = path.split('?').next().unwrap_or_default();
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let below = ["/v2/apps", "/v2/groups", "/v2/queue"].iter().find_map(|resource| path.strip_prefix(resource));
    let mut named = Vec::new();
    if let Some(below) = below {
        let below = below.trim_matches('/');
        if !below.is_empty() {
            named.push(format!("/{below}"));
        }
        // The root can be changed as a group alone; no app has its name.
        collect(&format!("/{below}"), path.starts_with("/v2/groups"), &body, &mut named);
    } else if path == "/v2/tasks/delete" {
        let begin = format!("{}_", group.trim_start_matches('/').replace('/', "_"));
        let tasks = body["ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
        // What has no point is no task's id.
        return tasks.filter(|id| id.contains('.')).find(|id| !id.starts_with(&begin)).map(str::to_owned);
    }
    named.into_iter().find(|id| !is_in(group, id))
}

fn is_in(group: &str, id: &str) -> bool {
    id.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        && !id.split('/').any(|part| part == "..")
}

/// The absolute ids of a definition and of what is in it. An id without a slash is below `base`.
fn collect(base: &str, group: bool, body: &Value, named: &mut Vec<String>) {
    if let Value::Array(several) = body {
        return several.iter().for_each(|one| collect(base, group, one, named));
    }
    let id = match body["id"].as_str() {
        Some("/") if !group => return,
        Some(id) if id.starts_with('/') => id.to_owned(),
        Some(id) if !id.is_empty() => format!("{}/{id}", base.trim_end_matches('/')),
        _ if base == "/" && !group => return,
        _ => base.to_owned(),
    };
    for (members, groups) in [("apps", false), ("groups", true)] {
        let members = body[members].as_array().into_iter().flatten();
        members.for_each(|member| collect(&id, groups, member, named));
    }
    named.push(id);
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    const OURS: &str = "/hc-rig/r";

    fn found(method: &Method, path: &str, body: &Value) -> Option<String> {
        outside(OURS, method, path, &Bytes::from(body.to_string()))
    }

    #[rstest]
    #[case(Method::POST, "/v2/apps?force=true", json!({"id": "a"}), "/a")]
    #[case(Method::PUT, "/v2/apps", json!([{"id": "/hc-rig/r/a"}, {"id": "/b/c"}]), "/b/c")]
    #[case(Method::PUT, "/v2/apps//b/c", json!({"instances": 2}), "/b/c")]
    #[case(Method::PUT, "/v2/apps/hc-rig/r/a", json!({"id": "/hc-rig/r2/a"}), "/hc-rig/r2/a")]
    #[case(Method::POST, "/v2/apps", json!({"id": "/hc-rig/r/../a"}), "/hc-rig/r/../a")]
    #[case(Method::POST, "/v2/groups", json!({"id": "/hc-rig/r/g", "apps": [{"id": "/x"}]}), "/x")]
    #[case(Method::POST, "/v2/groups", json!({"groups": []}), "/")]
    #[case(Method::PUT, "/v2/groups/", json!({"id": "/"}), "/")]
    #[case(Method::DELETE, "/v2/groups/hc-rig", Value::Null, "/hc-rig")]
    #[case(Method::DELETE, "/v2/apps/a/tasks/t", Value::Null, "/a/tasks/t")]
    #[case(Method::DELETE, "/v2/queue/a/delay", Value::Null, "/a/delay")]
    #[case(Method::POST, "/v2/tasks/delete", json!({"ids": ["hc-rig_r_a.1", "b.2"]}), "b.2")]
    fn what_is_another_ones_is_named(
        #[case] method: Method,
        #[case] path: &str,
        #[case] body: Value,
        #[case] what: &str,
    ) {
        assert_eq!(found(&method, path, &body).as_deref(), Some(what));
    }

    #[rstest]
    #[case(Method::POST, "/v2/apps", json!({"id": "/hc-rig/r/a"}))]
    #[case(Method::POST, "/v2/apps", json!({"id": "/"}))]
    #[case(Method::POST, "/v2/apps", json!({"cmd": "true"}))]
    #[case(Method::POST, "/v2/groups", json!({"id": "/hc-rig/r", "apps": [{"id": "x"}], "groups": [{"id": "s", "apps": [{"id": "y"}]}]}))]
    #[case(Method::DELETE, "/v2/apps//hc-rig/r/a", Value::Null)]
    #[case(Method::DELETE, "/v2/deployments/d", Value::Null)]
    #[case(Method::POST, "/v2/tasks/delete", json!({"ids": ["hc-rig_r_a.1", "nope"]}))]
    #[case(Method::GET, "/v2/apps/a", Value::Null)]
    #[case(Method::POST, "/v2/events", json!({}))]
    fn what_is_ours_or_nobodys_may_be_asked(#[case] method: Method, #[case] path: &str, #[case] body: Value) {
        assert_eq!(found(&method, path, &body), None);
    }
}
