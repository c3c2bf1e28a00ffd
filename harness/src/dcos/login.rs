//! The login: from credentials to a token.

use std::{fmt, path::Path, time::Duration};

use bytes::Bytes;
use http::{
    Method, Request,
    header::{ACCEPT, CONTENT_TYPE, DATE},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::time::timeout;
use url::Url;

use super::{Credentials, command};
use crate::{
    clock::Clock,
    files,
    marathon::LoginError,
    scrub::SentSecrets,
    secret::Secret,
    transport::{Transport, TransportError, TransportErrorKind},
};

/// The limit for a login, and for a command that prints a token.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes of an answer to a login, and of what a token command prints.
const ANSWER_LIMIT: usize = 1 << 20;

/// How long a service account's login token is valid: long enough for a slow cluster, short if it leaks.
const LOGIN_TOKEN_SECONDS: i64 = 300;

/// A token from its source, and how much longer it is valid, if that is known.
pub(super) struct Fresh {
    pub(super) token: Secret,
    pub(super) valid_for: Option<time::Duration>,
}

/// Gets a token by whatever way the credentials name.
pub(super) async fn obtain(
    credentials: &Credentials,
    root: &Url,
    transport: &Transport,
    clock: Clock,
) -> Result<Fresh, LoginError> {
    match credentials {
        Credentials::Password { uid, password } => {
            let body = json!({ "uid": uid, "password": password.reveal() });
            post(root, transport, clock, &body).await
        }
        Credentials::ServiceAccount { uid, private_key } => {
            let key = EncodingKey::from_rsa_pem(private_key.reveal().as_bytes()).map_err(|_| {
                LoginError::unusable(format_args!("service account {uid}"), "its private key is not an RSA key (PEM)")
            })?;
            let expiry = clock.now().unix_timestamp() + LOGIN_TOKEN_SECONDS;
            let claims = json!({ "uid": uid, "exp": expiry });
            let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).map_err(|_| {
                LoginError::unusable(format_args!("service account {uid}"), "its private key cannot sign (RS256)")
            })?;
            let token = Secret::new(token);
            post(root, transport, clock, &json!({ "uid": uid, "token": token.reveal() })).await
        }
        Credentials::Token(token) => ready(token.clone(), clock, "the given token"),
        Credentials::TokenFile(path) => ready(read_file(path).await?, clock, path.display()),
        Credentials::TokenCommand(command) => ready(run(command.reveal()).await?, clock, "the token command"),
    }
}

async fn post(root: &Url, transport: &Transport, clock: Clock, body: &Value) -> Result<Fresh, LoginError> {
    let url = root.join("acs/api/v1/auth/login").map_err(|error| LoginError::unusable(root, error.to_string()))?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(url.as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .body(Bytes::from(body.to_string()))
        .map_err(|error| LoginError::unusable(&url, error.to_string()))?;
    let answer = async {
        let response = transport.send(request).await?;
        let date = response.headers.get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
        Ok((response.status, date, response.bytes_up_to(ANSWER_LIMIT).await?))
    };
    let (status, date, answered) = timeout(TIMEOUT, answer)
        .await
        .unwrap_or_else(|_| Err(TransportError::new(TransportErrorKind::Timeout, "no answer in time")))
        .map_err(|error| LoginError::transport(&url, error))?;
    let json: Value = serde_json::from_slice(&answered).unwrap_or_default();
    let sent = SentSecrets::default();
    ["password", "token"].iter().filter_map(|key| body[*key].as_str()).for_each(|secret| sent.learn(&secret.into()));
    if !status.is_success() {
        let text = |key: &str| json.get(key).and_then(Value::as_str);
        let message = text("description").or_else(|| text("message")).or_else(|| text("title")).unwrap_or_default();
        return Err(LoginError::refused(&url, status, sent.scrub_text(message)));
    }
    let Some(token) = json.get("token").and_then(Value::as_str).filter(|token| !token.is_empty()) else {
        return Err(LoginError::unusable(&url, "the answer contains no token; is this a DC/OS master?"));
    };
    // By the cluster's clock if its answer has a date: ours may be minutes off.
    let now = date.and_then(|date| OffsetDateTime::parse(&date, &Rfc2822).ok()).unwrap_or_else(|| clock.now());
    Ok(Fresh { valid_for: expiry(token).map(|expiry| expiry - now), token: Secret::new(token) })
}

fn ready(token: Secret, clock: Clock, place: impl fmt::Display) -> Result<Fresh, LoginError> {
    let text = token.reveal();
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(LoginError::unusable(place, "a token must be one word without blanks"));
    }
    Ok(Fresh { valid_for: expiry(text).map(|expiry| expiry - clock.now()), token })
}

async fn read_file(path: &Path) -> Result<Secret, LoginError> {
    let file = path.to_owned();
    #[expect(
        clippy::disallowed_methods,
        reason = "it may be a FIFO; no scenario in virtual time has a token in a file"
    )]
    let read = tokio::task::spawn_blocking(move || files::read_to_string(&file).map(Secret::new)).await;
    // What is no file may be the token itself.
    let place = if path.exists() { path.display().to_string() } else { String::from("the token file") };
    let unusable = |why: String| LoginError::unusable(&place, why);
    let text = read.map_err(|error| unusable(error.to_string()))?.map_err(|error| unusable(error.to_string()))?;
    Ok(Secret::new(text.reveal().trim()))
}

/// What the command prints.
async fn run(command: &str) -> Result<Secret, LoginError> {
    let failed = |why: String| LoginError::unusable("the token command", why);
    let finished = timeout(TIMEOUT, command::output_of(command, ANSWER_LIMIT)).await;
    let (status, printed) = finished
        .map_err(|_| failed(format!("it did not finish within {} s", TIMEOUT.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    let text =
        String::from_utf8(printed).map(Secret::new).map_err(|_| failed("its output is not text (UTF-8)".to_owned()))?;
    if !status.success() {
        return Err(failed(format!("it failed with {status}")));
    }
    Ok(Secret::new(text.reveal().trim()))
}

/// The `exp` claim of a JWT.
fn expiry(token: &str) -> Option<OffsetDateTime> {
    let seconds = claims(token)?.get("exp")?.as_f64()?;
    OffsetDateTime::from_unix_timestamp(seconds as i64).ok()
}

/// The claims of a JWT. The token is the server's to verify; we only want to know whose it is and how long.
pub(super) fn claims(token: &str) -> Option<Value> {
    use base64::Engine as _;
    let payload = token.split('.').nth(1)?;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}
