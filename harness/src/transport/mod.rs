//! How a request travels: over sockets, or into a service in the same process.
//!
//! A test in virtual time must not touch a socket, since the time of a socket is real. So everything above
//! speaks to a [`Transport`], and a fake that is a [`tower::Service`] can stand behind it. Both ways hand the body
//! back as a stream, which is what the event stream needs.

mod error;
mod http_client;

use std::pin::Pin;

use bytes::Bytes;
pub use error::{TransportError, TransportErrorKind};
use futures::{Stream, StreamExt};
use http::{HeaderMap, Request, StatusCode, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, BodyStream, Full};
use http_client::HttpClients;
pub use http_client::{HttpSettings, is_loopback};
use tower::{Service, ServiceExt, util::BoxCloneSyncService};

use crate::tls::{Trust, TrustError};

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

/// The most bytes of a body that are read: room for an app with 400,000 tasks, at some 650 bytes each.
pub const BODY_LIMIT: usize = 256 << 20;

impl Response {
    /// Reads the body to its end.
    ///
    /// # Errors
    /// If the connection breaks before, or the body is larger than [`BODY_LIMIT`].
    pub async fn bytes(self) -> Result<Bytes, TransportError> {
        self.bytes_up_to(BODY_LIMIT).await
    }

    /// The same with another limit.
    ///
    /// # Errors
    /// If the connection breaks before, or the body is larger.
    pub async fn bytes_up_to(self, limit: usize) -> Result<Bytes, TransportError> {
        let mut body = self.body;
        let Some(first) = body.next().await else { return Ok(Bytes::new()) };
        let first = first?;
        let second = body.next().await;
        if second.is_none() && first.len() <= limit {
            return Ok(first);
        }
        // What the server says is not believed, but such an answer of megabytes need not be moved as it grows.
        let said = self.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let mut all = Vec::with_capacity(said.unwrap_or(first.len().saturating_mul(4)).min(limit));
        let mut next = Some(Ok(first));
        let mut after = second;
        while let Some(chunk) = next.take() {
            let chunk = chunk?;
            if all.len() + chunk.len() > limit {
                let size = if limit >= 1 << 20 { format!("{} MiB", limit >> 20) } else { format!("{limit} bytes") };
                return Err(TransportError::new(
                    TransportErrorKind::TooLarge,
                    format!("the answer is larger than {size}"),
                ));
            }
            all.extend_from_slice(&chunk);
            next = match after.take() {
                Some(chunk) => Some(chunk),
                None => body.next().await,
            };
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

#[cfg(test)]
mod tests {
    use futures::stream;
    use rstest::rstest;

    use super::*;

    fn response(chunks: impl Iterator<Item = &'static str> + Send + 'static) -> Response {
        let body = stream::iter(chunks.map(|chunk| Ok::<_, TransportError>(Bytes::from_static(chunk.as_bytes()))));
        Response { status: StatusCode::OK, headers: HeaderMap::new(), body: Box::pin(body) }
    }

    #[rstest]
    #[case::empty(&[], Some(""))]
    #[case::one(&["abcde"], Some("abcde"))]
    #[case::several(&["ab", "c", "de"], Some("abcde"))]
    #[case::one_too_large(&["abcdef"], None)]
    #[case::several_too_large(&["ab", "cd", "ef"], None)]
    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit(#[case] chunks: &'static [&'static str], #[case] expected: Option<&str>) {
        let read = response(chunks.iter().copied()).bytes_up_to(5).await;
        assert_eq!(read.as_deref().ok(), expected.map(str::as_bytes));
        if let Err(error) = read {
            assert_eq!((error.kind(), error.is_transient()), (TransportErrorKind::TooLarge, false));
            assert_eq!(error.to_string(), "the answer is larger than 5 bytes");
        }
    }

    #[tokio::test]
    async fn an_endless_body_ends_with_a_sentence() {
        let error = response(std::iter::repeat("an endless body ")).bytes_up_to(1 << 20).await.unwrap_err();
        assert_eq!(error.to_string(), "the answer is larger than 1 MiB");
    }
}
