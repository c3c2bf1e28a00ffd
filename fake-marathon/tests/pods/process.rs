//! Pods whose containers are real processes: what they fetch, what they share, which ports lead to them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use fake_marathon::{Builder, FakeMarathon, Isolator, Tasks};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{ask, container, get, pod, wait, with};

fn builder() -> Builder {
    FakeMarathon::builder().tasks(Tasks::Process).task_tools(env!("CARGO_BIN_EXE_task-tools")).prompt_offers()
}

async fn fake() -> FakeMarathon {
    builder().start().await.unwrap()
}

async fn deploy(fake: &FakeMarathon, fields: Value) {
    let (status, answer) = ask(fake, "POST /v2/pods", &with(pod("/p"), fields)).await;
    assert_eq!(status, 201, "{answer}");
}

fn shell(name: &str, command: &str, fields: Value) -> Value {
    with(with(container(name), json!({"exec": {"command": {"shell": command}}})), fields)
}

/// What a container has written there, once it is whole.
async fn written(path: &Path) -> String {
    wait("what a container writes", async || fs::read_to_string(path).ok().filter(|text| text.ends_with("done\n")))
        .await
}

/// As recorded in `pods.artifacts`.
#[tokio::test]
async fn artifacts_are_fetched_into_the_sandbox_and_a_missing_one_ends_the_pod() {
    let (fake, folder) = (fake().await, tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), "hi").unwrap();
    fs::write(at("s.sh"), "echo ran").unwrap();
    let list = format!("(ls; cat other; ./s.sh; echo; echo done) >{} 2>&1; sleep 1000", at("list").display());
    let artifacts = json!([
        {"uri": format!("file://{}", at("a").display()), "destPath": "other"},
        {"uri": format!("file://{}", at("s.sh").display()), "executable": true},
    ]);
    deploy(&fake, json!({"containers": [shell("web", &list, json!({"artifacts": artifacts}))]})).await;
    let listed = written(&at("list")).await;
    assert!(listed.contains("other\n") && listed.contains("s.sh\n"), "{listed}");
    assert!(listed.contains("hi") && listed.contains("ran\n"), "{listed}");
    assert_eq!(fs::metadata(at("s.sh")).unwrap().permissions().mode() & 0o111, 0, "the source stays as it was");
    assert_eq!(ask(&fake, "DELETE /v2/pods/p?force=true", &Value::Null).await.0, 202);
    wait("the end", async || (get(&fake, "/v2/deployments").await == json!([])).then_some(())).await;

    let gone = json!([{"uri": format!("file://{}", at("none").display())}]);
    let containers = json!([shell("bad", "sleep 1000", json!({"artifacts": gone})), container("side")]);
    deploy(&fake, json!({"containers": containers})).await;
    let ended = wait("a failure", async || {
        let status = get(&fake, "/v2/pods/p::status").await;
        status["terminationHistory"].as_array()?.first().cloned()
    });
    let ended = ended.await;
    assert_eq!(ended["message"], "Command exited with status 1");
    assert!(ended["containers"][0]["containerId"].as_str().unwrap().contains(".bad."), "{ended}");
    fake.shutdown().await;
}

#[tokio::test]
async fn containers_of_a_pod_share_a_volume_and_each_has_its_environment() {
    let (fake, folder) = (builder().isolation([Isolator::SandboxPath]).start(), tempfile::tempdir().unwrap());
    let fake = fake.await.unwrap();
    let out = folder.path().join("out");
    let mount = |path: &str| json!({"volumeMounts": [{"name": "v", "mountPath": path}]});
    let writer = shell("writer", "echo from the writer >data/now; sleep 1000", mount("data"));
    let read = "until test -s in/now; do sleep 0.1; done; (cat in/now; echo $A $B $C; echo done)";
    let check = json!({
        "exec": {"command": {"shell": "test -s in/now"}}, "delaySeconds": 0, "gracePeriodSeconds": 60,
        "intervalSeconds": 2, "timeoutSeconds": 1,
    });
    let own = with(mount("in"), json!({"environment": {"B": "container", "C": "c"}, "healthCheck": check}));
    let reader = shell("reader", &format!("{read} >{}; sleep 1000", out.display()), own);
    let environment = json!({"A": "pod", "B": "pod"});
    deploy(&fake, json!({"containers": [writer, reader], "volumes": [{"name": "v"}], "environment": environment}))
        .await;
    assert_eq!(written(&out).await, "from the writer\npod container c\ndone\n");
    let well = wait("a good result of the check", async || {
        let status = get(&fake, "/v2/pods/p::status").await;
        (status["status"] == "STABLE").then_some(status)
    });
    let condition = &well.await["instances"][0]["containers"][1]["conditions"][0];
    assert_eq!((&condition["value"], &condition["reason"]), (&json!("true"), &json!("health-reported-by-mesos")));
    fake.shutdown().await;
}

/// As recorded in `pods.shared_volume`.
#[tokio::test]
async fn without_an_isolator_no_volume_is_made_and_the_pod_runs() {
    let (fake, folder) = (fake().await, tempfile::tempdir().unwrap());
    let out = folder.path().join("out");
    let mount = |path: &str| json!({"volumeMounts": [{"name": "v", "mountPath": path}]});
    let look = format!("(ls -d in 2>&1; echo done) >{}; sleep 1000", out.display());
    let containers = [shell("writer", "sleep 1000", mount("data")), shell("reader", &look, mount("in"))];
    deploy(&fake, json!({"containers": containers, "volumes": [{"name": "v"}]})).await;
    let seen = written(&out).await;
    assert!(seen.contains("No such file or directory"), "{seen}");
    wait("the pod", async || (get(&fake, "/v2/pods/p::status").await["status"] == "STABLE").then_some(())).await;
    fake.shutdown().await;
}

#[tokio::test]
async fn a_host_port_leads_to_the_port_inside_and_the_check_asks_its_own_container() {
    let fake = fake().await;
    let check = json!({
        "http": {"endpoint": "web", "path": "/"}, "delaySeconds": 0, "gracePeriodSeconds": 60, "intervalSeconds": 2,
        "timeoutSeconds": 1,
    });
    // Bound without listening: the container may listen on it, and no test beside this one is given it.
    let bound = tokio::net::TcpSocket::new_v4().unwrap();
    bound.set_reuseaddr(true).unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let inside = bound.local_addr().unwrap().port();
    let endpoint = json!({"name": "web", "containerPort": inside, "hostPort": 0, "protocol": ["tcp"]});
    let fields = json!({"endpoints": [endpoint], "healthCheck": check});
    let serve = "exec python3 -m http.server $EP_CONTAINER_WEB";
    let containers = json!([shell("web", serve, fields), container("side")]);
    deploy(&fake, json!({"containers": containers, "networks": [{"name": "n1"}]})).await;
    let status = wait("a healthy pod", async || {
        let status = get(&fake, "/v2/pods/p::status").await;
        (status["status"] == "STABLE").then_some(status)
    });
    let status = status.await;
    let endpoint = &status["instances"][0]["containers"][0]["endpoints"][0];
    assert_eq!(endpoint["healthy"], true, "{status:#}");
    let host = u16::try_from(endpoint["allocatedHostPort"].as_u64().unwrap()).unwrap();
    assert_ne!(host, inside);
    let mut connection = TcpStream::connect(("127.0.0.1", host)).await.unwrap();
    connection.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    fake.shutdown().await;
}
