//! What is known of one affected task, for text and HTML.

use harness::record::{Moment, TaskLife};
use serde::Serialize;

use crate::{
    command_line::quoted,
    folder::{
        Run,
        checks::CheckProtocol,
        evidence::{Answer, Evidence, Probe},
        manifest::{ClusterKind, Manifest},
        spec,
    },
};

/// Tasks that are described in full without `--all`.
pub const SHOWN_BY_DEFAULT: usize = 10;

/// The capture command of the procedure: four files of a gigabyte at most, compressed.
pub const CAPTURE: &str = "sysdig -C 1024 -W 4 -z -w cap.scap.gz";

/// One affected task.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Finding {
    /// Marathon's task id.
    pub task: String,
    /// `unhealthy`, `was unhealthy, recovered`, `killed`, `failed`, …
    pub status: String,
    /// The check's protocol.
    pub check: String,
    /// Whether the check runs in the executor on the agent.
    pub native: bool,
    /// `host:port`, or the host alone.
    pub address: String,
    /// The agent's id.
    pub agent: String,
    /// Its executor's process id on the agent.
    pub executor_pid: Option<i64>,
    /// Since when, by Marathon's clock, and the request that first showed it.
    pub since: String,
    /// Largest number of failures in a row.
    pub failures: u64,
    /// The cause, in Marathon's or Mesos's words.
    pub cause: String,
    /// How it ended, if it did.
    pub end: Option<String>,
    /// The task that took its place.
    pub successor: Option<String>,
    /// Its answers to the rig's own probes, with the time; empty if it was not probed.
    #[serde(rename = "asked")]
    pub probes: Vec<String>,
    /// What to look at.
    pub look: String,
    /// Ready sysdig commands, with the filters of the procedure.
    pub commands: Vec<String>,
    /// Ready commands of this program: the sandbox, a capture.
    pub ready: Vec<String>,
    /// What happened when.
    pub timeline: Vec<Moment>,
}

/// The affected tasks of a run, the earliest first.
pub fn findings(run: &Run) -> Vec<Finding> {
    run.lives.troubled().into_iter().map(|life| Finding::of(&run.manifest, &run.evidence, life)).collect()
}

impl Finding {
    /// The finding for a task.
    pub fn of(manifest: &Manifest, evidence: &Evidence, life: &TaskLife) -> Self {
        let check_failure = life.check_failure.as_ref();
        let check = check_protocol(manifest, check_failure.map_or(0, |check_failure| check_failure.check));
        let native = check.is_native();
        let port = life.ports.first();
        let cause = [life.kill_reason.as_deref(), check_failure.map(|check_failure| check_failure.cause.as_str())]
            .into_iter()
            .flatten()
            .find(|cause| !cause.is_empty())
            .map_or_else(|| no_cause(native, check_failure.is_some()), str::to_owned);
        let mut finding = Self {
            task: life.id.clone(),
            status: status(life),
            check: check.to_string(),
            native,
            address: port.map_or_else(|| life.host.clone(), |port| format!("{}:{port}", life.host)),
            agent: life.agent.clone(),
            executor_pid: life.executor_pid,
            since: since(life),
            failures: check_failure.map_or(0, |check_failure| check_failure.failures),
            cause,
            end: life.end.as_ref().map(|end| {
                let message = if end.message.is_empty() { String::new() } else { format!(", {}", end.message) };
                format!("{} at {:.1} s{message}", end.state, end.t)
            }),
            successor: life.successor.clone(),
            probes: evidence.probes.iter().filter(|probe| probe.task == life.id).map(probe_line).collect(),
            look: String::new(),
            commands: Vec::new(),
            ready: Vec::new(),
            timeline: life.timeline.clone(),
        };
        // The fake inside hc-rig ended with the run, and its sandboxes and agents with it.
        if manifest.cluster.kind != ClusterKind::Embedded {
            finding.ready = finding.ready_for(&manifest.run);
        }
        finding.advise(port.copied());
        finding
    }

