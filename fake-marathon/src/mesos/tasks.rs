//! The tasks that the master knows: those that have not ended, and the last ones that have.

use std::collections::{BTreeMap, VecDeque};

use super::task::Task;
use crate::{
    ids::{PathId, TaskId},
    slab::Key,
    task_map::TaskMap,
};

/// How many ended tasks the state endpoints remember (`max_completed_tasks_per_framework`, 1000).
const MAX_COMPLETED: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Tasks {
    active: TaskMap<Task>,
    completed: VecDeque<Task>,
}

impl Tasks {
    /// Keeps the task that `make` makes, who learns its key.
    pub(super) fn insert_with(&mut self, id: TaskId, make: impl FnOnce(Key) -> Task) {
        self.active.insert_with(id, make);
    }

    /// Where a task is that has not ended.
    pub(super) fn key(&self, id: &TaskId) -> Option<Key> {
        self.active.key(id)
    }

    /// A task that has not ended.
    pub(super) fn get(&self, id: &TaskId) -> Option<&Task> {
        self.active.get(id)
    }

    /// The task of a key, unless it has ended.
    pub(super) fn at(&self, key: Key) -> Option<&Task> {
        self.active.at(key)
    }

    pub(super) fn at_mut(&mut self, key: Key) -> Option<&mut Task> {
        self.active.at_mut(key)
    }

    /// The tasks that have not ended, by id.
    pub(super) fn active(&self) -> impl Iterator<Item = &Task> {
        self.active.values()
    }

    /// The ended tasks that are remembered, oldest first.
    pub(super) fn completed(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.completed.iter()
    }

    /// The tasks of an agent that have not ended.
    pub(super) fn on_agent(&self, n: usize) -> Vec<Key> {
        self.active.values().filter(|task| task.agent() == n).map(Task::key).collect()
    }

    /// The tasks of an app that are remembered, ended ones first.
    pub(super) fn of_app(&self, app: &PathId) -> Vec<TaskId> {
        let all = self.completed().chain(self.active());
        all.filter(|task| task.info().app == *app).map(|task| task.id().clone()).collect()
    }

    /// Moves an ended task to the completed ones.
    pub(super) fn complete(&mut self, id: &TaskId) {
        self.completed.extend(self.active.remove(id));
        if self.completed.len() > MAX_COMPLETED {
            self.completed.pop_front();
        }
    }

    /// The app of a task, as long as the task is remembered.
    pub(super) fn app_of(&self, id: &TaskId) -> Option<&PathId> {
        let ended = || self.completed.iter().rev().find(|ended| ended.id() == id);
        self.get(id).or_else(ended).map(|task| &task.info().app)
    }

    /// How many have not ended, by state.
    pub(super) fn census(&self) -> BTreeMap<&'static str, usize> {
        let mut census = BTreeMap::new();
        for task in self.active() {
            *census.entry(task.state().name()).or_default() += 1;
        }
        census
    }
}
