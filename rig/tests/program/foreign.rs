//! Text of others on its way to people: escape sequences, forged lines and turned writing are seen, and do nothing.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    thread,
};

use axum::{Json, Router, extract::Request, response::IntoResponse as _};
use http::StatusCode;
use serde_json::{Value, json};

use crate::hc_rig::{HcRig, ends_with, stderr, stdout};

/// Clears the screen, names the window, forges a line, colours by a single C1 character, deletes, and turns the writing.
const EVIL: &str = "evil\u{1b}[2J\u{1b}]0;owned\u{7}\r\nFORGED\u{9b}31m\u{7f}\u{202e}\u{2066}";

/// How the same is shown.
const SEEN: &str = "evil\\u001b[2J\\u001b]0;owned\\u0007\\r\\nFORGED\\u009b31m\\u007f\\u202e\\u2066";

/// A Marathon with that in every text that it sends; returns its address. It lives as long as the test.
fn evil_marathon(refuses: bool) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.set_nonblocking(true).expect("a listener");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            let router = Router::new().fallback(async move |request: Request| {
                let (status, body) = answer(request.uri().path(), refuses);
                (status, Json(body)).into_response()
            });
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    format!("http://{address}")
}

fn answer(path: &str, refuses: bool) -> (StatusCode, Value) {
    let labels = |expires: &str| json!({"HC_RIG_RUN": EVIL, "HC_RIG_OWNER": EVIL, "HC_RIG_EXPIRES": expires});
    let app = |id: &str, labels: Value| {
        let id = format!("{id}{EVIL}");
        json!({"id": id, "instances": 1, "version": EVIL, "labels": labels, "healthChecks": [{"protocol": EVIL}]})
    };
    let group = |id: &str, apps: Value| json!({"id": format!("{id}{EVIL}"), "apps": apps, "groups": []});
    let body = match path {
        _ if refuses => {
            let details = [json!({"path": EVIL, "errors": [EVIL]})];
            return (StatusCode::UNPROCESSABLE_ENTITY, json!({"message": EVIL, "details": details}));
        }
        "/v2/info" => json!({"name": EVIL, "version": EVIL, "leader": EVIL, "frameworkId": EVIL}),
        "/v2/leader" => json!({"leader": EVIL}),
        "/v2/apps" => json!({"apps": [app("/", json!({}))]}),
        "/v2/deployments" => json!([]),
        "/v2/groups/hc-rig" => json!({
            "id": "/hc-rig",
            "apps": [app("/hc-rig/", json!({}))],
            "groups": [
                group("/hc-rig/a", json!([app("/hc-rig/a/", labels("2990-01-01T00:00:00Z"))])),
                group("/hc-rig/b", json!([app("/hc-rig/b/", labels("2001-01-01T00:00:00Z"))])),
                group("/hc-rig/c", json!([])),
            ],
        }),
        _ => return (StatusCode::NOT_FOUND, json!({"message": EVIL})),
    };
    (StatusCode::OK, body)
}

/// Nothing in it acts, and no line of it was forged.
#[track_caller]
fn is_harmless(what: &str, text: &str) {
    let acts = text.chars().find(|c| text::acts(*c) && *c != '\n');
    assert_eq!(acts, None, "{what}: {text:?}");
    assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{what}: {text}");
}

#[test]
fn whatever_a_server_sends_steers_no_terminal() {
    let (friendly, hostile) = (evil_marathon(false), evil_marathon(true));
    let file = tempfile::tempdir().expect("a folder");
    let out = file.path().join("run").display().to_string();
    let run = ["-v", "run", "mesos,TCP", "--out", &out];
    for (shows, arguments) in [
        (true, &["apps"][..]),
        (true, &["doctor", "--no-probe"]),
        (true, &["login"]),
        (true, &["sweep", "--dry-run"]),
        (false, &run),
        (false, &["-vv", "clean", "some-run"]),
    ] {
        for url in [&friendly, &hostile] {
            let output = HcRig::new(&[arguments, &["--url", url]].concat()).run();
            let (out, err) = (stdout(&output), stderr(&output));
            is_harmless(&format!("stdout of {arguments:?}"), &out);
            is_harmless(&format!("stderr of {arguments:?}"), &err);
            if shows || *url == hostile {
                assert!(out.contains(SEEN) || err.contains(SEEN), "{arguments:?} at {url}:\n{out}\n{err}");
            }
        }
    }
}

#[test]
fn a_log_in_json_stays_json_and_steers_no_terminal() {
    let hostile = evil_marathon(true);
    let output = HcRig::new(&["-vv", "--log-format", "json", "clean", "some-run", "--url", &hostile]).run();
    is_harmless("the log", &stderr(&output));
    for line in stderr(&output).lines().filter(|line| line.starts_with('{')) {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// Puts it into every text of a JSON document that is no word of a closed set.
fn poison(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(['.', '/']) && !text.ends_with('Z') => text.push_str(EVIL),
        Value::Array(list) => list.iter_mut().for_each(poison),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if ["message", "why", "command", "cause"].contains(&key.as_str()) => {
                        EVIL.clone_into(text);
                    }
                    other => poison(other),
                }
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn whatever_a_run_folder_holds_steers_no_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    fs::create_dir(&run).expect("a folder");
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old_run");
    for name in ["run.json", "summary.json", "samples.jsonl", "events.jsonl"] {
        let text = fs::read_to_string(recorded.join(name)).expect("a recorded run");
        let documents = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
        let poisoned = documents.map(|document| {
            let mut document = document.expect("JSON");
            poison(&mut document);
            format!("{document}\n")
        });
        fs::write(run.join(name), poisoned.collect::<String>()).expect("it can be written");
    }
    let run = run.display().to_string();
    for arguments in [&["why", &run][..], &["report", &run], &["replay", &run, "--speed", "1000"]] {
        let output = HcRig::new(arguments).run();
        ends_with(&output, 0);
        is_harmless(&format!("stdout of {arguments:?}"), &stdout(&output));
        is_harmless(&format!("stderr of {arguments:?}"), &stderr(&output));
    }
    for name in ["summary.md", "samples.csv", "tasks.csv", "junit.xml", "report.html", "chart.svg"] {
        is_harmless(name, &fs::read_to_string(Path::new(&run).join(name)).expect("it was written"));
    }
    assert!(fs::read_to_string(Path::new(&run).join("tasks.csv")).expect("a table").contains(SEEN));
}
