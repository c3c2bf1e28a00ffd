//! What one observation of an app, or of one of its tasks, shows.

use std::{sync::Arc, time::Duration};

use super::event_log::Logged;
use crate::model::{App, Deployment, Event, HealthCheck, QueueEntry, ServerTime, Task, TaskId, TaskState};

/// An app with everything that explains its state.
#[derive(Clone, Debug, Default)]
pub struct AppView {
    /// The app's id.
    pub id: String,
    /// The app; none if it does not exist.
    pub app: Option<App>,
    /// The current deployments that act on it.
    pub deployments: Vec<Deployment>,
    /// Its place in the launch queue, asked for only while tasks are missing.
    pub queue: Option<QueueEntry>,
    /// Its events.
    pub events: Events,
    /// The server's time at the observation, if known.
    pub now: Option<ServerTime>,
}

/// One task, which may have ended, with what can still be known of it.
#[derive(Clone, Debug, Default)]
pub struct TaskView {
    /// The task's id.
    pub id: String,
    /// Its app.
    pub app: AppView,
}

/// Events in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Everything that is kept, from before the wait too.
    pub all: Vec<Arc<Logged>>,
    /// When the wait began, on the clock of [`Logged::at`].
    pub since: Duration,
    /// Whether the event stream is followed.
    pub on: bool,
}

impl Events {
    /// All events, gaps left out.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.all.iter().filter_map(|logged| logged.what.as_ref().ok())
    }

    /// What arrived since the wait began.
    #[must_use]
    pub fn since_start(&self) -> impl DoubleEndedIterator<Item = &Arc<Logged>> {
        self.all.iter().filter(|logged| logged.at >= self.since)
    }
}

impl AppView {
    /// The tasks that Marathon lists; none without an app.
    #[must_use]
    pub fn tasks(&self) -> &[Task] {
        self.app.as_ref().map_or(&[], |app| &app.tasks)
    }

    /// The tasks in one state.
    pub fn in_state(&self, state: TaskState) -> impl Iterator<Item = &Task> {
        self.tasks().iter().filter(move |task| state_of(task) == state)
    }

    /// How many tasks are in one state. Scheduled ones are those that are wanted and not listed.
    #[must_use]
    pub fn count(&self, state: TaskState) -> u64 {
        if state == TaskState::Scheduled {
            return self.wanted().saturating_sub(self.tasks().len() as u64);
        }
        self.in_state(state).count() as u64
    }

    /// How many instances are wanted.
    #[must_use]
    pub fn wanted(&self) -> u64 {
        self.app.as_ref().map_or(0, |app| app.instances)
    }

    /// The first health check: the apps of this project have one or none.
    #[must_use]
    pub fn check(&self) -> Option<&HealthCheck> {
        self.app.as_ref()?.health_checks.first()
    }

    /// Whether something is being changed.
    #[must_use]
    pub fn deploying(&self) -> bool {
        !self.deployments.is_empty() || self.app.as_ref().is_some_and(|app| !app.deployments.is_empty())
    }

    /// The tasks by state, such as `1 staged, 2 healthy`.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.app.is_none() {
            return format!("{} does not exist", self.id);
        }
        let counted = TaskState::ALL.iter().map(|&state| (state, self.count(state))).filter(|&(_, n)| n > 0);
        let parts: Vec<String> = counted.map(|(state, n)| format!("{n} {state}")).collect();
        if parts.is_empty() { "no tasks".to_owned() } else { parts.join(", ") }
    }
}

impl TaskView {
    /// The task itself, if it is still listed, in whatever state.
    #[must_use]
    pub fn task(&self) -> Option<&Task> {
        self.app.tasks().iter().find(|task| task.id.as_str() == self.id)
    }

    /// The listed task that has taken its place: of the same instance, with a later incarnation.
    #[must_use]
    pub fn successor(&self) -> Option<&Task> {
        let id = TaskId::from(self.id.as_str());
        let later = |task: &&Task| task.id.instance() == id.instance() && task.id.incarnation() > id.incarnation();
        self.app.tasks().iter().find(later)
    }
}

/// The state of a task, see [`TaskState::of`].
#[must_use]
pub fn state_of(task: &Task) -> TaskState {
    TaskState::of(&task.state, task.health_check_results.iter().map(|result| result.alive))
}
