//! Whatever a server sends and a user types: an answer or an error, never a panic, and never for ever.
//! `make fuzz` makes more of it.

use std::{collections::BTreeMap, num::NonZeroU32, path::Path, str::FromStr as _};

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fuzz::{
    bytes::broken,
    json::{changed, changes, put_all},
    rounds,
};
use harness::{
    Client, Clock, Secret, Transport,
    dcos::{Credentials, TokenSource},
    marathon::{TokenProvider as _, events::Parser},
    model::Event,
    record::{Lives, Recent, Sample, read},
    scale::{Metric, Plan, Threshold},
    settings::SettingsInput,
    tls::Fingerprint,
    watch::{event_line, short},
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::stub::{answer, in_process};

/// What Marathon, Mesos and an agent answer.
fn answers() -> Vec<Value> {
    let result = json!({"alive": false, "consecutiveFailures": 1, "firstSuccess": "2026-11-22T22:04:05.123Z",
        "lastSuccess": "2026-11-22T22:04:05.123Z", "lastFailure": "2026-11-22T22:04:06.123Z",
        "lastFailureCause": "x", "instanceId": "i", "taskId": "t"});
    let task = json!({"id": "hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._app.1", "appId": "/hc", "host": "h",
        "ports": [31000], "ipAddresses": [{"ipAddress": "1.2.3.4", "protocol": "IPv4"}], "slaveId": "s", "state": "TASK_RUNNING",
        "stagedAt": "2026-11-22T22:04:05.123Z", "startedAt": "2026-11-22T22:04:05.123Z",
        "version": "2026-11-22T22:04:05.123Z", "healthCheckResults": [result]});
    let app = json!({"id": "/hc", "instances": 1, "cpus": 0.1, "mem": 16, "tasksRunning": 1, "labels": {"a": "b"},
        "healthChecks": [{"protocol": "MESOS_TCP", "intervalSeconds": 1}], "deployments": [{"id": "d"}], "tasks": [task],
        "lastTaskFailure": {"host": "h", "message": "m", "state": "TASK_FAILED", "taskId": "t",
            "timestamp": "2026-11-22T22:04:05.123Z"}, "versionInfo": {"lastScalingAt": "2026-11-22T22:04:05.123Z"}});
    let executor = json!({"id": "t", "container": "c", "directory": "/d", "tasks": [{"id": "t", "slave_id": "s"}]});
    vec![
        json!({"app": app, "apps": [app], "tasks": [task]}),
        json!({"id": "/", "apps": [app], "groups": [{"id": "/g", "apps": [app], "groups": [], "pods": [{"id": "/g/p"}]}]}),
        json!([{"id": "d", "version": "v", "affectedApps": ["/hc"], "steps": [], "currentActions": [], "currentStep": 1}]),
        json!({"queue": [{"app": {"id": "/hc"}, "count": 1, "delay": {"timeLeftSeconds": 1, "overdue": false}}]}),
        json!({"version": "1.11.26", "frameworkId": "f", "leader": "l:8080", "marathon_config": {"master": "zk://"}}),
        json!({"version": "1.9", "slaves": [{"id": "s", "hostname": "h", "pid": "slave(1)@1.2.3.4:5051", "active": true,
            "resources": {"cpus": 1.0, "mem": 1.0, "ports": "[31000-32000]"}, "used_resources": {"cpus": 0.5}}],
            "frameworks": [{"id": "f", "name": "marathon", "tasks": [{"id": "t", "slave_id": "s"}],
            "executors": [executor], "completed_executors": [executor]}]}),
        json!([{"container_id": "c", "executor_id": "t", "status": {"executor_pid": 7}}]),
    ]
}

/// Asks everything, and does with the answers what commands do.
async fn ask_everything(client: &Client) {
    drop((client.info().await, client.leader().await, client.versions("/hc").await));
    drop((client.apps().await, client.app("/hc").await, client.group("/g").await));
    drop((client.deployments().await, client.queue().await));
    if let Ok(tasks) = client.tasks("/hc").await {
        tasks.iter().for_each(|task| drop(short(task.id.as_str())));
    }
    let mut recent = Recent::default();
    for _ in 0..2 {
        drop(client.app_and("/hc", &mut recent).await);
        recent.settle();
    }
    drop(client.mesos_state_and_tasks().await);
    if let Ok(state) = client.mesos_state().await {
        for agent in state.agents.iter().take(2) {
            drop((client.agent_containers(agent).await, client.sandbox(agent, "t").await));
        }
    }
}

fn asked(body: Vec<u8>, date: String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let router = axum::Router::new().fallback(move || {
            let mut response = answer(axum::http::StatusCode::OK, "application/json", body.clone());
            if let Ok(date) = date.parse() {
                response.headers_mut().insert("date", date);
            }
            async move { response }
        });
        ask_everything(&in_process(router)).await;
    });
}

