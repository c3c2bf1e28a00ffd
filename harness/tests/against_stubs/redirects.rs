//! Leader and standbys: redirects, a server that is away, and to whom we say who we are.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{Router, extract::Request, http::StatusCode, response::IntoResponse};
use harness::{
    marathon::{Auth, Client},
    model::Kind,
    tls::Trust,
};
use url::Url;

use crate::stub::{Log, always, answer, nobody, serve};

fn basic() -> Auth {
    Auth::Basic { user: "me".to_owned(), password: "hunter2".into() }
}

fn redirect_to(target: Url) -> Router {
    Router::new().fallback(move || {
        let location = format!("{}v2/leader", target.as_str());
        async move { (StatusCode::FOUND, [("location", location)]).into_response() }
    })
}

const LEADER: &str = r#"{"leader":"a:1"}"#;

#[tokio::test]
async fn a_redirect_to_the_leader_is_followed() {
    let log = Log::default();
    let leader = serve(log.keeping(always(200, "application/json", LEADER))).await;
    let standby = serve(redirect_to(leader.clone())).await;
    let client = Client::builder(standby).another_url(leader).auth(basic()).connect(&Trust::default()).unwrap();
    assert_eq!(client.leader().await.unwrap(), "a:1");
    assert!(log.last().headers.contains_key("authorization"), "the leader is one of the servers that we were given");
}

#[tokio::test]
async fn credentials_are_not_sent_to_other_servers() {
    let log = Log::default();
    let stranger = serve(log.keeping(always(200, "application/json", LEADER))).await;
    let standby = serve(redirect_to(stranger.clone())).await;
    let client = Client::builder(standby).auth(basic()).connect(&Trust::default()).unwrap();
    let error = client.leader().await.unwrap_err().to_string();
    let origin = stranger.origin().ascii_serialization();
    assert!(error.contains(&format!("it redirects to {origin}, which is not one of the addresses given")), "{error}");
    assert_eq!(log.lines(), [] as [&str; 0], "nothing is sent there");
}

#[tokio::test]
async fn the_leader_that_was_announced_is_followed_to_without_saying_who_we_are() {
    let log = Log::default();
    let leader = serve(log.keeping(always(200, "application/json", LEADER))).await;
    let announced = leader.clone();
    let standby = Router::new().fallback(move |request: Request| {
        let leader = announced.clone();
        async move {
            if request.uri().path() == "/ping" {
                let name = leader.as_str().trim_end_matches('/').to_owned();
                return (StatusCode::OK, [("x-marathon-leader", name)], "pong").into_response();
            }
            (StatusCode::FOUND, [("location", format!("{leader}v2/leader"))]).into_response()
        }
    });
    let client = Client::builder(serve(standby).await).auth(basic()).connect(&Trust::default()).unwrap();
    client.ping().await.unwrap();
    assert_eq!(client.leader().await.unwrap(), "a:1");
    assert!(!log.last().headers.contains_key("authorization"));
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let router = Router::new().fallback(|| async { (StatusCode::FOUND, [("location", "/again")]) });
    let error = Client::builder(serve(router).await).connect(&Trust::default()).unwrap().leader().await.unwrap_err();
    assert!(error.to_string().contains("more than 5 redirects"), "{error}");
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_away_and_remembered() {
    let log = Log::default();
    let second = serve(log.keeping(always(200, "application/json", LEADER))).await;
    let client = Client::builder(nobody().await).another_url(second.clone()).connect(&Trust::default()).unwrap();
    assert_eq!(client.leader().await.unwrap(), "a:1");
    assert_eq!(client.url(), &second);
    client.scale(Kind::App, "/hc", 1, false).await.unwrap();
    assert_eq!(log.lines(), ["GET /v2/leader", "PUT /v2/apps/hc"]);
}

#[tokio::test]
async fn a_change_is_not_repeated_at_another_server_once_it_was_sent() {
    let log = Log::default();
    let first = serve(always(503, "application/json", "{}")).await;
    let second = serve(log.keeping(always(200, "application/json", LEADER))).await;
    let client = Client::builder(first).another_url(second).connect(&Trust::default()).unwrap();
    assert!(client.scale(Kind::App, "/hc", 1, false).await.unwrap_err().is_transient());
    assert_eq!(log.lines(), [] as [&str; 0]);
    assert_eq!(client.leader().await.unwrap(), "a:1", "a question is");
}

#[tokio::test]
async fn a_leader_that_steps_down_is_survived() {
    let is_leader = Arc::new(AtomicBool::new(true));
    let router = |mine: bool| {
        let is_leader = is_leader.clone();
        Router::new().fallback(move || async move {
            if is_leader.load(Ordering::SeqCst) == mine {
                answer(StatusCode::OK, "application/json", LEADER)
            } else {
                answer(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "no leader")
            }
        })
    };
    let (first, second) = (serve(router(true)).await, serve(router(false)).await);
    let client = Client::builder(first.clone()).another_url(second.clone()).connect(&Trust::default()).unwrap();
    client.leader().await.unwrap();
    assert_eq!(client.url(), &first);
    is_leader.store(false, Ordering::SeqCst);
    client.leader().await.unwrap();
    assert_eq!(client.url(), &second);
    let incidents: Vec<String> = client.incidents().iter().map(|incidents| incidents.example.clone()).collect();
    let said = format!("{second} answered instead (GET {first}v2/leader: 503 Service Unavailable: no leader)");
    assert_eq!(incidents, [said], "what was survived is reported");
}
