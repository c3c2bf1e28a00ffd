//! The lives of all tasks of a run, folded from the lines of its record.
//!
//! The driver feeds each line as it writes it, and a reader feeds the same lines from disk, so that both come to the same
//! numbers. While a run goes on, memory holds the present tasks only; a reader keeps every life.

mod known;
mod numbers;

use std::collections::BTreeMap;

use serde_json::Value;

use self::{known::Known, numbers::Numbers};
use super::{
    event::{EventRecord, Remark},
    life::{End, GONE, Happening, TaskLife},
    listed::{Listed, Task},
    moment::seconds_between,
    sample::Sample,
    tally::{Between, StepLives},
    task_lives::TaskLives,
};
use crate::model::{EventKind, TaskId, TaskState, TaskStatus};

/// Follows all tasks of one app.
#[derive(Debug, Default)]
pub struct Lives {
    known: Known,
    numbers: Numbers,
    /// When instances were launched that no sample has shown since, ISO 8601: a pod's status forgets it.
    launched: BTreeMap<String, String>,
    /// Clean-up has begun: what follows says nothing about health.
    cleaning: bool,
}

impl Lives {
    /// A fold that keeps every life, for readers.
    #[must_use]
    pub fn keeping_all() -> Self {
        Self { known: Known::keeping_all(), ..Self::default() }
    }

    /// The steps so far; the last one is the present one.
    #[must_use]
    pub fn steps(&self) -> &[StepLives] {
        self.numbers.steps()
    }

    /// The present step.
    pub fn step(&mut self) -> &StepLives {
        self.numbers.step()
    }

    /// What has happened since the previous call.
    pub fn take_between(&mut self) -> Between {
        self.numbers.take_between()
    }

    /// The tasks that have not ended, by id.
    pub fn live(&self) -> impl Iterator<Item = &TaskLife> {
        self.known.live()
    }

    /// The record is at its end: every life, if they were kept, and the steps.
    #[must_use]
    pub fn finish(self) -> TaskLives {
        TaskLives::new(self.known.into_all(), self.numbers.into_steps())
    }

    /// The next line of `samples.jsonl`.
    pub fn sample<T: Task>(&mut self, sample: &Sample<T>) {
        if self.cleaning {
            return;
        }
        self.known.begin_list();
        for task in &sample.tasks {
            // Of most tasks nothing is new, and they are not even read.
            if !task.familiar().is_some_and(|(id, news)| self.known.lists_as_before(id, news)) {
                let task = task.listed();
                self.listed(&task, sample);
                self.known.settle(task.id());
            }
        }
        for id in &sample.gone {
            self.missing(id, sample.t);
        }
        if sample.complete {
            for id in self.known.not_listed(sample.t) {
                self.missing(&id, sample.t);
            }
        }
        self.known.forget(sample.t);
    }

    /// The next line of `events.jsonl`. Kinds that say nothing about tasks are ignored.
    pub fn event(&mut self, line: &EventRecord) {
        if self.cleaning {
            return;
        }
        match Remark::parse(line.kind()) {
            Some(Remark::CleanUp) => self.cleaning = true,
            Some(Remark::Step) => self.begin_step(line),
            Some(Remark::Executor) => self.known.executor(line),
            Some(Remark::Deployed | Remark::Resumed) => {}
            None => {
                if let Some(kind) = EventKind::parse(line.kind()) {
                    self.marathon_event(kind, line);
                }
            }
        }
    }

    fn marathon_event(&mut self, kind: EventKind, line: &EventRecord) {
        match kind {
            EventKind::StatusUpdate => self.status(line),
            EventKind::HealthStatusChanged | EventKind::InstanceHealthChanged => {
                let id = self.known.current(line.text("instanceId")).map(str::to_owned);
                if let (Some(id), Some(healthy)) = (id, kind.health_change(&line.event)) {
                    self.health(&id, healthy, "", line.t);
                }
            }
            EventKind::UnhealthyInstanceKill => self.kill_event(line),
            EventKind::AddHealthCheck
            | EventKind::DeploymentFailed
            | EventKind::DeploymentInfo
            | EventKind::DeploymentStepFailure
            | EventKind::DeploymentStepSuccess
            | EventKind::DeploymentSuccess
            | EventKind::FailedHealthCheck => {}
            EventKind::InstanceChanged => {
                if line.text("condition") == "Provisioned" {
                    self.known.unsettle(line.text("instanceId"));
                    self.launched.insert(line.text("instanceId").to_owned(), line.text("timestamp").to_owned());
                }
            }
        }
    }

    fn begin_step(&mut self, line: &EventRecord) {
        let number = |key: &str| line.event[key].as_u64().unwrap_or_default();
        let step = StepLives {
            step: usize::try_from(number("step")).unwrap_or(usize::MAX),
            target: u32::try_from(number("target")).unwrap_or(u32::MAX),
            asked_at: line.event["asked_at"].as_f64().unwrap_or(line.t),
            ..StepLives::default()
        };
        self.numbers.begin_step(step, self.known.len() as u64);
    }

