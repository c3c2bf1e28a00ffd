//! Conditions that only scenarios wait for; the general ones are in `harness::watch`.

use std::{borrow::Cow, collections::BTreeSet, time::Duration};

use harness::{
    model::{Task, TaskState},
    wait::{Condition, Look},
    watch::AppView,
};
use text::elapsed;

/// Every task runs and none has a health result.
pub fn no_result_yet() -> impl Condition<AppView, Output = ()> + Clone {
    let look = |view: &AppView| {
        if view.tasks().is_empty() || view.tasks().iter().any(|task| !task.is_running()) {
            return Look::NotYet(format!("not all run: {}", view.summary()));
        }
        match view.tasks().iter().find(|task| !task.health_check_results.is_empty()) {
            None => Look::Met(()),
            Some(task) => Look::NotYet(format!("{} has the result {:?}", task.id, task.health_check_results)),
        }
    };
    look.named("no health result yet")
}

/// No task is there, and some are wanted.
pub fn no_task() -> impl Condition<AppView, Output = ()> + Clone {
    let look = |view: &AppView| match view.tasks().len() {
        0 if view.wanted() > 0 => Look::Met(()),
        n => Look::NotYet(format!("{n} of {} tasks are there", view.wanted())),
    };
    look.named("no task")
}

/// The newest of all check results is older than this: the reported health of every task is stale.
pub fn results_older_than(age: Duration) -> impl Condition<AppView, Output = Duration> + Clone {
    newest_result(move |newest| newest >= age).named(format!("results that are all older than {}", elapsed(age)))
}

/// The newest of all check results is not older than this: checks are made.
pub fn a_result_within(age: Duration) -> impl Condition<AppView, Output = Duration> + Clone {
    newest_result(move |newest| newest <= age).named(format!("a result not older than {}", elapsed(age)))
}

/// The age of the newest result is as asked for.
fn newest_result(fits: impl Fn(Duration) -> bool + Clone) -> impl Fn(&AppView) -> Look<Duration> + Clone {
    move |view| {
        let Some(now) = &view.now else { return Look::NotYet("the server has not reported its time".to_owned()) };
        let results = view.tasks().iter().flat_map(|task| &task.health_check_results);
        let newest = results.filter_map(|result| result.last_success.max(result.last_failure)).max();
        let Some(newest) = newest else { return Look::NotYet("there is no result".to_owned()) };
        let oldness = Duration::try_from(now.now - newest).unwrap_or_default();
        if fits(oldness) {
            Look::Met(oldness)
        } else {
            Look::NotYet(format!("the newest result is {} old", elapsed(oldness)))
        }
    }
}

/// None of these tasks is left, though others may be.
pub fn all_replaced(old: &[Task]) -> impl Condition<AppView, Output = ()> + Clone + use<> {
    let old: BTreeSet<String> = old.iter().map(|task| task.id.to_string()).collect();
    let look = move |view: &AppView| {
        let left = view.tasks().iter().filter(|task| !task.is_terminal() && old.contains(task.id.as_str())).count();
        if left == 0 { Look::Met(()) } else { Look::NotYet(format!("{left} of {} old tasks are left", old.len())) }
    };
    look.named("all old tasks replaced")
}

/// All of these tasks are still there.
pub fn all_kept(old: &[Task]) -> impl Condition<AppView, Output = ()> + Clone + use<> {
    let old: BTreeSet<String> = old.iter().map(|task| task.id.to_string()).collect();
    let look = move |view: &AppView| {
        let kept = view.tasks().iter().filter(|task| !task.is_terminal() && old.contains(task.id.as_str())).count();
        let all = old.len();
        if kept == all { Look::Met(()) } else { Look::NotYet(format!("{kept} of {all} old tasks are there")) }
    };
    look.named("all old tasks kept")
}

/// At least one task cannot be reached.
pub fn some_unreachable() -> impl Condition<AppView, Output = u64> + Clone {
    let look = |view: &AppView| match view.count(TaskState::Unreachable) {
        0 => Look::NotYet(format!("none is unreachable: {}", view.summary())),
        n => Look::Met(n),
    };
    look.named("some task unreachable")
}

