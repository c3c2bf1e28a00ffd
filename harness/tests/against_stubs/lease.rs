//! What is ours is removed, what is not is left alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, Query},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use harness::{
    Clock,
    cluster::{Kept, Lease, LeaseOptions, RunName, remove_run, sweep},
    marathon::{Auth, Client},
    tls::Trust,
};
use serde_json::{Value, json};
use time::macros::datetime;
use url::Url;

use crate::stub::{Log, in_process};

const TIMEOUT: Duration = Duration::from_secs(30);

/// Just enough of Marathon: apps by id; groups follow from ids; a deletion shows as a deployment for two looks.
#[derive(Clone, Default)]
struct Apps {
    apps: Arc<Mutex<BTreeMap<String, Value>>>,
    deployments: Arc<Mutex<Vec<(u8, String)>>>,
    stubborn: bool,
    /// A pod that keeps its group alive.
    pod: Option<&'static str>,
    /// The group that comes back, empty, when the deployments are over, and whether it is back.
    ghost: Arc<Mutex<Option<(&'static str, bool)>>>,
    /// The app that somebody creates right after a group was looked at.
    newcomer: Arc<Mutex<Option<&'static str>>>,
}

impl Apps {
    fn put(&self, id: &str, labels: Value) {
        self.apps.lock().unwrap().insert(id.to_owned(), json!({ "id": id, "labels": labels }));
    }

    fn ids(&self) -> Vec<String> {
        self.apps.lock().unwrap().keys().cloned().collect()
    }

    fn group(&self, id: &str) -> Option<Value> {
        let apps = self.apps.lock().unwrap().clone();
        let below = format!("{id}/");
        let inside: Vec<(&String, &Value)> = apps.iter().filter(|(app, _)| app.starts_with(&below)).collect();
        let pods: Vec<Value> =
            self.pod.iter().filter(|pod| pod.starts_with(&below)).map(|pod| json!({ "id": pod })).collect();
        if inside.is_empty() && pods.is_empty() {
            let back = self.ghost.lock().unwrap().is_some_and(|(group, back)| back && group == id);
            return back.then(|| json!({ "id": id, "apps": [], "groups": [], "pods": [] }));
        }
        let (direct, deeper): (Vec<_>, Vec<_>) = inside.iter().partition(|(app, _)| !app[below.len()..].contains('/'));
        let mut groups: Vec<String> = deeper
            .iter()
            .filter_map(|(app, _)| app[below.len()..].split('/').next().map(|name| format!("{below}{name}")))
            .collect();
        groups.dedup();
        let direct: Vec<Value> = direct.into_iter().map(|(_, app)| (*app).clone()).collect();
        let groups: Vec<Value> = groups.iter().filter_map(|group| self.group(group)).collect();
        Some(json!({ "id": id, "apps": direct, "groups": groups, "pods": pods }))
    }

    fn remove(&self, wanted: impl Fn(&str) -> bool) -> Response {
        let gone: Vec<String> = self.ids().into_iter().filter(|id| wanted(id)).collect();
        if gone.is_empty() {
            return (StatusCode::NOT_FOUND, Json(json!({ "message": "does not exist" }))).into_response();
        }
        for id in gone {
            if !self.stubborn {
                self.apps.lock().unwrap().remove(&id);
            }
            self.deployments.lock().unwrap().push((2, id));
        }
        Json(json!({ "deploymentId": "d", "version": "v" })).into_response()
    }

    /// The ghost goes at once; what else is in a group goes by a deployment.
    fn remove_group(&self, id: &str) -> Response {
        if self.ghost.lock().unwrap().take_if(|(group, back)| *back && *group == id).is_some() {
            return Json(json!({ "deploymentId": "d2", "version": "v" })).into_response();
        }
        self.remove(|app| app.starts_with(&format!("{id}/")))
    }

    /// When the deployments are over, the ghost is back.
    fn all_over(&self, over: bool) {
        if over && let Some((_, back)) = self.ghost.lock().unwrap().as_mut() {
            *back = true;
        }
    }

