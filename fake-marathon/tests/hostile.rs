//! What a hostile client may send: the fake answers or closes, and goes on.

use axum::{Router, body::Body};
use fake_marathon::{ClockMode, FakeMarathon, rest};
use http::Request;
use http_body_util::BodyExt as _;
use rstest::rstest;
use serde_json::{Value, json};
use tower::ServiceExt as _;

async fn send(service: &Router, method: &str, path: &str, body: impl Into<Body>) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).body(body.into()).expect("a request");
    let response = service.clone().oneshot(request).await.expect("the service never fails");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

#[rstest]
#[case("[", "")]
#[case("[", "]")]
#[case("{\"a\":", "")]
#[case("{\"a\":", "}")]
#[case("[{\"groups\":[", "]}]")]
#[tokio::test]
async fn json_nested_100_000_levels_deep_is_refused(#[case] open: &str, #[case] close: &str) {
    let fake = FakeMarathon::builder().user("bob", "secret").basic_auth("eve", "pw").start().await.expect("a fake");
    let plain = FakeMarathon::builder().clock(ClockMode::Manual).start().await.expect("a fake");
    for levels in [128, 1_000, 20_000, 100_000] {
        let body = open.repeat(levels) + "1" + &close.repeat(levels);
        let (status, _) = send(&fake.service(), "POST", "/acs/api/v1/auth/login", body.clone()).await;
        assert_eq!(status, 400, "before login, {levels} levels");
        for (method, path) in [
            ("POST", "/v2/apps"),
            ("PUT", "/v2/apps"),
            ("PATCH", "/v2/apps//a"),
            ("POST", "/v2/groups"),
            ("PUT", "/v2/groups//g"),
            ("POST", "/v2/tasks/delete"),
        ] {
            let (status, answer) = send(&plain.service(), method, path, body.clone()).await;
            assert_eq!((status, &answer["message"]), (400, &json!("Invalid JSON")), "{method} {path}, {levels} levels");
            let wanted = "Document nesting depth (128) exceeds the maximum allowed (127)";
            assert_eq!(answer["details"], wanted, "{method} {path}, {levels} levels");
        }
        for path in ["/fake/faults", "/fake/clock"] {
            let (status, answer) = send(&rest::operator(plain.admin()), "POST", path, body.clone()).await;
            assert_eq!(status, 422, "{path}, {levels} levels: {answer}");
        }
    }
    fake.shutdown().await;
    plain.shutdown().await;
}

#[tokio::test]
async fn a_path_of_100_000_parts_is_refused_before_its_groups_are_made() {
    let fake = FakeMarathon::builder().start().await.expect("a fake");
    let service = fake.service();
    let id = "/a".repeat(100_000);
    let app = json!({"id": id, "cmd": "true"});
    let limit = "must not have more than 128 path elements (a limit of this fake)";
    let within = json!({"id": "/a".repeat(128), "cmd": "true"});
    for (method, path, body, status) in [
        ("POST", "/v2/apps", app.clone(), 422),
        ("PUT", "/v2/apps", json!([app]), 422),
        ("POST", "/v2/groups", json!({"id": id}), 422),
        ("PUT", "/v2/groups//g", json!({"groups": [{"id": "b".to_owned() + &"/b".repeat(100_000)}]}), 422),
        ("POST", "/v2/groups", json!({"id": "/g", "apps": [{"id": id, "cmd": "true"}]}), 422),
        ("POST", "/v2/apps", within, 201),
    ] {
        let (code, answer) = send(&service, method, path, body.to_string()).await;
        assert_eq!(code, status, "{method} {path}: {}", answer.to_string().get(..200).unwrap_or_default());
        assert_eq!(answer.to_string().contains(limit), status == 422, "{method} {path}");
    }
    fake.shutdown().await;
}
