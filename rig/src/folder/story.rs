//! What is known of one task, and what a sample or an event adds to it.

use serde::Serialize;
use serde_json::Value;

use harness::record::Sample;

use crate::folder::moment::seconds_between;

/// One thing that happened to a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// What happened.
    pub what: String,
}

/// What is known of a bad check result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sickness {
    /// Index of the check in the definition.
    pub check: usize,
    /// Request number of the first sample that shows it.
    pub request: u64,
    /// Seconds on the samples' clock of that sample.
    pub t: f64,
    /// Marathon's `lastFailure` of that first result, ISO 8601.
    pub since: String,
    /// The largest `consecutiveFailures` seen.
    pub failures: u64,
    /// Marathon's `lastFailureCause`; native checks give none.
    pub cause: String,
    /// Whether a good result came before it.
    pub was_healthy: bool,
    /// Whether the last result seen was good again.
    pub recovered: bool,
    /// Seconds on the samples' clock of the first good result after it.
    pub recovered_at: Option<f64>,
}

/// How a task ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct End {
    /// Seconds on the samples' clock.
    pub t: f64,
    /// `TASK_KILLED`, `TASK_FAILED`, … or `gone` when only its absence was seen.
    pub state: String,
    /// Mesos's message.
    pub message: String,
}

/// Everything known of one task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// Marathon's task id.
    pub id: String,
    /// Agent's host name.
    pub host: String,
    /// Agent's id.
    pub agent: String,
    /// Its ports on the host.
    pub ports: Vec<u64>,
    /// Seconds on the samples' clock when it was first listed.
    pub first_seen: f64,
    /// From staging to its first good result, by Marathon's own times.
    pub seconds_to_healthy: Option<f64>,
    /// The last state that Marathon named.
    pub state: String,
    /// Whether its agent was out of Mesos's sight at any time.
    pub was_unreachable: bool,
    /// The task that took its place, if one did.
    pub successor: Option<String>,
    /// The process id of its executor on the agent, if it was asked while the task ran.
    pub executor_pid: Option<i64>,
    /// A bad result of its own, the worst if there were several.
    pub sickness: Option<Sickness>,
    /// Seconds on the samples' clock of the first sample that shows a failure within its grace period: Marathon then says
    /// `"alive": false` and counts none. Of native checks such failures are not to be seen.
    pub failed_in_grace: Option<f64>,
    /// How often a good result followed a bad one or the other way round.
    pub flips: u64,
    /// Reason in Marathon's own kill event.
    pub kill_reason: Option<String>,
    /// Its end, if it came before clean-up and nobody asked for it.
    pub end: Option<End>,
    /// Seconds on the samples' clock at which it was killed because fewer tasks were asked for.
    pub scaled_down: Option<f64>,
    /// What happened, in order.
    pub timeline: Vec<Moment>,
    /// When it was launched, ISO 8601 by Marathon's clock.
    pub(crate) staged_at: String,
    /// The last result of its own.
    pub(crate) alive: Option<bool>,
}

impl Story {
    /// Whether it had a bad result that counts, ended during the run, was out of sight, or came no further than to fail
    /// within its grace period. To fail there first and get well is what that period is for.
    pub fn is_telling(&self) -> bool {
        self.trouble_at().is_some() || self.was_unreachable
    }

    /// When its trouble began, seconds on the samples' clock: the first bad result, or the end.
    pub fn trouble_at(&self) -> Option<f64> {
        let sick = self.sickness.as_ref().map(|sickness| sickness.t);
        let in_grace = self.failed_in_grace.filter(|_| self.alive.is_none());
        let end = self.end.as_ref().map(|end| end.t);
        [sick, in_grace, end].into_iter().flatten().min_by(f64::total_cmp)
    }

    /// Whether it runs, or did until it was scaled down, and no check had a say about it that counts.
    pub fn is_unjudged(&self) -> bool {
        let there = self.state == "TASK_RUNNING" || self.scaled_down.is_some();
        there && self.alive.is_none() && self.end.is_none() && self.sickness.is_none()
    }

    /// The instance and which life of it this task is; the whole id and 1 for a Marathon before 1.8.
    pub fn life(&self) -> (&str, u64) {
        let life = self.id.split_once("._").and_then(|(instance, tail)| {
            let (_, incarnation) = tail.rsplit_once('.')?;
            Some((instance, incarnation.parse().ok()?))
        });
        life.unwrap_or((&self.id, 1))
    }