/// The launch queue reports that offers were declined for this reason.
pub fn refused_offers_for(reason: &'static str) -> impl Condition<AppView, Output = u64> + Clone {
    let look = move |view: &AppView| {
        let Some(queue) = &view.queue else { return Look::NotYet("the app is not in the queue".to_owned()) };
        match queue.refusals().into_iter().find(|refusal| refusal.reason == reason && refusal.declined > 0) {
            Some(refusal) => Look::Met(refusal.declined),
            None => Look::NotYet(format!("the queue gives these reasons: {:?}", queue.refusals())),
        }
    };
    look.named(format!("offers declined for {reason}"))
}

/// The condition, while no poll finds fewer than `least` healthy tasks.
pub fn with_at_least<C>(least: u64, condition: C) -> WithAtLeast<C> {
    WithAtLeast { least, condition }
}

/// See [`with_at_least`].
#[derive(Clone, Debug)]
pub struct WithAtLeast<C> {
    least: u64,
    condition: C,
}

impl<C: Condition<AppView>> Condition<AppView> for WithAtLeast<C> {
    type Output = C::Output;

    fn look(&mut self, view: &AppView) -> Look<C::Output> {
        let healthy = view.count(TaskState::Healthy);
        if healthy < self.least {
            return Look::Never(format!("{healthy} healthy, never fewer than {} were allowed", self.least));
        }
        self.condition.look(view)
    }

    fn name(&self) -> Cow<'_, str> {
        format!("{} with at least {} healthy all the time", self.condition.name(), self.least).into()
    }
}

#[cfg(test)]
mod tests {
    use harness::model::App;
    use serde_json::{Value, json};

    use super::*;

    fn view(tasks: Value) -> AppView {
        let app = App::from_value(json!({"id": "/hc", "instances": 2, "tasks": tasks})).unwrap();
        AppView { id: "/hc".to_owned(), app: Some(app), ..AppView::default() }
    }

    fn task(n: u32, results: Value) -> Value {
        let id = format!("hc.instance-0d0f0000-0000-0000-0000-00000000000{n}._app.1");
        json!({"id": id, "appId": "/hc", "state": "TASK_RUNNING", "host": "127.0.0.1", "ports": [31000],
               "startedAt": "2026-11-22T16:56:24.812Z", "healthCheckResults": results})
    }

    #[test]
    fn a_result_of_any_kind_is_one() {
        assert_eq!(no_result_yet().look(&view(json!([task(1, json!([]))]))), Look::Met(()));
        let failed = json!([{"alive": false, "consecutiveFailures": 0}]);
        assert!(matches!(no_result_yet().look(&view(json!([task(1, failed)]))), Look::NotYet(_)));
        assert!(matches!(no_result_yet().look(&view(json!([]))), Look::NotYet(_)), "nobody runs");
    }

    #[test]
    fn old_tasks_are_recognised_by_their_ids() {
        let both = view(json!([task(1, json!([])), task(2, json!([]))]));
        let old = both.tasks()[..1].to_vec();
        assert!(
            matches!(all_replaced(&old).look(&both), Look::NotYet(reason) if reason == "1 of 1 old tasks are left")
        );
        let other = view(json!([task(2, json!([]))]));
        assert_eq!(all_replaced(&old).look(&other), Look::Met(()));
        assert_eq!(all_kept(&old).look(&both), Look::Met(()));
        assert!(matches!(all_kept(&old).look(&other), Look::NotYet(reason) if reason == "0 of 1 old tasks are there"));
    }

    #[test]
    fn too_few_healthy_tasks_end_the_wait() {
        let one = view(json!([task(1, json!([{"alive": true, "consecutiveFailures": 0}]))]));
        assert_eq!(with_at_least(1, all_replaced(&[])).look(&one), Look::Met(()));
        assert!(matches!(with_at_least(2, all_replaced(&[])).look(&one), Look::Never(_)));
    }
}
