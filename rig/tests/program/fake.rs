//! A fake Marathon in a process of its own, as a user starts it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::hc_rig::HcRig;

/// `hc-rig fake`, ended when dropped.
pub(crate) struct Fake {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
}

impl Fake {
    /// Starts it with these arguments and waits for its first line.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let arguments: Vec<&str> =
            ["fake", "--listen", "127.0.0.1:0"].into_iter().chain(arguments.iter().copied()).collect();
        let mut child =
            HcRig::new(&arguments).command().stdout(Stdio::piped()).spawn().expect("the fake can be started");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the first line can be read");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("unexpected: {line}")).to_owned();
        Self { child, url }
    }
}

impl Fake {
    /// Creates an app.
    pub(crate) fn deploy(&self, app: &serde_json::Value) {
        self.ask(async |client| client.create_app(app).await.map(drop));
    }

    /// An app of somebody else, which no run may touch.
    pub(crate) fn deploy_bystander(&self) {
        let app = serde_json::json!({"id": "/bystander", "cmd": "sleep 1000", "cpus": 0.01, "mem": 1});
        self.ask(async |client| client.create_app(&app).await.map(drop));
    }

    /// A group of somebody else with an app in it.
    pub(crate) fn deploy_group_of_others(&self) {
        let app = serde_json::json!({"id": "/team/web", "cmd": "sleep 1000", "cpus": 0.01, "mem": 1});
        self.ask(async |client| client.create_app(&app).await.map(drop));
    }

    /// The ids of all apps, in order.
    pub(crate) fn apps(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.ask(async |client| client.apps().await).apps.into_iter().map(|app| app.id).collect();
        ids.sort();
        ids
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
        let client = harness::Client::builder(self.url.parse().expect("an address"))
            .transport(harness::Transport::sockets(&Default::default()).expect("a transport"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(question(client)).expect("the fake answers")
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
