//! Pods beyond what is recorded, as Marathon's sources have them (`api/v2/PodsResource.scala`, `PodsValidation.scala`,
//! `raml/PodStatusConversion.scala`, `mesosphere/mesos/TaskGroupBuilder.scala`, the types in `docs/rest-api`).
#![allow(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod changes;
mod definitions;
#[cfg(target_os = "linux")]
mod process;
mod shown;

use axum::body::Body;
use fake_marathon::FakeMarathon;
use http::{Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

async fn ask(fake: &FakeMarathon, request: &str, body: &Value) -> (u16, Value) {
    let (method, path) = request.split_once(' ').unwrap();
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    let request = request.header("content-type", "application/json").body(body).unwrap();
    let response = fake.service().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn get(fake: &FakeMarathon, path: &str) -> Value {
    let (status, body) = ask(fake, &format!("GET {path}"), &Value::Null).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Far more polls than anything here needs.
const POLLS: u32 = 1200;

/// Looks again and again, 50 ms apart, until there is something.
async fn wait<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..POLLS {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("waited in vain for {what}")
}

/// A container that sleeps.
fn container(name: &str) -> Value {
    json!({"name": name, "exec": {"command": {"shell": "sleep 1000"}}, "resources": {"cpus": 0.01, "mem": 16}})
}

/// A pod of one container that sleeps.
fn pod(id: &str) -> Value {
    json!({"id": id, "containers": [container("c")]})
}

/// One object with the fields of both; those of the second win.
fn with(mut first: Value, second: Value) -> Value {
    if let (Value::Object(all), Value::Object(more)) = (&mut first, second) {
        all.extend(more);
    }
    first
}
