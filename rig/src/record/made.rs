//! What a case asked the server to make, and its removal: nothing else is touched.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use harness::{Client, marathon::model::Group};
use http::Method;
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long a case's apps may take to go.
pub const GONE_WITHIN: Duration = Duration::from_secs(60);

/// How often it is looked whether they are gone.
const LOOK: Duration = Duration::from_millis(500);

/// The ids of the apps and groups that one request would make.
pub fn ids(method: &Method, path: &str, body: &Bytes) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if ![Method::POST, Method::PUT, Method::PATCH].contains(method) {
        return found;
    }
    let path = path.split('?').next().unwrap_or_default();
    let below = ["/v2/apps", "/v2/groups"].iter().find_map(|resource| path.strip_prefix(resource));
    // `/v2/apps/a/restart` and its like make nothing.
    let (Some(base), Ok(body)) = (below, serde_json::from_slice::<Value>(body)) else { return found };
    collect(base.trim_end_matches('/'), &body, &mut found);
    found
}

/// The ids of a definition, and for the root group those of what is in it. An id without a slash is below `base`.
fn collect(base: &str, body: &Value, found: &mut BTreeSet<String>) {
    if let Value::Array(several) = body {
        return several.iter().for_each(|one| collect(base, one, found));
    }
    let id = match body["id"].as_str().map(|id| id.trim_end_matches('/')) {
        None | Some("") => base.to_owned(),
        Some(id) if id.starts_with('/') => id.to_owned(),
        Some(id) => format!("{base}/{id}"),
    };
    if id.is_empty() {
        let inside = ["apps", "groups"].iter().filter_map(|kind| body[kind].as_array()).flatten();
        inside.for_each(|one| collect("", one, found));
    } else {
        found.insert(id);
    }
}

/// Removes what lies at or below the given ids, and the groups above them that hold nothing else. Says what stays.
pub async fn remove(client: &Client, made: &BTreeSet<String>) -> Vec<String> {
    let end = Instant::now() + GONE_WITHIN;
    let mut left: Vec<String> = made.iter().cloned().collect();
    loop {
        // A server that is away may come back, and a deletion that it forgot is asked for again.
        if let Ok(root) = client.group("/").await {
            left = still_there(&root, made);
            let quiet = client.deployments().await.is_ok_and(|under_way| under_way.is_empty());
            if left.is_empty() && quiet {
                return left;
            }
            let apps: BTreeSet<&str> = root.all_apps().into_iter().map(|app| app.id.as_str()).collect();
            for id in &left {
                let gone = match apps.contains(id.as_str()) {
                    true => client.delete_app(id, true).await,
                    false => client.delete_group(id, true).await,
                };
                // Whether it worked is seen at the next look.
                drop(gone);
            }
        }
        if Instant::now() >= end {
            return left;
        }
        sleep(LOOK).await;
    }
}

/// The apps of ours, then the groups that are ours or hold nothing but what is ours.
fn still_there(root: &Group, made: &BTreeSet<String>) -> Vec<String> {
    let ours = |id: &str| {
        made.iter().any(|made| id.strip_prefix(made).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    let apps = root.all_apps().into_iter().map(|app| app.id.clone()).filter(|id| ours(id));
    let above = |group: &Group| {
        let holds = made.iter().any(|made| made.starts_with(&format!("{}/", group.id)));
        holds && group.all_pods().is_empty() && group.all_apps().into_iter().all(|app| ours(&app.id))
    };
    let groups = root.groups.iter().filter(|group| ours(&group.id) || above(group)).map(|group| group.id.clone());
    apps.chain(groups).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(method: Method, path: &str, body: &Value) -> Vec<String> {
        ids(&method, path, &Bytes::from(body.to_string())).into_iter().collect()
    }

    #[test]
    fn what_a_request_would_make_is_known_before_it_is_answered() {
        let (post, put) = (Method::POST, Method::PUT);
        assert_eq!(found(post.clone(), "/v2/apps?force=true", &json!({"id": "a"})), ["/a"]);
        assert_eq!(found(put.clone(), "/v2/apps", &json!([{"id": "/a"}, {"id": "/b/c"}])), ["/a", "/b/c"]);
        assert_eq!(found(put.clone(), "/v2/apps/b/c?force=true", &json!({"instances": 2})), ["/b/c"]);
        assert_eq!(found(post.clone(), "/v2/groups", &json!({"id": "/g", "apps": [{"id": "x"}]})), ["/g"]);
        assert_eq!(found(post.clone(), "/v2/groups/g", &json!({"id": "sub"})), ["/g/sub"]);
        let root = json!({"id": "/", "apps": [{"id": "x"}], "groups": [{"id": "g", "apps": [{"id": "y"}]}]});
        assert_eq!(found(put, "/v2/groups/", &root), ["/g", "/x"], "never the root itself");
        assert!(found(post, "/v2/tasks/delete", &json!({"ids": ["a"]})).is_empty());
        assert!(found(Method::DELETE, "/v2/apps/a", &json!({})).is_empty());
    }

    #[test]
    fn what_is_beside_or_around_is_not_ours() {
        let root: Group = serde_json::from_value(json!({"id": "/",
            "apps": [{"id": "/a"}, {"id": "/ab"}],
            "groups": [{"id": "/g", "apps": [{"id": "/g/x"}, {"id": "/g/theirs"}]}, {"id": "/h", "apps": [{"id": "/h/y"}]}]}))
        .expect("a group");
        let made = ["/a", "/g/x", "/h/y"].map(str::to_owned).into();
        assert_eq!(still_there(&root, &made), ["/a", "/g/x", "/h/y", "/h"]);
    }
}
