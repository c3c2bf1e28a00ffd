//! Login, token, renewal.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{KeyPair, KeySize},
    signature::KeyPair as _,
};
use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{get, post},
};
use base64::Engine as _;
use harness::{
    Clock, Transport,
    dcos::{Credentials, TokenSource},
    marathon::{Auth, Client},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use time::OffsetDateTime;
use url::Url;

use crate::stub::{Log, answer};

/// A token whose only true part is when it expires.
fn jwt(number: usize, lifetime: i64) -> String {
    let expiry = OffsetDateTime::now_utc().unix_timestamp() + lifetime;
    let claims = json!({ "uid": "me", "exp": expiry, "n": number }).to_string();
    format!("head.{}.sign", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims))
}

/// A cluster that takes only the token it gave out last, unless `revoked` says that it has forgotten that one too.
#[derive(Clone, Default)]
struct Cluster {
    logins: Arc<AtomicUsize>,
    revoked: Arc<AtomicUsize>,
    lifetime: Option<i64>,
}

impl Cluster {
    fn router(&self) -> Router {
        let (login, ping) = (self.clone(), self.clone());
        Router::new()
            .route("/acs/api/v1/auth/login", post(move |Json(body): Json<Value>| async move { login.login(&body) }))
            .route("/service/marathon/ping", get(move |headers: HeaderMap| async move { ping.ping(&headers) }))
    }

    fn login(&self, body: &Value) -> Response {
        if body["password"] != "deleteme" {
            let refusal = r#"{"title":"Unauthorized","description":"Invalid credentials","code":"ERR"}"#;
            return answer(StatusCode::UNAUTHORIZED, "application/json", refusal);
        }
        let number = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = jwt(number, self.lifetime.unwrap_or(5 * 86_400));
        answer(StatusCode::OK, "application/json", json!({ "token": token }).to_string())
    }

    fn ping(&self, headers: &HeaderMap) -> Response {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let number = given.split('.').nth(1).and_then(|claims| {
            let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
            serde_json::from_slice::<Value>(&claims).ok()?["n"].as_u64()
        });
        let good = given.starts_with("token=") && number > Some(self.revoked.load(Ordering::SeqCst) as u64);
        if good {
            answer(StatusCode::OK, "text/plain", "pong")
        } else {
            answer(StatusCode::UNAUTHORIZED, "text/html", "<html>401</html>")
        }
    }

    fn client(&self, credentials: Credentials) -> (Client, Log) {
        let log = Log::default();
        let transport = Transport::in_process(log.keeping(self.router()));
        let root = Url::parse("http://dcos.in-process/").unwrap();
        let source = TokenSource::new(credentials, root.clone(), transport.clone(), Clock::System);
        let marathon = root.join("service/marathon/").unwrap();
        let client = Client::builder(marathon).dcos(root).auth(Auth::Token(Arc::new(source))).transport(transport);
        (client, log)
    }
}

fn password(password: &str) -> Credentials {
    Credentials::Password { uid: "bootstrapuser".to_owned(), password: password.into() }
}

#[tokio::test]
async fn one_login_serves_all_requests() {
    let cluster = Cluster::default();
    let (client, log) = cluster.client(password("deleteme"));
    let (one, other) = tokio::join!(client.ping(), client.ping());
    one.unwrap();
    other.unwrap();
    client.ping().await.unwrap();
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 1);
    assert_eq!(log.lines().iter().filter(|line| line.starts_with("GET")).count(), 3);
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_one_sentence() {
    let (client, log) = Cluster::default().client(password("hunter2"));
    let error = client.ping().await.unwrap_err();
    assert!(error.is_unauthorized() && !error.is_transient());
    insta::assert_snapshot!(error, @"login at http://dcos.in-process/acs/api/v1/auth/login refused: 401 Unauthorized: Invalid credentials");
    assert_eq!(log.lines(), ["POST /acs/api/v1/auth/login"], "nothing else was sent");
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let cluster = Cluster::default();
    let (client, _) = cluster.client(password("deleteme"));
    client.ping().await.unwrap();
    cluster.revoked.store(1, Ordering::SeqCst);
    client.ping().await.unwrap();
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 2);
    cluster.revoked.store(1000, Ordering::SeqCst);
    let error = client.ping().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 3, "once for this request, not for ever");
}

