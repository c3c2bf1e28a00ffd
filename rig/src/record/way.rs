//! The server as a service that a recorder can drive: what comes in goes out with our identity.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request, response::Response};
use bytes::Bytes;
use harness::Client;
use http::{Method, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    exit::{Code, Failure},
    record::{bounds, scrub::Scrub},
    run::reach,
};

/// Stands for an answer that did not come. Nobody sees it: a case that has one is no recording.
const NO_ANSWER: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// How long a body may take.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The way of one case. Clones share what they have seen.
#[derive(Clone, Debug)]
pub struct Way {
    client: Client,
    /// Nothing outside of it is changed.
    group: String,
    under_way: TaskTracker,
    broken: CancellationToken,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    scrub: Scrub,
    trouble: Option<Failure>,
}

impl Way {
    /// A way into this group that hides what `scrub` knows, and what it learns.
    pub fn new(client: Client, group: String, scrub: Scrub) -> Self {
        let seen = Arc::new(Mutex::new(Seen { scrub, trouble: None }));
        Self { client, group, under_way: TaskTracker::new(), broken: CancellationToken::new(), seen }
    }

    /// The service.
    pub fn service(&self) -> Router {
        let way = self.clone();
        Router::new().fallback(move |request: Request| {
            // On a task of its own: a case that is cut short must not leave it open whether a request was made.
            let sent = way.under_way.spawn(way.clone().forward(request));
            async move { sent.await.unwrap_or_else(|_| no_answer()) }
        })
    }

    /// Returns when a request had no answer, or one that only says who may not do it.
    pub async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// What went wrong, with the request in it.
    pub fn trouble(&self) -> Option<Failure> {
        self.seen().trouble.clone()
    }

    /// Waits for the answers to what was sent.
    pub async fn quiet(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }

    /// All that is to be taken out of the rows.
    pub fn scrub(&self) -> Scrub {
        self.seen().scrub.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forward(self, request: Request) -> Response {
        let (mut head, body) = request.into_parts();
        head.headers.remove(header::HOST);
        // A recorder's bodies are in memory.
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let name = format!("{} {path}", head.method);
        if let Some(id) = bounds::outside(&self.group, &head.method, &path, &body) {
            let group = &self.group;
            let why = format!("{name} is not sent: it would change {id}, which is not in {group} (please report this)");
            self.breaks(Failure::new(Code::Internal, why));
            return no_answer();
        }
        let answer = self.answer(&head.method.clone(), http::Request::from_parts(head, body)).await;
        match answer {
            Ok(response) => {
                let status = response.status();
                if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
                    self.breaks(Failure::new(Code::Refused, format!("{name} is refused with {status}")));
                }
                response
            }
            Err(failure) => {
                self.breaks(Failure::new(failure.code, format!("{name} had no answer ({})", failure.message)));
                no_answer()
            }
        }
    }

    async fn answer(&self, method: &Method, request: http::Request<Bytes>) -> Result<Response, Failure> {
        let passed = self.client.pass_on(&request).await.map_err(|error| reach::failure(&error))?;
        let who = self.client.identity().await;
        {
            let mut seen = self.seen();
            who.iter().for_each(|who| seen.scrub.name(who));
            passed.proof.iter().for_each(|proof| seen.scrub.secret(proof));
        }
        let answer = passed.response;
        let (status, headers) = (answer.status, answer.headers.clone());
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let body = if kind.starts_with("text/event-stream") && method == Method::GET {
            Body::from_stream(answer.body)
        } else {
            let cut = |why: String| Failure::new(Code::Unreachable, format!("its body did not come: {why}"));
            let whole = timeout(BODY_WITHIN, answer.bytes()).await;
            let whole = whole.map_err(|_| cut(format!("not within {} s", BODY_WITHIN.as_secs())))?;
            Body::from(whole.map_err(|error| cut(error.to_string()))?)
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// The first trouble counts: what comes after it follows from it.
    fn breaks(&self, trouble: Failure) {
        self.seen().trouble.get_or_insert(trouble);
        self.broken.cancel();
    }
}

fn no_answer() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = NO_ANSWER;
    response
}
