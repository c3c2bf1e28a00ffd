//! No password, token or key in anything that is printed.

use std::sync::{Arc, Mutex};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use harness::{
    Secret, Transport,
    dcos::Credentials,
    marathon::{Auth, Client},
    settings::{Address, Setting, Settings, SettingsInput},
    tls::Trust,
};
use serde_json::json;
use tracing::span;
use url::Url;

use crate::stub::{always, nobody};

const SECRET: &str = "hunter2-geheim";

/// Writes every event and span of every level down.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        self.0.lock().unwrap().push_str(&format!("{attributes:?}\n"));
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        self.0.lock().unwrap().push_str(&format!("{values:?}\n"));
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        self.0.lock().unwrap().push_str(&format!("{event:?}\n"));
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn settings(url: &str, variables: &[(&str, &str)]) -> Settings {
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let address = Setting::from_program("--url", Address::Either(url.to_owned()));
    let input = SettingsInput { address: Some(address), ..SettingsInput::default() };
    input.or_variables(lookup).unwrap().resolve().unwrap()
}

#[tokio::test]
async fn a_secret_is_in_no_error_no_debug_and_no_log() {
    let log = Everything::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let mut said = String::new();
    let service_account = format!(r#"{{"uid":"robot","private_key":"{SECRET}"}}"#);
    let ways: [&[(&str, &str)]; 5] = [
        &[("DCOS_USERNAME", "me"), ("DCOS_PASSWORD", SECRET)],
        &[("DCOS_ACS_TOKEN", SECRET)],
        &[("DCOS_ACS_TOKEN_COMMAND", "echo hunter2-geheim; exit 1")],
        &[("DCOS_SERVICE_ACCOUNT_CREDENTIAL", &service_account)],
        &[("MARATHON_USER", "me"), ("MARATHON_PASSWORD", SECRET)],
    ];
    // Nobody there; a refusal; and an answer that repeats nothing of ours but is no token.
    let nobody = nobody().await;
    for variables in ways {
        for transport in [
            Transport::sockets(&Trust::default()).unwrap(),
            Transport::in_process(always(401, "application/json", r#"{"description":"no"}"#)),
            Transport::in_process(always(200, "application/json", "{}")),
        ] {
            let settings = settings(nobody.as_str(), variables);
            let client = settings.connect_over(transport).unwrap();
            let ping = client.ping().await;
            let events = client.events(&[]).await.err();
            said += &format!("{settings:?} {:?} {client:?} {ping:?} {events:?}\n", settings.describe());
            if let Err(error) = ping {
                said += &format!("{error}\n");
            }
        }
    }
    said += &log.0.lock().unwrap();
    assert!(said.contains("robot") && said.contains("hyper_util"), "settings and the log were caught");
    let shown = said.find(SECRET).map(|at| &said[at.saturating_sub(200)..at]);
    assert_eq!(shown, None, "what stands before the secret");
}

#[test]
fn secrets_show_nothing_of_themselves() {
    let secret = Secret::new(SECRET);
    let credentials = Credentials::Password { uid: "me".to_owned(), password: secret.clone() };
    assert_eq!(format!("{secret:?}"), "Secret");
    assert_eq!(format!("{credentials:?}"), r#"Password { uid: "me", password: Secret }"#);
    assert_eq!(secret.reveal(), SECRET);
}

/// Whatever a request carried comes back in answers and refusals, as a server does that is made for finding faults.
#[tokio::test]
async fn a_server_that_echoes_the_request_gets_no_secret_back_into_our_texts() {
    let echo = |status: StatusCode| {
        move |headers: HeaderMap| async move {
            let sent = headers["authorization"].to_str().unwrap().to_owned();
            let pair = STANDARD.decode(sent.trim_start_matches("Basic ")).unwrap();
            let pair = String::from_utf8(pair).unwrap();
            let text = format!("{sent} {pair}");
            (status, Json(json!({"message": text, "details": text, "name": text, "version": "1"})))
        }
    };
    let router =
        Router::new().route("/v2/info", get(echo(StatusCode::OK))).fallback(echo(StatusCode::UNPROCESSABLE_ENTITY));
    let auth = Auth::Basic { user: "me".to_owned(), password: SECRET.into() };
    let client = Client::builder(Url::parse("http://marathon.in-process/").unwrap());
    let client = client.auth(auth).transport(Transport::in_process(router));
    let refused = client.create_app(&json!({"id": "/hc"})).await.unwrap_err();
    let info = client.info().await.unwrap();
    let encoded = STANDARD.encode(format!("me:{SECRET}"));
    for text in [refused.to_string(), format!("{refused:?}"), format!("{info:?}")] {
        assert!(!text.contains(SECRET) && !text.contains(&encoded) && text.contains("<secret>"), "{text}");
    }
}
