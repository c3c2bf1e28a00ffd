//! A request passed on as it is: only the identity is added, and the caller judges the answer.

use bytes::Bytes;
use http::{Request, StatusCode, Uri, header::AUTHORIZATION};
use tokio::time::timeout;

use super::{
    Result,
    client::Client,
    connection::Connection,
    error::{Error, ErrorKind},
};
use crate::{
    secret::Secret,
    transport::{Response, TransportError, TransportErrorKind},
};

/// What came of a request that was passed on.
pub struct PassedOn {
    /// The answer: any status, redirects too.
    pub response: Response,
    /// The proof of identity as it was sent: the token, or user and password. It must not be stored.
    pub proof: Option<Secret>,
}

impl Client {
    /// Passes a request on to the Marathon that answered last, whose path and query stand below that one's address.
    ///
    /// Nothing but our identity is added, and no redirect is followed. A token that is refused is renewed once.
    ///
    /// # Errors
    /// If no answer comes or the login fails; a bad status is an answer.
    pub async fn pass_on(&self, request: &Request<Bytes>) -> Result<PassedOn> {
        self.connection.pass_on(request).await
    }
}

impl Connection {
    async fn pass_on(&self, request: &Request<Bytes>) -> Result<PassedOn> {
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let address = format!("{}{path}", self.base().as_str().trim_end_matches('/'));
        let method = request.method();
        let fails = |kind| Error::new(method, &address, kind);
        let uri: Uri = address.parse().map_err(|_| Error::body(method, &address, "it is no address", b""))?;
        let mut renewed = false;
        loop {
            let identity = self.identity(method, &address).await?;
            let mut request = request.clone();
            *request.uri_mut() = uri.clone();
            if let Some(header) = identity.header {
                request.headers_mut().insert(AUTHORIZATION, header);
            }
            let answer = timeout(self.timeout, self.transport.send(request)).await.unwrap_or_else(|_| {
                let seconds = self.timeout.as_secs_f32();
                Err(TransportError::new(TransportErrorKind::Timeout, format!("no answer within {seconds} s")))
            });
            let response = answer.map_err(|error| fails(ErrorKind::Transport(error)))?;
            if response.status == StatusCode::UNAUTHORIZED
                && !renewed
                && let Some(proof) = &identity.proof
                && self.renew(method, &address, proof).await?
            {
                renewed = true;
                continue;
            }
            return Ok(PassedOn { response, proof: identity.proof });
        }
    }
}