    /// How to look further: what the task wrote, and what its executor and port do on the agent. `run` is the run's name
    /// or folder.
    pub fn ready_for(&self, run: &str) -> Vec<String> {
        let (run, task) = (quoted(run), quoted(&self.task));
        let (host, port) = self.address.split_once(':').unwrap_or((&self.address, ""));
        let sandbox = format!("hc-rig sandbox {run} stderr --task {task}");
        let capture = format!("hc-rig capture {run} {task} --ssh {} --for 10s", quoted(&format!("root@{host}")));
        // Neither a task without a host nor one that nothing can be filtered by can be captured.
        let capturable = !host.is_empty() && (self.executor_pid.is_some() || !port.is_empty());
        std::iter::once(sandbox).chain(capturable.then_some(capture)).collect()
    }

    fn advise(&mut self, port: Option<u64>) {
        self.look = match (self.native, self.executor_pid) {
            (true, Some(pid)) => format!(
                "the check runs in the executor on the agent (pid {pid}): look at its children, and how long they take to start and to answer"
            ),
            (true, None) => "the check runs in the executor on the agent: find its pid under /containers of the agent \
                             (status.executor_pid), then look at its children"
                .to_owned(),
            (false, _) => {
                "Marathon's leader makes the check itself: look whether its connections reach the task's port, and \
                           how busy Marathon is (one hung task delays the checks of all others)"
                    .to_owned()
            }
        };
        self.commands.push(CAPTURE.to_owned());
        if let Some(pid) = self.executor_pid {
            self.commands.push(format!("sysdig -r cap.scap.gz0 proc.apid={pid}"));
        }
        if let Some(port) = port {
            self.commands.push(format!("sysdig -r cap.scap.gz0 fd.sport={port}"));
        }
    }
}

/// A probe and its answer: `at 12.4 s GET /: connected, and no answer in 10.0 s`.
fn probe_line(probe: &Probe) -> String {
    let what = if probe.path.is_empty() { "connect".to_owned() } else { format!("GET {}", probe.path) };
    let answer = match probe.answer {
        Answer::Good => match probe.status {
            Some(status) => format!("{status} in {:.0} ms", probe.ms),
            None => format!("connected in {:.0} ms", probe.ms),
        },
        Answer::Silent => format!("connected, and no answer in {:.1} s", probe.ms / 1e3),
        Answer::Wrong | Answer::Refused | Answer::Unreachable | Answer::NotAsked => probe.detail.clone(),
    };
    format!("at {:.1} s {what}: {answer}", probe.t)
}

fn check_protocol(manifest: &Manifest, index: usize) -> CheckProtocol {
    CheckProtocol::of(spec::health_checks(&manifest.definition).get(index))
}

fn status(life: &TaskLife) -> String {
    let health = match &life.check_failure {
        None => life.failed_in_grace.map(|_| "failed within its grace period"),
        Some(check_failure) if check_failure.recovered => Some("was unhealthy, recovered"),
        Some(_) => Some("unhealthy"),
    };
    let end = life.end.as_ref().map(|end| match end.state.as_str() {
        "gone" => "gone".to_owned(),
        state => state.trim_start_matches("TASK_").to_lowercase(),
    });
    let end = end.or(life.scaled_down.map(|_| "scaled down".to_owned()));
    match (health, end) {
        (Some(health), Some(end)) => format!("{health}, then {end}"),
        (Some(health), None) => health.to_owned(),
        (None, Some(end)) => end,
        (None, None) => "healthy".to_owned(),
    }
}

fn since(life: &TaskLife) -> String {
    match (&life.check_failure, life.failed_in_grace) {
        (Some(check_failure), _) => format!("{} (request {})", check_failure.since, check_failure.request),
        (None, Some(t)) => format!("{t:.1} s (first sample that shows it; Marathon counts no failure yet)"),
        (None, None) => String::new(),
    }
}

fn no_cause(native: bool, had_bad_result: bool) -> String {
    match (had_bad_result, native) {
        (false, _) => String::new(),
        (true, true) => {
            "not reported: Mesos-native checks report no cause to Marathon; see the executor's stderr in the \
                         task's sandbox"
                .to_owned()
        }
        (true, false) => "not reported".to_owned(),
    }
}
