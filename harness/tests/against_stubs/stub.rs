//! Servers for tests: any axum router, in the process or behind a socket, and the requests that reached it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use harness::{Client, Transport};
use tokio::net::TcpListener;
use url::Url;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Keeps what arrives at a router.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Seen>>>);

impl Log {
    /// `METHOD target` of every request, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.all().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.all().pop().unwrap()
    }

    /// The router, with every request written down.
    pub(crate) fn keeping(&self, router: Router) -> Router {
        let log = self.clone();
        router.layer(from_fn(move |request: Request, next: Next| {
            let log = log.clone();
            async move {
                let (head, body) = request.into_parts();
                let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
                let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
                log.0.lock().unwrap().push(Seen {
                    method: head.method.clone(),
                    target,
                    headers: head.headers.clone(),
                    body: bytes.clone(),
                });
                next.run(Request::from_parts(head, Body::from(bytes))).await
            }
        }))
    }
}

/// A client that reaches the router without a socket.
pub(crate) fn in_process(router: Router) -> Client {
    Client::in_process(Transport::in_process(router))
}

/// A router that gives every request the same answer.
pub(crate) fn always(status: u16, content_type: &'static str, body: &'static str) -> Router {
    let status = StatusCode::from_u16(status).unwrap();
    Router::new().fallback(move || async move { answer(status, content_type, body) })
}

pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    (status, [("content-type", content_type)], body.into()).into_response()
}

/// Serves the router on a port of its own until the test's runtime ends.
pub(crate) async fn serve(router: Router) -> Url {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Url::parse(&url).unwrap()
}

/// An address at which nobody listens: the port was ours a moment ago.
pub(crate) async fn nobody() -> Url {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap()
}
