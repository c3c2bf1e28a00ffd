//! What a person reads when a request fails. The bodies are Marathon's own.

use axum::{Router, http::StatusCode, routing::get};
use harness::marathon::{Client, Error};
use serde_json::json;

use crate::stub::{always, answer, in_process, nobody, serve};

async fn refused(status: u16, body: &'static str) -> Error {
    in_process(always(status, "application/json", body)).create_app(&json!({})).await.unwrap_err()
}

#[tokio::test]
async fn marathons_own_words_are_kept() {
    let bodies = [
        (404, r#"{"message":"App '/nope' does not exist","details":[]}"#),
        (409, r#"{"message":"An app with id [/upd] already exists."}"#),
        (
            409,
            r#"{"message":"App is locked by one or more deployments.","deployments":[{"id":"cb1e4291"},{"id":"77"}]}"#,
        ),
        (400, r#"{"message":"Invalid JSON","details":"Unexpected character ('b' (code 98))\n at [Source: x]"}"#),
        (
            422,
            r#"{"message":"Object is not valid","details":[{"path":"/healthChecks(0)","errors":["a","b"]},{"path":"/","errors":["c"]}]}"#,
        ),
        (500, r#"{"message":"URI not found"}"#),
        (503, ""),
        (401, "<html><head><title>401</title></head>\n<body>Authorization   Required</body></html>"),
        (403, r#"{"title":"Forbidden","description":"no such right","code":"ERR"}"#),
    ];
    let mut said = Vec::new();
    for (status, body) in bodies {
        said.push(refused(status, body).await.to_string());
    }
    insta::assert_snapshot!(said.join("\n"));
}

#[tokio::test]
async fn errors_are_distinguished() {
    let locked = refused(409, r#"{"message":"locked","deployments":[{"id":"d1"}]}"#).await;
    assert!(locked.is_locked() && !locked.is_transient());
    assert_eq!(locked.locking_deployments(), ["d1"]);
    let exists = refused(409, r#"{"message":"An app with id [/upd] already exists."}"#).await;
    assert!(!exists.is_locked());
    assert!(refused(401, "").await.is_unauthorized());
    assert!(refused(503, "").await.is_transient());
    assert!(refused(429, "").await.is_transient());
    assert!(!refused(500, r#"{"message":"URI not found"}"#).await.is_transient(), "an unknown route stays unknown");
    assert!(!refused(422, "{}").await.is_transient());
}

#[tokio::test]
async fn an_answer_of_another_server_is_named_as_such() {
    let login_page = "<!doctype html><html><body>Please log in</body></html>";
    let error = in_process(always(200, "text/html", login_page)).app("/hc").await.unwrap_err();
    insta::assert_snapshot!(error, @"GET http://marathon.in-process/v2/apps/hc: the answer cannot be read: a value is missing (line 1, column 1); it begins `Please log in`");
    let error = in_process(always(200, "application/json", "{}")).app("/hc").await.unwrap_err();
    insta::assert_snapshot!(error, @"GET http://marathon.in-process/v2/apps/hc: no app: null stands where an app is due; it begins `{}`");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let url = nobody().await;
    let client = Client::builder(url.clone()).connect(&harness::tls::Trust::default()).unwrap();
    let error = client.ping().await.unwrap_err();
    assert!(error.is_unreachable() && error.is_transient());
    assert_eq!(error.to_string(), format!("GET {url}ping: cannot connect: connection refused"));
    assert!(std::error::Error::source(&error).is_none(), "nothing would be printed twice");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_transient() {
    let broken = || async {
        let chunks = [Ok("{\"app"), Err(std::io::Error::other("gone"))];
        answer(StatusCode::OK, "application/json", axum::body::Body::from_stream(futures::stream::iter(chunks)))
    };
    let url = serve(Router::new().route("/v2/apps/hc", get(broken))).await;
    let client = Client::builder(url).connect(&harness::tls::Trust::default()).unwrap();
    let error = client.app("/hc").await.unwrap_err();
    assert!(error.is_transient() && error.to_string().contains("the connection broke"), "{error}");
}

#[tokio::test]
async fn user_and_password_of_an_address_are_not_shown() {
    let url = "http://me:hunter2@127.0.0.1:1/".parse().unwrap();
    let client = Client::builder(url).connect(&harness::tls::Trust::default()).unwrap();
    let error = client.ping().await.unwrap_err();
    assert!(!format!("{error} {error:?} {client:?}").contains("hunter2"));
}
