//! What a PUT and a DELETE of a pod change.

use fake_marathon::FakeMarathon;
use serde_json::{Value, json};

use super::{ask, container, get, pod, wait, with};

/// One fake in virtual time with the pod `/p` running; `PUT /v2/pods/p` with these fields is answered with its body.
async fn running() -> FakeMarathon {
    let fake = FakeMarathon::builder().start().await.unwrap();
    assert_eq!(ask(&fake, "POST /v2/pods", &pod("/p")).await.0, 201);
    settle(&fake).await;
    fake
}

/// Until no deployment is left.
async fn settle(fake: &FakeMarathon) {
    wait("the end of deployments", async || (get(fake, "/v2/deployments").await == json!([])).then_some(())).await;
}

async fn put(fake: &FakeMarathon, fields: Value) -> (u16, Value) {
    ask(fake, "PUT /v2/pods/p", &with(pod("/p"), fields)).await
}

/// The instance, its containers' ids and the versions of the pod.
async fn seen(fake: &FakeMarathon) -> (Value, usize) {
    let status = get(fake, "/v2/pods/p::status").await;
    let instances = status["instances"].as_array().unwrap().iter();
    let tasks = instances.map(|one| one["containers"][0]["containerId"].clone()).collect();
    (tasks, get(fake, "/v2/pods/p::versions").await.as_array().unwrap().len())
}

/// `PodDefinition.isUpgrade` does not look at them.
#[tokio::test(start_paused = true)]
async fn some_fields_change_in_place_and_others_replace_the_instances() {
    let fake = running().await;
    let before = seen(&fake).await;
    let in_place = json!({
        "scheduling": {"killSelection": "OLDEST_FIRST", "unreachableStrategy": "disabled"},
        "executorResources": {"cpus": 0.2}, "legacySharedCgroups": true,
    });
    let version = get(&fake, "/v2/pods/p").await["version"].clone();
    assert_eq!(put(&fake, in_place).await.0, 200);
    settle(&fake).await;
    let stored = get(&fake, "/v2/pods/p").await;
    assert_eq!((&stored["scheduling"]["killSelection"], &stored["version"]), (&json!("OLDEST_FIRST"), &version));
    assert_eq!((&stored["legacySharedCgroups"], &stored["executorResources"]["cpus"]), (&json!(true), &json!(0.2)));
    assert_eq!(seen(&fake).await, before, "neither a new instance nor a new version");

    for (n, fields) in [json!({"labels": {"a": "b"}}), json!({"user": "root"}), json!({"environment": {"A": "1"}})]
        .into_iter()
        .enumerate()
    {
        let before = seen(&fake).await;
        assert_eq!(put(&fake, fields.clone()).await.0, 200);
        settle(&fake).await;
        let after = seen(&fake).await;
        assert_ne!(after.0, before.0, "{fields}");
        assert_eq!(after.1, 2 + n, "{fields}");
    }
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_id_is_compared_as_a_path_and_another_is_refused() {
    let fake = running().await;
    let (status, body) = ask(&fake, "PUT /v2/pods/p", &pod("/q")).await;
    assert_eq!((status, &body["message"]), (400, &json!("'/p' does not match definition's id ('/q')")));
    // A role that is not there is found later, a bad id before.
    let (status, _) = ask(&fake, "PUT /v2/pods/p", &with(pod("/q"), json!({"role": "nope"}))).await;
    assert_eq!(status, 400);
    assert_eq!(ask(&fake, "PUT /v2/pods/p", &pod("q")).await.0, 422);
    assert_eq!(ask(&fake, "PUT /v2/pods/p", &pod("/x/../p/")).await.0, 200);
    assert_eq!(ask(&fake, "PUT /v2/pods/new", &pod("/new")).await.0, 200, "a PUT creates as well");
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_of_no_instances_is_stable_and_comes_back() {
    let fake = running().await;
    let scaled = |instances: u32| json!({"scaling": {"kind": "fixed", "instances": instances}});
    assert_eq!(put(&fake, scaled(0)).await.0, 200);
    settle(&fake).await;
    let status = get(&fake, "/v2/pods/p::status").await;
    assert_eq!((&status["status"], &status["instances"]), (&json!("STABLE"), &json!([])));
    assert_eq!(get(&fake, "/v2/queue").await, json!({"queue": []}));
    let id = "p.instance-11111111-1111-1111-1111-111111111111";
    assert_eq!(ask(&fake, "DELETE /v2/pods/p::instances", &json!([id])).await, (200, json!([])));
    let (status, body) = ask(&fake, &format!("DELETE /v2/pods/p::instances/{id}"), &Value::Null).await;
    assert_eq!((status, &body["message"]), (404, &json!(format!("Task '{id}' does not exist"))));
    assert_eq!(put(&fake, scaled(2)).await.0, 200);
    settle(&fake).await;
    let status = get(&fake, "/v2/pods/p::status").await;
    assert_eq!((&status["status"], status["instances"].as_array().map(Vec::len)), (&json!("STABLE"), Some(2)));
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_locked_pod_is_deleted_only_by_force() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    let huge = json!({"containers": [{"name": "c", "resources": {"cpus": 1000, "mem": 16}}]});
    assert_eq!(ask(&fake, "POST /v2/pods", &with(pod("/p"), huge)).await.0, 201);
    assert_eq!(ask(&fake, "DELETE /v2/pods/p", &Value::Null).await.0, 409);
    assert_eq!(ask(&fake, "DELETE /v2/pods/p?force=true", &Value::Null).await.0, 202);
    settle(&fake).await;
    for request in ["DELETE /v2/pods/p", "GET /v2/pods/p::status", "GET /v2/pods/p::versions"] {
        let (status, body) = ask(&fake, request, &Value::Null).await;
        assert_eq!((status, &body["message"]), (404, &json!("Pod '/p' does not exist")), "{request}");
    }
    fake.shutdown().await;
}

/// `InstanceConversion.scala` has no word for an instance that waits or was only just placed.
#[tokio::test(start_paused = true)]
async fn a_kill_of_an_instance_that_waits_answers_500() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    let crashes = with(container("c"), json!({"exec": {"command": {"shell": "sleep 2; exit 3"}}}));
    let backoff = json!({"backoff": 3600.0, "maxLaunchDelay": 3600.0});
    let crashing = json!({"id": "/p", "containers": [crashes], "scheduling": {"backoff": backoff}});
    assert_eq!(ask(&fake, "POST /v2/pods", &crashing).await.0, 201);
    let status = async |wanted: &str| {
        let status = get(&fake, "/v2/pods/p::status").await;
        let instance = status["instances"].get(0).filter(|instance| instance["status"] == wanted)?;
        instance["id"].as_str().map(str::to_owned)
    };
    let id = wait("an instance that runs", async || status("STABLE").await).await;
    assert_eq!(wait("its end", async || status("PENDING").await).await, id);
    for request in [format!("DELETE /v2/pods/p::instances/{id}"), "DELETE /v2/pods/p::instances".to_owned()] {
        assert_eq!(ask(&fake, &request, &json!([id])).await, (500, json!({"message": "None.get"})), "{request}");
    }
    fake.shutdown().await;
}
