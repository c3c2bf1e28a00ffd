//! A fake Marathon in a process of its own, as a user starts it.

use std::{
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Stdio},
};

use harness::Transport;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::hc_rig::HcRig;

/// `hc-rig fake`, ended when dropped.
pub(crate) struct Fake {
    child: Child,
    /// Where it listens; with standbys all of them, with commas between.
    pub(crate) url: String,
    /// Where its operator's API listens, if that was asked for.
    admin: Option<String>,
}

impl Fake {
    /// Starts it with these arguments and waits for its first lines.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let arguments: Vec<&str> =
            ["fake", "--listen", "127.0.0.1:0"].into_iter().chain(arguments.iter().copied()).collect();
        let mut child =
            HcRig::new(&arguments).command().stdout(Stdio::piped()).spawn().expect("the fake can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut lines = BufReader::new(stdout).lines();
        let url = rest_of_line(&mut lines, "listening on ");
        let admin = arguments.contains(&"--admin").then(|| rest_of_line(&mut lines, "admin on "));
        Self { child, url, admin }
    }

    /// Adds a fault, or makes one happen now, through the operator's API.
    pub(crate) fn inject(&self, fault: &Value) {
        let status = self.operate("POST", "faults", fault.to_string()).0;
        assert!(status.is_success(), "{fault}: {status}");
    }

    /// All that it holds, as the operator's API tells it.
    pub(crate) fn state(&self) -> Value {
        serde_json::from_slice(&self.operate("GET", "state", String::new()).1).expect("JSON")
    }

    /// Its journal, a line each.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let text = self.operate("GET", "journal", String::new()).1;
        let lines = std::str::from_utf8(&text).expect("UTF-8").lines();
        lines.map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    fn operate(&self, method: &str, what: &str, body: String) -> (http::StatusCode, Vec<u8>) {
        let admin = self.admin.as_deref().expect("the fake was started with --admin");
        let request = http::Request::builder().method(method).uri(format!("{admin}/fake/{what}")).body(body.into());
        here(async {
            let answer = sockets().send(request.expect("a request")).await.expect("the operator's API answers");
            (answer.status, answer.bytes().await.expect("a whole answer").to_vec())
        })
    }
}

fn rest_of_line(lines: &mut Lines<BufReader<ChildStdout>>, start: &str) -> String {
    let line = lines.next().expect("a line of the fake").expect("a line in UTF-8");
    line.strip_prefix(start).unwrap_or_else(|| panic!("unexpected: {line}")).to_owned()
}

fn sockets() -> Transport {
    Transport::sockets(&Default::default()).expect("a transport")
}

fn here<T>(question: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(question)
}

impl Fake {
    /// Creates an app.
    pub(crate) fn deploy(&self, app: &Value) {
        self.ask(async |client| client.create(app).await.map(drop));
    }

    /// Waits until so many tasks of the app are healthy.
    #[track_caller]
    pub(crate) fn wait_until_healthy(&self, id: &str, tasks: u64) {
        let healthy = self.ask(async |client| {
            for _ in 0..300 {
                if client.app(id).await?.tasks_healthy >= tasks {
                    return Ok(true);
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Ok(false)
        });
        assert!(healthy, "{id} has not {tasks} healthy tasks after 30 s");
    }

    /// An app of somebody else, which no run may touch.
    pub(crate) fn deploy_unrelated_app(&self) {
        let app = serde_json::json!({"id": "/unrelated", "cmd": "sleep 1000", "cpus": 0.01, "mem": 1});
        self.ask(async |client| client.create_app(&app).await.map(drop));
    }

    /// A group of somebody else with an app in it.
    pub(crate) fn deploy_group_of_others(&self) {
        let app = serde_json::json!({"id": "/team/web", "cmd": "sleep 1000", "cpus": 0.01, "mem": 1});
        self.ask(async |client| client.create_app(&app).await.map(drop));
    }

    /// No app and no pod is left.
    #[track_caller]
    pub(crate) fn has_nothing_left(&self) {
        let pods = self.ask(async |client| client.pods().await);
        assert!(pods.is_empty(), "{pods:?}");
        assert_eq!(self.apps(), Vec::<String>::new());
    }

    /// The ids of all apps, in order.
    pub(crate) fn apps(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.ask(async |client| client.apps().await).apps.into_iter().map(|app| app.id).collect();
        ids.sort();
        ids
    }

    /// An app as it is defined, without what its tasks are doing.
    pub(crate) fn definition_of(&self, id: &str) -> String {
        let mut raw = self.ask(async |client| client.app(id).await).raw;
        let fields = raw.as_object_mut().expect("an object");
        fields.retain(|key, _| !key.starts_with("tasks") && key != "deployments");
        raw.to_string()
    }

    /// The groups of runs that are there.
    pub(crate) fn groups_of_runs(&self) -> Vec<String> {
        let root = self.ask(async |client| client.group_opt(harness::cluster::ROOT).await);
        root.map(|root| root.groups.into_iter().map(|group| group.id).collect()).unwrap_or_default()
    }

    fn ask<T: Send>(&self, question: impl AsyncFnOnce(harness::Client) -> Result<T, harness::Error> + Send) -> T {
        // A thread of its own, since the test may have a runtime.
        std::thread::scope(|scope| scope.spawn(|| self.ask_here(question)).join().expect("the question does not panic"))
    }

    fn ask_here<T>(&self, question: impl AsyncFnOnce(harness::Client) -> Result<T, harness::Error>) -> T {
        let client = harness::Client::builder(self.url.parse().expect("an address")).transport(sockets());
        here(question(client)).expect("the fake answers")
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        interrupt(&self.child, Signal::SIGTERM);
        drop(self.child.wait());
    }
}

/// Sends a signal to a child that has not been waited for.
pub(crate) fn interrupt(child: &Child, how: Signal) {
    signal(child.id(), how);
}

/// Sends a signal to a process of ours.
pub(crate) fn signal(process: u32, how: Signal) {
    let pid = i32::try_from(process).expect("a process id");
    kill(Pid::from_raw(pid), how).expect("our own child can be signalled");
}
