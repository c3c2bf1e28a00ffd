//! The server as a service that a recorder can drive: requests go out with the user's identity.

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
    recording::{bounds, scrub::Scrub},
    run::reach,
};

/// Stands for a missing answer. It is never recorded: a case that has one is left out.
const NO_ANSWER: StatusCode = StatusCode::GATEWAY_TIMEOUT;

/// Timeout of a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The proxy of one case. Clones share its state.
#[derive(Clone, Debug)]
pub struct Proxy {
    client: Client,
    /// Nothing outside of it is changed.
    group: String,
    under_way: TaskTracker,
    broken: CancellationToken,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    scrub: Scrub,
    problem: Option<Failure>,
}

impl Proxy {
    /// A proxy for this group that scrubs what `scrub` knows, and what it learns.
    pub fn new(client: Client, group: String, scrub: Scrub) -> Self {
        let state = Arc::new(Mutex::new(State { scrub, problem: None }));
        Self { client, group, under_way: TaskTracker::new(), broken: CancellationToken::new(), state }
    }

    /// The service.
    pub fn service(&self) -> Router {
        let proxy = self.clone();
        Router::new().fallback(move |request: Request| {
            // On a task of its own, so that a case that is cut short never cancels a request under way.
            let sent = proxy.under_way.spawn(proxy.clone().forward(request));
            async move { sent.await.unwrap_or_else(|_| no_answer()) }
        })
    }

    /// Returns when a request had no answer, or was refused for lack of rights.
    pub async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// What went wrong, with the request.
    pub fn problem(&self) -> Option<Failure> {
        self.state().problem.clone()
    }

    /// Waits until no request is under way.
    pub async fn idle(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }

    /// What is to be removed from the rows.
    pub fn scrub(&self) -> Scrub {
        self.state().scrub.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.fail(Failure::new(Code::Internal, why));
            return no_answer();
        }
        let answer = self.answer(&head.method.clone(), http::Request::from_parts(head, body)).await;
        match answer {
            Ok(response) => {
                let status = response.status();
                if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
                    self.fail(Failure::new(Code::Refused, format!("{name} is refused with {status}")));
                }
                response
            }
            Err(failure) => {
                self.fail(Failure::new(failure.code, format!("{name} had no answer ({})", failure.message)));
                no_answer()
            }
        }
    }

    async fn answer(&self, method: &Method, request: http::Request<Bytes>) -> Result<Response, Failure> {
        let passed = self.client.pass_on(&request).await.map_err(|error| reach::failure(&error))?;
        let who = self.client.identity().await;
        {
            let mut state = self.state();
            who.iter().for_each(|who| state.scrub.name(who));
            passed.proof.iter().for_each(|proof| state.scrub.secret(proof));
        }
        let answer = passed.response;
        let (status, headers) = (answer.status, answer.headers.clone());
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let body = if kind.starts_with("text/event-stream") && method == Method::GET {
            Body::from_stream(answer.body)
        } else {
            let cut = |why: String| Failure::new(Code::Unreachable, format!("its body is incomplete: {why}"));
            let whole = timeout(BODY_TIMEOUT, answer.bytes()).await;
            let whole = whole.map_err(|_| cut(format!("not within {} s", BODY_TIMEOUT.as_secs())))?;
            Body::from(whole.map_err(|error| cut(error.to_string()))?)
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Keeps the first problem: later ones follow from it.
    fn fail(&self, problem: Failure) {
        self.state().problem.get_or_insert(problem);
        self.broken.cancel();
    }
}

fn no_answer() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = NO_ANSWER;
    response
}
