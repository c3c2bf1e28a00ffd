//! The executors of task groups: each runs the tasks of one group, and its own resources are free when the last has ended.

use std::collections::BTreeMap;

use super::resources::Resources;
use crate::ids::TaskId;

/// One executor.
#[derive(Debug)]
struct Group {
    /// Index of the agent.
    agent: usize,
    resources: Resources,
    /// Tasks that have not ended.
    tasks: Vec<TaskId>,
}

/// All executors of groups, by id.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_executor: BTreeMap<String, Group>,
}

impl Groups {
    /// An executor is launched.
    pub(super) fn launch(&mut self, executor: &str, agent: usize, resources: Resources) {
        self.by_executor.insert(executor.to_owned(), Group { agent, resources, tasks: Vec::new() });
    }

    /// A task of it is launched.
    pub(super) fn add(&mut self, executor: &str, task: TaskId) {
        if let Some(group) = self.by_executor.get_mut(executor) {
            group.tasks.push(task);
        }
    }

    /// The tasks of an executor that have not ended.
    pub(super) fn tasks(&self, executor: &str) -> Vec<TaskId> {
        self.by_executor.get(executor).map(|group| group.tasks.clone()).unwrap_or_default()
    }

    /// A task has ended; with the last one the executor ends, and its agent and resources are returned.
    pub(super) fn remove(&mut self, executor: &str, task: &TaskId) -> Option<(usize, Resources)> {
        let group = self.by_executor.get_mut(executor)?;
        group.tasks.retain(|own| own != task);
        if !group.tasks.is_empty() {
            return None;
        }
        self.by_executor.remove(executor).map(|group| (group.agent, group.resources))
    }

    /// What the executors of an agent hold for themselves; of all agents without one.
    pub(super) fn held(&self, agent: Option<usize>) -> Resources {
        let mut sum = Resources::default();
        let wanted = self.by_executor.values().filter(|group| agent.is_none_or(|agent| group.agent == agent));
        wanted.for_each(|group| sum.add(group.resources.clone()));
        sum
    }
}
