//! The tasks that a fold knows: those that are present, those that ended a short time ago, and those that are over.

use std::collections::{BTreeMap, HashSet};

use super::super::{
    event::EventRecord,
    life::{Happening, TaskLife, life_of},
};

/// Seconds that an ended task is remembered for what is reported late: its successor, Mesos's message, its kill. Offers come
/// within about five seconds; a back-off after a crash takes longer.
const REMEMBERED: f64 = 30.0;

#[derive(Debug, Default)]
pub(super) struct Known {
    live: BTreeMap<String, TaskLife>,
    /// Instance to the id of its present task.
    current: BTreeMap<String, String>,
    /// Ended a short time ago, or still listed by Marathon.
    ended: BTreeMap<String, TaskLife>,
    /// Every life that is over for good, where they are kept.
    archive: Option<BTreeMap<String, TaskLife>>,
    /// Executors of tasks that no other line has named so far, where every life is kept.
    executors: BTreeMap<String, EventRecord>,
}

impl Known {
    pub(super) fn keeping_all() -> Self {
        Self { archive: Some(BTreeMap::new()), ..Self::default() }
    }

    pub(super) fn live(&self) -> impl ExactSizeIterator<Item = &TaskLife> {
        self.live.values()
    }

    pub(super) fn live_mut(&mut self, id: &str) -> Option<&mut TaskLife> {
        self.live.get_mut(id)
    }

    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.ended.contains_key(id)
    }

    pub(super) fn ended_mut(&mut self, id: &str) -> Option<&mut TaskLife> {
        self.ended.get_mut(id)
    }

    /// The task, present or ended a short time ago.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut TaskLife> {
        self.live.get_mut(id).or_else(|| self.ended.get_mut(id))
    }

    /// The id of the present task of an instance.
    pub(super) fn current(&self, instance: &str) -> Option<&str> {
        self.current.get(instance).map(String::as_str)
    }

    /// The life of a task that has not ended; it may begin now, in this step. None for a task whose successor is there
    /// already.
    pub(super) fn begin(&mut self, id: &str, step: usize, t: f64) -> Option<&mut TaskLife> {
        if !self.live.contains_key(id) {
            let (instance, incarnation) = life_of(id);
            if self.current(instance).is_some_and(|current| life_of(current).1 > incarnation) {
                return None;
            }
            if let Some(before) = self.current.insert(instance.to_owned(), id.to_owned())
                && let Some(before) = self.get_mut(&before)
            {
                before.successor = Some(id.to_owned());
                before.note(t, Happening::Replaced(id.to_owned()));
            }
            let life = TaskLife { id: id.to_owned(), step, first_seen: t, ..TaskLife::default() };
            self.live.insert(id.to_owned(), life);
        }
        self.live.get_mut(id)
    }

    /// Moves a present task to the ended ones; None if it is not present.
    pub(super) fn end(&mut self, id: &str) -> Option<&mut TaskLife> {
        let (id, life) = self.live.remove_entry(id)?;
        Some(self.ended.entry(id).or_insert(life))
    }

    /// A complete list of tasks: the ids of the present ones that it should list and does not.
    pub(super) fn not_listed(&mut self, listed: &HashSet<&str>, t: f64) -> Vec<String> {
        for (id, life) in &mut self.ended {
            life.listed &= listed.contains(id.as_str());
        }
        // An event may have named a task that the answer, already under way, could not list.
        let over = |life: &TaskLife| life.listed || life.first_seen + REMEMBERED < t;
        self.live()
            .filter(|life| over(life) && !listed.contains(life.id.as_str()))
            .map(|life| life.id.clone())
            .collect()
    }

    /// Which executor runs a task. The driver does not see these lines, so they must not change any number.
    pub(super) fn executor(&mut self, line: &EventRecord) {
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

    /// Forgets tasks that ended long ago and are no longer listed; keeps them apart where every life is kept.
    pub(super) fn forget(&mut self, t: f64) {
        let over = |life: &TaskLife| {
            let ended = life.end.as_ref().map(|end| end.t).or(life.scaled_down).unwrap_or(t);
            !life.listed && ended + REMEMBERED < t
        };
        if !self.ended.values().any(over) {
            return;
        }
        let (gone, kept): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.ended).into_iter().partition(|(_, life)| over(life));
        self.ended = kept;
        if let Some(archive) = &mut self.archive {
            for (id, life) in gone {
                archive.entry(id).or_insert(life);
            }
        }
        let (live, ended) = (&self.live, &self.ended);
        self.current.retain(|_, id| live.contains_key(id) || ended.contains_key(id));
    }

    /// Every life that is still known, by id.
    pub(super) fn into_all(self) -> BTreeMap<String, TaskLife> {
        let mut tasks = self.archive.unwrap_or_default();
        for (id, life) in self.ended.into_iter().chain(self.live) {
            tasks.entry(id).or_insert(life);
        }
        for (id, line) in &self.executors {
            let unseen = || TaskLife { id: id.clone(), first_seen: line.t, ..TaskLife::default() };
            run_by(tasks.entry(id.clone()).or_insert_with(unseen), line);
        }
        tasks.remove("");
        tasks
    }
}

/// Notes the executor and the agent that this line names.
fn run_by(life: &mut TaskLife, line: &EventRecord) {
    life.executor_pid = line.event["executor_pid"].as_i64();
    if life.agent.is_empty() {
        line.text("agent").clone_into(&mut life.agent);
    }
}
