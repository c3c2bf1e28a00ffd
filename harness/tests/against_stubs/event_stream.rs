//! The event stream over a server that drops it, refuses it, or falls silent.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::stream::{self, StreamExt as _};
use harness::{
    marathon::{
        Client,
        events::{EventStream, StreamItem},
    },
    model::EventKind,
    tls::Trust,
};

use crate::stub::{Log, in_process, serve};

/// Answers the n-th connection with what `connection(n)` says.
fn stream(connection: impl Fn(usize) -> Response + Clone + Send + Sync + 'static) -> Router {
    let count = Arc::new(AtomicUsize::new(0));
    Router::new().route(
        "/v2/events",
        get(move |headers: HeaderMap| {
            let n = count.fetch_add(1, Ordering::SeqCst);
            let response = if headers["accept"] == "text/event-stream" {
                connection(n)
            } else {
                StatusCode::METHOD_NOT_ALLOWED.into_response()
            };
            async move { response }
        }),
    )
}

/// A stream of chunks; `open` keeps it open after them.
fn chunks(chunks: Vec<String>, open: bool) -> Response {
    let chunks = stream::iter(chunks).map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk)));
    let body = if open { Body::from_stream(chunks.chain(stream::pending())) } else { Body::from_stream(chunks) };
    ([("content-type", "text/event-stream;charset=utf-8")], body).into_response()
}

fn event(kind: &str, more: &str) -> String {
    format!(
        "event: {kind}\r\ndata: {{\"eventType\":\"{kind}\",\"timestamp\":\"2026-11-22T16:56:26.865Z\"{more}}}\r\n\r\n"
    )
}

