//! The tasks that a fold knows: those that are present, those that ended a short time ago, and those that are over.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use indexmap::IndexMap;

use super::super::{
    event::EventRecord,
    life::{Happening, TaskLife, life_of},
    listed::News,
};

/// Seconds that an ended task is remembered for what is reported late: its successor, Mesos's message, its kill. Offers come
/// within about five seconds; a back-off after a crash takes longer.
const REMEMBERED: f64 = 30.0;

#[derive(Debug, Default)]
pub(super) struct Known {
    /// In the order in which they were first seen, which mostly is the order of the lists.
    live: IndexMap<Arc<str>, Entry>,
    /// The live one that a list names next, if it has this order.
    next: usize,
    /// Instance to the id of its present task.
    current: HashMap<Box<str>, Arc<str>>,
    /// Ended a short time ago, or still listed by Marathon.
    ended: HashMap<Arc<str>, Entry>,
    /// Every life that is over for good, where they are kept.
    archive: Option<BTreeMap<String, TaskLife>>,
    /// Executors of tasks that no other line has named so far, where every life is kept.
    executors: BTreeMap<String, EventRecord>,
    /// Counts the lists.
    list: u64,
}

/// What is known of a task. Small: a list of 10,000 tasks goes through all of them, and mostly looks no further.
#[derive(Debug)]
struct Entry {
    life: Box<TaskLife>,
    /// The last list that names it.
    list: u64,
    /// What a list may say of it without any effect, since it has taken all of that in.
    settled: Option<News>,
}

impl Known {
    pub(super) fn keeping_all() -> Self {
        Self { archive: Some(BTreeMap::new()), ..Self::default() }
    }

    /// How many are present.
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    /// Those that are present, by id.
    pub(super) fn live(&self) -> impl Iterator<Item = &TaskLife> {
        let mut live: Vec<_> = self.live.values().map(|entry| &*entry.life).collect();
        live.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        live.into_iter()
    }