/// What the real Marathon answered, each kind of request once: the texts of the recordings.
fn recorded() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recorded");
    let mut rows = BTreeMap::new();
    for file in ["lifecycle.mesos_http", "groups.basic", "upgrade.rolling", "empty.reads", "crash_loop"] {
        let text = std::fs::read_to_string(folder.join(format!("{file}.jsonl"))).unwrap();
        for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let answer = row.pointer("/response/json").or(row.get("data")).filter(|answer| !answer.is_null());
            if let Some(answer) = answer {
                let kind = format!("{} {} {}", row["request"]["method"], row["request"]["path"], answer["eventType"]);
                rows.insert(kind, answer.to_string().into_bytes());
            }
        }
    }
    assert!(rows.len() > 30, "{:?}", rows.keys());
    rows.into_values().collect()
}

#[test]
fn an_answer_with_anything_anywhere_is_read_or_refused() {
    let dates = prop::sample::select(vec!["Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 GMT", "now"]);
    rounds("odd answers", 256, &(changed(answers(), 4), dates), |(document, date)| {
        asked(document.to_string().into_bytes(), (*date).to_owned());
        Ok(())
    });
}

#[test]
fn any_bytes_are_read_or_refused() {
    let mut texts = recorded();
    texts.extend(answers().iter().map(|answer| answer.to_string().into_bytes()));
    rounds("broken answers", 256, &broken(texts, 5), |bytes| {
        asked(bytes.clone(), String::new());
        Ok(())
    });
}

#[test]
fn a_record_with_anything_anywhere_is_read() {
    let torn = prop::collection::vec(any::<u8>(), 0..50);
    rounds("records", 256, &(changes(4), changes(4), torn), |(in_sample, in_event, torn)| {
        let (mut sample, mut event) = record_lines();
        put_all(&mut sample, in_sample);
        put_all(&mut event, in_event);
        let folder = tempfile::tempdir().unwrap();
        let (samples, events) = (folder.path().join("s"), folder.path().join("e"));
        std::fs::write(&samples, [sample.to_string().as_bytes(), b"\n", torn].concat()).unwrap();
        std::fs::write(&events, [event.to_string().as_bytes(), b"\n", torn].concat()).unwrap();
        let mut lives = Lives::keeping_all();
        let read = read::record(&samples, &events, |line| match line {
            read::Line::Sample(sample) => lives.sample(sample),
            read::Line::Event(event) => lives.event(&event),
        });
        read.unwrap();
        drop(lives.finish());
        let _: Option<Sample> = serde_json::from_slice(torn).ok();
        Ok(())
    });
}

/// A sample with one task, and an event of it.
fn record_lines() -> (Value, Value) {
    let task = answers()[0]["tasks"][0].clone();
    let event = json!({"v": 1, "t": 2.0, "at": "2026-11-22T22:04:05.123Z", "event": {"eventType": "status_update_event",
        "taskId": task["id"], "taskStatus": "TASK_KILLED", "host": "h", "message": "m", "timestamp": "2026-11-22T22:04:05.123Z"}});
    let sample = json!({"v": 1, "t": 1.5, "at": "2026-11-22T22:04:05.123Z", "step": 0, "request": 1, "target": 1,
        "counts": {"healthy": 1, "unhealthy": 1}, "complete": true, "tasks": [task], "new": 1, "took": 0.1});
    (sample, event)
}

#[test]
fn any_threshold_and_plan_is_read_or_refused() {
    let threshold = "[a-z_]{0,20} ?[<>=]{0,2} ?[0-9eE.+-]{0,30}%?( for [0-9]{0,25}[smhd]{0,2})?";
    let known = prop::sample::select(Metric::all()).prop_map(|metric| metric.to_string());
    let known = (known, "[<>=]{1,2}[0-9eE.+-]{1,12}%?( for [0-9.]{1,25}[smhd]{1,2})?").prop_map(|(a, b)| a + &b);
    let texts = prop_oneof![threshold.prop_map(|text| text), known, any::<String>()];
    let numbers = (any::<u32>(), 1..=u32::MAX, any::<u32>());
    rounds("thresholds and plans", 1024, &(texts, "[0-9, ]{0,40}", numbers), |(text, list, (start, step, target))| {
        if let Ok(threshold) = Threshold::from_str(text) {
            drop((threshold.lasting(), threshold.in_words(1.0), threshold.is_crossed_by(f64::NAN)));
            let again = Threshold::from_str(&threshold.to_string());
            prop_assert!(again.is_ok(), "{text}: {threshold} is read as {again:?}");
        }
        for list in [list, text] {
            drop(Plan::parse_list(*start, list));
        }
        drop(Plan::exponential(*start, *step, *target));
        drop(Plan::linear(*start, NonZeroU32::new(*step).unwrap(), *target));
        Ok(())
    });
}

