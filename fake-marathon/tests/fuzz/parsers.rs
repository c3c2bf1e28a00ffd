//! Input for the parsers of foreign bytes.

use std::{path::Path, sync::LazyLock};

use axum::body::Body;
use fake_marathon::{ClockMode, FakeMarathon, rest};
use http::Request;
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::requests::{BODIES, Sent};

/// Definitions that people brought, byte by byte, and the bodies of the recordings.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the seeds").filter_map(Result::ok).collect();
    files.sort_by_key(std::fs::DirEntry::path);
    assert!(files.len() > 10, "there are seeds");
    let brought = files.iter().map(|file| std::fs::read(file.path()).expect("a seed"));
    brought.chain(BODIES.iter().map(|body| body.to_string().into_bytes())).collect()
});

fn broken() -> impl Strategy<Value = Vec<u8>> {
    fuzz::bytes::broken(SEEDS.clone(), 5)
}

fn sent(method: &'static str, target: impl Into<String>, body: Vec<u8>, pause_ms: u64) -> Sent {
    Sent { method, target: target.into(), headers: Vec::new(), body, pause_ms }
}

/// Bodies that are nearly JSON, for each reader of bodies.
pub(crate) fn broken_bodies() -> impl Strategy<Value = Vec<Sent>> {
    let readers = prop::sample::select(vec![
        ("POST", "/v2/apps?force=true"),
        ("PUT", "/v2/apps?force=true"),
        ("PUT", "/v2/apps//a?force=true"),
        ("PATCH", "/v2/apps//a?force=true"),
        ("POST", "/v2/groups?force=true"),
        ("PUT", "/v2/groups//g?force=true"),
        ("PATCH", "/v2/groups//g"),
        ("POST", "/v2/tasks/delete"),
        ("POST", "/v2/pods"),
        ("POST", "/acs/api/v1/auth/login"),
    ]);
    vec((readers, broken()).prop_map(|((method, target), body)| sent(method, target, body, 100)), 1..6)
}

/// Words of a small language, in any order, or any text.
fn language(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => vec(prop::sample::select(words.to_vec()), 0..12).prop_map(|words| words.concat()),
        1 => ".{0,20}".prop_map(|text| text),
    ]
}

/// A labelled app, and selectors for it.
pub(crate) fn selectors() -> impl Strategy<Value = Vec<Sent>> {
    const WORDS: &[&str] = &[
        "a", "b", "==", "!=", " in ", " notin ", "(", ")", ",", " ", "\\", "\\(", "é", "-", ".", "=", "!", "((((((((",
        "))))",
    ];
    let app = json!({"id": "/a", "cmd": "true", "instances": 0, "labels": {"a": "b", "b": "a,(b)", "é": "-."}});
    vec(language(WORDS), 1..20).prop_map(move |selectors| {
        let asked = selectors.iter().map(|selector| {
            let label: String = url::form_urlencoded::byte_serialize(selector.as_bytes()).collect();
            sent("GET", format!("/v2/apps?label={label}"), Vec::new(), 0)
        });
        std::iter::once(sent("POST", "/v2/apps", app.to_string().into_bytes(), 0)).chain(asked).collect()
    })
}

/// Apps with constraints, each given time to be offered agents.
pub(crate) fn constraints() -> impl Strategy<Value = Vec<Sent>> {
    const VALUES: &[&str] = &[
        "1",
        "0",
        "-1",
        "2147483648",
        "inf",
        "127.0.0.1",
        ".*",
        "(",
        ")",
        "[",
        "{9999}",
        "(a{1000}){1000}",
        "+",
        "?",
        "|",
        "\\",
        "1.50",
        "é",
        "^",
        "$",
    ];
    let fields = prop_oneof![
        4 => prop::sample::select(vec!["hostname", "@hostname", "@zone", "@region", "rack", ""]).prop_map(str::to_owned),
        1 => ".{0,6}".prop_map(|text| text),
    ];
    let operators = prop::sample::select(vec![
        "UNIQUE", "CLUSTER", "GROUP_BY", "MAX_PER", "LIKE", "UNLIKE", "IS", "like", "NEAR", "",
    ]);
    let constraint = (fields, operators, prop::option::of(language(VALUES))).prop_map(|(field, operator, value)| {
        let parts = [Some(field), Some(operator.to_owned()), value];
        Value::from(parts.into_iter().flatten().collect::<Vec<_>>())
    });
    vec(vec(constraint, 1..4), 1..4).prop_map(|apps| {
        let apps = apps.into_iter().enumerate().map(|(n, constraints)| {
            let app =
                json!({"id": format!("/a{n}"), "cmd": "true", "cpus": 0.1, "instances": 3, "constraints": constraints});
            sent("POST", "/v2/apps", app.to_string().into_bytes(), 20_000)
        });
        apps.chain([sent("GET", "/v2/queue?embed=lastUnusedOffers", Vec::new(), 0)]).collect()
    })
}

/// Bodies for the admin API, from its documentation, broken.
pub(crate) fn admin_bodies() -> impl Strategy<Value = Sent> {
    let page = include_str!("../../../docs/fake.md");
    let calls =
        page.lines().filter_map(|line| Some(line.split_once(" -d '")?.1.rsplit_once('\'')?.0.as_bytes().to_vec()));
    let calls: Vec<Vec<u8>> = calls.chain([br#"{"advance": "1s"}"#.to_vec()]).collect();
    fuzz::bytes::broken(calls, 3).prop_map(|body| sent("POST", "the admin API", body, 0))
}

/// Sends a body to each reader of the admin API.
pub(crate) fn admin(body: &[u8]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|failed| TestCaseError::fail(failed.to_string()))?;
    runtime.block_on(async {
        let fake = FakeMarathon::builder().clock(ClockMode::Manual).start().await;
        let fake = fake.map_err(|failed| TestCaseError::fail(failed.to_string()))?;
        for path in ["/fake/faults", "/fake/clock"] {
            let request = Request::post(path).body(Body::from(body.to_vec()));
            let request = request.map_err(|failed| TestCaseError::fail(failed.to_string()))?;
            let answer = rest::operator(fake.admin()).oneshot(request).await;
            let answer = answer.map_err(|never| TestCaseError::fail(never.to_string()))?;
            prop_assert!(answer.status().as_u16() < 500, "{} {}", path, answer.status());
            let text = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
            let text = text.map_err(|failed| TestCaseError::fail(failed.to_string()))?;
            prop_assert!(serde_json::from_slice::<Value>(&text).is_ok(), "{} {:?}", path, text);
        }
        fake.shutdown().await;
        Ok(())
    })
}
