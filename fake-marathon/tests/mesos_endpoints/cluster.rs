//! The fake as a program with process tasks, and on it the apps that ran when the endpoints were recorded.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, Method, header, redirect::Policy};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::recorded::{Sample, Who, executor_path};

/// Far more than anything here needs, even on a busy machine; only a failed test waits so long.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A web server. `python3 -m http.server` first asks for the name of the machine, which may take many seconds.
const SERVER: &str = "exec python3 -c \"import os, socketserver as s, http.server; s.TCPServer.allow_reuse_address = True; s.TCPServer(\
    ('', int(os.environ['PORT0'])), http.server.SimpleHTTPRequestHandler).serve_forever()\"";

/// A running fake.
pub(crate) struct Cluster {
    _program: Running,
    client: Client,
    url: String,
    agent: String,
    /// The sandboxes on the agent.
    folders: Vec<String>,
}

/// Ends the program however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An answer of the fake.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) location: bool,
    pub(crate) json: Option<Value>,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let mut program = Running(
            Command::new(env!("CARGO_BIN_EXE_fake-marathon"))
                .args(["--tasks", "process"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let mut line = String::new();
        BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let mut cluster = Self { _program: program, client, url, agent: String::new(), folders: Vec::new() };
        cluster.deploy().await;
        cluster
    }

    /// Deploys what was deployed when the endpoints were recorded, and waits until it runs and is healthy.
    async fn deploy(&mut self) {
        // One after the other, since `/tasks` shows the order.
        for (n, app) in apps().iter().enumerate() {
            self.post("/v2/apps", app).await;
            self.wait_for(n + 1).await;
        }
        self.post("/v2/pods", &pod()).await;
        self.wait_for(apps().len() + 2).await;
        let state = self.get(&format!("/agent/{}/state", self.agent)).await;
        let executors = state["frameworks"][0]["executors"].as_array().unwrap();
        self.folders = executors.iter().map(|executor| executor["directory"].as_str().unwrap().to_owned()).collect();
    }

    async fn post(&self, path: &str, body: &Value) {
        let answer = self.client.post(format!("{}{path}", self.url)).json(body).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    }

    /// Waits until so many tasks run and are healthy.
    async fn wait_for(&mut self, wanted: usize) {
        let end = Instant::now() + TIMEOUT;
        loop {
            let state = self.get("/mesos/state").await;
            let tasks = state["frameworks"][0]["tasks"].as_array().cloned().unwrap_or_default();
            let well = |task: &&Value| {
                let status = task["statuses"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
                task["state"] == "TASK_RUNNING" && (task.get("health_check").is_none() || status["healthy"] == true)
            };
            if tasks.iter().filter(well).count() == wanted {
                self.agent = state["slaves"][0]["id"].as_str().unwrap().to_owned();
                break;
            }
            assert!(Instant::now() < end, "not all tasks are well: {tasks:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Reads a path.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// Makes a recorded request on the fake.
    pub(crate) async fn ask(&self, sample: &Sample) -> Answer {
        let mut path = sample.path.clone();
        if let Some(found) = executor_path(&sample.path) {
            let folder = self.folders.iter().find(|folder| folder.contains(&format!("/g2m_{}.", found.app)));
            path = path.replace(found.folder, folder.map_or("/nowhere", String::as_str));
        }
        if let Some((before, _)) = path.split_once("slave_id=") {
            path = format!("{before}slave_id={}", self.agent);
        }
        let door = match sample.who {
            Who::Master => String::from("/mesos"),
            Who::Agent => format!("/agent/{}", self.agent),
        };
        let method = Method::from_bytes(sample.method.as_bytes()).unwrap();
        let answer = self.client.request(method, format!("{}{door}{path}", self.url)).send().await.unwrap();
        let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, content_type) = (answer.status().as_u16(), header(header::CONTENT_TYPE));
        let location = header(header::LOCATION).is_some();
        let json = answer.json().await.ok();
        Answer { status, content_type, location, json }
    }
}

/// The pod of the recording: two tasks. On a busy machine no check may kill, or ended tasks would be shown too.
fn pod() -> Value {
    json!({
        "id": "/g2m/pod", "labels": {"team": "z"}, "networks": [{"mode": "host"}],
        "containers": [
            {"name": "web", "exec": {"command": {"shell": "exec python3 -m http.server $ENDPOINT_WEB"}},
             "resources": {"cpus": 0.01, "mem": 16},
             "endpoints": [{"name": "web", "hostPort": 0, "protocol": ["tcp", "udp"], "labels": {"VIP_0": "/p:80"}}],
             "healthCheck": {"http": {"endpoint": "web", "path": "/"}, "gracePeriodSeconds": 20, "intervalSeconds": 2,
                             "timeoutSeconds": 1, "maxConsecutiveFailures": 100, "delaySeconds": 0}},
            {"name": "side", "exec": {"command": {"shell": "sleep 1000"}}, "resources": {"cpus": 0.01, "mem": 16}},
        ],
    })
}

/// The apps of the recording.
fn apps() -> [Value; 3] {
    let check = |protocol: &str| {
        json!([{"protocol": protocol, "path": (protocol == "MESOS_HTTP").then_some("/"), "portIndex": 0,
                "gracePeriodSeconds": 20, "intervalSeconds": 1, "timeoutSeconds": 5, "maxConsecutiveFailures": 100, "delaySeconds": 0}])
    };
    // A process task has no network of its own, so the port inside is the host port.
    let mut docker = json!({
        "id": "/g2m/docker", "cmd": SERVER, "cpus": 0.01, "mem": 16, "labels": {"team": "y"},
        "networks": [{"mode": "container/bridge"}], "healthChecks": check("MESOS_TCP"),
        "container": {"type": "DOCKER", "docker": {"image": "python:2"}, "portMappings": [
            {"containerPort": 0, "hostPort": 0, "name": "web", "labels": {"VIP_0": "/d:80"}},
            {"containerPort": 9000, "hostPort": 0}]},
    });
    docker["healthChecks"][0].as_object_mut().unwrap().remove("path");
    [
        json!({
            "id": "/g2m/web", "cmd": SERVER, "cpus": 0.01, "mem": 16,
            "labels": {"team": "x", "empty": ""}, "healthChecks": check("MESOS_HTTP"),
            "portDefinitions": [{"port": 0, "name": "http", "labels": {"VIP_0": "/web:80"}}, {"port": 0},
                                {"port": 0, "name": "dns", "protocol": "udp,tcp"}],
        }),
        docker,
        json!({"id": "/g2m/plain", "cmd": "sleep 1000", "cpus": 0.01, "mem": 16}),
    ]
}
