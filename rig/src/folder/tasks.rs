//! The story of every task of a run, put together from samples and events: what `why` and the report tell.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::folder::{
    event::{self, EventLine},
    moment::seconds_between,
    sample::Sample,
};

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

    fn note(&mut self, t: f64, what: impl Into<String>) {
        // A task that flaps for an hour must not fill the report: the first and the latest moments tell it.
        const KEPT: usize = 40;
        if self.timeline.len() >= KEPT {
            self.timeline.remove(KEPT / 2);
        }
        self.timeline.push(Moment { t, what: what.into() });
    }

    fn results(&mut self, sample: &Sample, results: &[Value]) {
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

    fn sight(&mut self, t: f64, state: &str) {
        if state == UNREACHABLE && !self.was_unreachable {
            self.was_unreachable = true;
            self.note(t, "its agent is out of Mesos's sight");
        }
    }

    fn ended(&mut self, t: f64, state: &str, message: &str) {
        let said = if message.is_empty() { state.to_owned() } else { format!("{state}: {message}") };
        if self.end.as_ref().is_none_or(|end| end.state == "gone") {
            self.note(t, said);
            self.end = Some(End { t, state: state.to_owned(), message: message.to_owned() });
        }
    }
}

/// The stories of all tasks of a run, by task id.
#[derive(Debug, Default)]
pub struct Stories {
    tasks: BTreeMap<String, Story>,
    cleaning: Option<f64>,
    /// Target and time of the last sample.
    last: Option<(u64, f64)>,
    fewer: Vec<Fewer>,
}

/// Fewer tasks were asked for than before.
#[derive(Debug)]
struct Fewer {
    /// Seconds on the samples' clock before which it was not asked for.
    from: f64,
    /// How many tasks too many there were.
    surplus: usize,
}

impl Stories {
    /// All stories, by task id.
    pub fn all(&self) -> impl Iterator<Item = &Story> {
        self.tasks.values()
    }

    /// Those with a bad result or an end, the earliest trouble first.
    pub fn telling(&self) -> Vec<&Story> {
        let mut telling: Vec<&Story> = self.all().filter(|story| story.is_telling()).collect();
        let when = |story: &Story| story.trouble_at().unwrap_or(f64::INFINITY);
        telling.sort_by(|a, b| when(a).total_cmp(&when(b)).then_with(|| a.id.cmp(&b.id)));
        telling
    }

    /// Takes one more sample into account. Events must have been taken before, so that clean-up is known.
    pub fn sample(&mut self, sample: &Sample) {
        if self.cleaning.is_some_and(|from| sample.t > from) {
            return;
        }
        let before = self.last.replace((sample.target, sample.t));
        if let Some((target, from)) = before.filter(|(target, _)| *target > sample.target) {
            self.fewer.push(Fewer { from, surplus: (target - sample.target) as usize });
        }
        for task in &sample.tasks {
            let text = |key: &str| task.get(key).and_then(Value::as_str).unwrap_or_default();
            let story = self.story(text("id"), sample.t);
            for (field, key) in [(&mut story.host, "host"), (&mut story.agent, "slaveId"), (&mut story.state, "state")]
            {
                if !text(key).is_empty() {
                    text(key).clone_into(field);
                }
            }
            // A task that is over has no ports and no times any more: what was known stays.
            let ports = task.get("ports").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if !ports.is_empty() {
                story.ports = ports.iter().filter_map(Value::as_u64).collect();
            }
            if !text("stagedAt").is_empty() && story.staged_at.is_empty() {
                text("stagedAt").clone_into(&mut story.staged_at);
                // Both clocks are close enough for a timeline; the answer's own time is the bound.
                let ago = seconds_between(text("stagedAt"), &sample.at).unwrap_or(0.0).max(0.0);
                story.note((sample.t - ago).max(0.0), "staged");
            }
            story.sight(sample.t, text("state"));
            let results =
                task.get("healthCheckResults").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            story.results(sample, results);
            if is_over(text("state")) {
                story.ended(sample.t, text("state"), "");
            }
        }
        for id in &sample.gone {
            self.story(id, sample.t).ended(sample.t, "gone", "no longer listed by Marathon");
        }
    }

