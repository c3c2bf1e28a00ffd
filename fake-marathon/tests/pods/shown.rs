//! How the status of a pod and Mesos show what was launched.

use fake_marathon::FakeMarathon;
use serde_json::{Value, json};

use super::{ask, container, get, pod, wait, with};

/// Deploys a pod and waits until its instance runs.
async fn deploy(fake: &FakeMarathon, definition: Value) -> Value {
    let (status, answer) = ask(fake, "POST /v2/pods", &definition).await;
    assert_eq!(status, 201, "{answer}");
    wait("an instance that runs", async || {
        let status = get(fake, "/v2/pods/p::status").await;
        (status["instances"][0]["status"] == "STABLE").then_some(status)
    })
    .await
}

async fn task(fake: &FakeMarathon) -> Value {
    get(fake, "/mesos/tasks").await["tasks"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn ports_of_container_networks_are_discovered_in_their_scope() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    let endpoints = json!([
        {"name": "web", "containerPort": 80, "hostPort": 0, "protocol": ["tcp"], "networkNames": ["n1"]},
        {"name": "own", "containerPort": 81, "protocol": ["tcp", "udp"], "labels": {"a": "b"}},
    ]);
    let own = with(container("c"), json!({"endpoints": endpoints}));
    let networks = json!([{"name": "n1"}, {"name": "n2"}]);
    let status = deploy(&fake, with(pod("/p"), json!({"containers": [own], "networks": networks}))).await;
    let addresses = json!(["127.0.0.1"]);
    let expected = json!([{"name": "n1", "addresses": addresses}, {"name": "n2", "addresses": addresses}]);
    assert_eq!(status["instances"][0]["networks"], expected);
    let ports = task(&fake).await["discovery"]["ports"]["ports"].clone();
    let seen: Vec<String> = ports.as_array().unwrap().iter().map(port).collect();
    let own =
        |network: &str, protocol: &str| format!("own 81/{protocol} a=b network-name={network} network-scope=container");
    assert_eq!(seen[1..], [own("n1", "tcp"), own("n2", "tcp"), own("n1", "udp"), own("n2", "udp")], "{ports:#}");
    let host = status["instances"][0]["containers"][0]["endpoints"][0]["allocatedHostPort"].clone();
    assert_eq!(seen[0], format!("web {host}/tcp network-scope=host"));
    fake.shutdown().await;
}

/// `name number/protocol label=value …`.
fn port(port: &Value) -> String {
    let labels = port["labels"]["labels"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut labels: Vec<String> =
        labels.iter().map(|label| format!("{}={}", text(&label["key"]), text(&label["value"]))).collect();
    labels.sort();
    format!("{} {}/{} {}", text(&port["name"]), port["number"], text(&port["protocol"]), labels.join(" "))
}

#[tokio::test(start_paused = true)]
async fn the_bridge_has_a_name_and_the_container_its_image_volumes_and_terminal() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    let own = with(
        container("c"),
        json!({
            "image": {"kind": "DOCKER", "id": "alpine", "forcePull": true}, "tty": true,
            "linuxInfo": {"seccomp": {"unconfined": true}, "ipcInfo": {"mode": "PRIVATE", "shmSize": 8}},
            "volumeMounts": [
                {"name": "v", "mountPath": "data"}, {"name": "h", "mountPath": "/host", "readOnly": true},
            ],
        }),
    );
    let definition = json!({
        "containers": [own], "networks": [{"mode": "container/bridge"}], "legacySharedCgroups": true,
        "volumes": [{"name": "v"}, {"name": "h", "host": "/tmp"}],
    });
    let status = deploy(&fake, with(pod("/p"), definition)).await;
    assert_eq!(status["instances"][0]["networks"], json!([{"name": "mesos-bridge", "addresses": ["127.0.0.1"]}]));
    let shared = json!({"type": "PARENT", "path": "volumes/v"});
    let expected = json!({
        "type": "MESOS",
        "linux_info": {
            "share_cgroups": true, "seccomp": {"unconfined": true}, "ipc_mode": "PRIVATE", "shm_size": 8,
        },
        "mesos": {"image": {"type": "DOCKER", "docker": {"name": "alpine"}, "cached": false}},
        "volumes": [
            {"mode": "RW", "container_path": "data", "source": {"type": "SANDBOX_PATH", "sandbox_path": shared}},
            {"mode": "RO", "container_path": "/host", "host_path": "/tmp"},
        ],
        "tty_info": {},
    });
    assert_eq!(task(&fake).await["container"], expected);
    fake.shutdown().await;
}

/// `InstanceConversion.scala`.
#[tokio::test(start_paused = true)]
async fn a_killed_instance_is_answered_with_its_health() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    let check = json!({
        "exec": {"command": {"shell": "true"}}, "delaySeconds": 0, "intervalSeconds": 2, "timeoutSeconds": 1,
    });
    let well = with(container("c"), json!({"healthCheck": check}));
    let status = deploy(&fake, with(pod("/p"), json!({"containers": [well]}))).await;
    let id = status["instances"][0]["id"].as_str().unwrap();
    let (answered, body) = ask(&fake, &format!("DELETE /v2/pods/p::instances/{id}"), &Value::Null).await;
    assert_eq!((answered, &body["state"]["healthy"], &body["state"]["goal"]), (200, &json!(true), &json!("Running")));
    fake.shutdown().await;
}

/// A command check is reported even of a container that it has killed (`maybeHealthCondition`); one that asks an endpoint
/// is not, since a container that has ended shows no endpoints.
#[tokio::test(start_paused = true)]
async fn the_last_result_of_a_command_check_stays() {
    let fake = FakeMarathon::builder().start().await.unwrap();
    let check = json!({
        "exec": {"command": {"shell": "false"}}, "delaySeconds": 0, "gracePeriodSeconds": 0, "intervalSeconds": 2,
        "timeoutSeconds": 1, "maxConsecutiveFailures": 1,
    });
    let sick = with(container("sick"), json!({"healthCheck": check}));
    let slow = json!({"backoff": {"backoff": 60, "maxLaunchDelay": 60}});
    let definition = with(pod("/p"), json!({"containers": [sick, container("side")], "scheduling": slow}));
    assert_eq!(ask(&fake, "POST /v2/pods", &definition).await.0, 201);
    let killed = wait("the end of both containers", async || {
        let containers = get(&fake, "/v2/pods/p::status").await["instances"][0]["containers"].clone();
        let ended = |n: usize| containers[n]["status"] == "TASK_KILLED";
        (ended(0) && ended(1)).then_some(containers)
    });
    let killed = killed.await;
    let condition = &killed[0]["conditions"][0];
    assert_eq!((&condition["value"], &condition["reason"]), (&json!("false"), &json!("health-reported-by-mesos")));
    assert_eq!(killed[1]["conditions"], json!([]));
    fake.shutdown().await;
}
