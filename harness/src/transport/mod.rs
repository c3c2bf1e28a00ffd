//! How a request travels: over sockets, or into a service in the same process.
//!
//! A test in virtual time must not touch a socket, since the time of a socket is real. So everything above
//! speaks to a [`Transport`], and a fake that is a [`tower::Service`] can stand behind it. Both ways hand the body
//! back as a stream, which is what the event stream needs.

mod error;
mod http_client;

use std::pin::Pin;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, BodyStream, Full};
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};

pub use error::{TransportError, TransportErrorKind};
pub use http_client::HttpSettings;

use crate::tls::{Trust, TrustError};
use http_client::HttpClients;

/// A body as it arrives.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// Any error of an in-process service.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A response whose head has arrived; the body is read on demand.
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The header lines.
    pub headers: HeaderMap,
    /// The body.
    pub body: ByteStream,
}

impl Response {
    /// Reads the body to its end.
    ///
    /// # Errors
    /// If the connection breaks before.
    pub async fn bytes(self) -> Result<Bytes, TransportError> {
        let mut body = self.body;
        let Some(first) = body.next().await else { return Ok(Bytes::new()) };
        let first = first?;
        let Some(second) = body.next().await else { return Ok(first) };
        let mut all = Vec::with_capacity(first.len() * 4);
        all.extend_from_slice(&first);
        all.extend_from_slice(&second?);
        while let Some(chunk) = body.next().await {
            all.extend_from_slice(&chunk?);
        }
        Ok(all.into())
    }
}

type InProcess = BoxCloneSyncService<Request<Full<Bytes>>, http::Response<ByteStream>, BoxError>;

/// The way to a server. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Transport {
    way: Way,
}

#[derive(Clone)]
enum Way {
    Sockets(HttpClients),
    InProcess(InProcess),
}

impl Transport {
    /// Over sockets, with the given trust in certificates and default settings.
    ///
    /// # Errors
    /// If the CA file or the client certificate cannot be read.
    pub fn sockets(trust: &Trust) -> Result<Self, TrustError> {
        Self::sockets_with(trust, &HttpSettings::default())
    }

    /// Over sockets, with all settings.
    ///
    /// # Errors
    /// If the CA file or the client certificate cannot be read.
    pub fn sockets_with(trust: &Trust, settings: &HttpSettings) -> Result<Self, TrustError> {
        Ok(Self { way: Way::Sockets(HttpClients::new(trust, settings)?) })
    }

    /// Into a service in this process, such as an axum router. No socket, no thread: virtual time works.
    pub fn in_process<S, B>(service: S) -> Self
    where
        S: Service<Request<Full<Bytes>>, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: BodyExt<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let service = service.map_response(|response: http::Response<B>| response.map(stream_of)).map_err(Into::into);
        Self { way: Way::InProcess(BoxCloneSyncService::new(service)) }
    }

    /// True if requests stay inside this process.
    #[must_use]
    pub fn is_in_process(&self) -> bool {
        matches!(self.way, Way::InProcess(_))
    }

    /// Sends a request and waits for the head of the response. Redirects are not followed here.
    ///
    /// # Errors
    /// If no response arrives; an error status is a response.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response, TransportError> {
        match &self.way {
            Way::Sockets(clients) => clients.send(request).await,
            Way::InProcess(service) => {
                let response = service
                    .clone()
                    .oneshot(request.map(Full::new))
                    .await
                    .map_err(|error| TransportError::new(TransportErrorKind::Other, error.to_string()))?;
                let (head, body) = response.into_parts();
                Ok(Response { status: head.status, headers: head.headers, body })
            }
        }
    }
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_in_process() { "Transport(in process)" } else { "Transport(sockets)" })
    }
}

/// The data frames of a body; trailers are dropped, since neither Marathon nor Mesos sends any.
fn stream_of<B>(body: B) -> ByteStream
where
    B: BodyExt<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let frames = BodyStream::new(body).filter_map(|frame| {
        std::future::ready(match frame {
            Ok(frame) => frame.into_data().ok().map(Ok),
            Err(error) => Some(Err(TransportError::new(TransportErrorKind::Reset, error.into().to_string()))),
        })
    });
    Box::pin(frames)
}
