//! The story of every task of a run, put together from samples and events: what `why` and the report tell.

use std::collections::BTreeMap;

use serde_json::Value;

use harness::record::Sample;

use crate::folder::{
    event::{self, EventLine},
    moment::seconds_between,
    story::{Story, UNREACHABLE},
};

/// The stories of all tasks of a run, by task id.
#[derive(Debug, Default)]
pub struct Stories {
    tasks: BTreeMap<String, Story>,
    cleaning: Option<f64>,
    /// Target and time of the last sample.
    last: Option<(u32, f64)>,
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

/// Mesos's terminal states.
fn is_over(state: &str) -> bool {
    ["TASK_KILLED", "TASK_FAILED", "TASK_FINISHED", "TASK_LOST", "TASK_ERROR", "TASK_GONE", "TASK_DROPPED"]
        .contains(&state)
        || state == "TASK_GONE_BY_OPERATOR"
}

#[cfg(test)]
#[path = "tasks_tests.rs"]
mod tests;
