//! One request of a case, and its answer.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request, response::Parts};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};
use tokio::time::sleep;
use tower::ServiceExt as _;

use super::{Recorder, encoding::Encoding};

/// The answer to a request.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its body; a text that is not JSON as a string.
    pub json: Value,
}

/// A request; `send()` sends and records it, `quietly()` only sends it.
#[derive(Debug)]
#[must_use = "nothing is sent before send() or quietly()"]
pub struct Ask<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<String>,
    /// How the body is written; UTF-8 without it.
    pub(super) encoding: Option<Encoding>,
    pub(super) shown: Value,
    pub(super) headers: Vec<(&'static str, Option<String>)>,
    pub(super) note: Option<String>,
}

impl Ask<'_> {
    /// A JSON body, or a text that is not JSON on purpose.
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        let body = body.into();
        self.body = Some(match &body {
            Value::String(raw) => raw.clone(),
            other => other.to_string(),
        });
        self.shown = body;
        self.headers.push(("Content-Type", Some("application/json".into())));
        self
    }

    /// Sets a header, or removes it.
    pub fn header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.retain(|(n, _)| *n != name);
        self.headers.push((name, value.map(str::to_owned)));
        self
    }

    /// A name that distinguishes this request from others like it.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// Writes the body in the encoding that a recorded note names, if it names one.
    pub(crate) fn encoded_as(mut self, note: &str) -> Self {
        self.encoding = Encoding::named(note);
        self
    }

    /// Sends the request without recording it.
    pub async fn quietly(self) -> Reply {
        let latency = self.quiet_latency();
        self.exchange([latency, Duration::ZERO]).await.1
    }

    /// Sends the request and records it with its answer.
    pub async fn send(self) -> Reply {
        let recorder = self.recorder;
        let latency = recorder.latencies.borrow_mut().recorded(self.method.as_str(), &self.path);
        let (row, reply) = self.exchange(latency).await;
        recorder.add(row);
        reply
    }

    /// Sends the request as a poll; returns the row that it would have.
    pub(crate) async fn peek(self) -> Value {
        let latency = self.quiet_latency();
        self.exchange([latency, Duration::ZERO]).await.0
    }

    fn quiet_latency(&self) -> Duration {
        self.recorder.latencies.borrow().quiet(self.recorder.now(), &self.path)
    }

    /// Sends the request after the first latency and receives its answer after the second; returns its row and its answer.
    async fn exchange(self, [before, after]: [Duration; 2]) -> (Value, Reply) {
        let recorder = self.recorder;
        let t = recorder.now();
        let (request, headers) = self.request();
        sleep(before).await;
        let response = recorder.service.clone().oneshot(request).await.expect("an infallible service");
        sleep(after).await;
        let (parts, body) = response.into_parts();
        let text = self.text(&parts, body).await;
        let json = serde_json::from_str::<Value>(&text);
        let status = parts.status.as_u16();
        let mut row = json!({"kind": "http", "t": t, "took": recorder.now() - t,
            "request": {"method": self.method.as_str(), "path": self.path, "headers": headers, "body": self.shown},
            "response": {"status": status, "headers": self.answered_headers(&parts)}});
        match &json {
            Ok(json) => row["response"]["json"] = json.clone(),
            Err(_) => row["response"]["text"] = Value::from(text.clone()),
        }
        if let Some(note) = self.note {
            row["note"] = Value::from(note);
        }
        (row, Reply { status, json: json.unwrap_or(Value::from(text)) })
    }

    /// The request within the scope, and its headers as the recording shows them.
    fn request(&self) -> (Request<Body>, Map<String, Value>) {
        let scope = self.recorder.scope.as_deref();
        let path = scope.map_or_else(|| self.path.clone(), |scope| scope.path(&self.method, &self.path));
        let mut request = Request::builder().method(self.method.clone()).uri(path).header("Host", "marathon.invalid");
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            if let Some(value) = value {
                request = request.header(*name, value);
                headers.insert((*name).into(), Value::from(value.as_str()));
            }
        }
        let body = match (&self.body, scope) {
            (Some(_), Some(scope)) if !self.shown.is_string() => {
                Body::from(scope.body(&self.path, &self.shown).to_string())
            }
            (Some(body), _) => Body::from(Encoding::bytes(self.encoding, body)),
            (None, _) => Body::empty(),
        };
        (request.body(body).expect("a request"), headers)
    }

    /// The body of an answer, written without the scope; empty for an event stream, which has no end.
    async fn text(&self, parts: &Parts, body: Body) -> String {
        let content_type = parts.headers.get("content-type").and_then(|value| value.to_str().ok());
        let bytes = match body {
            _ if content_type.is_some_and(|value| value.starts_with("text/event-stream")) => Default::default(),
            body => match body.collect().await {
                Ok(whole) => whole.to_bytes(),
                Err(error) => {
                    self.recorder.note(format!("{} {}: the answer broke off: {error}", self.method, self.path));
                    Default::default()
                }
            },
        };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        self.recorder.scope.as_ref().map_or(text.clone(), |scope| scope.answer(&self.path, &text))
    }

    fn answered_headers(&self, parts: &Parts) -> Map<String, Value> {
        let shown = |value: &str| self.recorder.scope.as_ref().map_or_else(|| value.into(), |scope| scope.text(value));
        parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), Value::from(shown(value.to_str().unwrap_or_default()))))
            .collect()
    }
}
