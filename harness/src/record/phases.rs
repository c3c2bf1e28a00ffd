//! When each task reached each phase: staged, running, first healthy, each flip, kill, successor.
//!
//! Polls and events are fed in as they arrive; whichever tells of a phase first sets its instant, by the rig's own
//! clock, so that no two clocks are ever compared. Memory holds the present tasks only: what has ended is handed out.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::delta::task_id;
use super::quantile::Spread;
use crate::model::TaskState;

/// How many flips a record lists; all are counted.
const LISTED_FLIPS: usize = 100;

/// Seconds that the record of an ended task is held back for its successor to appear: offers come within about five
/// seconds, a back-off after a crash takes longer and leaves the record without successor.
const SUCCESSOR_WITHIN: f64 = 30.0;

/// The life of one task. All instants are seconds since the run began.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskPhases {
    /// The task's id.
    pub id: String,
    /// The agent's host.
    pub host: String,
    /// Its host ports, kept after Marathon has forgotten them.
    pub ports: Vec<u64>,
    /// The step of the plan, from 1, in which it was first seen.
    pub step: usize,
    /// When it was first seen at all.
    pub staged: f64,
    /// When it was first seen running.
    pub running: Option<f64>,
    /// When it was first seen healthy.
    pub first_healthy: Option<f64>,
    /// When it was first seen unhealthy.
    pub first_unhealthy: Option<f64>,
    /// Each change after that: when, and whether to healthy. The first hundred.
    pub flips: Vec<(f64, bool)>,
    /// How many changes there were in all.
    pub flip_count: u64,
    /// The last health known.
    pub healthy: Option<bool>,
    /// The cause that the last failed check gave; native checks give none.
    pub cause: Option<String>,
    /// When a health check had it killed: the kill event, or for native checks its end.
    pub killed: Option<f64>,
    /// When it ended.
    pub ended: Option<f64>,
    /// Mesos's last word on it, such as `TASK_KILLED`; `gone` when it was only seen to be missing.
    pub end_state: Option<String>,
    /// The task that took its place under the same instance id.
    pub successor: Option<String>,
}

/// What happened in a step, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Changes of health after a task was first healthy.
    pub flips: u64,
    /// Tasks killed by a health check.
    pub kills: u64,
    /// Tasks that ended otherwise, unasked.
    pub losses: u64,
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { flips: self.flips + other.flips, kills: self.kills + other.kills, losses: self.losses + other.losses }
    }
}

/// Follows all tasks of one app.
#[derive(Debug, Default)]
pub struct PhaseTracker {
    live: BTreeMap<String, TaskPhases>,
    /// Instance to the id of its present task.
    current: BTreeMap<String, String>,
    /// Ended, and perhaps still listed by Marathon or by an answer that was under way.
    ended: BTreeSet<String>,
    /// Records of ended tasks that have not been taken yet, by id.
    finished: BTreeMap<String, TaskPhases>,
    step: usize,
    asked_at: f64,
    shrinking: bool,
    tally: Tally,
    times_to_healthy: Spread,
    times_to_unhealthy: Spread,
}

impl PhaseTracker {
    /// A step begins at `t`. While the app is shrinking, the end of a healthy task is no loss.
    pub fn begin_step(&mut self, step: usize, t: f64, shrinking: bool) {
        self.step = step;
        self.asked_at = t;
        self.shrinking = shrinking;
        self.tally = Tally::default();
        self.times_to_healthy = Spread::default();
        self.times_to_unhealthy = Spread::default();
    }

    /// What has happened since the step began.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Seconds from the step's beginning to the first healthy result of each of its new tasks, successors left out.
    #[must_use]
    pub fn times_to_healthy(&self) -> &Spread {
        &self.times_to_healthy
    }

    /// Seconds that the tasks which turned unhealthy in this step for the first time had been healthy before, or had
    /// run if they never were.
    #[must_use]
    pub fn times_to_unhealthy(&self) -> &Spread {
        &self.times_to_unhealthy
    }

