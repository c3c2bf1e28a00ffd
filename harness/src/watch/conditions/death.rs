//! A task that a health check had killed, and how many failures that took.

use std::{borrow::Cow, fmt, time::Duration};

use text::elapsed;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    model::{Event, EventKind, HealthCheck, TaskId, TaskState, TaskStatus},
    wait::{Condition, Look},
    watch::{
        describe::short,
        view::{TaskView, state_of},
    },
};

/// How long the events of a task's end may come after the poll that shows it.
const LAST_EVENTS: Duration = Duration::from_secs(2);

/// How long a native probe takes that does not run into its time-out: starting the helper process (golden cases
/// `never_healthy.mesos_tcp`, `fails_after_healthy.mesos_http`: a period of 1.11 s at an interval of 1 s).
const PROBE: f64 = 0.11;

/// From the decision of a native checker to `TASK_KILLED` of a task that obeys SIGTERM (same cases).
const STOPPING: f64 = 0.1;

/// The same for Docker: the first process of a container has no handler for SIGTERM, so `docker stop` waits for its
/// SIGKILL (golden cases `lifecycle.docker_tcp`, `lifecycle.docker_mesos_http`: 5.1 to 5.2 s).
const STOPPING_DOCKER: f64 = 5.15;

/// A task's end by a health check.
#[derive(Clone, Debug, PartialEq)]
pub struct Death {
    /// The task.
    pub task: TaskId,
    /// How many failures in a row were counted before the kill was decided, the deciding one included.
    pub failures: u32,
    /// Where that number comes from.
    pub counted: Counted,
    /// When it ended, by the server's clock; unknown if no event reported it.
    pub at: Option<OffsetDateTime>,
    /// Why the last check failed; native checks do not say.
    pub cause: Option<String>,
    /// From the first failure of the last row to the end.
    pub dying: Option<Duration>,
    /// From running to the end.
    pub lived: Option<Duration>,
}

/// How the failures before a death were counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// One `failed_health_check_event` each. Marathon's own checks only.
    ByEvents,
    /// From the record that polls showed: a lower bound, since the deciding one may have been missed.
    ByPolls,
    /// From the time between the first report and the end: a native check reports its first failure only.
    ByTime,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was killed after {}", self.task, text::count(self.failures, "failure"))?;
        f.write_str(match self.counted {
            Counted::ByEvents => " (counted by events)",
            Counted::ByPolls => " (at least; counted by polls)",
            Counted::ByTime => " (estimated from the time, since a native check reports only the first)",
        })?;
        if let Some(dying) = self.dying {
            write!(f, ", {} after the first", elapsed(dying))?;
        }
        if let Some(lived) = self.lived {
            write!(f, ", {} after it began to run", elapsed(lived))?;
        }
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

/// See [`killed_by_health_check`].
#[derive(Clone, Debug, Default)]
pub struct KilledByHealthCheck {
    seen: Record,
    /// When an observation first found it ended.
    ended: Option<Instant>,
}

/// What observations showed while the task lived.
#[derive(Clone, Debug, Default)]
struct Record {
    failures: u64,
    cause: Option<String>,
    unhealthy_since: Option<OffsetDateTime>,
    started: Option<OffsetDateTime>,
    unhealthy: bool,
}

/// The task was killed because a health check failed too often. The output says how often.
///
/// A task that ends in any other way can never be killed by a health check, so the wait ends then.
#[must_use]
pub fn killed_by_health_check() -> KilledByHealthCheck {
    KilledByHealthCheck::default()
}

impl Condition<TaskView> for KilledByHealthCheck {
    type Output = Death;

    fn look(&mut self, view: &TaskView) -> Look<Death> {
        let story = Story::of(view);
        if let Some(task) = view.task().filter(|task| !task.is_terminal()) {
            self.seen.note(view);
            if story.end.is_none() {
                return Look::NotYet(match state_of(task) {
                    TaskState::Unhealthy => self.seen.describe(view.app.check()),
                    state => format!("the task is {state}"),
                });
            }
        } else if let Some(task) = view.task() {
            self.seen.note_results(task);
        }
        if story.end.is_none() && view.app.events.on {
            let since = *self.ended.get_or_insert_with(Instant::now);
            if since.elapsed() < LAST_EVENTS {
                return Look::NotYet("the task has ended; waiting for its last events".to_owned());
            }
        }
        self.verdict(view, &story)
    }