    /// Takes one more event into account.
    pub fn event(&mut self, line: &EventLine) {
        if self.cleaning.is_some() {
            return;
        }
        match line.kind() {
            event::CLEAN_UP => self.cleaning = Some(line.t),
            event::EXECUTOR => {
                let story = self.story(line.text("task"), line.t);
                story.executor_pid = line.event.get("executor_pid").and_then(Value::as_i64);
                if story.agent.is_empty() {
                    line.text("agent").clone_into(&mut story.agent);
                }
            }
            "status_update_event" => {
                let story = self.story(line.text("taskId"), line.t);
                let state = line.text("taskStatus");
                line.text("host").clone_into(&mut story.host);
                line.text("slaveId").clone_into(&mut story.agent);
                if let Some(ports) = line.event.get("ports").and_then(Value::as_array).filter(|ports| !ports.is_empty())
                {
                    story.ports = ports.iter().filter_map(Value::as_u64).collect();
                }
                story.sight(line.t, state);
                if is_over(state) {
                    story.ended(line.t, state, line.text("message"));
                } else if state != UNREACHABLE && story.state != state {
                    story.note(line.t, state);
                }
                state.clone_into(&mut story.state);
            }
            "unhealthy_instance_kill_event" => {
                let story = self.story(line.text("taskId"), line.t);
                story.kill_reason = Some(line.text("reason").to_owned());
                story.note(line.t, "Marathon kills it because its health check failed too often");
            }
            _ => {}
        }
    }

    /// Takes the ends that were asked for out of the trouble: after each lowering of the target as many tasks as were too
    /// many, killed without a successor and not by Marathon for their health.
    fn scale_down(&mut self) {
        for Fewer { from, surplus } in std::mem::take(&mut self.fewer) {
            let asked_for = |story: &&mut Story| {
                let end = story.end.as_ref().filter(|end| end.t >= from);
                end.is_some_and(|end| ["TASK_KILLED", "gone"].contains(&end.state.as_str()))
                    && story.successor.is_none()
                    && story.kill_reason.is_none()
            };
            let mut ended: Vec<&mut Story> = self.tasks.values_mut().filter(asked_for).collect();
            let at = |story: &Story| story.end.as_ref().map_or(f64::INFINITY, |end| end.t);
            ended.sort_by(|a, b| at(a).total_cmp(&at(b)));
            for story in ended.into_iter().take(surplus) {
                story.scaled_down = story.end.take().map(|end| end.t);
            }
        }
    }

    fn story(&mut self, id: &str, t: f64) -> &mut Story {
        self.tasks.entry(id.to_owned()).or_insert_with(|| Story {
            id: id.to_owned(),
            first_seen: t,
            ..Story::default()
        })
    }

    /// Links successors, tells ends that were asked for from others, and orders every timeline; call once, after the last sample and event.
    pub fn finish(mut self) -> Self {
        self.tasks.retain(|id, _| !id.is_empty());
        let mut lives: BTreeMap<String, Vec<(u64, String, f64)>> = BTreeMap::new();
        for story in self.tasks.values() {
            let (instance, life) = story.life();
            lives.entry(instance.to_owned()).or_default().push((life, story.id.clone(), story.first_seen));
        }
        for mut lives in lives.into_values().filter(|lives| lives.len() > 1) {
            lives.sort_by_key(|(life, ..)| *life);
            for ((_, id, _), (_, next, t)) in lives.iter().zip(lives.iter().skip(1)) {
                if let Some(story) = self.tasks.get_mut(id) {
                    story.successor = Some(next.clone());
                    story.note(*t, format!("successor {next}"));
                }
            }
        }
        self.scale_down();
        for story in self.tasks.values_mut() {
            story.timeline.sort_by(|a, b| a.t.total_cmp(&b.t));
        }
        self
    }
}

/// Mesos's state of a task whose agent does not answer.
const UNREACHABLE: &str = "TASK_UNREACHABLE";

/// Mesos's terminal states.
fn is_over(state: &str) -> bool {
    ["TASK_KILLED", "TASK_FAILED", "TASK_FINISHED", "TASK_LOST", "TASK_ERROR", "TASK_GONE", "TASK_DROPPED"]
        .contains(&state)
        || state == "TASK_GONE_BY_OPERATOR"
}

#[cfg(test)]
#[path = "tasks_tests.rs"]
mod tests;
