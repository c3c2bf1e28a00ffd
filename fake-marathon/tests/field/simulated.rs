//! Those that simulated tasks in virtual time show.

use fake_marathon::FakeMarathon;
use serde_json::{Value, json};

use super::{ask, get, send, text};

async fn fake() -> FakeMarathon {
    FakeMarathon::builder().agents(2).start().await.unwrap()
}

async fn seconds(seconds: f64) {
    tokio::time::sleep(text::duration::from_seconds(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn case_01_a_general_check_shows_its_result_in_the_task() {
    let fake = fake().await;
    assert_eq!(send(&fake, "POST /v2/apps", text("01-general-check.json").into_bytes()).await.0, 201);
    // Past the first reconciliation, which repeats the result.
    for _ in 0..4 {
        seconds(15.0).await;
        let tasks = get(&fake, "/v2/apps/h01/tasks").await;
        assert_eq!(tasks["tasks"][0]["checkResult"], json!({"http": {"statusCode": 200}}), "{tasks:#}");
    }
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_10_one_host_port_twice_ends_in_an_error_of_the_task() {
    let fake = fake().await;
    assert_eq!(send(&fake, "POST /v2/apps", text("10-same-host-port-twice.json").into_bytes()).await.0, 201);
    seconds(15.0).await;
    let app = get(&fake, "/v2/apps/h10?embed=app.lastTaskFailure").await;
    let failure = &app["app"]["lastTaskFailure"];
    assert_eq!(failure["state"], "TASK_ERROR", "{app:#}");
    let why = "Resource 'ports:[31800-31800, 31800-31800]' is invalid: Invalid ranges resource: overlapping ranges";
    assert!(failure["message"].as_str().unwrap().contains(why), "{failure}");
    let task = failure["taskId"].as_str().unwrap();
    assert!(!task.ends_with("._app.1"), "again and again: {task}");
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_15b_a_relative_id_is_read_from_another_place_by_put_than_by_post() {
    let fake = fake().await;
    let app = |id: &str| json!([{"id": id, "cmd": "sleep 1000", "cpus": 0.1, "mem": 32}]);
    let refused = |parent: &str| {
        let error = format!("Identifier is not child of '{parent}'");
        Some(json!([{"path": "/apps(0)/id", "errors": [error]}]))
    };
    for (request, id, own, expected) in [
        ("POST /v2/groups", "h15p", "a", None),
        ("PUT /v2/groups", "h15q", "a", refused("/h15q/h15q")),
        ("POST /v2/groups/h15r", "sub", "sub/bibi", refused("/h15r/sub")),
        ("POST /v2/groups/h15s", "sub", "bibi", None),
        ("POST /v2/groups", "/h15t", "a", None),
    ] {
        let (status, answer) = ask(&fake, request, &json!({"id": id, "apps": app(own)})).await;
        match expected {
            None => assert_eq!(status, 201, "{request} {id}: {answer}"),
            Some(details) => assert_eq!((status, &answer["details"]), (422, &details), "{request} {id}"),
        }
    }
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_26_a_path_with_a_blank_ends_the_checks_of_all_apps() {
    let fake = fake().await;
    let app = |id: &str, path: &str| {
        json!({"id": id, "cmd": "exec python3 -m http.server $PORT0", "cpus": 0.1, "mem": 32, "healthChecks": [
            {"protocol": "HTTP", "path": path, "portIndex": 0, "intervalSeconds": 1, "timeoutSeconds": 2}]})
    };
    ask(&fake, "POST /v2/apps", &app("/h26good", "/")).await;
    seconds(15.0).await;
    assert_eq!(ask(&fake, "POST /v2/apps", &app("/h26bad", "/api/health check")).await.0, 201);
    seconds(15.0).await;
    let results =
        async |id: &str| get(&fake, &format!("/v2/apps/{id}/tasks")).await["tasks"][0]["healthCheckResults"].clone();
    let last = results("h26good").await;
    seconds(60.0).await;
    assert_eq!(results("h26good").await, last, "and it stays so");
    assert_eq!((&last[0]["alive"], results("h26bad").await), (&json!(true), json!([])));
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_27_dependencies_of_groups_on_apps_are_ignored_and_a_resident_app_needs_a_role() {
    let fake = fake().await;
    let mut group: Value = serde_json::from_str(&text("27-pulsar-group.json")).unwrap();
    let (status, refused) = ask(&fake, "POST /v2/groups", &group).await;
    let details = json!([{"path": "/apps//h27/bookkeeper/bookie", "errors": ["Resident apps cannot have the role *"]}]);
    assert_eq!((status, &refused["details"]), (422, &details));

    let bookie = &mut group["groups"][0]["apps"][0];
    for name in ["residency", "requirePorts", "healthChecks"] {
        bookie.as_object_mut().unwrap().remove(name);
    }
    bookie["container"].as_object_mut().unwrap().remove("volumes");
    group["groups"][2]["apps"][0]["container"]["docker"]["portMappings"][0]["hostPort"] = 0.into();
    assert_eq!(ask(&fake, "POST /v2/groups", &group).await.0, 201);
    let deployments = get(&fake, "/v2/deployments").await;
    let steps = deployments[0]["steps"].as_array().unwrap();
    let actions = |step: &Value| step["actions"].as_array().unwrap().len();
    assert_eq!(steps.iter().map(actions).collect::<Vec<_>>(), [3, 3], "all apps at once: {deployments:#}");
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_33_an_app_that_is_mended_while_it_waits_runs_soon() {
    let fake = fake().await;
    let wrong = [
        (json!({"cpus": 1000}), json!({"cpus": 0.1})),
        (json!({"cpus": 0.1, "ports": [80], "requirePorts": true}), json!({"requirePorts": false})),
    ];
    for (part, change) in wrong {
        let mut app = json!({"id": "/h33", "cmd": "sleep 1000", "mem": 32});
        app.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        assert_eq!(ask(&fake, "POST /v2/apps", &app).await.0, 201);
        seconds(6.0).await;
        assert_eq!(get(&fake, "/v2/apps/h33").await["app"]["tasksRunning"], 0);
        assert_eq!(ask(&fake, "PUT /v2/apps/h33?force=true", &change).await.0, 200);
        // Offers come in cycles.
        seconds(12.0).await;
        let mended = get(&fake, "/v2/apps/h33").await;
        assert_eq!(mended["app"]["tasksRunning"], 1, "{mended:#}");
        assert_eq!(get(&fake, "/v2/queue").await, json!({"queue": []}));
        ask(&fake, "DELETE /v2/apps/h33?force=true", &Value::Null).await;
        seconds(30.0).await;
    }
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_34_marks_and_utf_16_are_read_and_a_comment_is_explained() {
    let fake = fake().await;
    let app = |id: &str| json!({"id": id, "cmd": "sleep 1000", "cpus": 0.1, "mem": 32}).to_string();
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(app("/h34bom").into_bytes());
    let utf16 = std::iter::once('\u{feff}').chain(app("/h34u16").chars()).collect::<String>();
    let utf16 = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for body in [marked, utf16] {
        assert_eq!(send(&fake, "POST /v2/apps", body).await.0, 201);
    }
    let why = "Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature \
               'ALLOW_COMMENTS' not enabled for parser)";
    for body in ["/home/me/app.json", "{\"id\":\"/h34\", // the id\n\"cmd\":\"sleep 1\"}"] {
        let (status, answer) = send(&fake, "POST /v2/apps", body.into()).await;
        assert_eq!((status, &answer["details"]), (400, &json!(why)), "{body}");
    }
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn case_38_a_server_that_listens_is_ready_at_once_and_nobody_is_a_504() {
    let fake = fake().await;
    let definition: Value = serde_json::from_str(&text("38-readiness-ms.json")).unwrap();
    let (status, made) = ask(&fake, "POST /v2/apps", &definition).await;
    let check = &made["readinessChecks"][0];
    // `interval` and `timeout` in milliseconds are no fields of Marathon.
    assert_eq!((status, &check["intervalSeconds"], &check["timeoutSeconds"]), (201, &json!(30), &json!(10)));
    seconds(15.0).await;
    assert_eq!(get(&fake, "/v2/deployments").await, json!([]));

    for (timeout, seconds_until, why) in [
        (10, 20.0, "failed because of java.net.ConnectException: Connection refused"),
        (2, 12.0, "None timed out after 2 seconds"),
    ] {
        let mut nobody = definition.clone();
        let id = format!("/nobody{timeout}");
        (nobody["id"], nobody["cmd"]) = (json!(id), json!("sleep 1000"));
        nobody["readinessChecks"][0]["timeoutSeconds"] = timeout.into();
        assert_eq!(ask(&fake, "POST /v2/apps", &nobody).await.0, 201);
        seconds(seconds_until).await;
        let deployments = get(&fake, "/v2/deployments").await;
        let own = deployments.as_array().unwrap().iter().find(|one| one["affectedApps"][0] == id.as_str()).unwrap();
        let response = &own["currentActions"][0]["readinessCheckResults"][0]["lastResponse"];
        assert_eq!(response["status"], 504, "{own:#}");
        assert!(response["body"].as_str().unwrap().contains(why), "{response}");
    }
    fake.shutdown().await;
}
