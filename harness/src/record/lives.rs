//! The lives of all tasks of a run, folded from the lines of its record.
//!
//! The driver feeds each line as it writes it, and a reader feeds the same lines from disk, so that both come to the same
//! numbers. While a run goes on, memory holds the present tasks only; a reader keeps every life.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::delta::task_id;
use super::event::{self, EventRecord};
use super::life::{End, GONE, Happening, TaskLife, life_of};
use super::moment::seconds_between;
use super::sample::Sample;
use super::tally::{Between, StepLives};
use super::task_lives::TaskLives;
use crate::model::{TaskState, TaskStatus};

/// Seconds that an ended task is remembered for what is reported late: its successor, Mesos's message, its kill. Offers come
/// within about five seconds; a back-off after a crash takes longer.
const REMEMBERED: f64 = 30.0;

/// Follows all tasks of one app.
#[derive(Debug, Default)]
pub struct Lives {
    live: BTreeMap<String, TaskLife>,
    /// Instance to the id of its present task.
    current: BTreeMap<String, String>,
    /// Ended a short time ago, or still listed by Marathon.
    ended: BTreeMap<String, TaskLife>,
    /// Every life that is over for good, where they are kept.
    archive: Option<BTreeMap<String, TaskLife>>,
    /// Executors of tasks that no other line has named so far, where every life is kept.
    executors: BTreeMap<String, EventRecord>,
    steps: Vec<StepLives>,
    between: Between,
    /// How many tasks are to be killed because fewer are asked for.
    surplus: u64,
    /// Clean-up has begun: what follows says nothing about health.
    cleaning: bool,
}

impl Lives {
    /// A fold that keeps every life, for readers.
    #[must_use]
    pub fn keeping_all() -> Self {
        Self { archive: Some(BTreeMap::new()), ..Self::default() }
    }

    /// The steps so far; the last one is the present one.
    #[must_use]
    pub fn steps(&self) -> &[StepLives] {
        &self.steps
    }

    /// The present step.
    pub fn step(&mut self) -> &StepLives {
        self.step_mut()
    }

    /// What has happened since this was asked last.
    pub fn take_between(&mut self) -> Between {
        std::mem::take(&mut self.between)
    }

    /// The tasks that have not ended, by id.
    pub fn live(&self) -> impl Iterator<Item = &TaskLife> {
        self.live.values()
    }

    /// The record is at its end: every life, if they were kept, and the steps.
    #[must_use]
    pub fn finish(self) -> TaskLives {
        let mut tasks = self.archive.unwrap_or_default();
        for (id, life) in self.ended.into_iter().chain(self.live) {
            tasks.entry(id).or_insert(life);
        }
        for (id, line) in &self.executors {
            let unseen = || TaskLife { id: id.clone(), first_seen: line.t, ..TaskLife::default() };
            run_by(tasks.entry(id.clone()).or_insert_with(unseen), line);
        }
        tasks.remove("");
        TaskLives::new(tasks, self.steps)
    }

    /// The next line of `samples.jsonl`.
    pub fn sample(&mut self, sample: &Sample) {
        if self.cleaning {
            return;
        }
        for task in &sample.tasks {
            self.listed(&task_id(task), task, sample);
        }
        for id in &sample.gone {
            self.missing(id, sample.t);
        }
        if sample.complete {
            self.all_listed(sample);
        }
        self.forget(sample.t);
    }

    /// The next line of `events.jsonl`. Kinds that say nothing about tasks are ignored.
    pub fn event(&mut self, line: &EventRecord) {
        if self.cleaning {
            return;
        }
        match line.kind() {
            event::CLEAN_UP => self.cleaning = true,
            event::STEP => {
                let number = |key: &str| line.event[key].as_u64().unwrap_or_default();
                let target = u32::try_from(number("target")).unwrap_or(u32::MAX);
                let asked_at = line.event["asked_at"].as_f64().unwrap_or(line.t);
                self.begin_step(usize::try_from(number("step")).unwrap_or(usize::MAX), target, asked_at);
            }
            event::EXECUTOR => self.executor(line),
            "status_update_event" => self.status(line),
            "health_status_changed_event" => self.health_event(line, "alive"),
            "instance_health_changed_event" => self.health_event(line, "healthy"),
            "unhealthy_instance_kill_event" => self.kill_event(line),
            _ => {}
        }
    }

