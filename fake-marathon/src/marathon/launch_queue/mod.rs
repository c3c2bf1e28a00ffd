//! The launch queue: instances that wait for offers, how long failures hold them back, and when offers are asked for.
//!
//! Rules from Marathon's `core/launchqueue/impl/{LaunchQueueActor,RateLimiterActor,TaskLauncherActor}.scala`.

mod backoff;
mod matching;
mod revive;
mod statistics;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use self::{backoff::Backoff, revive::Revive, statistics::Statistics};
use super::{
    command::{Answer, Done, Refused},
    instances::{Condition, Instance, Instances, Slot},
};
use crate::{
    app::AppDefinition,
    clock::Time,
    fault::{Faults, Hold},
    ids::PathId,
    snapshot::QueueView,
    tree::Root,
    tuning::Tuning,
    wire::ToMesos,
};

/// An app and its last change of configuration: what launch delays are kept by.
pub(crate) type ConfigRef = (PathId, Time);

/// The key of an app's launch delay.
fn config_ref(app: &AppDefinition) -> ConfigRef {
    (app.id.clone(), app.last_config_change_at)
}

/// What the launch queue leads to, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Call(ToMesos),
    /// [`LaunchQueue::due`] is to be called then.
    Timer(Time, Due),
    /// Matching an offer has failed as it fails in a real Marathon.
    Failed(Failure),
}

/// How far a failure of matching reaches; the texts say of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The queue ends: nothing is launched until there is a new leader.
    Queue(String),
    /// Marathon's process dies.
    Process(String),
}

/// What falls due.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {
    /// The demand for offers may be evaluated again, which every call of the scheduler does.
    Evaluation,
    /// A revive is repeated while offers are still wanted.
    RepeatRevive,
    /// A launch delay may be over.
    DelayOver(ConfigRef),
}

/// Conditions after which the launch delay grows. A kill is not among them (`NotifyRateLimiterStepImpl.scala`).
fn grows_delay(condition: Condition) -> bool {
    matches!(
        condition,
        Condition::Dropped | Condition::Error | Condition::Failed | Condition::Gone | Condition::Finished
    )
}

fn advances_delay(condition: Condition) -> bool {
    matches!(condition, Condition::Staging | Condition::Starting | Condition::Running | Condition::Provisioned)
}

/// How often the demand for offers is evaluated; like every timer of Marathon's it is a little late (recorded 5.02 s).
fn revive_interval(tuning: &Tuning) -> Duration {
    if tuning.prompt_offers { Duration::ZERO } else { tuning.min_revive_interval + tuning.ticker_slack }
}

/// Launch tokens, launch delays, statistics of offers, and the demand for offers.
#[derive(Debug)]
pub(crate) struct LaunchQueue {
    tuning: Arc<Tuning>,
    faults: Faults,
    /// When each app entered the queue.
    since: BTreeMap<PathId, Time>,
    statistics: BTreeMap<PathId, Statistics>,
    tokens: u32,
    /// How often tokens were refreshed since `started`.
    refreshed: u64,
    started: Time,
    /// Which of the waiting apps is first for the next offer.
    turn: usize,
    /// Ended by an exception: nothing is launched until another leader begins.
    broken: bool,
    backoff: Backoff,
    revive: Revive,
    /// How many changes of instances the demand has been evaluated for.
    changes_seen: u64,
    evaluation_at: Option<Time>,
    repeat_at: Option<Time>,
}

impl LaunchQueue {
    pub(crate) fn new(tuning: Arc<Tuning>, faults: Faults, now: Time) -> Self {
        Self {
            since: BTreeMap::new(),
            statistics: BTreeMap::new(),
            tokens: tuning.launch_tokens,
            refreshed: 0,
            started: now,
            turn: 0,
            broken: false,
            backoff: Backoff::new(now, tuning.backoff_sweep_interval),
            revive: Revive::new(now, revive_interval(&tuning)),
            changes_seen: 0,
            evaluation_at: None,
            repeat_at: None,
            tuning,
            faults,
        }
    }

    /// Starts again, as a new leader does. Timers that are set stay.
    pub(crate) fn restart(&mut self, now: Time) {
        self.faults.forget_holds(|hold| matches!(hold, Hold::Launches(_)));
        let former = std::mem::replace(self, Self::new(self.tuning.clone(), self.faults.clone(), now));
        self.changes_seen = former.changes_seen;
        self.evaluation_at = former.evaluation_at;
        self.repeat_at = former.repeat_at;
    }

    /// Whether it has ended by an exception, so that no instance can be added.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Takes in whether an instance waits for an offer.
    pub(crate) fn update_demand(&mut self, now: Time, slot: Slot, instances: &Instances) {
        let Some(instance) = instances.get(slot).filter(|instance| instance.is_scheduled()) else {
            return self.revive.set(slot, None);
        };
        let spec = &instance.spec;
        let is_new = !self.revive.wants(slot);
        if instances.launching(&spec.id) == 1 {
            self.since.remove(&spec.id);
        }
        let enters = is_new && !self.since.contains_key(&spec.id);
        self.since.entry(spec.id.clone()).or_insert(now);
        self.revive.set(slot, Some(config_ref(spec)));
        // An injected fault may hold the app's launches back.
        if enters && self.faults.delay_launches(now, &spec.id).is_some() {
            self.revive.delay(config_ref(spec));
        }
    }

    /// An instance does not wait for an offer any more.
    pub(crate) fn remove_demand(&mut self, slot: Slot) {
        self.revive.set(slot, None);
    }

