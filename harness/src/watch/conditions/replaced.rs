//! A task has been replaced by its successor.

use std::{borrow::Cow, collections::BTreeSet};

use crate::{
    model::{Task, TaskId},
    wait::{Condition, Look},
    watch::{describe::short, view::AppView},
};

/// Anything that identifies a task.
pub trait TaskRef {
    /// The task's full id.
    fn task_id(&self) -> &str;
}

impl TaskRef for Task {
    fn task_id(&self) -> &str {
        self.id.as_str()
    }
}

impl TaskRef for TaskId {
    fn task_id(&self) -> &str {
        self.as_str()
    }
}

impl TaskRef for str {
    fn task_id(&self) -> &str {
        self
    }
}

impl TaskRef for String {
    fn task_id(&self) -> &str {
        self
    }
}

/// See [`replaced`].
#[derive(Clone, Debug)]
pub struct Replaced {
    id: TaskId,
    /// The tasks of the first observation: before Marathon 1.8 only a task that is not among them can be a successor.
    known: Option<BTreeSet<TaskId>>,
}

/// The task has ended and another one runs in its place. The output is the successor.
///
/// Since Marathon 1.8 a successor has the same instance id and a later incarnation; before, any task counts that was
/// not listed at the first observation.
pub fn replaced(task: &(impl TaskRef + ?Sized)) -> Replaced {
    Replaced { id: TaskId::from(task.task_id()), known: None }
}

impl Replaced {
    fn succeeds(&self, task: &Task) -> bool {
        match self.id.incarnation() {
            Some(_) => task.id.instance() == self.id.instance() && task.id.incarnation() > self.id.incarnation(),
            None => self.known.as_ref().is_some_and(|known| !known.contains(&task.id)),
        }
    }
}

impl Condition<AppView> for Replaced {
    type Output = Task;

    fn look(&mut self, view: &AppView) -> Look<Task> {
        self.known.get_or_insert_with(|| view.tasks().iter().map(|task| task.id.clone()).collect());
        let old = view.tasks().iter().find(|task| task.id == self.id);
        if let Some(old) = old.filter(|task| !task.is_terminal()) {
            return Look::NotYet(format!("{} is still listed: {}", short(old.id.as_str()), old.state));
        }
        match view.tasks().iter().find(|task| self.succeeds(task)) {
            Some(next) if next.is_running() => Look::Met(next.clone()),
            Some(next) => {
                Look::NotYet(format!("the successor {} is not running: {}", short(next.id.as_str()), next.state))
            }
            None => Look::NotYet(format!("{} has no successor yet", short(self.id.as_str()))),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("a successor of task {}", short(self.id.as_str())).into()
    }
}