#[tokio::test]
async fn once_a_token_has_worked_trouble_with_its_source_passes() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let cluster = Cluster::default();
    let (client, _) = cluster.client(Credentials::TokenFile(file.path().to_owned()));
    let error = client.ping().await.unwrap_err();
    assert!(!error.is_transient(), "there never was a token: {error}");
    file.write_all(jwt(1, 5 * 86_400).as_bytes()).unwrap();
    client.ping().await.unwrap();

    cluster.revoked.store(1, Ordering::SeqCst);
    file.as_file().set_len(0).unwrap();
    let error = client.ping().await.unwrap_err();
    assert!(error.is_transient(), "the file is being rewritten: {error}");
    std::fs::write(file.path(), jwt(2, 5 * 86_400)).unwrap();
    client.ping().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_right_after_its_file_changed_is_read_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let word = |n: usize| format!("token-{n}-whole");
    let write = |text: &str| std::fs::write(file.path(), text).unwrap();
    write(&word(1));
    let accepted = Arc::new(AtomicUsize::new(1));
    let valid = accepted.clone();
    let router = Router::new().fallback(move |headers: axum::http::HeaderMap| {
        let token = word(valid.load(Ordering::SeqCst));
        async move {
            let whole = headers["authorization"].to_str().unwrap() == format!("token={token}");
            if whole { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
        }
    });
    let transport = Transport::in_process(router);
    let root = Url::parse("http://dcos.in-process/").unwrap();
    let credentials = Credentials::TokenFile(file.path().to_owned());
    let source = TokenSource::new(credentials, root.clone(), transport.clone(), Clock::System);
    let client = Client::builder(root).auth(Auth::Token(Arc::new(source))).transport(transport);
    client.ping().await.unwrap();

    accepted.store(2, Ordering::SeqCst);
    let whole = word(2);
    write(&whole[..whole.len() - 3]);
    for _ in 0..2 {
        let error = client.ping().await.unwrap_err();
        assert!(error.is_transient(), "it looks whole, and is a part: {error}");
    }
    write(&whole);
    client.ping().await.unwrap();

    accepted.store(3, Ordering::SeqCst);
    assert!(client.ping().await.unwrap_err().is_unauthorized(), "the file did not change");
    write("another");
    assert!(client.ping().await.unwrap_err().is_transient());
    tokio::time::advance(Duration::from_secs(31)).await;
    assert!(client.ping().await.unwrap_err().is_unauthorized(), "it stays refused");
}