    /// One task of a sample.
    fn listed<T>(&mut self, task: &Listed<'_>, sample: &Sample<T>) {
        let id = task.id();
        if let Some(ended) = self.known.ended_mut(id) {
            ended.listed = true;
            return;
        }
        let t = sample.t;
        // Mostly there is none, and ids are long.
        let launched = if self.launched.is_empty() { None } else { self.launched.remove(TaskId::instance_of(id)) };
        let launched = launched.filter(|_| TaskId::from(id).is_of_pod());
        let Some(life) = self.life(id, t) else { return };
        life.listed = true;
        keep(&mut life.host, &task.host);
        keep(&mut life.agent, &task.agent);
        keep(&mut life.state, &task.state);
        keep_ports(life, &task.ports);
        let staged_at = launched.as_deref().unwrap_or(&task.staged_at);
        if life.staged_at.is_empty() && !staged_at.is_empty() {
            staged_at.clone_into(&mut life.staged_at);
            // Both clocks are close enough for a timeline; the answer's own time is the bound.
            let ago = seconds_between(staged_at, &sample.at).unwrap_or(0.0).max(0.0);
            life.note((t - ago).max(0.0), Happening::Staged);
        }
        note_unreachable(life, &task.state, t);
        if is(&task.state, TaskStatus::Running) {
            life.running.get_or_insert(t);
        }
        let health = life.results((t, sample.request), &task.results);
        if let Some(healthy) = health {
            let cause = task.results.iter().filter_map(|result| result.last_failure_cause.as_deref()).next_back();
            self.health(id, healthy, cause.unwrap_or_default(), t);
        }
        if is_terminal(&task.state) {
            self.end(id, &task.state, "", t);
        }
    }

    fn missing(&mut self, id: &str, t: f64) {
        if let Some(ended) = self.known.ended_mut(id) {
            ended.listed = false;
        } else {
            self.end(id, GONE, "no longer listed by Marathon", t);
            if let Some(ended) = self.known.ended_mut(id) {
                ended.listed = false;
            }
        }
    }

    fn status(&mut self, line: &EventRecord) {
        let (id, state) = (line.text("taskId"), line.text("taskStatus"));
        if TaskId::is_container(id) && is(state, TaskStatus::Finished) {
            // The pod goes on without it. That the whole pod is over is seen by the polls.
            return;
        }
        let id = &*TaskId::life_of(id);
        if self.known.has_ended(id) {
            if is_terminal(state) {
                self.end(id, state, line.text("message"), line.t);
            }
            return;
        }
        let Some(life) = self.life(id, line.t) else { return };
        keep(&mut life.host, line.text("host"));
        keep(&mut life.agent, line.text("slaveId"));
        let ports = line.event["ports"].as_array().into_iter().flatten().filter_map(Value::as_u64);
        keep_ports(life, &ports.collect::<Vec<_>>());
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

    fn kill_event(&mut self, line: &EventRecord) {
        let id = line.text("taskId");
        if !self.known.has_ended(id) && self.life(id, line.t).is_none() {
            return;
        }
        let Some(life) = self.known.get_mut(id) else { return };
        life.kill_reason = Some(line.text("reason").to_owned());
        life.note(line.t, Happening::KilledByMarathon);
        self.numbers.kill(life, line.t);
    }

    /// The life of a task that has not ended; it may begin now. None for a task whose successor is there already.
    fn life(&mut self, id: &str, t: f64) -> Option<&mut TaskLife> {
        let step = self.numbers.step().step;
        self.known.begin(id, step, t)
    }

    /// A result of a task's own that counts.
    fn health(&mut self, id: &str, healthy: bool, cause: &str, t: f64) {
        if let Some(life) = self.known.live_mut(id) {
            self.numbers.health(life, healthy, cause, t);
        }
    }

    fn end(&mut self, id: &str, state: &str, message: &str, t: f64) {
        let end = End { t, state: state.to_owned(), message: message.to_owned() };
        let ended = Happening::Ended { state: end.state.clone(), message: end.message.clone() };
        if let Some(life) = self.known.ended_mut(id) {
            // Mesos's own account of an end that was only seen as an absence.
            if let Some(before) = life.end.as_mut().filter(|end| end.state == GONE) {
                *before = end;
                life.note(t, ended);
            }
        } else if let Some(life) = self.known.end(id) {
            life.note(t, ended);
            self.numbers.end(life, end);
        }
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
fn keep_ports(life: &mut TaskLife, ports: &[u64]) {
    if !ports.is_empty() {
        ports.clone_into(&mut life.ports);
    }
}

fn note_unreachable(life: &mut TaskLife, state: &str, t: f64) {
    if is(state, TaskStatus::Unreachable) && !life.was_unreachable {
        life.was_unreachable = true;
        life.note(t, Happening::AgentUnreachable);
    }
}

#[cfg(test)]
mod tests;
