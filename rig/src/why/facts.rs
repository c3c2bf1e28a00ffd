//! The input of the rules: the tasks, result ages, probes and settings of one run.

use harness::record::{CheckFailure, Counts, TaskLife};

use crate::{
    folder::{
        Run,
        checks::CheckFacts,
        evidence::{Answer, Evidence, Probe},
        manifest::{ChecksLate, ClusterKind, Manifest},
    },
    verdict::Verdict,
};

/// The facts of one run.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The first check of the definition.
    pub check: CheckFacts,
    /// Every task that was seen.
    pub tasks: Vec<&'a TaskLife>,
    /// What the rig found out itself, and the result ages.
    pub evidence: &'a Evidence,
    /// The last target.
    pub target: u64,
    /// Tasks by state in the last sample.
    pub last: Counts,
    /// Whether there are samples: without them the ends of tasks that were scaled down cannot be told from others.
    pub sampled: bool,
    /// Whether the run failed or its checks were not reliable.
    pub failed: bool,
    /// Whether it reached its targets and only its checks were not reliable.
    pub unreliable: bool,
    /// How late the fake on this machine began its checks.
    pub checks_late: Option<ChecksLate>,
    /// Whether Marathon, agents and tasks were all on the rig's machine.
    pub here: bool,
    /// Seconds from one poll to the next.
    pub poll: f64,
    /// Timeout of a step in seconds; 0 if it is not known.
    pub step: f64,
    /// Seconds on the samples' clock of the last sample.
    pub until: f64,
}

impl<'a> Facts<'a> {
    /// The facts of a run that was read back.
    pub fn of(run: &'a Run) -> Self {
        Self::new(&run.manifest, run.lives.all().collect(), &run.evidence, run.summary.last)
            .with_target(run.summary.steps.last().map_or(run.summary.target, |step| step.target))
            .ended(run.summary.verdict)
            .until(run.course.last().map_or(0.0, |point| point.t))
            .sampled(run.summary.samples > 0)
    }

    /// Facts of tasks under the definition of a manifest.
    pub fn new(manifest: &Manifest, tasks: Vec<&'a TaskLife>, evidence: &'a Evidence, last: Counts) -> Self {
        let poll = if manifest.plan.poll_seconds > 0.0 { manifest.plan.poll_seconds } else { 2.0 };
        Self {
            check: manifest.check(),
            tasks,
            evidence,
            target: last.total(),
            last,
            sampled: true,
            failed: false,
            unreliable: false,
            checks_late: manifest.cluster.checks_late,
            here: manifest.cluster.kind == ClusterKind::Embedded,
            poll,
            step: manifest.plan.step_seconds,
            until: 0.0,
        }
    }

    fn with_target(self, target: u64) -> Self {
        Self { target, ..self }
    }

    fn ended(self, verdict: Verdict) -> Self {
        // The reason of a run that was stopped or broke is known.
        Self { failed: verdict.is_failure(), unreliable: verdict == Verdict::Degraded, ..self }
    }

    fn sampled(self, sampled: bool) -> Self {
        Self { sampled, ..self }
    }

    fn until(self, until: f64) -> Self {
        Self { until, ..self }
    }

    /// Whether the app has a check, and Marathon makes it itself.
    pub fn is_checked_by_marathon(&self) -> bool {
        self.has_check() && !self.check.is_native()
    }

    /// Whether the app has a check.
    pub fn has_check(&self) -> bool {
        self.check.has_check()
    }

    /// Tasks with a bad result, with it.
    pub fn unhealthy(&self) -> impl Iterator<Item = (&'a TaskLife, &'a CheckFailure)> + '_ {
        self.tasks.iter().filter_map(|life| life.check_failure.as_ref().map(|check_failure| (*life, check_failure)))
    }

    /// The rig's last probe of a task while it was unhealthy; a later one says nothing about the cause.
    pub fn probe(&self, life: &TaskLife) -> Option<&'a Probe> {
        let check_failure = life.check_failure.as_ref();
        // Failures within the grace period do not count yet; a task that was never healthy is probed then, too.
        let from = check_failure
            .filter(|check_failure| check_failure.was_healthy)
            .map_or(0.0, |check_failure| check_failure.t);
        let to = check_failure.and_then(|check_failure| check_failure.recovered_at).unwrap_or(f64::INFINITY);
        let in_time = |probe: &&Probe| {
            probe.task == life.id && probe.answer != Answer::NotAsked && (from..=to).contains(&probe.t)
        };
        self.evidence.probes.iter().rev().find(in_time)
    }
}

/// The cause of a failed check, whoever worded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nobody listens on the port.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The connection was cut.
    Reset,
    /// An HTTP status that counts as a failure.
    Status(u16),
    /// Something else.
    Other,
    /// No text: Mesos-native checks report none.
    Unreported,
}

impl Cause {
    /// Reads `lastFailureCause`. The recordings have: `404 Not Found`, `ConnectException: Connection refused`, `TCP
    /// idle-timeout encountered on connection to …`, `The connection closed with error: Connection reset`.
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let status = text.split(' ').next().filter(|word| word.len() == 3).and_then(|word| word.parse().ok());
        match status {
            _ if text.is_empty() => Self::Unreported,
            Some(status) => Self::Status(status),
            None if lower.contains("refused") => Self::Refused,
            None if ["idle-timeout", "timed out", "timeout"].iter().any(|word| lower.contains(word)) => Self::TimedOut,
            None if lower.contains("reset") => Self::Reset,
            None => Self::Other,
        }
    }

    /// In a few words.
    pub fn words(self) -> String {
        match self {
            Self::Refused => "connection refused".to_owned(),
            Self::TimedOut => "no answer in time".to_owned(),
            Self::Reset => "connection reset".to_owned(),
            Self::Status(status) => format!("HTTP status {status}"),
            Self::Other => "another cause".to_owned(),
            Self::Unreported => "no cause reported".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("404 Not Found", Cause::Status(404))]
    #[case("ConnectException: Connection refused", Cause::Refused)]
    #[case(
        "Tcp command [Connect(127.0.0.1/<unresolved>:33001,None,List(),Some(10 seconds),true)] failed because of java.net.ConnectException: Connection refused",
        Cause::Refused
    )]
    #[case(
        "TCP idle-timeout encountered on connection to [127.0.0.1/<unresolved>:33176], no bytes passed in the last 2 seconds",
        Cause::TimedOut
    )]
    #[case("The connection closed with error: Connection reset", Cause::Reset)]
    #[case("", Cause::Unreported)]
    #[case("something new", Cause::Other)]
    fn recorded_causes_are_understood(#[case] text: &str, #[case] cause: Cause) {
        assert_eq!(Cause::of(text), cause);
    }
}