    pub(super) fn live_mut(&mut self, id: &str) -> Option<&mut TaskLife> {
        self.live.get_mut(id).map(Entry::change)
    }

    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.ended.contains_key(id)
    }

    pub(super) fn ended_mut(&mut self, id: &str) -> Option<&mut TaskLife> {
        self.ended.get_mut(id).map(Entry::change)
    }

    /// The task, present or ended a short time ago.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut TaskLife> {
        self.live.get_mut(id).or_else(|| self.ended.get_mut(id)).map(Entry::change)
    }

    /// The id of the present task of an instance.
    pub(super) fn current(&self, instance: &str) -> Option<&str> {
        self.current.get(instance).map(|id| &**id)
    }

    /// A list begins.
    pub(super) fn begin_list(&mut self) {
        self.list += 1;
        self.next = 0;
    }

    /// Whether the list names a present task of which all that is new has no effect.
    pub(super) fn lists_as_before(&mut self, id: &str, news: News) -> bool {
        let expected = self.live.get_index(self.next).filter(|(expected, _)| &***expected == id);
        let Some(at) = expected.map(|_| self.next).or_else(|| self.live.get_index_of(id)) else { return false };
        self.next = at + 1;
        let Some((_, entry)) = self.live.get_index_mut(at) else { return false };
        entry.list = self.list;
        entry.settled.is_some_and(|settled| news <= settled)
    }

    /// The list names a task, and all that it says has been taken in.
    pub(super) fn settle(&mut self, id: &str) {
        if let Some(entry) = self.live.get_mut(id).or_else(|| self.ended.get_mut(id)) {
            entry.list = self.list;
            // A good result after a good one says nothing new, whenever it came.
            let well = entry.life.healthy == Some(true);
            entry.settled = Some(if well { News::Successes } else { News::None });
        }
    }

    /// Something is known of an instance that its next listing is to take in.
    pub(super) fn unsettle(&mut self, instance: &str) {
        if let Some(entry) = self.current.get(instance).and_then(|id| self.live.get_mut(id)) {
            entry.settled = None;
        }
    }

    /// The life of a task that has not ended; it may begin now, in this step. None for a task whose successor is there
    /// already.
    pub(super) fn begin(&mut self, id: &str, step: usize, t: f64) -> Option<&mut TaskLife> {
        if !self.live.contains_key(id) {
            let (instance, incarnation) = life_of(id);
            if self.current(instance).is_some_and(|current| life_of(current).1 > incarnation) {
                return None;
            }
            let key: Arc<str> = Arc::from(id);
            if let Some(before) = self.current.insert(Box::from(instance), key.clone())
                && let Some(before) = self.get_mut(&before)
            {
                before.successor = Some(id.to_owned());
                before.note(t, Happening::Replaced(id.to_owned()));
            }
            let life = Box::new(TaskLife { id: id.to_owned(), step, first_seen: t, ..TaskLife::default() });
            self.live.insert(key, Entry { life, list: 0, settled: None });
        }
        self.live_mut(id)
    }

    /// Moves a present task to the ended ones; None if it is not present.
    pub(super) fn end(&mut self, id: &str) -> Option<&mut TaskLife> {
        let (id, entry) = self.live.swap_remove_entry(id)?;
        Some(self.ended.entry(id).or_insert(entry).change())
    }

    /// A complete list is over: the ids of the present tasks that it should name and does not, in order.
    pub(super) fn not_listed(&mut self, t: f64) -> Vec<String> {
        let list = self.list;
        for entry in self.ended.values_mut() {
            entry.life.listed &= entry.list == list;
        }
        // An event may have named a task that the answer, already under way, could not list.
        let over = |life: &TaskLife| life.listed || life.first_seen + REMEMBERED < t;
        let missing = self.live.values().filter(|entry| entry.list != list && over(&entry.life));
        let mut missing: Vec<_> = missing.map(|entry| entry.life.id.clone()).collect();
        missing.sort_unstable();
        missing
    }

    /// Which executor runs a task. The driver does not see these lines, so they must not change any number.
    pub(super) fn executor(&mut self, line: &EventRecord) {
        let id = line.text("task");
        let keeps_all = self.archive.is_some();
        let archived = self.archive.as_mut().and_then(|archive| archive.get_mut(id));
        match self.live.get_mut(id).or_else(|| self.ended.get_mut(id)).map(Entry::change).or(archived) {
            Some(life) => run_by(life, line),
            None if keeps_all => {
                self.executors.insert(id.to_owned(), line.clone());
            }
            None => {}
        }
    }

    /// Forgets tasks that ended long ago and are no longer listed; keeps them apart where every life is kept.
    pub(super) fn forget(&mut self, t: f64) {
        let over = |entry: &Entry| {
            let life = &entry.life;
            let ended = life.end.as_ref().map(|end| end.t).or(life.scaled_down).unwrap_or(t);
            !life.listed && ended + REMEMBERED < t
        };
        if !self.ended.values().any(over) {
            return;
        }
        for (_, entry) in self.ended.extract_if(|_, entry| over(entry)) {
            if let Some(archive) = &mut self.archive {
                archive.entry(entry.life.id.clone()).or_insert(*entry.life);
            }
        }
        let (live, ended) = (&self.live, &self.ended);
        self.current.retain(|_, id| live.contains_key(id) || ended.contains_key(id));
    }

    /// Every life that is still known, by id.
    pub(super) fn into_all(self) -> BTreeMap<String, TaskLife> {
        let mut tasks = self.archive.unwrap_or_default();
        for entry in self.ended.into_values().chain(self.live.into_values()) {
            tasks.entry(entry.life.id.clone()).or_insert(*entry.life);
        }
        for (id, line) in &self.executors {
            let unseen = || TaskLife { id: id.clone(), first_seen: line.t, ..TaskLife::default() };
            run_by(tasks.entry(id.clone()).or_insert_with(unseen), line);
        }
        tasks.remove("");
        tasks
    }
}

impl Entry {
    /// The life, which may be changed: the next list is to be taken in again.
    fn change(&mut self) -> &mut TaskLife {
        self.settled = None;
        &mut self.life
    }
}

/// Notes the executor and the agent that this line names.
fn run_by(life: &mut TaskLife, line: &EventRecord) {
    life.executor_pid = line.event["executor_pid"].as_i64();
    if life.agent.is_empty() {
        line.text("agent").clone_into(&mut life.agent);
    }
}
