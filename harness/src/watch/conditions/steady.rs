//! Steady health, flapping, crash loops.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use text::elapsed;
use tokio::time::Instant;

use super::{counts::all_alive, life::Lives};
use crate::{
    model::TaskState,
    wait::{Condition, Look},
    watch::{
        describe::short,
        view::{AppView, TaskView, state_of},
    },
};

/// See [`stays_healthy_for`].
#[derive(Clone, Debug)]
pub struct StaysHealthy {
    least: Duration,
    since: Option<Instant>,
}

/// All wanted tasks are healthy at every observation until `least` has passed, and no event reports a task that was
/// unhealthy or ended in between. Anything else ends the wait at once.
#[must_use]
pub fn stays_healthy_for(least: Duration) -> StaysHealthy {
    StaysHealthy { least, since: None }
}

impl Condition<AppView> for StaysHealthy {
    type Output = ();

    fn look(&mut self, view: &AppView) -> Look<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        if let Look::NotYet(reason) | Look::Never(reason) = all_alive().look(view) {
            return Look::Never(format!("after {}: {reason}", elapsed(since.elapsed())));
        }
        let lives = Lives::of(view.events.since_start().filter_map(|logged| logged.what.as_ref().ok()));
        let lapse = lives.iter().find(|(_, life)| life.falls > 0 || life.ends > 0 || life.healthy == Some(false));
        if let Some((instance, life)) = lapse {
            let what = if life.ends > 0 { "ended" } else { "was unhealthy" };
            return Look::Never(format!("{} {what} between two observations", short(instance)));
        }
        if since.elapsed() >= self.least {
            return Look::Met(());
        }
        Look::NotYet(format!("all healthy for {}", elapsed(since.elapsed())))
    }

    fn name(&self) -> Cow<'_, str> {
        format!("uninterrupted health for {}", elapsed(self.least)).into()
    }

    fn takes_at_least(&self) -> Duration {
        self.least
    }
}

/// See [`unhealthy_within`].
#[derive(Clone, Debug)]
pub struct UnhealthyWithin {
    most: Duration,
    since: Option<Instant>,
}

/// The task is reported unhealthy within `most` of the first observation. The output is the time it took.
#[must_use]
pub fn unhealthy_within(most: Duration) -> UnhealthyWithin {
    UnhealthyWithin { most, since: None }
}

impl Condition<TaskView> for UnhealthyWithin {
    type Output = Duration;

    fn look(&mut self, view: &TaskView) -> Look<Duration> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let took = since.elapsed();
        let Some(task) = view.task() else {
            return Look::Never("the task is gone".to_owned());
        };
        let state = state_of(task);
        if state == TaskState::Unhealthy && took <= self.most {
            return Look::Met(took);
        }
        if state == TaskState::Killing {
            return Look::Never(format!("the task has ended: {}", task.state));
        }
        let reason = format!("{state} after {}", elapsed(took));
        if took > self.most { Look::Never(reason) } else { Look::NotYet(reason) }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("an unhealthy result within {}", elapsed(self.most)).into()
    }

    fn takes_at_least(&self) -> Duration {
        self.most
    }
}

/// See [`flapped`].
#[derive(Clone, Debug)]
pub struct Flapped {
    times: u32,
    /// The health of each task at the last poll, and its recoveries, for a watch without events.
    seen: BTreeMap<String, (bool, u32)>,
}

/// Some task has recovered from unhealthy to healthy at least `times` times, without having been replaced. The output is
/// the instance's id. Without events only the recoveries between polls are counted.
#[must_use]
pub fn flapped(times: u32) -> Flapped {
    Flapped { times, seen: BTreeMap::new() }
}

impl Flapped {
    /// Counts the recoveries that polls show.
    fn note(&mut self, view: &AppView) {
        for task in view.tasks() {
            let was_healthy = task.health_check_results.iter().any(|each| each.first_success.is_some());
            let Some(healthy) = state_of(task).health().filter(|healthy| *healthy || was_healthy) else { continue };
            let (before, recoveries) = self.seen.entry(task.id.to_string()).or_insert((healthy, 0));
            *recoveries += u32::from(healthy && !*before);
            *before = healthy;
        }
    }
}

impl Condition<AppView> for Flapped {
    type Output = String;

    fn look(&mut self, view: &AppView) -> Look<String> {
        self.note(view);
        let lives = Lives::of(view.events.iter());
        let reported = lives.iter().map(|(instance, life)| (instance, life.recoveries));
        let seen = self.seen.iter().map(|(task, &(_, recoveries))| (task.as_str(), recoveries));
        match reported.chain(seen).max_by_key(|&(_, recoveries)| recoveries) {
            Some((id, recoveries)) if recoveries >= self.times => Look::Met(id.to_owned()),
            Some((id, recoveries)) => {
                Look::NotYet(format!("{} has recovered {recoveries} of {} times", short(id), self.times))
            }
            None => Look::NotYet(format!("no health reported for any task ({})", view.summary())),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        format!("a task that recovers {} times", self.times).into()
    }
}

/// See [`crash_looping`].
#[derive(Clone, Debug)]
pub struct CrashLooping {
    times: u32,
    /// The earliest incarnation seen of each instance.
    first: BTreeMap<String, u64>,
}

/// An app whose tasks end on their own account again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashLoop {
    /// The instance that ended most often.
    pub instance: String,
    /// How often its tasks ended on their own account, by the events; without events by its incarnations since the first
    /// observation.
    pub crashes: u32,
    /// Seconds of back-off before the next launch, if there is one.
    pub held_back: Option<i64>,
}

/// The tasks of some instance have ended on their own account at least `times` times.
#[must_use]
pub fn crash_looping(times: u32) -> CrashLooping {
    CrashLooping { times, first: BTreeMap::new() }
}

impl Condition<AppView> for CrashLooping {
    type Output = CrashLoop;

    fn look(&mut self, view: &AppView) -> Look<CrashLoop> {
        let mut crashes: Vec<(String, u32)> = if view.events.on {
            Lives::of(view.events.iter()).iter().map(|(id, life)| (id.to_owned(), life.crashes)).collect()
        } else {
            self.by_incarnation(view)
        };
        crashes.sort_by_key(|&(_, crashes)| std::cmp::Reverse(crashes));
        let Some((instance, crashes)) = crashes.into_iter().next() else {
            return Look::NotYet(view.summary());
        };
        if crashes < self.times {
            return Look::NotYet(format!("{} has crashed {crashes} of {} times", short(&instance), self.times));
        }
        let delay = view.queue.as_ref().map(|entry| entry.delay.time_left_seconds);
        Look::Met(CrashLoop { instance, crashes, held_back: delay.filter(|&left| left > 0) })
    }

    fn name(&self) -> Cow<'_, str> {
        format!("a task that crashes {} times", self.times).into()
    }
}

impl CrashLooping {
    fn by_incarnation(&mut self, view: &AppView) -> Vec<(String, u32)> {
        let counted = view.tasks().iter().filter_map(|task| {
            let now = task.id.incarnation()?;
            let first = *self.first.entry(task.id.instance().to_owned()).or_insert(now);
            let ended = u64::from(task.is_terminal());
            Some((task.id.instance().to_owned(), u32::try_from(now - first.min(now) + ended).unwrap_or(u32::MAX)))
        });
        counted.collect()
    }
}