#[tokio::test]
async fn a_garbled_answer_to_a_renewal_passes_and_refused_credentials_do_not() {
    let cluster = Cluster::default();
    let garbles = Arc::new(AtomicUsize::new(0));
    let garbled = garbles.clone();
    let router = cluster.router().layer(axum::middleware::from_fn(
        move |request: axum::extract::Request, next: axum::middleware::Next| {
            let garbled = garbled.load(Ordering::SeqCst);
            async move {
                match (request.uri().path().ends_with("/login"), garbled) {
                    (true, 1) => answer(StatusCode::OK, "text/html", "<html>busy"),
                    (true, 2) => answer(StatusCode::UNAUTHORIZED, "application/json", "{}"),
                    _ => next.run(request).await,
                }
            }
        },
    ));
    let transport = Transport::in_process(router);
    let root = Url::parse("http://dcos.in-process/").unwrap();
    let source = TokenSource::new(password("deleteme"), root.clone(), transport.clone(), Clock::System);
    let marathon = root.join("service/marathon/").unwrap();
    let client = Client::builder(marathon).dcos(root).auth(Auth::Token(Arc::new(source))).transport(transport);
    client.ping().await.unwrap();
    cluster.revoked.store(1, Ordering::SeqCst);
    for (trouble, transient) in [(1, true), (2, false)] {
        garbles.store(trouble, Ordering::SeqCst);
        let error = client.ping().await.unwrap_err();
        assert_eq!(error.is_transient(), transient, "{error}");
    }
    garbles.store(0, Ordering::SeqCst);
    client.ping().await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_passed_on_renews_its_token_once_and_keeps_its_answer() {
    let cluster = Cluster::default();
    let (client, log) = cluster.client(password("deleteme"));
    let ask = |path: &str| axum::http::Request::get(path).body(axum::body::Bytes::new()).unwrap();
    client.pass_on(&ask("/ping")).await.unwrap();
    cluster.revoked.store(1, Ordering::SeqCst);
    let passed = client.pass_on(&ask("/ping?a=%20b")).await.unwrap();
    assert_eq!(passed.response.status, StatusCode::OK);
    let served = log.last();
    let proof = passed.proof.expect("a login proves who we are");
    assert_eq!(served.headers["authorization"], format!("token={}", proof.reveal()), "the token that served");
    assert_eq!(log.lines().last().unwrap(), "GET /service/marathon/ping?a=%20b");
    cluster.revoked.store(1000, Ordering::SeqCst);
    let refused = client.pass_on(&ask("/ping")).await.unwrap();
    assert_eq!(refused.response.status, StatusCode::UNAUTHORIZED, "a refusal is an answer");
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn many_refused_requests_share_one_renewal() {
    let cluster = Cluster::default();
    let (client, _) = cluster.client(password("deleteme"));
    client.ping().await.unwrap();
    cluster.revoked.store(1, Ordering::SeqCst);
    let pings = futures::future::join_all((0..20).map(|_| client.ping())).await;
    assert!(pings.iter().all(Result::is_ok), "{pings:?}");
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_expires() {
    let cluster = Cluster { lifetime: Some(1000), ..Cluster::default() };
    let (client, _) = cluster.client(password("deleteme"));
    client.ping().await.unwrap();
    tokio::time::advance(Duration::from_secs(890)).await;
    client.ping().await.unwrap();
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 1, "a tenth of its life must be left");
    tokio::time::advance(Duration::from_secs(20)).await;
    client.ping().await.unwrap();
    assert_eq!(cluster.logins.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_ready_token_is_used_and_its_refusal_is_final() {
    let cluster = Cluster::default();
    let (client, log) = cluster.client(Credentials::Token(jwt(1, 60).into()));
    client.ping().await.unwrap();
    cluster.revoked.store(1, Ordering::SeqCst);
    assert!(client.ping().await.unwrap_err().is_unauthorized());
    assert_eq!(log.lines(), ["GET /service/marathon/ping", "GET /service/marathon/ping"]);
}

#[tokio::test]
async fn a_token_file_is_read_again_when_its_token_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{}", jwt(1, 600)).unwrap();
    let cluster = Cluster::default();
    let (client, _) = cluster.client(Credentials::TokenFile(file.path().to_owned()));
    client.ping().await.unwrap();
    cluster.revoked.store(1, Ordering::SeqCst);
    std::fs::write(file.path(), jwt(2, 600)).unwrap();
    client.ping().await.unwrap();
}

#[tokio::test]
async fn a_command_may_print_the_token() {
    let cluster = Cluster::default();
    let (client, _) = cluster.client(Credentials::TokenCommand(format!("echo {}", jwt(1, 600)).into()));
    client.ping().await.unwrap();
    for (command, why) in [("exit 3", "exit status: 3"), ("echo", "one word"), ("echo two words", "one word")] {
        let (client, _) = cluster.client(Credentials::TokenCommand(command.into()));
        let error = client.ping().await.unwrap_err().to_string();
        assert!(error.starts_with("no token from the token command: ") && error.contains(why), "{error}");
    }
}

#[tokio::test]
async fn a_service_account_signs_a_short_login_token() {
    let router = Router::new()
        .route("/acs/api/v1/auth/login", post(|| async { Json(json!({ "token": jwt(1, 600) })) }))
        .fallback(|| async { "pong" });
    let (private, public) = key_pair();
    let log = Log::default();
    let transport = Transport::in_process(log.keeping(router));
    let root = Url::parse("http://dcos.in-process/").unwrap();
    let credentials = Credentials::ServiceAccount { uid: "robot".to_owned(), private_key: private.into() };
    let source = TokenSource::new(credentials, root.clone(), transport.clone(), Clock::System);
    let client = Client::builder(root).auth(Auth::Token(Arc::new(source))).transport(transport);
    client.ping().await.unwrap();

    let body: Value = serde_json::from_slice(&log.all()[0].body).unwrap();
    assert_eq!(body["uid"], "robot");
    let key = DecodingKey::from_rsa_pem(public.as_bytes()).unwrap();
    let token = body["token"].as_str().unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &Validation::new(Algorithm::RS256)).unwrap().claims;
    assert_eq!(claims["uid"], "robot");
    let lifetime = claims["exp"].as_i64().unwrap() - OffsetDateTime::now_utc().unix_timestamp();
    assert!((200..=300).contains(&lifetime), "{lifetime}");
}

#[tokio::test]
async fn a_malformed_key_is_refused_without_showing_it() {
    let credentials = Credentials::ServiceAccount { uid: "robot".to_owned(), private_key: "hunter2".into() };
    let (client, _) = Cluster::default().client(credentials);
    let error = client.ping().await.unwrap_err();
    insta::assert_snapshot!(error, @"no token from service account robot: its private key is not an RSA key (PEM)");
}

/// A key pair in PEM: private (PKCS #8) and public.
fn key_pair() -> (String, String) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (pem("PRIVATE KEY", private.as_ref()), pem("PUBLIC KEY", public.as_ref()))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