    fn name(&self) -> Cow<'_, str> {
        "a kill by a health check".into()
    }
}

impl KilledByHealthCheck {
    fn verdict(&self, view: &TaskView, story: &Story<'_>) -> Look<Death> {
        let check = view.app.check();
        let native = check.is_some_and(HealthCheck::is_native);
        let last_failure = view.app.app.as_ref().and_then(|app| app.last_task_failure.as_ref());
        let reported = last_failure
            .filter(|failure| failure.task_id == view.id && failure.message.contains("health check failed"));
        let state = story.end.and_then(Event::task_status).or_else(|| Some(view.task()?.state.as_str()));
        let killed = state.is_none_or(|state| TaskStatus::parse(state) == Some(TaskStatus::Killed));
        let unhealthy = self.seen.unhealthy || story.first_failure.is_some();
        let by_check = !story.kills.is_empty() || reported.is_some() || (native && killed && unhealthy);
        if !by_check {
            let state = state.unwrap_or("no longer listed");
            let message = story.end.and_then(|event| event.text("message")).unwrap_or_default();
            let message = if message.is_empty() { String::new() } else { format!(" ({message})") };
            return Look::Never(format!("{} ended as {state}{message}, not by a health check", short(&view.id)));
        }
        let at = story.end.and_then(|event| event.timestamp);
        let first = story.first_failure.or(self.seen.unhealthy_since);
        let between = |from: Option<OffsetDateTime>| Duration::try_from(at? - from?).ok();
        let dying = between(first);
        let (failures, counted) = if native {
            let by_time = dying.zip(check).map(|(dying, check)| failures_in(dying, check, stopping(view)));
            by_time.map_or((1, Counted::ByPolls), |failures| (failures, Counted::ByTime))
        } else if story.failures > 0 {
            (story.failures, Counted::ByEvents)
        } else {
            (u32::try_from(self.seen.failures).unwrap_or(u32::MAX), Counted::ByPolls)
        };
        let reason = story.kills.first().and_then(|kill| kill.text("reason")).map(str::to_owned);
        let cause = reason.or_else(|| self.seen.cause.clone()).filter(|cause| !cause.is_empty());
        let lived = between(story.running.or(self.seen.started));
        Look::Met(Death { task: TaskId::from(view.id.as_str()), failures, counted, at, cause, dying, lived })
    }
}

impl Record {
    /// The reason of a wait for a task that is unhealthy and still running.
    fn describe(&self, check: Option<&HealthCheck>) -> String {
        let failures = text::count(self.failures, "failure");
        let native = if check.is_some_and(HealthCheck::is_native) { "; Mesos reports only the first" } else { "" };
        format!("the task is unhealthy but still running ({failures} reported{native})")
    }

    fn note(&mut self, view: &TaskView) {
        let Some(task) = view.task() else { return };
        self.started = task.started_at.or(self.started);
        if !task.is_running() {
            // A successor that still stages shows its predecessor's record.
            return;
        }
        self.unhealthy = state_of(task) == TaskState::Unhealthy;
        if !self.unhealthy {
            self.unhealthy_since = None;
            self.failures = 0;
        } else if self.unhealthy_since.is_none() {
            self.unhealthy_since = task.health_check_results.iter().filter_map(|result| result.last_failure).min();
        }
        self.note_results(task);
    }

    fn note_results(&mut self, task: &crate::model::Task) {
        for result in task.health_check_results.iter().filter(|result| !result.alive) {
            self.failures = self.failures.max(result.consecutive_failures);
            self.cause = result.last_failure_cause.clone().or(self.cause.take());
        }
    }
}

