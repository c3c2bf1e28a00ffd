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

use super::{Credentials, command, credentials::token_file};
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
        Credentials::TokenFile(path) => ready(read_file(path).await?, clock, token_file(path)),
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
    if let Some(flaw) = flaw(text) {
        return Err(LoginError::unusable(place, flaw));
    }
    Ok(Fresh { valid_for: expiry(text).map(|expiry| expiry - clock.now()), token })
}

/// What keeps a text from being a token, which travels as one word of a header; the text itself is not repeated.
fn flaw(text: &str) -> Option<String> {
    let wrong = |what: String| Some(format!("a token must be one word without blanks, and there is {what}"));
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        None if text.is_empty() => wrong("nothing".to_owned()),
        None => None,
        Some(blank) if blank.is_whitespace() => wrong("a blank or the end of a line in it".to_owned()),
        Some(control) if control.is_control() => {
            wrong(format!("the control character U+{:04X} in it", u32::from(control)))
        }
        Some(_) => wrong("a character in it that is not ASCII".to_owned()),
    }
}

async fn read_file(path: &Path) -> Result<Secret, LoginError> {
    let file = path.to_owned();
    #[expect(
        clippy::disallowed_methods,
        reason = "it may be a FIFO; no scenario in virtual time has a token in a file"
    )]
    let read = tokio::task::spawn_blocking(move || files::read_to_string(&file).map(Secret::new)).await;
    let place = token_file(path);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_said_without_repeating_it() {
        for (text, says) in [
            ("", Some("there is nothing")),
            ("two words", Some("a blank or the end of a line")),
            ("two\nlines", Some("a blank or the end of a line")),
            ("t0ken\0rest", Some("the control character U+0000")),
            ("\u{1b}[31mt0ken", Some("the control character U+001B")),
            ("t0k\u{f6}", Some("not ASCII")),
            ("a.b-c_d=", None),
        ] {
            let said = flaw(text);
            assert_eq!(said.is_some(), says.is_some(), "{text:?}");
            assert!(
                said.zip(says).is_none_or(|(said, says)| said.contains(says) && !said.contains("0ken")),
                "{text:?}"
            );
        }
    }
}