    fn router(&self) -> Router {
        let not_found = || (StatusCode::NOT_FOUND, Json(json!({ "message": "does not exist" }))).into_response();
        let (create, one, drop_app, group, drop_group, deployments) =
            (self.clone(), self.clone(), self.clone(), self.clone(), self.clone(), self.clone());
        Router::new()
            .route(
                "/v2/apps",
                post(move |Json(app): Json<Value>| async move {
                    let id = format!("/{}", app["id"].as_str().unwrap().trim_start_matches('/'));
                    if create.ids().contains(&id) {
                        return (StatusCode::CONFLICT, Json(json!({ "message": "already exists" }))).into_response();
                    }
                    let mut app = app;
                    app["id"] = json!(id);
                    create.apps.lock().unwrap().insert(id, app.clone());
                    (StatusCode::CREATED, Json(app)).into_response()
                }),
            )
            .route(
                "/v2/apps/{*id}",
                get(move |Path(id): Path<String>| async move {
                    let found = one.apps.lock().unwrap().get(&format!("/{id}")).cloned();
                    found.map_or_else(not_found, |app| Json(json!({ "app": app })).into_response())
                }),
            )
            .route(
                "/v2/apps/{*id}",
                delete(move |Path(id): Path<String>| async move { drop_app.remove(|app| app == format!("/{id}")) }),
            )
            .route(
                "/v2/groups/{*id}",
                get(move |Path(id): Path<String>| async move {
                    let seen = group.group(&format!("/{id}"));
                    if let Some(newcomer) = group.newcomer.lock().unwrap().take() {
                        group.put(newcomer, json!({}));
                    }
                    seen.map_or_else(not_found, |group| Json(group).into_response())
                }),
            )
            .route(
                "/v2/groups/{*id}",
                delete(move |Path(id): Path<String>, Query(query): Query<BTreeMap<String, String>>| async move {
                    assert_ne!(query.get("force").map(String::as_str), Some("true"));
                    drop_group.remove_group(&format!("/{id}"))
                }),
            )
            .route(
                "/v2/deployments",
                get(move || async move {
                    let mut running = deployments.deployments.lock().unwrap();
                    running.iter_mut().for_each(|(looks, _)| *looks = looks.saturating_sub(1));
                    running.retain(|(looks, _)| *looks > 0);
                    deployments.all_over(running.is_empty());
                    let list: Vec<Value> =
                        running.iter().map(|(_, app)| json!({ "id": "d", "affectedApps": [app] })).collect();
                    Json(list)
                }),
            )
    }

