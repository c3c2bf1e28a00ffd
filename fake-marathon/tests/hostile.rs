//! What a hostile client may send: the fake answers or closes, and goes on.

use std::time::Duration;

use axum::{Router, body::Body};
use fake_marathon::{ClockMode, FakeMarathon, rest, tuning::Tuning};
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
        // Nobody's credentials are longer than 64 KiB.
        assert_eq!(status, if body.len() > 64 * 1024 { 413 } else { 400 }, "before login, {levels} levels");
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

#[tokio::test]
async fn a_million_instances_are_refused_before_they_are_made() {
    let tuning = Tuning { max_instances: 1_000, ..Tuning::default() };
    for (fake, limit) in [
        (FakeMarathon::builder().start().await.expect("a fake"), 100_000),
        (FakeMarathon::builder().tuning(tuning).start().await.expect("a fake"), 1_000),
    ] {
        let service = fake.service();
        let app = |id: &str, instances: u32| json!({"id": id, "cmd": "true", "instances": instances}).to_string();
        assert_eq!(send(&service, "POST", "/v2/apps", app("/small", 600)).await.0, 201);
        let group = json!({"id": "/g", "apps": [{"id": "/g/a", "cmd": "true", "instances": limit - 599}]}).to_string();
        for (method, path, body) in [
            ("POST", "/v2/apps", app("/big", 1_000_000)),
            ("POST", "/v2/apps", app("/big", 2_147_483_647)),
            ("PUT", "/v2/apps//small?force=true", json!({"instances": 1_000_000}).to_string()),
            ("PUT", "/v2/groups//?force=true", json!({"scaleBy": 1_000_000.0}).to_string()),
            ("POST", "/v2/groups", group),
        ] {
            let (status, answer) = send(&service, method, path, body).await;
            let wanted = format!("this fake is started for at most {limit} (--max-instances)");
            assert!(status == 422 && answer.to_string().contains(&wanted), "{method} {path}: {status} {answer}");
        }
        let (status, _) =
            send(&service, "PUT", "/v2/apps//small?force=true", json!({"instances": 2}).to_string()).await;
        assert_eq!(status, 200, "fewer are always possible");
        fake.shutdown().await;
    }
}

/// As `/v2/info` says (`zk_max_versions`), and nothing of apps that are gone.
#[tokio::test]
async fn fifty_versions_of_an_app_are_kept_and_none_of_an_app_that_is_forgotten() {
    let fake = FakeMarathon::builder().start().await.expect("a fake");
    let service = fake.service();
    let put = async |id: &str, n: u32| {
        let app = json!({"id": id, "cmd": format!("echo {n}"), "instances": 0}).to_string();
        assert!(send(&service, "PUT", &format!("/v2/apps/{id}?force=true"), app).await.0 < 300);
    };
    let versions = async |id: &str| {
        let (status, answer) = send(&service, "GET", &format!("/v2/apps/{id}/versions"), "").await;
        (status, answer["versions"].as_array().map_or(0, Vec::len))
    };
    put("/gone", 0).await;
    assert_eq!(send(&service, "DELETE", "/v2/apps//gone?force=true", "").await.0, 200);
    for n in 0..60 {
        put("/a", n).await;
    }
    assert_eq!(versions("/a").await, (200, 50));
    put("/gone", 1).await;
    assert_eq!(versions("/gone").await, (200, 1), "the earlier one is forgotten");
    fake.shutdown().await;
}

#[tokio::test]
async fn a_clock_is_advanced_within_bounds_and_stops_with_who_asked() {
    let fake = FakeMarathon::builder().clock(ClockMode::Manual).start().await.expect("a fake");
    let admin = rest::operator(fake.admin());
    for by in ["36500d", "32d"] {
        let (status, answer) = send(&admin, "POST", "/fake/clock", json!({"advance": by}).to_string()).await;
        let text = answer["message"].as_str().unwrap_or_default();
        assert!(status == 422 && text.contains("(--max-advance)"), "{by}: {status} {answer}");
    }
    fake.shutdown().await;
    // A far time with much to do on the way: nobody waits for it.
    let tuning = Tuning { max_advance: Duration::from_secs(40_000 * 24 * 3600), ..Tuning::default() };
    let fake = FakeMarathon::builder().clock(ClockMode::Manual).tuning(tuning).start().await.expect("a fake");
    let check = json!({"protocol": "TCP", "intervalSeconds": 1});
    let app = json!({"id": "/a", "cmd": "true", "instances": 20, "healthChecks": [check], "labels": {"HC_RIG_BEHAVIOUR": "well"}});
    assert_eq!(send(&fake.service(), "POST", "/v2/apps", app.to_string()).await.0, 201);
    let (admin, before) = (fake.admin(), fake.inspect().await.expect("a fake").now);
    tokio::select! {
        _ = admin.advance(Duration::from_secs(36_500 * 24 * 3600)) => panic!("a century of checks in no time"),
        () = async { for _ in 0..20 { tokio::task::yield_now().await } } => {}
    }
    let after = fake.inspect().await.expect("it answers again").now;
    assert!(after.since(before) < Duration::from_secs(36_000 * 24 * 3600), "{before:?} {after:?}");
    fake.shutdown().await;
}

/// Marathon names all networks for each mapping that names none of them.
#[tokio::test]
async fn what_is_wrong_is_told_within_bounds() {
    let fake = FakeMarathon::builder().start().await.expect("a fake");
    let networks: Vec<Value> = (0..5_000).map(|n| json!({"mode": "container", "name": format!("x{n}")})).collect();
    let mappings: Vec<Value> = (0..5_000).map(|_| json!({"networkNames": ["y"]})).collect();
    let container = json!({"type": "MESOS", "portMappings": mappings});
    let app = json!({"id": "/a", "cmd": "true", "networks": networks, "container": container});
    let (status, answer) = send(&fake.service(), "POST", "/v2/apps", app.to_string()).await;
    let text = answer.to_string();
    assert_eq!((status, text.contains("and more (this fake lists 16 MiB at most)")), (422, true));
    assert!(text.len() < 20 << 20, "{} bytes", text.len());
    fake.shutdown().await;
}

#[tokio::test]
async fn a_chain_of_dependencies_is_deployed_at_once_unless_its_events_would_fill_the_memory() {
    let fake = FakeMarathon::builder().start().await.expect("a fake");
    let service = fake.service();
    let chain = |apps: u32| {
        let needs = |n: u32| n.checked_sub(1).map(|on| format!("/a{on}")).into_iter().collect::<Vec<_>>();
        let app = |n| json!({"id": format!("/a{n}"), "cmd": "true", "instances": 0, "dependencies": needs(n)});
        json!({"apps": (0..apps).map(app).collect::<Vec<_>>()}).to_string()
    };
    let (status, answer) = send(&service, "PUT", "/v2/groups", chain(3_000)).await;
    let text = answer.to_string();
    assert!(status == 422 && text.contains("its 3001 steps would be announced by"), "{status} {text}");
    assert_eq!(send(&service, "PUT", "/v2/groups", chain(500)).await.0, 200);
    assert_eq!(send(&service, "GET", "/v2/deployments", "").await, (200, json!([])));
    fake.shutdown().await;
}