    /// Whether a failed health check ended it: Marathon's kill event says so for its own checks; a native check has the
    /// executor end the task, which Mesos reports as killed while its last result is bad.
    pub fn is_killed_by_check(&self) -> bool {
        let sick = self.sickness.as_ref().is_some_and(|sickness| !sickness.recovered);
        let killed = self.end.as_ref().is_some_and(|end| end.state == "TASK_KILLED");
        self.kill_reason.is_some() || (sick && killed)
    }

    /// One more moment of its timeline.
    pub(super) fn note(&mut self, t: f64, what: impl Into<String>) {
        // A task that flaps for an hour must not fill the report: the first and the latest moments tell it.
        const KEPT: usize = 40;
        if self.timeline.len() >= KEPT {
            self.timeline.remove(KEPT / 2);
        }
        self.timeline.push(Moment { t, what: what.into() });
    }

    /// Takes the check results of a sample into account.
    pub(super) fn results(&mut self, sample: &Sample, results: &[Value]) {
        for (check, result) in results.iter().enumerate() {
            let text = |key: &str| result.get(key).and_then(Value::as_str).unwrap_or_default();
            // A successor shows its predecessor's record until its own first result: news from before its staging
            // are not about it.
            let own = |at: &str| !at.is_empty() && (self.staged_at.is_empty() || at >= self.staged_at.as_str());
            if self.seconds_to_healthy.is_none() && own(text("firstSuccess")) {
                self.seconds_to_healthy = seconds_between(&self.staged_at, text("firstSuccess"));
            }
            match result.get("alive").and_then(Value::as_bool) {
                Some(false) if own(text("lastFailure")) => self.sick(sample, check, result),
                Some(true) if own(text("lastSuccess")) => {
                    if self.alive == Some(false) {
                        self.flips += 1;
                        self.note(sample.t, "healthy again");
                    } else if self.alive.is_none() {
                        self.note(sample.t, "healthy");
                    }
                    self.alive = Some(true);
                    if let Some(sickness) = &mut self.sickness {
                        sickness.recovered = true;
                        sickness.recovered_at.get_or_insert(sample.t);
                    }
                }
                // No failure is counted, and no result was there before: a successor's `false` may be its predecessor's.
                Some(false)
                    if self.life().1 == 1
                        && ["lastFailure", "lastSuccess", "firstSuccess"].iter().all(|key| text(key).is_empty())
                        && self.failed_in_grace.is_none() =>
                {
                    self.failed_in_grace = Some(sample.t);
                    self.note(sample.t, "a check failed within the grace period");
                }
                _ => {}
            }
        }
    }

    fn sick(&mut self, sample: &Sample, check: usize, result: &Value) {
        let text = |key: &str| result.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let failures = result.get("consecutiveFailures").and_then(Value::as_u64).unwrap_or(0);
        let was_healthy = self.seconds_to_healthy.is_some() || self.alive == Some(true);
        if self.alive != Some(false) {
            if self.alive == Some(true) {
                self.flips += 1;
            }
            let cause = text("lastFailureCause");
            self.note(sample.t, if cause.is_empty() { "unhealthy".to_owned() } else { format!("unhealthy: {cause}") });
        }
        self.alive = Some(false);
        let sickness = self.sickness.get_or_insert_with(|| Sickness {
            check,
            request: sample.request,
            t: sample.t,
            since: text("lastFailure"),
            was_healthy,
            ..Sickness::default()
        });
        sickness.recovered = false;
        sickness.recovered_at = None;
        sickness.failures = sickness.failures.max(failures);
        if sickness.cause.is_empty() {
            sickness.cause = text("lastFailureCause");
        }
    }

    /// Notes the first time that its agent is out of sight.
    pub(super) fn sight(&mut self, t: f64, state: &str) {
        if state == UNREACHABLE && !self.was_unreachable {
            self.was_unreachable = true;
            self.note(t, "its agent is out of Mesos's sight");
        }
    }

    /// Its end, unless a better one is known.
    pub(super) fn ended(&mut self, t: f64, state: &str, message: &str) {
        let said = if message.is_empty() { state.to_owned() } else { format!("{state}: {message}") };
        if self.end.as_ref().is_none_or(|end| end.state == "gone") {
            self.note(t, said);
            self.end = Some(End { t, state: state.to_owned(), message: message.to_owned() });
        }
    }
}

/// Mesos's state of a task whose agent does not answer.
pub(super) const UNREACHABLE: &str = "TASK_UNREACHABLE";