    /// The tasks that have not ended, by id.
    pub fn live(&self) -> impl Iterator<Item = &TaskPhases> {
        self.live.values()
    }

    /// Takes the records that are complete at `t`: of tasks that ended and have a successor, or ended long ago.
    pub fn take_finished(&mut self, t: f64) -> Vec<TaskPhases> {
        let complete = |task: &TaskPhases| {
            task.successor.is_some() || task.ended.is_some_and(|ended| ended + SUCCESSOR_WITHIN < t)
        };
        let (taken, kept) = std::mem::take(&mut self.finished).into_iter().partition(|(_, task)| complete(task));
        self.finished = kept;
        BTreeMap::into_values(taken).collect()
    }

    /// A poll at `t` listed these tasks, all there are.
    pub fn on_tasks(&mut self, tasks: &[Value], t: f64) {
        let mut listed = BTreeSet::new();
        for raw in tasks {
            let id = task_id(raw);
            self.on_listed(&id, raw, t);
            listed.insert(id);
        }
        let missing: Vec<String> = self.live.keys().filter(|id| !listed.contains(*id)).cloned().collect();
        for id in missing {
            // An event may have told of a task that the answer, already under way, could not list.
            if self.live[&id].staged < t {
                self.end(&id, "gone", t);
            }
        }
        self.ended.retain(|id| listed.contains(id));
        let (live, finished) = (&self.live, &self.finished);
        self.current.retain(|_, id| live.contains_key(id) || finished.contains_key(id));
    }