    fn client(&self) -> (Client, Log) {
        let log = Log::default();
        (in_process(log.keeping(self.router())), log)
    }
}

fn options(run: &str) -> LeaseOptions {
    LeaseOptions {
        run: Some(RunName::known(run)),
        owner: "me".to_owned(),
        lifetime: Duration::from_secs(3600),
        suite: Some("s1".to_owned()),
        clock: Clock::anchored(datetime!(2026-11-22 22:00 UTC)),
    }
}

#[tokio::test]
async fn the_owner_is_the_user_that_the_server_knows() {
    let url: Url = "http://127.0.0.1:1".parse().unwrap();
    let basic = Auth::Basic { user: "alice".to_owned(), password: "word".into() };
    let client = Client::builder(url.clone()).auth(basic).connect(&Trust::default()).unwrap();
    assert_eq!(LeaseOptions::of_user(&client).await.owner, "alice");
    let stranger = Client::builder(url).connect(&Trust::default()).unwrap();
    assert_eq!(LeaseOptions::of_user(&stranger).await.owner, LeaseOptions::default().owner);
}

#[tokio::test(start_paused = true)]
async fn an_app_is_deployed_in_the_group_with_labels_and_removed_with_it() {
    let apps = Apps::default();
    apps.put("/bystander", json!({}));
    apps.put("/team/hc", json!({"HC_RIG_RUN": "other"}));
    let (client, log) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    assert_eq!(log.lines(), [] as [&str; 0], "a lease by itself touches nothing");
    let app = lease.deploy(&json!({"id": "/hc", "cmd": "x", "labels": {"a": "b"}})).await.unwrap();
    assert_eq!(app.id, "/hc-rig/r1/hc");
    assert!(lease.owns(&app));
    insta::assert_json_snapshot!(app.labels, @r#"
    {
      "HC_RIG_EXPIRES": "2026-11-22T23:00:00Z",
      "HC_RIG_OWNER": "me",
      "HC_RIG_RUN": "r1",
      "HC_RIG_SUITE": "s1",
      "a": "b"
    }
    "#);
    assert_eq!(lease.release(TIMEOUT).await.unwrap(), [] as [&str; 0]);
    assert_eq!(apps.ids(), ["/bystander", "/team/hc"]);
    let looks = log.lines().iter().filter(|line| *line == "GET /v2/deployments").count();
    assert!(looks >= 2, "released only when the deployment was over: {:?}", log.lines());
    lease.release(TIMEOUT).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_app_of_somebody_else_in_the_group_survives() {
    let apps = Apps::default();
    let (client, _) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc"})).await.unwrap();
    apps.put("/hc-rig/r1/stranger", json!({}));
    assert_eq!(lease.release(TIMEOUT).await.unwrap(), ["/hc-rig/r1/stranger"]);
    assert_eq!(apps.ids(), ["/hc-rig/r1/stranger"]);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_somebody_creates_in_the_group_meanwhile_survives() {
    let apps = Apps { newcomer: Arc::new(Mutex::new(Some("/hc-rig/r1/stranger"))), ..Apps::default() };
    let (client, log) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc"})).await.unwrap();
    assert_eq!(lease.release(TIMEOUT).await.unwrap(), ["/hc-rig/r1/stranger"]);
    assert_eq!(apps.ids(), ["/hc-rig/r1/stranger"]);
    assert!(!log.lines().iter().any(|line| line.starts_with("DELETE /v2/groups")), "{:?}", log.lines());
}

#[tokio::test(start_paused = true)]
async fn a_pod_in_the_group_is_not_ours() {
    let apps = Apps { pod: Some("/hc-rig/r1/pod"), ..Apps::default() };
    let (client, log) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc"})).await.unwrap();
    assert_eq!(lease.release(TIMEOUT).await.unwrap(), ["/hc-rig/r1/pod"]);
    assert_eq!(apps.ids(), [] as [&str; 0]);
    assert!(!log.lines().iter().any(|line| line.starts_with("DELETE /v2/groups")), "{:?}", log.lines());
}

#[tokio::test(start_paused = true)]
async fn an_id_of_its_own_is_used_only_if_it_is_free() {
    let apps = Apps::default();
    apps.put("/taken", json!({}));
    let (client, _) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    assert_eq!(lease.deploy_as_is(&json!({"id": "/free"})).await.unwrap().id, "/free");
    assert!(lease.deploy_as_is(&json!({"id": "/taken"})).await.unwrap_err().to_string().contains("already exists"));
    assert!(
        lease
            .update("/taken", &json!({"instances": 0}), true)
            .await
            .unwrap_err()
            .to_string()
            .contains("does not belong")
    );
    lease.release(TIMEOUT).await.unwrap();
    assert_eq!(apps.ids(), ["/taken"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_comes_back_when_its_deployments_end_is_removed_again_and_reported() {
    let apps = Apps { ghost: Arc::new(Mutex::new(Some(("/hc-rig/r1", false)))), ..Apps::default() };
    let (client, log) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc"})).await.unwrap();
    lease.release(TIMEOUT).await.unwrap();
    assert_eq!(apps.group("/hc-rig/r1"), None, "{:?}", log.lines());
    let deletions: Vec<_> = log.lines().into_iter().filter(|line| line.starts_with("DELETE")).collect();
    assert_eq!(deletions, ["DELETE /v2/apps/hc-rig/r1/hc?force=true", "DELETE /v2/groups/hc-rig/r1"]);
    let incidents: Vec<_> = client.incidents().into_iter().map(|incidents| (incidents.name, incidents.count)).collect();
    assert_eq!(incidents, [("group removed again".to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_clean_up_names_what_is_left() {
    let apps = Apps { stubborn: true, ..Apps::default() };
    let (client, _) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc"})).await.unwrap();
    let error = lease.release(TIMEOUT).await.unwrap_err();
    insta::assert_snapshot!(error, @"clean-up of /hc-rig/r1 is incomplete: after 30 s 1 app is still listed; left: /hc-rig/r1/hc");
}

#[tokio::test(start_paused = true)]
async fn many_tasks_have_longer_to_die() {
    let apps = Apps { stubborn: true, ..Apps::default() };
    let (client, _) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc", "instances": 1000})).await.unwrap();
    let error = lease.release(TIMEOUT).await.unwrap_err().to_string();
    assert!(error.contains("after 80 s 1 app is still listed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn another_process_can_finish_the_clean_up() {
    let apps = Apps::default();
    let (client, _) = apps.client();
    let lease = Lease::take(&client, options("r1"));
    lease.deploy(&json!({"id": "hc"})).await.unwrap();
    drop(lease);
    assert_eq!(apps.ids().len(), 1, "dropping keeps the evidence");
    remove_run(&client, &RunName::known("r1"), TIMEOUT).await.unwrap();
    assert_eq!(apps.ids(), [] as [&str; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_test_is_kept_unless_there_are_enough() {
    let apps = Apps::default();
    let (client, _) = apps.client();
    for n in 0..3 {
        let lease = Lease::take(&client, options(&format!("r{n}")));
        lease.deploy(&json!({"id": "hc"})).await.unwrap();
        let kept = lease.keep(2, TIMEOUT).await.unwrap();
        match (n, kept) {
            (0 | 1, Kept::Stays(kept)) => {
                assert_eq!((kept.run.as_str(), kept.group), (&*format!("r{n}"), format!("/hc-rig/r{n}")));
                assert!(kept.url.ends_with(&format!("/v2/groups/hc-rig/r{n}")), "{}", kept.url);
                assert!(kept.expires.contains("23:00:00Z"), "{}", kept.expires);
            }
            (2, Kept::Removed) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(apps.ids(), ["/hc-rig/r0/hc", "/hc-rig/r1/hc"]);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_removes_what_has_expired_and_nothing_else() {
    let apps = Apps::default();
    let ours = |run: &str, expires: &str| json!({"HC_RIG_RUN": run, "HC_RIG_OWNER": "me", "HC_RIG_EXPIRES": expires});
    apps.put("/bystander", ours("x", "2026-01-01T00:00:00Z"));
    apps.put("/hc-rig/old/hc", ours("old", "2026-11-22T21:59:59Z"));
    apps.put("/hc-rig/old/sub/hc", ours("old", "2026-11-22T21:59:59Z"));
    apps.put("/hc-rig/new/hc", ours("new", "2026-11-22T22:00:01Z"));
    apps.put("/hc-rig/mixed/hc", ours("mixed", "2026-01-01T00:00:00Z"));
    apps.put("/hc-rig/mixed/other", json!({}));
    apps.put("/hc-rig/stray", json!({}));
    let (client, _) = apps.client();
    let swept = sweep(&client, Clock::anchored(datetime!(2026-11-22 22:00 UTC)), TIMEOUT).await.unwrap();
    assert_eq!(swept.removed.iter().map(|found| found.group.as_str()).collect::<Vec<_>>(), ["/hc-rig/old"]);
    assert_eq!(swept.kept.current.iter().map(|found| found.group.as_str()).collect::<Vec<_>>(), ["/hc-rig/new"]);
    assert_eq!(swept.kept.foreign, ["/hc-rig/stray", "/hc-rig/mixed/other"]);
    let left = ["/bystander", "/hc-rig/mixed/hc", "/hc-rig/mixed/other", "/hc-rig/new/hc", "/hc-rig/stray"];
    assert_eq!(apps.ids(), left);
}

#[tokio::test]
async fn a_malformed_definition_is_refused_before_anything_is_sent() {
    let (client, log) = Apps::default().client();
    let lease = Lease::take(&client, options("r1"));
    let mut said = Vec::new();
    for definition in [json!([]), json!({}), json!({"id": 7}), json!({"id": "/"}), json!({"id": "/a", "labels": [1]})] {
        said.push(lease.deploy(&definition).await.unwrap_err().to_string());
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    the definition is not a JSON object
    the definition has no `id`
    the definition has no `id`
    the definition has no `id`
    the definition has `labels` that are not a JSON object
    ");
    assert_eq!(log.lines(), [] as [&str; 0]);
}