/// An event stream that is cut into chunks anywhere holds the same events, however it is broken.
#[test]
fn an_event_stream_is_read_the_same_however_it_is_cut() {
    let events = recorded().into_iter().map(|data| [b"event: x\r\ndata: ", &data[..], b"\r\n\r\n\r\n"].concat());
    let stream = prop::collection::vec(broken(events.collect(), 8), 1..4).prop_map(|parts| parts.concat());
    rounds("event streams", 256, &(stream, prop::collection::vec(any::<Index>(), 0..12)), |(stream, cuts)| {
        let whole = Parser::new().feed(stream).unwrap();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut parser = Parser::new();
        let read: Vec<_> = cuts.windows(2).flat_map(|cut| parser.feed(&stream[cut[0]..cut[1]]).unwrap()).collect();
        prop_assert_eq!(&read, &whole);
        for frame in whole {
            if let Ok(event) = serde_json::from_str(&frame.data) {
                drop(event_line(&Event::new(&frame.event, event)));
            }
        }
        Ok(())
    });
}

/// What a login answers, and the token in it.
#[test]
fn any_answer_to_a_login_is_read_or_refused() {
    let claims = changed(vec![json!({"uid": "bob", "exp": 1_800_000_000})], 2).prop_map(|claims| claims.to_string());
    let token = prop_oneof![
        4 => claims.prop_map(|claims| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))),
        1 => any::<String>(),
    ];
    let answer = (token, changes(2)).prop_map(|(token, changes)| {
        let mut answer = json!({"token": token, "title": "t", "description": "d", "code": "ERR_INVALID_CREDENTIALS"});
        put_all(&mut answer, &changes);
        answer
    });
    let dates = prop::sample::select(vec!["Fri, 31 Dec 9999 23:59:59 GMT", "Sat, 01 Jan 0000 00:00:00 +2359", "now"]);
    let status = prop::sample::select(vec![200, 201, 302, 401, 403, 500]);
    rounds("answers to a login", 256, &(answer, dates, status), |(answer, date, status)| {
        logged_in(answer.to_string().into_bytes(), date, *status);
        Ok(())
    });
}

fn logged_in(body: Vec<u8>, date: &'static str, status: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let router = axum::Router::new().fallback(move || {
            let mut response = answer(StatusCode::from_u16(status).unwrap(), "application/json", body.clone());
            response.headers_mut().insert("date", date.parse().unwrap());
            async move { response }
        });
        let credentials = Credentials::Password { uid: "bob".to_owned(), password: Secret::new("geheim") };
        let root = "http://127.0.0.1/".parse().unwrap();
        let source = TokenSource::new(credentials, root, Transport::in_process(router), Clock::default());
        drop(source.token().await);
    });
}

/// What an account's file and a fingerprint may be.
#[test]
fn any_service_account_and_fingerprint_is_read_or_refused() {
    let account = r#"{"uid": "u", "private_key": "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "scheme": "RS256"}"#;
    let prints = prop_oneof![any::<String>(), "[0-9a-fA-F:é+]{60,100}".prop_map(|text| text)];
    rounds("accounts", 256, &(broken(vec![account.into()], 4), prints), |(account, print)| {
        let account = String::from_utf8_lossy(account).into_owned();
        let lookup = |name: &str| (name == "DCOS_SERVICE_ACCOUNT_CREDENTIAL").then(|| account.clone());
        drop(SettingsInput::default().or_variables(lookup));
        drop(Fingerprint::from_str(print));
        drop(Fingerprint::of_pem(&account));
        Ok(())
    });
}

#[test]
fn deeply_nested_json_is_refused_wherever_it_is_read() {
    let deep = "[".repeat(100_000);
    asked(deep.clone().into_bytes(), String::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.jsonl");
    std::fs::write(&path, format!("{deep}\n{{\"a\": {deep}\n")).unwrap();
    let scanned = read::samples(&path, |_| {}).unwrap();
    assert_eq!((scanned.samples, scanned.torn), (0, 2));
}