    /// An instance is in another condition: its app's launch delay grows or counts from now, and a task that runs gives
    /// its launch token back.
    #[must_use]
    pub(crate) fn condition_changed(&mut self, now: Time, spec: &AppDefinition, condition: Condition) -> Option<Event> {
        let event = if grows_delay(condition) {
            let key = config_ref(spec);
            let until = self.backoff.grow(now, key.clone(), spec);
            Some(self.hold_back(key, until))
        } else if advances_delay(condition) {
            self.advance_delay(now, spec)
        } else {
            None
        };
        if condition == Condition::Running {
            self.tokens = self.tokens.saturating_add(1);
        }
        event
    }

    /// A launch made progress: an existing delay counts from now.
    fn advance_delay(&mut self, now: Time, spec: &AppDefinition) -> Option<Event> {
        let key = config_ref(spec);
        let until = self.backoff.renew(now, &key)?;
        Some(self.hold_back(key, until))
    }

    fn hold_back(&mut self, key: ConfigRef, until: Time) -> Event {
        self.revive.delay(key.clone());
        Event::Timer(until, Due::DelayOver(key))
    }

    /// Until when launches are held back, by failures or by an injected fault; may lie in the past.
    fn delay_until(&self, now: Time, key: &ConfigRef) -> Option<Time> {
        self.backoff.until(now, key).max(self.faults.launch_delay(key.0.as_str()))
    }

    fn may_launch(&self, now: Time, instance: &Instance) -> bool {
        self.delay_until(now, &config_ref(&instance.spec)).is_none_or(|until| until <= now)
    }

    /// Drops an app's launch delay, whatever it came from.
    pub(crate) fn reset_delay(&mut self, app: &AppDefinition) {
        let key = config_ref(app);
        self.backoff.reset(&key);
        self.faults.forget_holds(|hold| matches!(hold, Hold::Launches(of) if of == app.id.as_str()));
        self.revive.undelay(&key);
    }

    /// `DELETE /v2/queue/{id}/delay`.
    pub(crate) fn reset_delay_of(&mut self, id: &PathId, instances: &Instances) -> Answer {
        let newest = instances.instances_of(id).next_back().filter(|_| instances.launching(id) > 0);
        let Some(newest) = newest else { return Err(Refused::NotQueued(id.clone())) };
        self.reset_delay(&newest.spec);
        Ok(Done::Accepted)
    }

    /// No injected fault holds the launches of this app back any more.
    pub(crate) fn released(&mut self, now: Time, app: &str) {
        for key in self.revive.delayed_of(app) {
            self.end_delay(now, &key);
        }
    }

    /// Ends a delay, if its time is over.
    fn end_delay(&mut self, now: Time, key: &ConfigRef) {
        if self.delay_until(now, key).is_none_or(|until| until <= now) {
            self.revive.undelay(key);
        }
    }

    /// Does what fell due.
    #[must_use]
    pub(crate) fn due(&mut self, now: Time, due: &Due) -> Vec<Event> {
        match due {
            Due::Evaluation => Vec::new(),
            Due::RepeatRevive => {
                let call = self.revive.repeat().map(Event::Call);
                call.into_iter().chain(self.set_repeat(now)).collect()
            }
            Due::DelayOver(key) => {
                self.end_delay(now, key);
                Vec::new()
            }
        }
    }

    /// Evaluates the demand for offers, after the changes of one call.
    #[must_use]
    pub(crate) fn evaluate(&mut self, now: Time, instances: &Instances) -> Vec<Event> {
        let mut events = Vec::new();
        let changed = std::mem::replace(&mut self.changes_seen, instances.changes()) != instances.changes();
        if let Some(call) = self.revive.evaluate(now, changed) {
            events.push(Event::Call(call));
            events.extend(self.set_repeat(now));
        }
        if let Some(due) = self.revive.due().filter(|due| self.evaluation_at != Some(*due)) {
            self.evaluation_at = Some(due);
            events.push(Event::Timer(due, Due::Evaluation));
        }
        events
    }

    fn set_repeat(&mut self, now: Time) -> Option<Event> {
        let due = self.revive.repeat_due(now).filter(|due| self.repeat_at != Some(*due))?;
        self.repeat_at = Some(due);
        Some(Event::Timer(due, Due::RepeatRevive))
    }

    /// The launch queue as `/v2/queue` renders it, oldest first.
    pub(crate) fn views(&self, now: Time, instances: &Instances, root: &Root) -> Vec<Arc<QueueView>> {
        let mut views = Vec::new();
        for app in instances.apps_launching() {
            // A launch stays in the count until its first status (recorded: 30 ms after Provisioned it was still there).
            let is_provisioned = |instance: &&Instance| instance.condition == Condition::Provisioned;
            let in_flight = instances.instances_of(&app).filter(is_provisioned).count();
            let newest = instances.waiting(&app).next_back().or_else(|| instances.instances_of(&app).next_back());
            let Some(newest) = newest else { continue };
            let definition = root.apps.get(&app).cloned().unwrap_or_else(|| newest.spec.clone());
            let count = instances.waiting_count(&app) + in_flight;
            let statistics = self.statistics.get(&app).cloned().unwrap_or_default();
            let delay_until = self.delay_until(now, &config_ref(&newest.spec));
            let since = self.since.get(&app).copied().unwrap_or(now);
            views.push(Arc::new(statistics.view(definition, count, since, delay_until)));
        }
        views.sort_by_key(|view| view.since);
        views
    }
}
