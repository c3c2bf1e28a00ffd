//! How a server is verified: by the machine's roots, by a CA file, by one pinned certificate, or not at all.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        ResolvesClientCert, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    sign::CertifiedKey,
};

use crate::{environment::variable, files};

/// How the server's certificate is verified, and the certificate that identifies the client.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// How the server is verified.
    pub server: ServerTrust,
    /// A client certificate, where the cluster wants one.
    pub client: Option<ClientCertificate>,
}

/// How a server's certificate is verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServerTrust {
    /// By the machine's root certificates (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured), or by Mozilla's,
    /// which are built in, where the machine has none (an image `FROM scratch`).
    #[default]
    Roots,
    /// By the certificates in a PEM file and no others.
    CaFile(PathBuf),
    /// By the certificates in this PEM text and no others.
    CaPem(String),
    /// Only this very certificate, or one that a CA with this fingerprint is in the chain of.
    Pin(Fingerprint),
    /// Not at all, as `curl -k` does.
    Insecure,
}

/// A client certificate with its key, both PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and its chain if there is one.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Trust {
    /// Trust by a rule for the server, without a client certificate.
    #[must_use]
    pub fn server(server: ServerTrust) -> Self {
        Self { server, client: None }
    }

    /// True if anybody could pretend to be the server. Every report must say so.
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.server == ServerTrust::Insecure
    }

    /// The configuration for rustls.
    ///
    /// # Errors
    /// If a file cannot be read or holds no certificate.
    pub fn client_config(&self) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Client(error.to_string()))?;
        let builder = match &self.server {
            ServerTrust::Roots => builder.with_root_certificates(machine_roots()),
            ServerTrust::CaFile(path) => {
                let pem = read(path)?;
                let certificates = certificates(&pem).map_err(|why| TrustError::File { path: path.clone(), why })?;
                builder.with_webpki_verifier(ca_verifier(certificates, provider)?)
            }
            ServerTrust::CaPem(pem) => {
                let certificates = certificates(pem.as_bytes()).map_err(TrustError::Client)?;
                builder.with_webpki_verifier(ca_verifier(certificates, provider)?)
            }
            ServerTrust::Pin(fingerprint) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Unverified { provider, pin: Some(*fingerprint) })),
            ServerTrust::Insecure => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified { provider, pin: None }))
            }
        };
        let mut config = match &self.client {
            None => builder.with_no_client_auth(),
            Some(ClientCertificate { certificate, key }) => {
                let chain = certificates(&read(certificate)?)
                    .map_err(|why| TrustError::File { path: certificate.clone(), why })?;
                let private = PrivateKeyDer::from_pem_slice(&read_key(key)?).map_err(|_| TrustError::File {
                    path: key.clone(),
                    why: "it contains no private key (PEM)".into(),
                })?;
                builder.with_client_auth_cert(chain, private).map_err(|error| match error {
                    rustls::Error::InconsistentKeys(_) => {
                        let why = format!("it is not the key of the certificate in {}", certificate.display());
                        TrustError::File { path: key.clone(), why }
                    }
                    other => TrustError::Client(other.to_string()),
                })?
            }
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    files::read(path).map_err(|error| {
        if error.kind() == io::ErrorKind::Interrupted {
            return TrustError::Stopped(path.to_owned());
        }
        TrustError::File { path: path.to_owned(), why: text::plain::system(&error.to_string()).into_owned() }
    })
}

fn read_key(path: &Path) -> Result<Vec<u8>, TrustError> {
    if files::shown(path).is_some() {
        return read(path);
    }
    Err(TrustError::File { path: "the file of the client certificate's key".into(), why: "it is not there".into() })
}

/// The variables that name root certificates instead of the machine's.
pub(crate) const ROOTS: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

fn machine_roots() -> RootCertStore {
    let named = ROOTS.into_iter().any(|name| variable(name).is_some());
    roots(rustls_native_certs::load_native_certs().certs, named)
}

/// What was found on the machine, or in what somebody has `named`: then Mozilla's are not meant, whatever is there.
fn roots(found: Vec<CertificateDer<'_>>, named: bool) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found);
    if added == 0 && !named {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| "it is not a PEM file".to_owned())?;
    if certificates.is_empty() { Err("it contains no certificate (PEM)".to_owned()) } else { Ok(certificates) }
}

