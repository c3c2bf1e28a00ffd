//! A run without a cluster: the same code runs against a stand-in that accepts everything, and its requests are kept.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use harness::{
    Client, Transport,
    cluster::{ClusterError, Lease, LeaseOptions, ROOT},
    model::Kind,
    scale::{MarathonApp, Subject as _},
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::service_fn;

use crate::run::Definition;

/// A request that a run would make.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsed {
    /// The method.
    pub method: Method,
    /// Path and query, below Marathon's address.
    pub path: String,
    /// The body, if it has one.
    pub body: Option<Value>,
}

/// The stand-in: one app or pod, there from its creation to its deletion, and the group of runs in which it was created.
#[derive(Debug, Default)]
struct StandIn {
    requests: Vec<Rehearsed>,
    app: Option<Value>,
    kind: Kind,
    /// Marathon makes the group with the app, and keeps it when the app is deleted.
    has_group: bool,
}

impl StandIn {
    fn answer(&mut self, method: Method, path: String, body: &[u8]) -> (StatusCode, Value) {
        let body: Option<Value> = serde_json::from_slice(body).ok();
        let answer = match (&method, path.as_str()) {
            (&Method::POST, _) => {
                self.app.clone_from(&body);
                let id = self.app.as_ref().and_then(|app| app["id"].as_str());
                self.has_group = id.is_some_and(|id| id.starts_with(ROOT));
                self.kind = self.app.as_ref().map(Kind::of_definition).unwrap_or_default();
                (StatusCode::CREATED, body.clone().unwrap_or_default())
            }
            (&Method::DELETE, path) => {
                self.app = None;
                self.has_group &= !path.starts_with("/v2/groups");
                (StatusCode::OK, json!({"version": "", "deploymentId": ""}))
            }
            (&Method::PUT, _) => (StatusCode::OK, json!({"version": "", "deploymentId": ""})),
            (_, path) if path.starts_with("/v2/deployments") => (StatusCode::OK, json!([])),
            (_, path) if path.starts_with("/v2/groups") && self.has_group => (StatusCode::OK, self.group()),
            (_, path) => match (&self.app, self.kind) {
                (Some(app), Kind::App) if path.starts_with("/v2/apps") => (StatusCode::OK, json!({"app": app})),
                (Some(pod), Kind::Pod) if path.ends_with("::status") => (StatusCode::OK, json!({"spec": pod})),
                (Some(pod), Kind::Pod) if path.starts_with("/v2/pods") => (StatusCode::OK, pod.clone()),
                (Some(_) | None, Kind::App | Kind::Pod) => (StatusCode::NOT_FOUND, json!({"message": "not there"})),
            },
        };
        self.requests.push(Rehearsed { method, path, body });
        answer
    }

    fn group(&self) -> Value {
        let all: Vec<Value> = match self.kind {
            Kind::App => self.app.iter().cloned().collect(),
            Kind::Pod => self.app.iter().map(|pod| json!({"spec": pod})).collect(),
        };
        let key = match self.kind {
            Kind::App => "apps",
            Kind::Pod => "pods",
        };
        json!({"id": "/", key: all})
    }
}

/// Deploys, scales to each target, polls once a step and cleans up, all on the stand-in; returns the requests.
///
/// # Errors
/// The definition cannot be deployed.
pub async fn rehearse(definition: &Definition, targets: &[u32], as_is: bool) -> Result<Vec<Rehearsed>, ClusterError> {
    let stand_in = Arc::new(Mutex::new(StandIn::default()));
    let listener = stand_in.clone();
    let service = service_fn(move |request: Request<Full<Bytes>>| {
        let stand_in = listener.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
            let (status, answer) =
                stand_in.lock().unwrap_or_else(PoisonError::into_inner).answer(head.method, path, &body);
            let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
            *response.status_mut() = status;
            response
                .headers_mut()
                .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
            Ok::<_, Infallible>(response)
        }
    });
    let client = Client::in_process(Transport::in_process(service));
    let lease = Lease::take(&client, LeaseOptions::default());
    let app = if as_is { lease.deploy_as_is(&definition.json).await } else { lease.deploy(&definition.json).await }?;
    let mut subject = MarathonApp::new(client.clone(), app.kind, &app.id);
    for (n, target) in targets.iter().enumerate() {
        // The first target is what the definition asks for. The stand-in refuses nothing.
        if n > 0 {
            drop(subject.scale(*target, false).await);
        }
        drop(subject.observe().await);
    }
    drop(lease.release(Duration::from_secs(1)).await);
    let requests = std::mem::take(&mut stand_in.lock().unwrap_or_else(PoisonError::into_inner).requests);
    Ok(requests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pod_is_replaced_where_an_app_is_changed() {
        let definition = Definition::load("pod,MESOS_TCP").unwrap();
        let requests = rehearse(&definition, &[1, 11], false).await.unwrap();
        let writes: Vec<_> = requests.iter().filter(|request| request.method != Method::GET).collect();
        let methods: Vec<_> = writes.iter().map(|request| request.method.as_str()).collect();
        assert_eq!(methods, ["POST", "PUT", "DELETE", "DELETE"]);
        let replaced = writes[1].body.as_ref().unwrap();
        assert_eq!((&replaced["scaling"]["instances"], replaced["containers"].is_array()), (&json!(11), true));
        assert!(writes[2].path.starts_with("/v2/pods/hc-rig/"), "{}", writes[2].path);
    }

    #[tokio::test]
    async fn what_a_run_asks_is_what_its_own_code_asks() {
        let definition = Definition::load("mesos,MESOS_TCP").unwrap();
        let requests = rehearse(&definition, &[1, 11, 21], false).await.unwrap();
        let writes: Vec<_> = requests.iter().filter(|request| request.method != Method::GET).collect();
        assert_eq!(
            writes.iter().map(|request| request.method.as_str()).collect::<Vec<_>>(),
            ["POST", "PUT", "PUT", "DELETE", "DELETE"]
        );
        let created = writes[0].body.as_ref().unwrap();
        assert!(
            created["id"].as_str().is_some_and(|id| id.starts_with("/hc-rig/") && id.ends_with("/hc")),
            "{created}"
        );
        assert!(created["labels"].get("HC_RIG_EXPIRES").is_some(), "{created}");
        assert_eq!(writes[2].body, Some(json!({"instances": 21})));
        assert!(writes[3].path.starts_with("/v2/apps/hc-rig/"), "{}", writes[3].path);
        assert!(writes[4].path.starts_with("/v2/groups/hc-rig/"), "{}", writes[4].path);
    }
}
