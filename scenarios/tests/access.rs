//! The harness against the fake: every request of the client, the login, the trust, and the lease.
//!
//! Harness and fake share no types, and each is compared with recordings of a real Marathon. These tests run one
//! against the other: a failure here would fail a scenario too, with a longer report.

#![expect(clippy::unwrap_used, reason = "the set-up of a test may fail loudly")]

use std::time::Duration;

use fake_marathon::{FakeMarathon, Tls};
use fixtures::{App, Check, Containerizer};
use harness::{
    Clock, Transport,
    cluster::{DockerSupport, Lease, LeaseOptions, Limits, Needs, RunName, preflight, sweep},
    dcos::{Credentials, OfferedCa},
    marathon::{Client, Kill},
    model::Kind,
    settings::{Access, Settings},
    tls::{Fingerprint, ServerTrust, Trust},
    wait::Condition,
    watch::{EventLog, PodId, Watch, gone, healthy, replaced, settled},
};
use serde_json::json;

const TIMEOUT: Duration = Duration::from_secs(60);

/// The cluster at `url` with these credentials and this trust.
fn settings(url: &str, credentials: Credentials, server: ServerTrust) -> Settings {
    let mut settings = Settings::from(Access::dcos(url, credentials).unwrap());
    settings.trust.value = Trust::server(server);
    settings
}

/// The user of the fake cluster.
fn user() -> Credentials {
    with_password("deleteme")
}

fn with_password(password: &str) -> Credentials {
    Credentials::Password { uid: "bootstrapuser".to_owned(), password: password.into() }
}

async fn offline() -> (FakeMarathon, Client) {
    let fake = FakeMarathon::builder().prompt_offers().start().await.unwrap();
    let client = Client::in_process(Transport::in_process(fake.service()));
    (fake, client)
}

fn hc() -> serde_json::Value {
    App::listener(Containerizer::Mesos, Check::MesosTcp).instances(2).to_json()
}

#[tokio::test(start_paused = true)]
async fn every_request_of_the_client_is_understood() {
    let (fake, client) = offline().await;
    client.ping().await.unwrap();
    let info = client.info().await.unwrap();
    assert!(info.elected && !info.version.is_empty(), "{info:?}");
    assert_eq!(client.leader().await.unwrap(), info.leader.unwrap());
    let watch = Watch::new(client.clone()).with_events(EventLog::open(&client).await.unwrap());
    let app = client.create_app(&hc()).await.unwrap();
    assert_eq!((app.id.as_str(), app.instances, app.deployments.len()), ("/hc", 2, 1));
    assert!(client.scale(Kind::App, "/hc", 3, false).await.unwrap_err().is_locked());
    let deployments = client.deployments().await.unwrap();
    assert_eq!(deployments[0].affected_apps, ["/hc"]);
    assert_eq!(client.queue().await.unwrap()[0].app_id, "/hc");
    watch.wait_for("/hc", healthy(2).and(settled())).await.unwrap();

    let result = client.scale(Kind::App, "/hc", 3, false).await.unwrap();
    assert!(!result.deployment_id.is_empty() && !result.version.is_empty());
    watch.wait_for("/hc", healthy(3).and(settled())).await.unwrap();
    let app = client.app("/hc").await.unwrap();
    assert_eq!((app.tasks.len(), app.tasks_running, app.tasks_healthy, app.tasks_staged), (3, 3, 3, 0));
    assert_eq!(app.unreadable, []);
    assert!(app.health_checks[0].is_native());
    assert_eq!(client.apps().await.unwrap().apps[0].tasks.len(), 3);
    assert_eq!(client.tasks("/hc").await.unwrap().len(), 3);
    assert_eq!(client.versions("/hc").await.unwrap().len(), 2);

    let state = client.mesos_state().await.unwrap();
    let agent = &state.agents[0];
    assert_eq!(agent.id, app.tasks[0].slave_id);
    let containers = client.agent_containers(agent).await.unwrap();
    assert_eq!(containers.len(), 3);
    assert!(containers.iter().any(|container| container.executor_id == app.tasks[0].id.as_str()));

    let victim = app.tasks[0].id.as_str();
    assert_eq!(client.kill_task("/hc", victim, Kill::Replace).await.unwrap().tasks[0].id.as_str(), victim);
    let killed = client.kill_task("/hc", app.tasks[1].id.as_str(), Kill::Scale).await.unwrap();
    assert!(killed.deployment.is_some());
    watch.wait_for("/hc", healthy(2).and(settled())).await.unwrap();
    assert!(client.kill_task("/hc", "hc.instance-nobody._app.1", Kill::Replace).await.unwrap_err().is_not_found());
    assert_eq!(client.kill_tasks(&[app.tasks[2].id.as_str()], Kill::Replace).await.unwrap().tasks.len(), 1);
    client.restart("/hc", false).await.unwrap();
    watch.wait_for("/hc", healthy(2).and(settled())).await.unwrap();

    client.create_group(&json!({"id": "/g", "apps": []})).await.unwrap();
    assert_eq!(client.group("/").await.unwrap().all().len(), 1);
    client.delete_group("/g", false).await.unwrap();
    assert_eq!(client.group_opt("/g").await.unwrap(), None);
    assert!(client.reset_delay("/hc").await.is_err_and(|error| error.is_not_found()), "nothing waits");
    assert!(client.cancel_deployment("nobody", true).await.is_err_and(|error| error.is_not_found()));
    client.delete_app("/hc", true).await.unwrap();
    assert_eq!(client.app_opt("/hc").await.unwrap(), None);
    fake.shutdown().await;
}