/// What the events report of one task, from its `TASK_RUNNING` to its end.
#[derive(Debug, Default)]
struct Story<'a> {
    running: Option<OffsetDateTime>,
    /// The first report of the last row of failures.
    first_failure: Option<OffsetDateTime>,
    /// Failures counted in that row until the first kill.
    failures: u32,
    kills: Vec<&'a Event>,
    end: Option<&'a Event>,
}

impl<'a> Story<'a> {
    fn of(view: &'a TaskView) -> Self {
        let mut story = Self::default();
        let id = TaskId::from(view.id.as_str());
        // Health events bear the instance's id only, which the lives before and after share.
        let mut alive = false;
        for event in view.app.events.iter().filter(|event| event.instance_id() == Some(id.instance())) {
            let own = event.task_id().is_some_and(|task| TaskId::life_of(task) == id.as_str());
            let container = event.task_id().is_some_and(TaskId::is_container);
            let Some(kind) = event.kind() else { continue };
            match kind {
                EventKind::StatusUpdate if own => match event.task_status().map(TaskStatus::parse) {
                    Some(Some(TaskStatus::Running)) => {
                        alive = true;
                        story.running = story.running.or(event.timestamp);
                    }
                    Some(Some(status)) if !status.is_terminal() => {}
                    // The other containers of the pod go on.
                    Some(Some(TaskStatus::Finished)) if container => {}
                    // A state that is not known is one in which the task does not run.
                    Some(_) => {
                        // The containers of a pod end one after the other, the first for its own reason.
                        story.end = story.end.filter(|_| container).or(Some(event));
                        alive = false;
                    }
                    None => {}
                },
                EventKind::UnhealthyInstanceKill if own => story.kills.push(event),
                EventKind::FailedHealthCheck if alive => story.fails(event, true),
                EventKind::HealthStatusChanged | EventKind::InstanceHealthChanged if alive => match event.healthy() {
                    Some(true) => (story.first_failure, story.failures) = (None, 0),
                    Some(false) => story.fails(event, false),
                    None => {}
                },
                EventKind::AddHealthCheck
                | EventKind::DeploymentFailed
                | EventKind::DeploymentInfo
                | EventKind::DeploymentStepFailure
                | EventKind::DeploymentStepSuccess
                | EventKind::DeploymentSuccess
                | EventKind::FailedHealthCheck
                | EventKind::HealthStatusChanged
                | EventKind::InstanceChanged
                | EventKind::InstanceHealthChanged
                | EventKind::StatusUpdate
                | EventKind::UnhealthyInstanceKill => {}
            }
        }
        story
    }

    fn fails(&mut self, event: &Event, counts: bool) {
        self.first_failure = self.first_failure.or(event.timestamp);
        if counts && self.kills.is_empty() {
            self.failures += 1;
        }
    }
}

/// How long the task took to stop, by who ran it.
fn stopping(view: &TaskView) -> f64 {
    let container = view.app.app.as_ref().and_then(|app| app.raw.get("container"));
    match container.and_then(|container| container.get("type")).and_then(serde_json::Value::as_str) {
        Some("DOCKER") => STOPPING_DOCKER,
        Some(_) | None => STOPPING,
    }
}

/// How many native failures fit between the first report and the end: the probes either fail at once or all run into
/// their time-out, whichever fits the time better (the next probe begins an interval after the last one's end).
fn failures_in(dying: Duration, check: &HealthCheck, stopping: f64) -> u32 {
    let dying = (dying.as_secs_f64() - stopping).max(0.0);
    let interval = check.interval_seconds as f64;
    let timeout = check.timeout_seconds.max(0) as f64;
    let fit = |probe: f64| {
        let periods = dying / (interval + probe);
        (periods.round(), (periods - periods.round()).abs() * (interval + probe))
    };
    let (fast, slow) = (fit(PROBE), fit(timeout));
    let periods = if timeout > 0.0 && slow.1 < fast.1 && slow.0 > 0.0 { slow.0 } else { fast.0 };
    1 + periods as u32
}
