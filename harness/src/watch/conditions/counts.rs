//! How many tasks are in which state.

use std::borrow::Cow;

use crate::{
    model::{Task, TaskState},
    wait::{Condition, Look},
    watch::{
        describe::short,
        view::{AppView, state_of},
    },
};

/// See [`healthy`], [`running`], [`unhealthy`].
#[derive(Clone, Debug)]
pub struct Exactly {
    n: u64,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Healthy,
    Running,
    Unhealthy,
}

/// Exactly `n` tasks run and are healthy, and every other task has ended.
#[must_use]
pub fn healthy(n: u64) -> Exactly {
    Exactly { n, what: What::Healthy }
}

/// Exactly `n` tasks run, whatever their checks report, and every other task has ended.
#[must_use]
pub fn running(n: u64) -> Exactly {
    Exactly { n, what: What::Running }
}

/// Exactly `n` tasks run and are not healthy; the others may be in any state.
#[must_use]
pub fn unhealthy(n: u64) -> Exactly {
    Exactly { n, what: What::Unhealthy }
}

impl What {
    fn counts(self, state: TaskState) -> bool {
        match self {
            Self::Healthy => state == TaskState::Healthy,
            Self::Running => state.health().is_some() || state == TaskState::Running,
            Self::Unhealthy => state == TaskState::Unhealthy,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Running => "running",
            Self::Unhealthy => "unhealthy",
        }
    }
}

impl Condition<AppView> for Exactly {
    type Output = ();

    fn look(&mut self, view: &AppView) -> Look<()> {
        let Self { n, what } = *self;
        if view.app.is_none() {
            return Look::NotYet(view.summary());
        }
        let count = view.tasks().iter().filter(|task| what.counts(state_of(task))).count() as u64;
        let others = view.tasks().iter().any(|task| !what.counts(state_of(task)) && !task.is_terminal());
        if count == n && (what == What::Unhealthy || !others) {
            return Look::Met(());
        }
        if what == What::Healthy && n > 0 && view.check().is_none() {
            return Look::Never(format!("{} has no health check, so none of its tasks can become healthy", view.id));
        }
        let mut reason = format!("{count} of {n} {}: {}", what.word(), view.summary());
        if let Some(worst) = worst(view) {
            reason.push_str(&format!("; {worst}"));
        }
        Look::NotYet(reason)
    }

    fn name(&self) -> Cow<'_, str> {
        text::count(self.n, &format!("{} task", self.what.word())).into()
    }
}

/// The unhealthy task with the most failures.
fn worst(view: &AppView) -> Option<String> {
    let failures = |task: &&Task| task.health_check_results.iter().map(|result| result.consecutive_failures).max();
    let task = view.in_state(TaskState::Unhealthy).max_by_key(failures)?;
    let n = failures(&task).unwrap_or(0);
    let causes = task.health_check_results.iter().filter_map(|result| result.last_failure_cause.as_deref());
    let cause = causes.filter(|cause| !cause.is_empty()).map(|cause| format!(": {cause}")).next().unwrap_or_default();
    let times = if n == 1 { "once".to_owned() } else { format!("{n} times in a row") };
    Some(format!("{} has failed {times}{cause}", short(task.id.as_str())))
}

/// Every wanted task is listed and healthy; at least one is wanted.
#[derive(Clone, Debug)]
pub struct AllAlive;

/// See [`AllAlive`].
#[must_use]
pub fn all_alive() -> AllAlive {
    AllAlive
}

impl Condition<AppView> for AllAlive {
    type Output = ();

    fn look(&mut self, view: &AppView) -> Look<()> {
        match view.wanted() {
            0 => Look::NotYet(format!("{}, and none are wanted", view.summary())),
            n => healthy(n).look(view),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        "all tasks healthy".into()
    }
}
