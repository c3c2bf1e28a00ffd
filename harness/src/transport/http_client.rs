//! The way over sockets: reqwest, with our trust and our rule about proxies.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::TryStreamExt;
use http::Request;
use url::{Host, Url};

use super::{Response, TransportError, TransportErrorKind};
use crate::tls::{NoCertificate, Trust, TrustError};

/// Whether names are looked up by our own resolver, by `/etc/hosts` and `/etc/resolv.conf`, and not by the C library:
/// in a static program glibc's would load shared libraries that an image `FROM scratch` does not have. Elsewhere the
/// machine's own rules (NSS, VPNs, `.local` names) count.
const OWN_RESOLVER: bool = cfg!(target_feature = "crt-static");

/// Settings of connections.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(10) }
    }
}

/// Two clients, because reqwest decides about proxies per client: loopback never goes through a proxy from the
/// environment (it would end at another machine's loopback), every other host obeys it.
#[derive(Clone)]
pub(super) struct HttpClients {
    direct: reqwest::Client,
    by_environment: reqwest::Client,
    /// Where we have no client certificate.
    no_certificate: Option<Arc<NoCertificate>>,
    /// A server has answered, so that whatever breaks later is no matter of certificates.
    answered: Arc<AtomicBool>,
}

impl HttpClients {
    pub(super) fn new(trust: &Trust, settings: &HttpSettings) -> Result<Self, TrustError> {
        let mut tls = trust.client_config()?;
        let no_certificate = trust.client.is_none().then(|| NoCertificate::instead_of(&mut tls));
        let builder = || {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .connect_timeout(settings.connect_timeout)
                // Redirects are the caller's: the token must not follow one to another host.
                .redirect(reqwest::redirect::Policy::none())
                .hickory_dns(OWN_RESOLVER)
                .user_agent(concat!("hc-rig/", env!("CARGO_PKG_VERSION")))
        };
        let build = |builder: reqwest::ClientBuilder| {
            builder.build().map_err(|error| TrustError::Client(error.without_url().to_string()))
        };
        Ok(Self {
            direct: build(builder().no_proxy())?,
            by_environment: build(builder())?,
            no_certificate,
            answered: Arc::default(),
        })
    }

    pub(super) async fn send(&self, request: Request<Bytes>) -> Result<Response, TransportError> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string())
            .map_err(|error| TransportError::new(TransportErrorKind::Other, error.to_string()))?;
        let client = if is_loopback(&url) { &self.direct } else { &self.by_environment };
        let mut outgoing = client.request(head.method, url).headers(head.headers);
        if !body.is_empty() {
            outgoing = outgoing.body(body);
        }
        let response = outgoing.send().await.map_err(|error| self.explain(TransportError::from_reqwest(&error)))?;
        self.answered.store(true, Ordering::Relaxed);
        Ok(Response {
            status: response.status(),
            headers: response.headers().clone(),
            body: Box::pin(response.bytes_stream().map_err(|error| TransportError::from_reqwest(&error))),
        })
    }
}

impl HttpClients {
    /// A connection that breaks before the first answer, after the server asked for a certificate that we do not have.
    fn explain(&self, error: TransportError) -> TransportError {
        let asked = self.no_certificate.as_ref().is_some_and(|certificate| certificate.was_asked_for());
        if error.kind() != TransportErrorKind::Reset || !asked || self.answered.load(Ordering::Relaxed) {
            return error;
        }
        let what = "the server asked for a client certificate and closed the connection";
        TransportError::new(TransportErrorKind::ClientCertificate, what)
    }
}

/// Whether the address is on this machine: `localhost`, `127.0.0.0/8` and `::1`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost") || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised() {
        for url in ["http://localhost:8080/", "http://127.0.0.1/", "https://127.8.9.1:1/", "http://[::1]:80/"] {
            assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
        for url in ["http://localhost.example.com/", "http://10.0.0.1/", "https://dcos.example/", "http://[::2]/"] {
            assert!(!is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
    }
}
