//! Whom we trust: a CA file, a pin, nobody, anybody.

use std::{io::Write as _, sync::Arc};

use axum::Router;
use harness::{
    marathon::Client,
    tls::{ClientCertificate, Fingerprint, ServerTrust, Trust},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

struct Server {
    url: Url,
    ca_pem: String,
    ca: Fingerprint,
    certificate: Fingerprint,
}

/// A server for `localhost` with a certificate from a CA of its own; the chain holds both.
async fn server() -> Server {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca_params = CertificateParams::new(Vec::new()).unwrap();
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::from_params(&ca_params, &ca_key);
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let chain = vec![certificate.der().clone(), ca.der().clone()];
    let url = serve_tls(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap()).await;
    Server { url, ca_pem: ca.pem(), ca: Fingerprint::of(ca.der()), certificate: Fingerprint::of(certificate.der()) }
}

async fn serve_tls(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Url {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    accept(config).await
}

async fn accept(config: ServerConfig) -> Url {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let service = TowerToHyperService::new(Router::new().fallback(|| async { "pong" }));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, service) = (acceptor.clone(), service.clone());
            tokio::spawn(async move {
                // A client that does not trust us hangs up here.
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Url::parse(&url).unwrap()
}

async fn ping(server: &Server, trust: ServerTrust) -> Result<(), harness::Error> {
    Client::builder(server.url.clone()).connect(&Trust::server(trust)).unwrap().ping().await
}

#[tokio::test]
async fn an_unknown_ca_is_not_trusted() {
    let server = server().await;
    let error = ping(&server, ServerTrust::Roots).await.unwrap_err();
    assert!(error.is_untrusted() && !error.is_transient() && !error.is_unreachable(), "{error:?}");
    let said = error.to_string().replace(server.url.as_str(), "https://localhost/");
    insta::assert_snapshot!(said, @"GET https://localhost/ping: the TLS connection was refused: invalid peer certificate: UnknownIssuer");
}

#[tokio::test]
async fn plain_http_to_a_tls_server_is_distinguished_from_a_broken_connection() {
    let mut server = server().await;
    server.url.set_scheme("http").unwrap();
    let error = ping(&server, ServerTrust::Roots).await.unwrap_err();
    let said = error.to_string().replace(server.url.as_str(), "http://localhost/");
    insta::assert_snapshot!(said, @"GET http://localhost/ping: cannot connect: the server does not speak HTTP; an address with TLS starts with https");
    assert!(error.is_unreachable(), "{error:?}");
}

#[tokio::test]
async fn a_ca_file_is_trusted_and_another_is_not() {
    let (one, other) = (server().await, server().await);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(one.ca_pem.as_bytes()).unwrap();
    let trust = ServerTrust::CaFile(file.path().to_owned());
    ping(&one, trust.clone()).await.unwrap();
    assert!(ping(&other, trust).await.unwrap_err().is_untrusted());
    ping(&other, ServerTrust::CaPem(other.ca_pem.clone())).await.unwrap();
}

#[tokio::test]
async fn a_pin_trusts_the_certificate_or_its_ca() {
    let (one, other) = (server().await, server().await);
    ping(&one, ServerTrust::Pin(one.certificate)).await.unwrap();
    ping(&one, ServerTrust::Pin(one.ca)).await.unwrap();
    let error = ping(&other, ServerTrust::Pin(one.certificate)).await.unwrap_err();
    assert!(error.is_untrusted() && error.to_string().contains("not the pinned"), "{error}");
}

/// Anybody can put a public certificate into a chain; it has to have signed something.
#[tokio::test]
async fn a_pinned_ca_that_is_merely_present_proves_nothing() {
    let real = server().await;
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let ca = CertificateDer::from(pem_to_der(&real.ca_pem));
    let impostor = serve_tls(vec![own.der().clone(), ca], PrivateKeyDer::try_from(key.serialize_der()).unwrap()).await;
    let impostor = Server { url: impostor, ..real };
    assert!(ping(&impostor, ServerTrust::Pin(impostor.ca)).await.unwrap_err().is_untrusted());
}

fn pem_to_der(pem: &str) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

/// The server wants a certificate from its clients.
#[tokio::test]
async fn a_client_certificate_is_sent() {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca_params = CertificateParams::new(Vec::new()).unwrap();
    ca_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let issuer = Issuer::from_params(&ca_params, &ca_key);
    let signed = |name: &str| {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap(), key)
    };
    let (server, server_key) = signed("localhost");
    let (client, client_key) = signed("client");
    let mut roots = RootCertStore::empty();
    roots.add(ca.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.der().clone()], key)
        .unwrap();
    let url = accept(config).await;

    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("client.pem"), folder.path().join("client.key"));
    std::fs::write(&certificate, client.pem()).unwrap();
    std::fs::write(&key, client_key.serialize_pem()).unwrap();
    let mut trust = Trust::server(ServerTrust::CaPem(ca.pem()));
    let without = Client::builder(url.clone()).connect(&trust).unwrap().ping().await;
    assert!(without.unwrap_err().wants_certificate());
    trust.client = Some(ClientCertificate { certificate: certificate.clone(), key });
    Client::builder(url).connect(&trust).unwrap().ping().await.unwrap();
    trust.client = Some(ClientCertificate { certificate: certificate.clone(), key: certificate });
    assert!(trust.client_config().unwrap_err().to_string().ends_with("it contains no private key (PEM)"));
}