fn ca_verifier(
    certificates: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| TrustError::Client(error.to_string()))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| TrustError::Client(error.to_string()))
}

/// Takes any certificate, or any chain in which the pinned one is. The handshake's signatures are verified
/// either way, so that with a pin the server has to own the key.
#[derive(Debug)]
struct Unverified {
    provider: Arc<CryptoProvider>,
    pin: Option<Fingerprint>,
}

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(pin) = self.pin else { return Ok(ServerCertVerified::assertion()) };
        if Fingerprint::of(end_entity) == pin {
            return Ok(ServerCertVerified::assertion());
        }
        // A pinned CA has to vouch for the certificate as any CA would: its mere presence proves nothing.
        let Some(ca) = intermediates.iter().find(|certificate| Fingerprint::of(certificate) == pin) else {
            let wrong = NotPinned { presented: Fingerprint::of(end_entity), pin };
            return Err(rustls::Error::Other(rustls::OtherError(Arc::new(wrong))));
        };
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Stands for the client certificate that we do not have, and notes that a server asked for it. With TLS 1.3 the refusal comes
/// after the handshake, and is lost where the server then resets the connection: the request only breaks.
#[derive(Debug, Default)]
pub(crate) struct NoCertificate {
    asked: AtomicBool,
}

impl NoCertificate {
    /// A configuration that has this one instead of a client certificate.
    pub(crate) fn instead_of(config: &mut ClientConfig) -> Arc<Self> {
        let none = Arc::new(Self::default());
        config.client_auth_cert_resolver = none.clone();
        none
    }

    /// Whether a server asked for a certificate.
    pub(crate) fn was_asked_for(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

/// The SHA-256 of a certificate, written as `openssl x509 -fingerprint -sha256` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let digest = aws_lc_rs_digest(der);
        Self(digest)
    }

    /// Of the first certificate in a PEM text.
    ///
    /// # Errors
    /// If there is none.
    pub fn of_pem(pem: &str) -> Result<Self, TrustError> {
        Ok(Self::of(&certificates(pem.as_bytes()).map_err(TrustError::Client)?[0]))
    }
}

fn aws_lc_rs_digest(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(::aws_lc_rs::digest::digest(&::aws_lc_rs::digest::SHA256, bytes).as_ref());
    out
}

impl std::str::FromStr for Fingerprint {
    type Err = TrustError;

    /// Hexadecimal digits, with or without colons, of either case.
    fn from_str(text: &str) -> Result<Self, TrustError> {
        let wrong = || TrustError::Client(format!("`{text}` is not a SHA-256 fingerprint (64 hexadecimal digits)"));
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        if digits.len() != 64 || !digits.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if n == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// A server presented another certificate than the pinned one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its certificate is {presented}, not the pinned {pin}")]
pub(crate) struct NotPinned {
    presented: Fingerprint,
    pin: Fingerprint,
}

/// Trust could not be set up; nothing has been sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A file of certificates or keys is unusable.
    #[error("cannot use {}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The user wanted the program to end while nothing came from this file.
    #[error("stopped while nothing came from {}", .0.display())]
    Stopped(PathBuf),
    /// The CA that the cluster offers is not the one that was expected.
    #[error("the cluster offers a CA with the fingerprint {offered}, not {expected}")]
    OfferedCa {
        /// What it offers.
        offered: Fingerprint,
        /// What was expected.
        expected: Fingerprint,
    },
    /// The TLS client could not be built.
    #[error("cannot set up TLS: {0}")]
    Client(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_root_certificates_trusts_no_others() {
        assert!(roots(Vec::new(), true).is_empty(), "SSL_CERT_FILE names a file that is not there");
        assert!(!roots(Vec::new(), false).is_empty());
    }

    #[test]
    fn what_should_name_the_file_of_a_key_and_names_none_is_not_shown() {
        let key = ClientCertificate { certificate: "/dev/null".into(), key: "-----BEGIN PRIVATE KEY-----4711".into() };
        let said = read_key(&key.key).map(drop).map_err(|error| error.to_string());
        assert_eq!(said, Err("cannot use the file of the client certificate's key: it is not there".to_owned()));
    }
}
