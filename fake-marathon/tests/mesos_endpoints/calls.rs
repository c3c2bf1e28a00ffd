//! Reads of the operator API, `POST /api/v1`: the messages of `v1/master/master.proto`, and the same facts as in the
//! endpoints that were recorded. A field that a message does not have fails.

use axum::body::Body;
use fake_marathon::FakeMarathon;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

async fn send(fake: &FakeMarathon, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    let response = fake.service().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Calls the master, and returns the message inside its answer.
async fn call(fake: &FakeMarathon, name: &str) -> Value {
    let (status, mut answer) = send(fake, "POST", "/mesos/api/v1", &json!({"type": name})).await;
    assert_eq!((status, &answer["type"]), (200, &json!(name)), "{answer:#}");
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer:#}");
    answer[name.to_lowercase()].take()
}

/// The fields of messages, and `[]` behind those that are lists.
fn fields(value: &Value) -> Vec<String> {
    let all = value.as_object().into_iter().flatten();
    let mut names: Vec<String> =
        all.map(|(name, value)| format!("{name}{}", if value.is_array() { "[]" } else { "" })).collect();
    names.sort();
    names
}

fn check(protocol: &str) -> Value {
    json!([{"protocol": protocol, "path": "/", "portIndex": 0, "gracePeriodSeconds": 20, "intervalSeconds": 1,
            "timeoutSeconds": 5, "delaySeconds": 0}])
}

async fn cluster() -> FakeMarathon {
    let fake = FakeMarathon::builder().agents(2).start().await.unwrap();
    let web = json!({
        "id": "/g/web", "cmd": "exec python3 -m http.server $PORT0", "cpus": 0.1, "mem": 32, "labels": {"team": "x"}, "user": "root",
        "taskKillGracePeriodSeconds": 4, "healthChecks": check("MESOS_HTTP"), "constraints": [["hostname", "UNIQUE"]],
        "instances": 2, "portDefinitions": [{"port": 0, "name": "http", "labels": {"VIP_0": "/web:80"}}],
    });
    let once = json!({"id": "/g/once", "cmd": "sleep 2; exit 3", "cpus": 0.1, "mem": 32, "maxLaunchDelaySeconds": 300,
                      "backoffSeconds": 300});
    let pod = json!({
        "id": "/g/pod", "networks": [{"mode": "host"}], "labels": {"team": "z"},
        "containers": [{"name": "c", "exec": {"command": {"shell": "sleep 1000"}}, "resources": {"cpus": 0.1, "mem": 32},
                        "endpoints": [{"name": "web", "hostPort": 0, "protocol": ["tcp"]}]}],
    });
    for (path, body) in [("/v2/apps", &web), ("/v2/apps", &once), ("/v2/pods", &pod)] {
        assert_eq!(send(&fake, "POST", path, body).await.0, 201);
    }
    tokio::time::sleep(std::time::Duration::from_secs(40)).await;
    fake
}

#[tokio::test(start_paused = true)]
async fn tasks_are_messages_with_the_facts_of_the_endpoint() {
    let fake = cluster().await;
    let state = send(&fake, "GET", "/mesos/state", &Value::Null).await.1["frameworks"][0].take();
    let tasks = call(&fake, "GET_TASKS").await;
    assert_eq!(fields(&tasks), ["completed_tasks[]", "tasks[]", "unreachable_tasks[]"]);
    let lists = [("tasks", 3), ("completed_tasks", 1), ("unreachable_tasks", 0)];
    for (list, count) in lists {
        let (ours, shown) = (tasks[list].as_array().unwrap(), state[list].as_array().unwrap());
        assert_eq!((ours.len(), shown.len()), (count, count), "{list}: {ours:#?}");
        for (ours, shown) in ours.iter().zip(shown) {
            let ids = [("task_id", "id"), ("agent_id", "slave_id"), ("framework_id", "framework_id")];
            assert!(ids.iter().all(|(id, key)| ours[id] == json!({"value": shown[key]})), "{ours:#}");
            let same = ["name", "state", "discovery"];
            assert!(same.iter().all(|key| ours[key] == shown[key]), "{ours:#}");
            assert_eq!(ours.pointer("/labels/labels"), shown.get("labels"));
            let status = ours["statuses"].as_array().unwrap().last().unwrap();
            assert_eq!((&status["task_id"], &status["state"]), (&ours["task_id"], &shown["state"]));
            let cpus = ours["resources"].as_array().unwrap().iter().find(|one| one["name"] == "cpus").unwrap();
            let scalar = json!({"value": shown["resources"]["cpus"]});
            let cpus_wanted =
                json!({"name": "cpus", "type": "SCALAR", "scalar": scalar, "allocation_info": {"role": "*"}});
            assert_eq!(cpus, &cpus_wanted);
        }
    }
    let of_web = tasks["tasks"].as_array().unwrap().iter().find(|task| task["name"] == "web.g").unwrap();
    let all = [
        "agent_id",
        "discovery",
        "framework_id",
        "health_check",
        "kill_policy",
        "labels",
        "name",
        "resources[]",
        "state",
        "statuses[]",
        "task_id",
        "user",
    ];
    assert_eq!(fields(of_web), all);
    assert_eq!(of_web["kill_policy"], json!({"grace_period": {"nanoseconds": 4_000_000_000_u64}}));
    let last = of_web["statuses"].as_array().unwrap().last().unwrap();
    let all = ["agent_id", "container_status", "healthy", "reason", "source", "state", "task_id", "timestamp"];
    assert_eq!(fields(last), all, "{last:#}");
    assert_eq!((&last["reason"], &last["healthy"]), (&json!("REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"), &json!(true)));
    let ended = &tasks["completed_tasks"][0]["statuses"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&ended["source"], &ended["message"]),
        (&json!("SOURCE_EXECUTOR"), &json!("Command exited with status 3"))
    );
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn agents_and_frameworks_are_messages_and_the_state_is_made_of_them() {
    let fake = cluster().await;
    let (_, shown) = send(&fake, "GET", "/mesos/state", &Value::Null).await;
    let agents = call(&fake, "GET_AGENTS").await;
    assert_eq!(
        (fields(&agents), &agents["recovered_agents"]),
        (["agents[]", "recovered_agents[]"].map(String::from).into(), &json!([]))
    );
    for (ours, slave) in agents["agents"].as_array().unwrap().iter().zip(shown["slaves"].as_array().unwrap()) {
        let all = [
            "active",
            "agent_info",
            "allocated_resources[]",
            "capabilities[]",
            "deactivated",
            "pid",
            "registered_time",
            "total_resources[]",
            "version",
        ];
        assert_eq!(fields(ours), all, "{ours:#}");
        assert_eq!(fields(&ours["agent_info"]), ["hostname", "id", "port", "resources[]"]);
        assert_eq!((&ours["agent_info"]["id"]["value"], &ours["pid"]), (&slave["id"], &slave["pid"]));
        assert_eq!(ours["capabilities"][0], json!({"type": slave["capabilities"][0]}));
        assert_eq!(ours["total_resources"][0]["role"], "*");
        assert!(ours["agent_info"]["resources"][0].get("role").is_none());
    }
    let frameworks = call(&fake, "GET_FRAMEWORKS").await;
    let framework = &frameworks["frameworks"][0];
    let all = [
        "active",
        "allocated_resources[]",
        "connected",
        "framework_info",
        "offer_constraints",
        "recovered",
        "registered_time",
    ];
    assert_eq!(fields(framework), all, "{framework:#}");
    let info = &framework["framework_info"];
    assert_eq!((&info["id"]["value"], &info["name"]), (&shown["frameworks"][0]["id"], &json!("marathon")));

    let state = call(&fake, "GET_STATE").await;
    assert_eq!(fields(&state), ["get_agents", "get_executors", "get_frameworks", "get_tasks"]);
    assert_eq!((&state["get_agents"], &state["get_frameworks"]), (&agents, &frameworks));
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn executors_roles_the_master_and_what_it_has_nothing_of_are_messages() {
    let fake = cluster().await;
    let (_, shown) = send(&fake, "GET", "/mesos/state", &Value::Null).await;
    let executors = call(&fake, "GET_EXECUTORS").await["executors"].take();
    let [executor] = &executors.as_array().unwrap()[..] else { panic!("{executors:#}") };
    assert_eq!(fields(executor), ["agent_id", "executor_info"]);
    let all = ["executor_id", "framework_id", "labels", "resources[]", "type"];
    assert_eq!(
        (fields(&executor["executor_info"]), &executor["executor_info"]["type"]),
        (all.map(String::from).into(), &json!("DEFAULT"))
    );

    let roles = call(&fake, "GET_ROLES").await["roles"].take();
    assert_eq!(fields(&roles[0]), ["frameworks[]", "name", "resources[]", "weight"]);
    let cpus = json!({"name": "cpus", "type": "SCALAR", "scalar": {"value": shown["frameworks"][0]["used_resources"]["cpus"]}});
    assert_eq!(roles[0]["resources"][0], cpus);

    let master = call(&fake, "GET_MASTER").await;
    assert_eq!(fields(&master), ["elected_time", "master_info", "start_time"]);
    assert_eq!((&master["master_info"]["id"], &master["master_info"]["ip"]), (&shown["id"], &json!(16_777_343)));

    for (name, message) in [
        ("GET_HEALTH", json!({"healthy": true})),
        ("GET_OPERATIONS", json!({})),
        ("GET_WEIGHTS", json!({})),
        ("GET_QUOTA", json!({"status": {}})),
        ("GET_MAINTENANCE_SCHEDULE", json!({"schedule": {}})),
    ] {
        assert_eq!(call(&fake, name).await, message, "{name}");
    }
    fake.shutdown().await;
}