    fn begin_step(&mut self, step: usize, target: u32, t: f64) {
        let before = self.steps.last().map_or(0, |step| step.target);
        let live = self.live.len() as u64;
        self.surplus = if target < before { live.saturating_sub(target.into()) } else { 0 };
        self.steps.push(StepLives { step, target, asked_at: t, ..StepLives::default() });
    }

    fn step_mut(&mut self) -> &mut StepLives {
        if self.steps.is_empty() {
            self.steps.push(StepLives::default());
        }
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    /// One task of a sample.
    fn listed(&mut self, id: &str, raw: &Value, sample: &Sample) {
        if let Some(ended) = self.ended.get_mut(id) {
            ended.listed = true;
            return;
        }
        let t = sample.t;
        let Some(life) = self.life(id, t) else { return };
        life.listed = true;
        let text = |key: &str| raw[key].as_str().unwrap_or_default();
        keep(&mut life.host, text("host"));
        keep(&mut life.agent, text("slaveId"));
        keep(&mut life.state, text("state"));
        keep_ports(life, raw);
        if life.staged_at.is_empty() && !text("stagedAt").is_empty() {
            text("stagedAt").clone_into(&mut life.staged_at);
            // Both clocks are close enough for a timeline; the answer's own time is the bound.
            let ago = seconds_between(text("stagedAt"), &sample.at).unwrap_or(0.0).max(0.0);
            life.note((t - ago).max(0.0), Happening::Staged);
        }
        note_unreachable(life, text("state"), t);
        if is(text("state"), TaskStatus::Running) {
            life.running.get_or_insert(t);
        }
        let results = raw["healthCheckResults"].as_array().map_or(&[][..], Vec::as_slice);
        let health = life.results(sample, results);
        if let Some(healthy) = health {
            let cause = results.iter().filter_map(|result| result["lastFailureCause"].as_str()).next_back();
            self.health(id, healthy, cause.unwrap_or_default(), t);
        }
        if is_terminal(text("state")) {
            self.end(id, text("state"), "", t);
        }
    }

    /// A sample that lists all tasks does not list these.
    fn all_listed(&mut self, sample: &Sample) {
        let listed: BTreeSet<String> = sample.tasks.iter().map(task_id).collect();
        // An event may have named a task that the answer, already under way, could not list.
        let over = |life: &TaskLife| life.listed || life.first_seen + REMEMBERED < sample.t;
        let missing: Vec<String> = self
            .live
            .values()
            .filter(|life| over(life) && !listed.contains(&life.id))
            .map(|life| life.id.clone())
            .collect();
        for id in missing {
            self.missing(&id, sample.t);
        }
        for (id, life) in &mut self.ended {
            life.listed &= listed.contains(id);
        }
    }

    fn missing(&mut self, id: &str, t: f64) {
        if let Some(ended) = self.ended.get_mut(id) {
            ended.listed = false;
        } else {
            self.end(id, GONE, "no longer listed by Marathon", t);
            if let Some(ended) = self.ended.get_mut(id) {
                ended.listed = false;
            }
        }
    }

    fn status(&mut self, line: &EventRecord) {
        let (id, state) = (line.text("taskId"), line.text("taskStatus"));
        if self.ended.contains_key(id) {
            if is_terminal(state) {
                self.end(id, state, line.text("message"), line.t);
            }
            return;
        }
        let Some(life) = self.life(id, line.t) else { return };
        keep(&mut life.host, line.text("host"));
        keep(&mut life.agent, line.text("slaveId"));
        keep_ports(life, &line.event);
        note_unreachable(life, state, line.t);
        if is_terminal(state) {
            self.end(id, state, line.text("message"), line.t);
            return;
        }
        if TaskState::of(state, []) == TaskState::Running {
            life.running.get_or_insert(line.t);
        }
        if !is(state, TaskStatus::Unreachable) && life.state != state {
            life.note(line.t, Happening::State(state.to_owned()));
        }
        state.clone_into(&mut life.state);
    }

    fn health_event(&mut self, line: &EventRecord, key: &str) {
        let id = self.current.get(line.text("instanceId")).cloned();
        if let (Some(id), Some(healthy)) = (id, line.event[key].as_bool()) {
            self.health(&id, healthy, "", line.t);
        }
    }

    fn kill_event(&mut self, line: &EventRecord) {
        let id = line.text("taskId");
        if !self.ended.contains_key(id) && self.life(id, line.t).is_none() {
            return;
        }
        let Some(life) = self.live.get_mut(id).or_else(|| self.ended.get_mut(id)) else { return };
        life.kill_reason = Some(line.text("reason").to_owned());
        life.note(line.t, Happening::KilledByMarathon);
        if life.killed.is_none() && life.end.is_none() && life.scaled_down.is_none() {
            life.killed = Some(line.t);
            self.step_mut().tally.kills += 1;
        }
    }

    /// Which executor runs a task. The driver does not see these lines, so they must not change any number.
    fn executor(&mut self, line: &EventRecord) {
        let id = line.text("task");
        let keeps_all = self.archive.is_some();
        let archived = self.archive.as_mut().and_then(|archive| archive.get_mut(id));
        match self.live.get_mut(id).or_else(|| self.ended.get_mut(id)).or(archived) {
            Some(life) => run_by(life, line),
            None if keeps_all => {
                self.executors.insert(id.to_owned(), line.clone());
            }
            None => {}
        }
    }

    /// The life of a task that has not ended; it may begin now. None for a task whose successor is there already.
    fn life(&mut self, id: &str, t: f64) -> Option<&mut TaskLife> {
        if !self.live.contains_key(id) {
            let (instance, incarnation) = life_of(id);
            if self.current.get(instance).is_some_and(|current| life_of(current).1 > incarnation) {
                return None;
            }
            if let Some(before) = self.current.insert(instance.to_owned(), id.to_owned())
                && let Some(before) = self.live.get_mut(&before).or_else(|| self.ended.get_mut(&before))
            {
                before.successor = Some(id.to_owned());
                before.note(t, Happening::Replaced(id.to_owned()));
            }
            let step = self.step_mut().step;
            let life = TaskLife { id: id.to_owned(), step, first_seen: t, ..TaskLife::default() };
            self.live.insert(id.to_owned(), life);
        }
        self.live.get_mut(id)
    }

    /// A result of a task's own that counts.
    fn health(&mut self, id: &str, healthy: bool, cause: &str, t: f64) {
        // A successor shows its predecessor's record until its own first result.
        let first_life = life_of(id).1 == 1;
        self.step_mut();
        let (Some(life), Some(step)) = (self.live.get_mut(id), self.steps.last_mut()) else { return };
        let before = life.healthy.replace(healthy);
        if before != Some(healthy) {
            life.note(
                t,
                match (healthy, before) {
                    (true, None) => Happening::Healthy,
                    (true, Some(_)) => Happening::HealthyAgain,
                    (false, _) => Happening::Unhealthy(cause.to_owned()),
                },
            );
            if life.first_healthy.is_some() {
                life.flips += 1;
                step.tally.flips += 1;
                self.between.flips += 1;
            }
        }
        if healthy {
            if let Some(check_failure) = &mut life.check_failure {
                check_failure.recovered = true;
                check_failure.recovered_at.get_or_insert(t);
            }
            if life.first_healthy.is_none() {
                life.first_healthy = Some(t);
                if life.step == step.step && first_life {
                    step.times_to_healthy.record(t - step.asked_at);
                }
            }
        } else if life.first_unhealthy.is_none() {
            life.first_unhealthy = Some(t);
            let since = life.first_healthy.or(life.running).unwrap_or(life.first_seen);
            if first_life {
                step.times_to_unhealthy.record(t - since);
            }
        }
    }

    fn end(&mut self, id: &str, state: &str, message: &str, t: f64) {
        if let Some(ended) = self.ended.get_mut(id) {
            // Mesos's own account of an end that was only seen as an absence.
            if let Some(end) = ended.end.as_mut().filter(|end| end.state == GONE) {
                *end = End { t, state: state.to_owned(), message: message.to_owned() };
                ended.note(t, Happening::Ended { state: state.to_owned(), message: message.to_owned() });
            }
            return;
        }
        let Some(mut life) = self.live.remove(id) else { return };
        life.note(t, Happening::Ended { state: state.to_owned(), message: message.to_owned() });
        let by_a_kill = state == GONE || is(state, TaskStatus::Killed);
        if state != GONE {
            state.clone_into(&mut life.state);
        }
        if by_a_kill && self.surplus > 0 && life.killed.is_none() {
            self.surplus -= 1;
            life.scaled_down = Some(t);
        } else {
            life.end = Some(End { t, state: state.to_owned(), message: message.to_owned() });
            if life.killed.is_none() {
                let tally = &mut self.step_mut().tally;
                if by_a_kill && life.healthy == Some(false) {
                    // The kill by a native check is not announced: its end while unhealthy is all there is.
                    life.killed = Some(t);
                    tally.kills += 1;
                } else {
                    tally.losses += 1;
                }
            }
            self.between.ended += 1;
            self.between.killed += u64::from(life.killed.is_some());
        }
        self.ended.insert(id.to_owned(), life);
    }

    /// Lets go of tasks that ended long ago and are listed no more.
    fn forget(&mut self, t: f64) {
        let over = |life: &TaskLife| {
            let ended = life.end.as_ref().map(|end| end.t).or(life.scaled_down).unwrap_or(t);
            !life.listed && ended + REMEMBERED < t
        };
        if !self.ended.values().any(over) {
            return;
        }
        let (gone, kept) = std::mem::take(&mut self.ended).into_iter().partition(|(_, life)| over(life));
        self.ended = kept;
        if let Some(archive) = &mut self.archive {
            let gone: BTreeMap<String, TaskLife> = gone;
            gone.into_iter().for_each(|(id, life)| {
                archive.entry(id).or_insert(life);
            });
        }
        let (live, ended) = (&self.live, &self.ended);
        self.current.retain(|_, id| live.contains_key(id) || ended.contains_key(id));
    }
}

/// Notes the executor and the agent that this line names.
fn run_by(life: &mut TaskLife, line: &EventRecord) {
    life.executor_pid = line.event["executor_pid"].as_i64();
    if life.agent.is_empty() {
        line.text("agent").clone_into(&mut life.agent);
    }
}

fn is(state: &str, status: TaskStatus) -> bool {
    TaskStatus::parse(state) == Some(status)
}

fn is_terminal(state: &str) -> bool {
    TaskStatus::parse(state).is_some_and(TaskStatus::is_terminal)
}

/// Takes a text that is there.
fn keep(field: &mut String, text: &str) {
    if !text.is_empty() {
        text.clone_into(field);
    }
}

/// A task that is over has no ports any more: what was known stays.
fn keep_ports(life: &mut TaskLife, object: &Value) {
    let ports: Vec<u64> = object["ports"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    if !ports.is_empty() {
        life.ports = ports;
    }
}

fn note_unreachable(life: &mut TaskLife, state: &str, t: f64) {
    if is(state, TaskStatus::Unreachable) && !life.was_unreachable {
        life.was_unreachable = true;
        life.note(t, Happening::AgentUnreachable);
    }
}

#[cfg(test)]
#[path = "lives_tests.rs"]
mod tests;