    fn on_listed(&mut self, id: &str, raw: &Value, t: f64) {
        if self.ended.contains(id) {
            return;
        }
        let state = TaskState::of_raw(raw);
        let task = self.task(id, t);
        if let Some(host) = raw["host"].as_str() {
            host.clone_into(&mut task.host);
        }
        let ports: Vec<u64> = raw["ports"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        if !ports.is_empty() {
            task.ports = ports;
        }
        let results = raw["healthCheckResults"].as_array().into_iter().flatten();
        if let Some(cause) = results.filter_map(|result| result["lastFailureCause"].as_str()).next_back()
            && !cause.is_empty()
        {
            task.cause = Some(cause.to_owned());
        }
        match state {
            TaskState::Healthy => {
                self.runs(id, t);
                self.health(id, true, t);
            }
            TaskState::Unhealthy => {
                self.runs(id, t);
                self.health(id, false, t);
            }
            TaskState::Running => self.runs(id, t),
            TaskState::Killing if raw["state"] != "TASK_KILLING" => {
                self.end(id, raw["state"].as_str().unwrap_or_default(), t);
            }
            _ => {}
        }
    }

    /// An event of Marathon's arrived at `t`. Types that tell nothing about tasks are ignored.
    pub fn on_event(&mut self, event: &Value, t: f64) {
        match event["eventType"].as_str().unwrap_or_default() {
            "status_update_event" => self.on_status(event, t),
            "health_status_changed_event" => {
                if let (Some(id), Some(alive)) = (self.of_instance(event), event["alive"].as_bool()) {
                    self.health(&id, alive, t);
                }
            }
            "instance_health_changed_event" => {
                if let (Some(id), Some(healthy)) = (self.of_instance(event), event["healthy"].as_bool()) {
                    self.health(&id, healthy, t);
                }
            }
            "unhealthy_instance_kill_event" => {
                let Some(task) = event["taskId"].as_str().and_then(|id| self.live.get_mut(id)) else { return };
                if task.killed.is_none() {
                    task.killed = Some(t);
                    self.tally.kills += 1;
                }
                if let Some(reason) = event["reason"].as_str() {
                    task.cause = Some(reason.to_owned());
                }
            }
            _ => {}
        }
    }

    fn on_status(&mut self, event: &Value, t: f64) {
        let (Some(id), Some(status)) = (event["taskId"].as_str(), event["taskStatus"].as_str()) else { return };
        if self.ended.contains(id) {
            return;
        }
        let task = self.task(id, t);
        if let Some(host) = event["host"].as_str() {
            host.clone_into(&mut task.host);
        }
        match TaskState::of(status, []) {
            TaskState::Running => self.runs(id, t),
            TaskState::Killing if status != "TASK_KILLING" => self.end(id, status, t),
            _ => {}
        }
    }

    fn task(&mut self, id: &str, t: f64) -> &mut TaskPhases {
        let step = self.step;
        if !self.live.contains_key(id) {
            let before = self.current.insert(instance(id).to_owned(), id.to_owned());
            if let Some(before) = before {
                let finished = self.finished.get_mut(&before);
                if let Some(before) = self.live.get_mut(&before).or(finished) {
                    before.successor = Some(id.to_owned());
                }
            }
        }
        self.live.entry(id.to_owned()).or_insert_with(|| TaskPhases {
            id: id.to_owned(),
            step,
            staged: t,
            ..TaskPhases::default()
        })
    }

    fn of_instance(&self, event: &Value) -> Option<String> {
        self.current.get(event["instanceId"].as_str()?).filter(|id| self.live.contains_key(*id)).cloned()
    }

    fn runs(&mut self, id: &str, t: f64) {
        if let Some(task) = self.live.get_mut(id) {
            task.running.get_or_insert(t);
        }
    }

    fn health(&mut self, id: &str, healthy: bool, t: f64) {
        let Some(task) = self.live.get_mut(id) else { return };
        let changed = task.healthy != Some(healthy);
        task.healthy = Some(healthy);
        if !healthy && task.first_unhealthy.is_none() {
            task.first_unhealthy = Some(t);
            let well_since = task.first_healthy.or(task.running).unwrap_or(task.staged);
            // A successor shows its predecessor's record until its own first result.
            if is_first_life(id) {
                self.times_to_unhealthy.record(t - well_since);
            }
        }
        if task.first_healthy.is_some() {
            if changed {
                task.flip_count += 1;
                self.tally.flips += 1;
                if task.flips.len() < LISTED_FLIPS {
                    task.flips.push((t, healthy));
                }
            }
        } else if healthy {
            task.first_healthy = Some(t);
            if task.step == self.step && is_first_life(id) {
                self.times_to_healthy.record(t - self.asked_at);
            }
        }
    }

    fn end(&mut self, id: &str, state: &str, t: f64) {
        let Some(mut task) = self.live.remove(id) else { return };
        task.ended = Some(t);
        task.end_state = Some(state.to_owned());
        if task.killed.is_none() && !self.shrinking {
            if matches!(state, "TASK_KILLED" | "gone") && task.healthy == Some(false) {
                // The kill by a native check is not announced: its end while unhealthy is all there is.
                task.killed = Some(t);
                self.tally.kills += 1;
            } else {
                self.tally.losses += 1;
            }
        }
        self.ended.insert(id.to_owned());
        self.finished.insert(id.to_owned(), task);
    }

    /// The run is over: every remaining task's record is handed out as it is.
    pub fn finish(&mut self) -> Vec<TaskPhases> {
        let mut rest: Vec<TaskPhases> = std::mem::take(&mut self.finished).into_values().collect();
        rest.extend(std::mem::take(&mut self.live).into_values());
        rest
    }
}

/// The part of a task id that its successors share.
fn instance(id: &str) -> &str {
    id.split("._").next().unwrap_or(id)
}

/// Whether the id is that of an instance's first task. Before Marathon 1.8 there was no incarnation: then every one is.
fn is_first_life(id: &str) -> bool {
    let incarnation = id.split_once("._").and_then(|(_, tail)| tail.rsplit_once('.'));
    incarnation.is_none_or(|(_, n)| n == "1")
}
