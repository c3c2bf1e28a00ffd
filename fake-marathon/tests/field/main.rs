//! Cases from the field: public bug reports and definitions, with what a real Marathon 1.11.26 on Mesos 1.12 did with them. The
//! number of a case is part of its test's name; the definitions lie among the seeds of the fuzz targets.
#![allow(clippy::unwrap_used, reason = "a failed expectation ends a test")]

#[cfg(target_os = "linux")]
mod process;
mod simulated;

use std::path::Path;

use axum::body::Body;
use fake_marathon::FakeMarathon;
use http::{Method, Request};
use serde_json::Value;
use tower::ServiceExt as _;

/// The text of a case's definition.
fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Asks, and answers with status and JSON.
async fn send(fake: &FakeMarathon, request: &str, body: Vec<u8>) -> (u16, Value) {
    let (method, path) = request.split_once(' ').unwrap();
    let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
    let response = fake.service().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn ask(fake: &FakeMarathon, request: &str, body: &Value) -> (u16, Value) {
    send(fake, request, body.to_string().into_bytes()).await
}

async fn get(fake: &FakeMarathon, path: &str) -> Value {
    send(fake, &format!("GET {path}"), Vec::new()).await.1
}