async fn next(events: &mut EventStream) -> String {
    match events.next_item().await {
        Some(StreamItem::Event(event)) => event.event_type,
        Some(StreamItem::Lost { why }) => format!("lost: {why}"),
        Some(StreamItem::Reconnected { .. }) => "reconnected".to_owned(),
        Some(StreamItem::Gone { error }) => format!("gone: {error}"),
        None => "end".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_read_with_their_fields() {
    let health = r#","appId":"/hc","instanceId":"hc.instance-1","alive":true"#;
    let log = Log::default();
    let router = stream(move |_| chunks(vec!["\r\n".into(), event("health_status_changed_event", health)], true));
    let client = in_process(log.keeping(router));
    let mut events = client.events(&[EventKind::HealthStatusChanged, EventKind::DeploymentInfo]).await.unwrap();
    let event = events.next_item().await.and_then(StreamItem::event).unwrap();
    assert_eq!(
        (event.app_id(), event.instance_id(), event.healthy()),
        (Some("/hc"), Some("hc.instance-1"), Some(true))
    );
    assert!(event.timestamp.is_some());
    assert_eq!(log.lines(), ["GET /v2/events?event_type=health_status_changed_event&event_type=deployment_info"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_stream_is_reopened_and_the_gap_is_reported() {
    let router = stream(|n| match n {
        0 => chunks(vec![event("one", "")], false),
        1 | 2 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ => chunks(vec![event("two", "")], true),
    });
    let client = in_process(router);
    let mut events = client.events(&[]).await.unwrap();
    assert_eq!(next(&mut events).await, "one");
    assert_eq!(next(&mut events).await, "lost: the server closed it");
    let Some(StreamItem::Reconnected { gap }) = events.next_item().await else { panic!("no reconnection") };
    assert_eq!(gap, Duration::from_millis(200 + 400), "two refusals, each followed by a longer pause");
    assert_eq!(next(&mut events).await, "two");
    let incidents: Vec<String> = client.incidents().iter().map(|incidents| incidents.example.clone()).collect();
    let expected = ["the event stream was lost: the server closed it", "the event stream is back after 0.6 s"];
    assert_eq!(incidents, expected);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_closes_at_once_is_opened_after_longer_and_longer_pauses() {
    let log = Log::default();
    let router = stream(|_| chunks(vec![event("one", "")], false));
    let mut events = in_process(log.keeping(router)).events(&[]).await.unwrap();
    let reading = async { while next(&mut events).await != "end" {} };
    assert!(tokio::time::timeout(Duration::from_secs(12), reading).await.is_err(), "it goes on");
    // At 0, 0, 0.2, 0.6, 1.4, 3.0 and 6.2 s.
    assert_eq!(log.lines().len(), 7, "{:?}", log.lines());
}

#[tokio::test(start_paused = true)]
async fn an_endless_event_is_a_loss() {
    let endless = || {
        let block = Bytes::from(vec![b'x'; 1 << 20]);
        let body = Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(block.clone())));
        ([("content-type", "text/event-stream")], body).into_response()
    };
    let router = stream(move |n| if n == 0 { endless() } else { chunks(vec![event("two", "")], true) });
    let mut events = in_process(router).events(&[]).await.unwrap();
    assert_eq!(next(&mut events).await, "lost: it sent an event of more than 32 MiB");
    assert_eq!(next(&mut events).await, "reconnected");
    assert_eq!(next(&mut events).await, "two");
}

#[tokio::test(start_paused = true)]
async fn silence_counts_as_a_loss() {
    let router = stream(|n| chunks(vec![event(if n == 0 { "one" } else { "two" }, "")], true));
    let mut events = in_process(router).events(&[]).await.unwrap();
    assert_eq!(next(&mut events).await, "one");
    assert_eq!(next(&mut events).await, "lost: nothing received for 35 s, not even a heartbeat");
    assert_eq!(next(&mut events).await, "reconnected");
    assert_eq!(next(&mut events).await, "two");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_it_open() {
    let router = Router::new().route(
        "/v2/events",
        get(|| async {
            let beats = stream::unfold((), |()| async {
                tokio::time::sleep(Duration::from_secs(10)).await;
                Some((Ok::<_, Infallible>(Bytes::from("\r\n")), ()))
            });
            let late = stream::iter([Ok(Bytes::from(event("late", "")))]);
            let body = Body::from_stream(beats.take(30).chain(late).chain(stream::pending()));
            ([("content-type", "text/event-stream")], body)
        }),
    );
    let mut events = in_process(router).events(&[]).await.unwrap();
    assert_eq!(next(&mut events).await, "late", "after five minutes of nothing but heartbeats");
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_it_cannot_be_opened_again() {
    let router = stream(|n| match n {
        0 => chunks(vec![], false),
        _ => StatusCode::FORBIDDEN.into_response(),
    });
    let mut events = in_process(router).events(&[]).await.unwrap();
    assert_eq!(next(&mut events).await, "lost: the server closed it");
    assert_eq!(next(&mut events).await, "gone: GET http://marathon.in-process/v2/events: 403 Forbidden");
    assert_eq!(next(&mut events).await, "end");
}

#[tokio::test]
async fn anything_but_an_event_stream_is_refused_at_once() {
    let router = stream(|_| ([("content-type", "text/html")], "<html>login</html>").into_response());
    let error = in_process(router).events(&[]).await.unwrap_err();
    assert!(error.to_string().contains("not an event stream but text/html"), "{error}");
}

#[tokio::test]
async fn a_standby_redirects_to_the_leaders_stream() {
    let leader = serve(stream(|_| chunks(vec![event("one", "")], true))).await;
    let other = leader.clone();
    let standby = serve(Router::new().fallback(move || {
        let location = format!("{leader}v2/events");
        async move { (StatusCode::FOUND, [("location", location)]) }
    }))
    .await;
    let client = Client::builder(standby).another_url(other).connect(&Trust::default()).unwrap();
    let mut events = client.events(&[]).await.unwrap();
    assert_eq!(next(&mut events).await, "one");
}

#[tokio::test]
async fn a_dropped_stream_closes_its_connection() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let sender = Arc::new(std::sync::Mutex::new(Some(sender)));
    let router = stream(move |_| {
        let held = sender.lock().unwrap().take();
        let body = stream::pending::<Result<Bytes, Infallible>>().map(move |chunk| {
            let _ = &held;
            chunk
        });
        ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
    });
    let client = Client::builder(serve(router).await).connect(&Trust::default()).unwrap();
    drop(client.events(&[]).await.unwrap());
    // The server's body, and the sender in it, goes when the connection does.
    assert!(receiver.await.is_err());
}