/// A pod of two containers, one of them checked.
fn pod(id: &str) -> serde_json::Value {
    json!({
        "id": id,
        "networks": [{"mode": "host"}],
        "containers": [
            {"name": "side", "exec": {"command": {"shell": "sleep 1000"}}, "resources": {"cpus": 0.01, "mem": 16}},
            {
                "name": "web", "exec": {"command": {"shell": "serve"}}, "resources": {"cpus": 0.01, "mem": 16},
                "labels": {"HC_RIG_BEHAVIOUR": "well"}, "endpoints": [{"name": "web", "hostPort": 0}],
                "healthCheck": {"tcp": {"endpoint": "web"}, "intervalSeconds": 2, "timeoutSeconds": 1},
            },
        ],
    })
}

#[tokio::test(start_paused = true)]
async fn a_pod_is_created_scaled_killed_and_deleted_as_an_app_is() {
    let (fake, client) = offline().await;
    let watch = Watch::new(client.clone()).with_events(EventLog::open(&client).await.unwrap());
    let id = PodId("/pod".to_owned());
    let created = client.create(&pod(&id.0)).await.unwrap();
    assert_eq!((created.kind, created.instances, created.deployments.len()), (Kind::Pod, 1, 1));
    assert!(client.scale(Kind::Pod, &id.0, 3, false).await.unwrap_err().is_locked());
    let deployment = client.deployments().await.unwrap().remove(0);
    assert!(deployment.affects(&id.0) && deployment.current_actions[0].app == id.0, "{deployment:?}");
    watch.wait_for(&id, healthy(1).and(settled())).await.unwrap();
    let result = client.scale(Kind::Pod, &id.0, 3, false).await.unwrap();
    assert!(!result.deployment_id.is_empty() && !result.version.is_empty());
    watch.wait_for(&id, healthy(3).and(settled())).await.unwrap();

    let found = client.find_any(&id.0).await.unwrap().unwrap();
    assert_eq!((found.kind, found.tasks_healthy, found.tasks_running, found.unreadable.len()), (Kind::Pod, 3, 3, 0));
    assert_eq!(client.pods().await.unwrap()[0].tasks.len(), 3);
    let victim = &found.tasks[0];
    client.kill_instance(&id.0, victim.id.instance(), Kill::Replace).await.unwrap();
    watch.wait_for(&id, replaced(victim).and(healthy(3))).await.unwrap();
    client.delete(Kind::Pod, &id.0, false).await.unwrap();
    watch.wait_for(&id, gone()).await.unwrap();
    assert_eq!(client.find_any(&id.0).await.unwrap(), None);
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_removes_its_pods_and_leaves_those_of_others() {
    let (fake, client) = offline().await;
    let lease = Lease::take(&client, LeaseOptions { run: Some(RunName::known("pods")), ..LeaseOptions::default() });
    let own = lease.deploy(&pod("/pod")).await.unwrap();
    assert_eq!(own.id, "/hc-rig/pods/pod");
    lease.deploy_as_is(&pod("/elsewhere")).await.unwrap();
    client.create(&pod("/hc-rig/pods/theirs")).await.unwrap();
    assert_eq!(lease.release(TIMEOUT).await.unwrap(), ["/hc-rig/pods/theirs"]);
    let left: Vec<String> = client.pods().await.unwrap().into_iter().map(|pod| pod.id).collect();
    assert_eq!(left, ["/hc-rig/pods/theirs"]);

    let short = LeaseOptions { run: Some(RunName::known("old")), lifetime: Duration::ZERO, ..LeaseOptions::default() };
    Lease::take(&client, short).deploy(&pod("/pod")).await.unwrap();
    let swept = sweep(&client, Clock::System, TIMEOUT).await.unwrap();
    assert_eq!(swept.removed[0].apps, ["/hc-rig/old/pod"], "{swept:?}");
    assert_eq!(swept.kept.foreign, ["/hc-rig/pods/theirs"]);
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_definition_names_field_and_reason() {
    let (fake, client) = offline().await;
    let error = client.create_app(&json!({"id": "/hc", "cmd": "x", "cpus": "much"})).await.unwrap_err();
    assert_eq!(error.status_code().map(|status| status.as_u16()), Some(422));
    assert!(error.to_string().contains("/cpus: error.expected.jsnumber"), "{error}");
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_deployed_released_and_swept() {
    let (fake, client) = offline().await;
    client.create_app(&json!({"id": "/bystander", "cmd": "sleep 1", "instances": 0})).await.unwrap();
    let found = preflight(&client).await.unwrap();
    assert_eq!(found.agents.len(), 1);
    let needs = Needs { tasks: 20, cpus: 0.001, mem: 64.0, ports: 1, docker: true };
    found.check(&needs, Some(&Limits::default())).unwrap();
    assert!(found.check(&Needs { cpus: 100.0, ..needs }, None).unwrap_err().to_string().contains("lower the target"));
    let refusal = found.check(&Needs { ports: 101, ..needs }, None).unwrap_err().to_string();
    assert_eq!(refusal, "the run needs 2020 ports and the cluster has 2000 free; lower the target");
    assert_ne!(found.docker(), DockerSupport::No);

    let watch = Watch::new(client.clone());
    let lease = Lease::take(&client, LeaseOptions { run: Some(RunName::known("one")), ..LeaseOptions::default() });
    let app = lease.deploy(&hc()).await.unwrap();
    assert_eq!(app.id, "/hc-rig/one/hc");
    watch.wait_for(app.id.as_str(), healthy(2).and(settled())).await.unwrap();
    lease.release(TIMEOUT).await.unwrap();
    assert_eq!(client.group_opt(&lease.group()).await.unwrap(), None);
    assert!(client.mesos_state().await.unwrap().agents[0].used_resources.cpus.abs() < 1e-9, "no task is left");

    let expired =
        LeaseOptions { lifetime: Duration::ZERO, run: Some(RunName::known("two")), ..LeaseOptions::default() };
    Lease::take(&client, expired).deploy(&hc()).await.unwrap();
    Lease::take(&client, LeaseOptions { run: Some(RunName::known("three")), ..LeaseOptions::default() })
        .deploy(&hc())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let swept = sweep(&client, Clock::System, TIMEOUT).await.unwrap();
    assert_eq!(swept.removed.len(), 1, "{swept:?}");
    assert_eq!(swept.kept.current.len(), 1, "{swept:?}");
    assert!(client.app_opt("/bystander").await.unwrap().is_some());
    fake.shutdown().await;
}

/// A real socket with TLS and a login, as a cluster has them.
async fn cluster() -> FakeMarathon {
    FakeMarathon::builder()
        .prompt_offers()
        .listen("127.0.0.1:0".parse().unwrap())
        .tls(Tls::SelfSigned)
        .user("bootstrapuser", "deleteme")
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_cluster_is_reached_with_user_and_password() {
    let fake = cluster().await;
    let client = settings(fake.url(), user(), ServerTrust::Insecure).connect().unwrap();
    let watch = Watch::new(client.clone()).with_events(EventLog::open(&client).await.unwrap());
    let lease = Lease::take(&client, LeaseOptions::default());
    let app = lease.deploy(&hc()).await.unwrap();
    watch.wait_for(app.id.as_str(), healthy(2).and(settled())).await.unwrap();
    let server = client.server_time().unwrap();
    assert!((server.now - Clock::System.now()).abs() <= server.uncertainty + Duration::from_millis(5));
    assert_eq!(client.agent_containers(&client.mesos_state().await.unwrap().agents[0]).await.unwrap().len(), 2);
    lease.release(TIMEOUT).await.unwrap();
    fake.shutdown().await;
}

#[tokio::test]
async fn the_clusters_own_ca_is_trusted_once_its_fingerprint_is_known() {
    let fake = cluster().await;
    let root = fake.url().parse().unwrap();
    let offered = OfferedCa::fetch(&root, None).await.unwrap();
    offered.accept(&Fingerprint::of(b"another")).unwrap_err();
    let settings = settings(fake.url(), user(), offered.accept(&offered.fingerprint).unwrap());
    let found = preflight(&settings.connect().unwrap()).await.unwrap();
    assert_eq!(found.identity.as_deref(), Some("bootstrapuser"));
    fake.shutdown().await;
}

#[tokio::test]
async fn who_is_not_known_or_not_trusted_deploys_nothing() {
    let fake = cluster().await;
    let ping = async |settings: Settings| settings.connect().unwrap().ping().await.unwrap_err();
    let refused = ping(settings(fake.url(), with_password("wrong"), ServerTrust::Insecure)).await;
    assert!(refused.is_unauthorized() && refused.to_string().contains("refused: 401"), "{refused}");
    let token = Credentials::Token("a.b.c".into());
    assert!(ping(settings(fake.url(), token, ServerTrust::Insecure)).await.is_unauthorized());
    let mut nobody = Settings::from(Access::marathon(fake.url()).unwrap());
    nobody.trust.value = Trust::server(ServerTrust::Insecure);
    assert!(ping(nobody).await.is_unauthorized(), "nobody at all");
    let untrusted = ping(settings(fake.url(), user(), ServerTrust::Roots)).await;
    assert!(untrusted.is_untrusted() && !untrusted.is_transient(), "{untrusted}");
    fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_in_the_middle_is_renewed() {
    let builder = FakeMarathon::builder().user("bootstrapuser", "deleteme").token_ttl(Duration::from_secs(60));
    let fake = builder.start().await.unwrap();
    let settings = settings("http://dcos.in-process", user(), ServerTrust::Roots);
    let client = settings.connect_over(Transport::in_process(fake.service())).unwrap();
    for _ in 0..20 {
        client.app_opt("/hc").await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    fake.shutdown().await;
}
