//! Which request each method sends, and how it reads the answer.

use harness::{
    marathon::Kill,
    model::{Kind, parse_timestamp},
};
use serde_json::{Value, json};

use crate::stub::{Log, always, in_process};

const DEPLOYED: &str = r#"{"version":"2026-11-22T16:56:26.910Z","deploymentId":"d1"}"#;

#[tokio::test]
async fn each_change_is_one_request() {
    let log = Log::default();
    let client = in_process(log.keeping(always(200, "application/json", DEPLOYED)));
    client.scale(Kind::App, "/hc", 3, false).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&log.last().body).unwrap(), json!({"instances": 3}));
    assert_eq!(log.last().headers["content-type"], "application/json");
    client.scale(Kind::App, "/g/hc", 3, true).await.unwrap();
    client.restart("/hc", false).await.unwrap();
    client.delete_app("/hc", false).await.unwrap();
    client.kill_task("/hc", "hc.instance-1._app.1", Kill::Replace).await.unwrap();
    client.kill_task("/hc", "hc.instance-1._app.1", Kill::Wipe).await.unwrap();
    let killed = client.kill_app_tasks("/hc", Some("10.0.0.1"), Kill::Scale).await.unwrap();
    assert_eq!(killed.deployment.unwrap().deployment_id, "d1");
    client.kill_tasks(&["a", "b"], Kill::Scale).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&log.last().body).unwrap(), json!({"ids": ["a", "b"]}));
    client.cancel_deployment("d1", true).await.unwrap();
    client.reset_delay("/g/hc").await.unwrap();
    client.delete_group("/hc-rig/run", true).await.unwrap();
    client.abdicate().await.unwrap();
    insta::assert_snapshot!(log.lines().join("\n"), @r"
    PUT /v2/apps/hc
    PUT /v2/apps/g/hc?force=true
    POST /v2/apps/hc/restart
    DELETE /v2/apps/hc?force=false
    DELETE /v2/apps/hc/tasks/hc.instance-1._app.1
    DELETE /v2/apps/hc/tasks/hc.instance-1._app.1?wipe=true
    DELETE /v2/apps/hc/tasks?scale=true&host=10.0.0.1
    POST /v2/tasks/delete?scale=true
    DELETE /v2/deployments/d1?force=true
    DELETE /v2/queue/g/hc/delay
    DELETE /v2/groups/hc-rig/run?force=true
    DELETE /v2/leader
    ");
}

#[tokio::test]
async fn tasks_of_all_apps_come_only_when_they_are_asked_for() {
    let log = Log::default();
    let client = in_process(log.keeping(always(200, "application/json", r#"{"apps": []}"#)));
    client.apps().await.unwrap();
    client.apps_without_tasks(None).await.unwrap();
    client.apps_without_tasks(Some("team==web")).await.unwrap();
    insta::assert_snapshot!(log.lines().join("\n"), @r"
    GET /v2/apps?embed=apps.tasks&embed=apps.counts&embed=apps.deployments&embed=apps.lastTaskFailure
    GET /v2/apps?embed=apps.counts&embed=apps.deployments&embed=apps.lastTaskFailure
    GET /v2/apps?label=team%3D%3Dweb&embed=apps.counts&embed=apps.deployments&embed=apps.lastTaskFailure
    ");
}

#[tokio::test]
async fn an_id_cannot_leave_its_path() {
    let log = Log::default();
    let client = in_process(log.keeping(always(404, "application/json", "{}")));
    assert!(client.app("/a b/../c?force=true#x").await.unwrap_err().is_not_found());
    assert_eq!(log.lines(), ["GET /v2/apps/a%20b/c%3Fforce=true%23x"]);
}

#[tokio::test]
async fn one_bad_task_does_not_spoil_the_app() {
    let body = r#"{"app": {"id": "/hc", "instances": 3, "labels": null, "plugin": {"x": 1}, "tasks": [
        {"id": "hc.instance-1._app.2", "state": "TASK_RUNNING", "ports": [31000], "unknown": true,
         "healthCheckResults": [{"alive": true, "firstSuccess": null, "lastFailure": "2026-11-22T16:59:48.108Z"}]},
        {"host": "without an id"},
        {"id": "hc.instance-2._app.1", "ports": "none"},
        {"id": "hc.instance-3._app.1"}]}}"#;
    let app = in_process(always(200, "application/json", body)).app("/hc").await.unwrap();
    let ids: Vec<&str> = app.tasks.iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["hc.instance-1._app.2", "hc.instance-3._app.1"]);
    let first = &app.tasks[0];
    assert!(first.is_healthy() && !first.is_unhealthy() && first.is_running());
    assert_eq!((first.id.instance(), first.id.incarnation()), ("hc.instance-1", Some(2)));
    assert_eq!(first.health_check_results[0].last_failure, parse_timestamp("2026-11-22T16:59:48.108Z"));
    assert_eq!(first.raw["unknown"], true);
    assert!(!app.tasks[1].is_healthy() && !app.tasks[1].is_unhealthy(), "no result is neither");
    let unreadable: Vec<&Value> = app.unreadable.iter().map(|each| &each.raw).collect();
    assert_eq!(
        unreadable,
        [&json!({"host": "without an id"}), &json!({"id": "hc.instance-2._app.1", "ports": "none"})]
    );
    assert_eq!(app.raw["plugin"], json!({"x": 1}));
    assert_eq!(app.raw.get("tasks"), None);
}

#[tokio::test]
async fn one_bad_app_does_not_spoil_the_list() {
    let body = r#"{"apps": [{"id": "/a"}, {"instances": 1}, {"id": "/b", "instances": "many"}, {"id": "/c"}]}"#;
    let apps = in_process(always(200, "application/json", body)).apps().await.unwrap();
    assert_eq!(apps.apps.iter().map(|app| app.id.as_str()).collect::<Vec<_>>(), ["/a", "/c"]);
    assert_eq!(apps.unreadable.len(), 2);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_transient_and_one_of_another_kind_is_not() {
    let asked = async |body| in_process(always(200, "application/json", body)).deployments().await.unwrap_err();
    for body in ["<html>Please log in</html>", r#"[{"id": "1"#, ""] {
        assert!(asked(body).await.is_transient(), "{body}");
    }
    assert!(!asked(r#"{"message": "no list"}"#).await.is_transient());
}

#[tokio::test]
async fn absence_is_an_answer() {
    let client =
        in_process(always(404, "application/json", r#"{"message":"App '/nope' does not exist","details":[]}"#));
    assert_eq!(client.app_opt("/nope").await.unwrap(), None);
    assert_eq!(client.group_opt("/nope").await.unwrap(), None);
    assert!(client.delete_app("/nope", true).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_ends_in_virtual_time() {
    let router = axum::Router::new().fallback(|| async { std::future::pending::<()>().await });
    let begin = tokio::time::Instant::now();
    let error = in_process(router).ping().await.unwrap_err();
    assert!(error.is_unreachable() && error.is_transient(), "{error}");
    assert_eq!(begin.elapsed().as_secs(), 30);
}
