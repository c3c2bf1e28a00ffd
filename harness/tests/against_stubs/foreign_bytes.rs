//! Whatever a server sends and a user types: an answer or an error, never a panic, and never for ever.
//! `PROPTEST_CASES=5000` makes more of it.

use std::str::FromStr as _;

use harness::{
    Client,
    record::{Lives, Sample, read},
    scale::{Plan, Threshold},
    watch::short,
};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::stub::{answer, in_process};

/// A value as no server should send it.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop_oneof![Just(1e308), Just(-1e308), Just(5e-324), any::<f64>()].prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop_oneof![
            Just("+11026-11-22T22:04:05.123Z"),
            Just("9999-12-31T23:59:59.999-23:59"),
            Just("0000-01-01T00:00:00+23:59"),
            Just("TASK_RUNNING"),
            Just("../../x"),
            Just("\u{1b}[2J"),
        ]
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[], {}, null, "a"])),
    ]
}

/// Puts the value somewhere into the document.
fn put(document: &mut Value, place: Index, value: Value) {
    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(count).sum(),
            Value::Object(map) => map.values().map(count).sum::<usize>(),
            _ => 0,
        }
    }
    fn descend(into: &mut Value, left: &mut usize, value: &mut Option<Value>) {
        if *left == 0 {
            if let Some(value) = value.take() {
                *into = value;
            }
            return;
        }
        *left -= 1;
        let children: Vec<&mut Value> = match into {
            Value::Array(items) => items.iter_mut().collect(),
            Value::Object(map) => map.values_mut().collect(),
            _ => Vec::new(),
        };
        for child in children {
            if value.is_some() {
                descend(child, left, value);
            }
        }
    }
    let mut left = place.index(count(document));
    descend(document, &mut left, &mut Some(value));
}

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
    if let Ok(state) = client.mesos_state().await {
        drop(state.tasks());
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

proptest! {
    #[test]
    fn an_answer_with_anything_anywhere_is_read_or_refused(
        which in any::<Index>(), changes in prop::collection::vec((any::<Index>(), odd()), 0..4),
        date in prop_oneof![Just("Fri, 31 Dec 9999 23:59:59 GMT"), Just("Sat, 01 Jan 0000 00:00:00 GMT"), Just("now")],
    ) {
        let answers = answers();
        let mut document = answers[which.index(answers.len())].clone();
        for (place, value) in changes {
            put(&mut document, place, value);
        }
        asked(document.to_string().into_bytes(), date.to_owned());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        asked(bytes, String::new());
    }

    #[test]
    fn a_record_with_anything_anywhere_is_read(
        changes in prop::collection::vec((any::<Index>(), odd()), 0..4), torn in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let task = answers()[0]["tasks"][0].clone();
        let mut sample = json!({"v": 1, "t": 1.5, "at": "2026-11-22T22:04:05.123Z", "step": 0, "request": 1, "target": 1,
            "counts": {"healthy": 1, "unhealthy": 1}, "complete": true, "tasks": [task], "new": 1, "took": 0.1});
        let mut event = json!({"v": 1, "t": 2.0, "at": "2026-11-22T22:04:05.123Z", "event": {"eventType": "status_update_event",
            "taskId": task["id"], "taskStatus": "TASK_KILLED", "host": "h", "message": "m", "timestamp": "2026-11-22T22:04:05.123Z"}});
        for (place, value) in changes {
            put(&mut sample, place, value.clone());
            put(&mut event, place, value);
        }
        let folder = tempfile::tempdir().unwrap();
        let (samples, events) = (folder.path().join("s"), folder.path().join("e"));
        std::fs::write(&samples, [sample.to_string().as_bytes(), b"\n", &torn].concat()).unwrap();
        std::fs::write(&events, [event.to_string().as_bytes(), b"\n", &torn].concat()).unwrap();
        let mut lives = Lives::keeping_all();
        read::record(&samples, &events, |line| match line {
            read::Line::Sample(sample) => lives.sample(&sample),
            read::Line::Event(event) => lives.event(&event),
        }).unwrap();
        drop(lives.finish());
        let _: Option<Sample> = serde_json::from_slice(&torn).ok();
    }

    #[test]
    fn any_threshold_and_plan_is_read_or_refused(
        text in "[a-z_]{0,20} ?[<>=]{0,2} ?[0-9eE.+-]{0,30}%?( for [0-9]{0,25}[smhd]{0,2})?", other in any::<String>(),
        start in any::<u32>(), list in "[0-9, ]{0,40}", step in 1..=u32::MAX, target in any::<u32>(),
    ) {
        for text in [&text, &other] {
            if let Ok(threshold) = Threshold::from_str(text) {
                drop((threshold.lasting(), threshold.in_words(1.0), threshold.is_crossed_by(f64::NAN)));
            }
        }
        for list in [&list, &other] {
            drop(Plan::parse_list(start, list));
        }
        drop(Plan::exponential(start, step, target));
    }
}

#[test]
fn deeply_nested_json_is_refused_wherever_it_is_read() {
    let deep = "[".repeat(100_000);
    asked(deep.clone().into_bytes(), String::new());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.jsonl");
    std::fs::write(&path, format!("{deep}\n{{\"a\": {deep}\n")).unwrap();
    let scanned = read::samples(&path, drop).unwrap();
    assert_eq!((scanned.samples, scanned.torn), (0, 2));
}
