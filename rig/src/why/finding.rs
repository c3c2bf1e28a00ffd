//! What is known of one affected task, for text and HTML.

use serde::Serialize;

use harness::record::{Moment, TaskLife};

use crate::command_line::quoted;
use crate::folder::{
    Run,
    evidence::{Answer, Evidence, Probe},
    manifest::{CheckProtocol, Manifest},
};

/// Tasks that are described in full unless all are asked for.
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
    pub asked: Vec<String>,
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
    run.lives.troubled().into_iter().map(|story| Finding::of(&run.manifest, &run.evidence, story)).collect()
}

impl Finding {
    /// The finding for a task.
    pub fn of(manifest: &Manifest, evidence: &Evidence, story: &TaskLife) -> Self {
        let sickness = story.sickness.as_ref();
        let check = check_protocol(manifest, sickness.map_or(0, |sickness| sickness.check));
        let native = check.is_native();
        let port = story.ports.first();
        let cause = [story.kill_reason.as_deref(), sickness.map(|sickness| sickness.cause.as_str())]
            .into_iter()
            .flatten()
            .find(|cause| !cause.is_empty())
            .map_or_else(|| no_cause(native, sickness.is_some()), str::to_owned);
        let mut finding = Self {
            task: story.id.clone(),
            status: status(story),
            check: check.to_string(),
            native,
            address: port.map_or_else(|| story.host.clone(), |port| format!("{}:{port}", story.host)),
            agent: story.agent.clone(),
            executor_pid: story.executor_pid,
            since: since(story),
            failures: sickness.map_or(0, |sickness| sickness.failures),
            cause,
            end: story.end.as_ref().map(|end| {
                let message = if end.message.is_empty() { String::new() } else { format!(", {}", end.message) };
                format!("{} at {:.1} s{message}", end.state, end.t)
            }),
            successor: story.successor.clone(),
            asked: evidence.probes.iter().filter(|probe| probe.task == story.id).map(asked).collect(),
            look: String::new(),
            commands: Vec::new(),
            ready: ready(&manifest.run, story),
            timeline: story.timeline.clone(),
        };
        finding.advise(port.copied());
        finding
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

/// How to look further: what the task wrote, and what its executor and port do on the agent.
fn ready(run: &str, story: &TaskLife) -> Vec<String> {
    let (run, task) = (quoted(run), quoted(&story.id));
    let sandbox = format!("hc-rig sandbox {run} stderr --task {task}");
    let capture = format!("hc-rig capture {run} {task} --ssh {} --for 10s", quoted(&format!("root@{}", story.host)));
    // Neither a task without a host nor one that nothing can be filtered by can be captured.
    let capturable = !story.host.is_empty() && (story.executor_pid.is_some() || !story.ports.is_empty());
    std::iter::once(sandbox).chain(capturable.then_some(capture)).collect()
}

/// A probe and its answer: `at 12.4 s GET /: connected, and no answer in 10.0 s`.
fn asked(probe: &Probe) -> String {
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
    CheckProtocol::of(manifest.definition.get("healthChecks").and_then(|checks| checks.get(index)))
}

fn status(story: &TaskLife) -> String {
    let sick = match &story.sickness {
        None => story.failed_in_grace.map(|_| "failed within its grace period"),
        Some(sickness) if sickness.recovered => Some("was unhealthy, recovered"),
        Some(_) => Some("unhealthy"),
    };
    let end = story.end.as_ref().map(|end| match end.state.as_str() {
        "gone" => "gone".to_owned(),
        state => state.trim_start_matches("TASK_").to_lowercase(),
    });
    let end = end.or(story.scaled_down.map(|_| "scaled down".to_owned()));
    match (sick, end) {
        (Some(sick), Some(end)) => format!("{sick}, then {end}"),
        (Some(sick), None) => sick.to_owned(),
        (None, Some(end)) => end,
        (None, None) => "healthy".to_owned(),
    }
}

fn since(story: &TaskLife) -> String {
    match (&story.sickness, story.failed_in_grace) {
        (Some(sickness), _) => format!("{} (request {})", sickness.since, sickness.request),
        (None, Some(t)) => format!("{t:.1} s (first sample that shows it; Marathon counts no failure yet)"),
        (None, None) => String::new(),
    }
}

fn no_cause(native: bool, sick: bool) -> String {
    match (sick, native) {
        (false, _) => String::new(),
        (true, true) => {
            "not reported: Mesos-native checks report no cause to Marathon; see the executor's stderr in the \
                         task's sandbox"
                .to_owned()
        }
        (true, false) => "not reported".to_owned(),
    }
}
