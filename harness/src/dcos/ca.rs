//! The cluster's own CA, which signs the certificates of its masters.

use http::Method;
use url::Url;

use crate::{
    marathon::{Client, Error, Result},
    tls::{ClientCertificate, Fingerprint, ServerTrust, Trust, TrustError},
};

/// A CA certificate that a server offers for itself. Anybody could have sent it: compare the fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedCa {
    /// The certificate, PEM.
    pub pem: String,
    /// Its SHA-256.
    pub fingerprint: Fingerprint,
}

impl OfferedCa {
    /// Fetches `/ca/dcos-ca.crt` from the cluster at `root`, without trusting it and without logging in; only a
    /// client certificate is sent, if the handshake asks for one.
    ///
    /// # Errors
    /// If the cluster cannot be reached or offers no certificate.
    pub async fn fetch(root: &Url, client: Option<ClientCertificate>) -> Result<Self> {
        let trust = Trust { server: ServerTrust::Insecure, client };
        let client = Client::builder(root.clone())
            .connect(&trust)
            .map_err(|error| Error::body(&Method::GET, root.as_str(), error.to_string(), b""))?;
        let (url, body) = client.get_bytes("ca/dcos-ca.crt").await?;
        let pem = String::from_utf8_lossy(&body).into_owned();
        match Fingerprint::of_pem(&pem) {
            Ok(fingerprint) => Ok(Self { pem, fingerprint }),
            Err(_) => Err(Error::body(&Method::GET, url, "this is not a certificate (PEM)", &body)),
        }
    }

    /// The trust in this CA and no other, if it is the one that was expected.
    ///
    /// # Errors
    /// If its fingerprint is another.
    pub fn accept(&self, expected: &Fingerprint) -> Result<ServerTrust, TrustError> {
        if self.fingerprint == *expected {
            return Ok(ServerTrust::CaPem(self.pem.clone()));
        }
        Err(TrustError::OfferedCa { offered: self.fingerprint, expected: *expected })
    }
}
