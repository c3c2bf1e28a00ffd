//! The handle on the installed rules, shared by the engine, the REST layer and the operator.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use serde::Serialize;
use tokio::sync::Notify;

use super::{
    FaultError,
    action::{Action, AgentAction, InjectionPoint, SchedulerAction, TaskAction},
    hold::Hold,
    rule::Rule,
    table::Table,
    target::{Target, Trigger},
};
use crate::{
    clock::Time,
    ids::{DeploymentId, PathId},
};

/// The installed rules; cheap to clone.
#[derive(Clone, Debug)]
pub struct Faults {
    table: Arc<Mutex<Table>>,
    /// A bit for each injection point with rules, so that asking in vain needs no lock.
    points: Arc<AtomicU32>,
    /// Wakes the engine after a change that it did not make itself.
    changed: Arc<Notify>,
}

/// What rules can apply to in one fake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    /// Number of agents.
    pub(crate) agents: usize,
    /// Whether tasks are simulated.
    pub(crate) simulated: bool,
}

/// What the clock and removed rules have brought about.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// No longer held by one rule; another one may still hold it.
    pub(crate) released: Vec<Hold>,
    /// To be done now.
    pub(crate) triggered: Vec<ClusterAction>,
}

/// An action on the cluster itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClusterAction {
    /// On the agent of this number, counted from 0.
    Agent(usize, AgentAction),
    Scheduler(SchedulerAction),
}

/// A rule as the admin API lists it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleStatus {
    /// Its name.
    pub name: String,
    /// The rule.
    #[serde(flatten)]
    pub rule: Rule,
    /// How often it matched.
    pub matched: u64,
    /// How often it took effect.
    pub triggered: u64,
    /// When it was installed.
    pub since: String,
    /// Whether it can take effect.
    pub state: RuleState,
    /// What it holds at this moment.
    pub holds: Vec<Hold>,
}

/// Whether a rule can take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RuleState {
    /// Its window has not begun.
    #[serde(rename = "waiting")]
    Waiting,
    /// It can take effect, or holds something.
    #[serde(rename = "in force")]
    InForce,
    /// Its window has ended, or it is exhausted.
    #[serde(rename = "over")]
    Over,
}

/// Keeps a rule installed; dropping it removes the rule.
#[derive(Debug)]
#[must_use = "dropping the guard removes the rule"]
pub struct FaultGuard {
    faults: Faults,
    name: String,
}

/// Why a rule was not installed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The name is in use.
    #[error("name: a fault called `{0}` is installed already; remove it first or choose another name")]
    NameInUse(String),
    /// The rule is invalid; the sentence names the field.
    #[error("{0}")]
    Invalid(String),
}

impl Faults {
    pub(crate) fn new(seed: u64, capabilities: Capabilities) -> Self {
        let table = Arc::new(Mutex::new(Table::new(seed, capabilities)));
        Self { table, points: Arc::default(), changed: Arc::default() }
    }

    /// No rules, and nothing that they could apply to.
    pub(crate) fn none() -> Self {
        Self::new(0, Capabilities::default())
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A panic never leaves a rule half changed.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the rules.
    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        let mut table = self.table();
        let result = change(&mut table);
        self.points.store(table.points(), Ordering::Release);
        result
    }

    /// Resolves when a rule was added, was removed, or took effect outside the engine since the last call.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Appends a rule until its guard is dropped.
    ///
    /// # Panics
    ///
    /// When the rule is invalid, with the text of [`RuleError`].
    #[track_caller]
    pub fn install(&self, rule: Rule) -> FaultGuard {
        match self.add(None, rule) {
            Ok(name) => FaultGuard { faults: self.clone(), name },
            Err(error) => panic!("{error}"),
        }
    }

    /// Appends a rule until it is removed, and returns its name, which is generated when none is given.
    ///
    /// # Errors
    ///
    /// When the name is in use or the rule is invalid.
    pub fn add(&self, name: Option<String>, rule: Rule) -> Result<String, RuleError> {
        let name = self.change(|table| table.add(name, rule))?;
        self.changed.notify_one();
        Ok(name)
    }

    /// Removes a rule and releases what it holds; returns whether there was one of that name.
    pub fn remove(&self, name: &str) -> bool {
        let removed = self.change(|table| table.remove(|rule| rule.name() == name));
        self.changed.notify_one();
        removed > 0
    }

    /// Removes all rules and returns how many there were.
    pub fn clear(&self) -> usize {
        let removed = self.change(|table| table.remove(|_| true));
        self.changed.notify_one();
        removed
    }

    /// All rules in order, those that are over included.
    #[must_use]
    pub fn list(&self) -> Vec<RuleStatus> {
        self.table().list()
    }

    /// Whether there is a rule at this point, so that a target need not be described in vain.
    pub(crate) fn has_rules_at(&self, point: InjectionPoint) -> bool {
        self.points.load(Ordering::Acquire) & point.bit() != 0
    }

    /// What happens to this target, if a rule takes effect.
    pub(crate) fn trigger(&self, now: Time, point: InjectionPoint, target: &Target<'_>) -> Option<Action> {
        let action = self.table().trigger(now, point, target).map(|rule| rule.action().clone());
        if action.is_some() && point.is_outside() {
            self.changed.notify_one();
        }
        action
    }

    /// Whether a deployment must not advance.
    pub(crate) fn blocks_deployment(&self, now: Time, deployment: &DeploymentId, apps: &[&str]) -> bool {
        self.table().blocks(now, deployment, apps)
    }

    /// Until when the launches of an app that enters the queue are delayed, if they are.
    pub(crate) fn delay_launches(&self, now: Time, app: &PathId) -> Option<Time> {
        self.table().delay(now, app)
    }

    /// Until when the launches of an app are delayed, if they are.
    pub(crate) fn launch_delay(&self, app: &str) -> Option<Time> {
        self.table().end_of(&Hold::Launches(app.to_owned()))
    }

    /// Whether a rule holds this.
    pub(crate) fn holds(&self, what: &Hold) -> bool {
        self.table().holds(what)
    }

    /// Forgets holds that were ended by other means; the rules stay.
    pub(crate) fn forget_holds(&self, fits: impl Fn(&Hold) -> bool) {
        self.table().forget(fits);
    }

    /// When [`Self::due`] has something to do by the clock alone.
    pub(crate) fn next_due(&self) -> Option<Time> {
        self.table().next_due()
    }

    /// Begins new rules and returns what is due by `now`. `has_agent` says which agents rules can apply to.
    pub(crate) fn due(&self, now: Time, has_agent: impl Fn(usize) -> bool) -> Due {
        self.table().due(now, has_agent)
    }

    /// Takes the effects that are not in the journal yet.
    pub(crate) fn take_triggers(&self) -> Vec<Trigger> {
        self.table().take_triggers()
    }
}

impl Capabilities {
    /// Refuses a rule that can never take effect in this fake, in one sentence that names the field.
    pub(super) fn validate(self, rule: &Rule) -> Result<(), String> {
        if let Some(asked) = rule.matches.agent.filter(|asked| *asked >= self.agents) {
            return Err(format!("match.agent: {}", FaultError::NoSuchAgent { asked, agents: self.agents }));
        }
        if !self.simulated && matches!(rule.action, Action::Tasks(TaskAction::Behave(_))) {
            return Err(format!("act.tasks.behave: {}", FaultError::NotSimulated));
        }
        Ok(())
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.faults.remove(&self.name);
    }
}

#[cfg(test)]
mod tests;