/// What a ping ends with at a server that resets the connection once the request is there.
async fn reset_after_the_handshake(asks_for_certificate: bool) -> harness::Error {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(own.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = match asks_for_certificate {
        true => builder.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap()),
        false => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![own.der().clone()], key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        loop {
            let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
            // What was not read makes the end a reset, which overtakes whatever was sent.
            stream.get_ref().0.readable().await.unwrap();
        }
    });
    let client = Client::builder(Url::parse(&url).unwrap()).connect(&Trust::server(ServerTrust::Insecure)).unwrap();
    client.ping().await.unwrap_err()
}

#[tokio::test]
async fn a_reset_by_a_server_that_asked_for_a_certificate_is_told_from_any_other() {
    let asked = reset_after_the_handshake(true).await;
    assert!(asked.wants_certificate() && !asked.is_transient(), "{asked:?}");
    assert!(asked.to_string().ends_with("asked for a client certificate and closed the connection"), "{asked}");
    let other = reset_after_the_handshake(false).await;
    assert!(!other.wants_certificate() && other.is_transient(), "{other:?}");
}

#[tokio::test]
async fn insecure_trusts_anybody() {
    let server = server().await;
    let trust = Trust::server(ServerTrust::Insecure);
    assert!(trust.is_insecure());
    ping(&server, ServerTrust::Insecure).await.unwrap();
}

#[test]
fn files_that_will_not_do_are_named() {
    let missing = Trust::server(ServerTrust::CaFile("/nowhere/ca.crt".into())).client_config().unwrap_err();
    insta::assert_snapshot!(missing, @"cannot use /nowhere/ca.crt: there is no such file or folder");
    let file = tempfile::NamedTempFile::new().unwrap();
    let empty = Trust::server(ServerTrust::CaFile(file.path().to_owned())).client_config().unwrap_err();
    assert!(empty.to_string().ends_with("it contains no certificate (PEM)"), "{empty}");
}

#[test]
fn fingerprints_are_read_as_they_are_written() {
    let fingerprint = Fingerprint::of(b"abc");
    let text = fingerprint.to_string();
    assert!(text.starts_with("BA:78:16:BF:8F:01"), "{text}");
    assert_eq!(text.parse::<Fingerprint>().unwrap(), fingerprint);
    assert_eq!(text.replace(':', "").to_lowercase().parse::<Fingerprint>().unwrap(), fingerprint);
    assert!("BA:78".parse::<Fingerprint>().is_err());
}
