//! Instances (Marathon's slots for tasks): what is stored of them, and what changes it.
//!
//! Rules from Marathon's `core/instance/Instance.scala`.

mod changes;
mod condition;
mod containers;
mod index;
mod status;
mod unreachable;

use std::{collections::BTreeSet, sync::Arc};

pub(crate) use self::condition::Condition;
use self::index::Index;
use crate::{
    app::AppDefinition,
    clock::Time,
    events,
    ids::{AgentId, InstanceId, PathId, TaskId},
    snapshot::{TaskFailure, TaskView},
    tuning::{Quirks, Tuning},
    wire::{CheckResult, TaskState},
};

/// What changes of instances lead to, in order.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    Publish(events::Event),
    /// An instance is forgotten.
    Forgotten(Box<Instance>),
    /// An unwanted instance cannot be reached: nobody waits for its end.
    NotAwaited(Slot),
    /// A task is to be killed.
    Kill {
        task: TaskId,
        grace: Option<std::time::Duration>,
    },
    /// A task that belongs to no instance is to be killed at once.
    KillUnknown(TaskId),
    /// A task has ended.
    TaskEnded(TaskId),
    /// Mesos reports the health of an instance whose checks the executor makes.
    NativeHealth {
        slot: Slot,
        healthy: bool,
    },
    Healthy(Healthy),
    /// An instance is in another condition: launch delays and launch tokens depend on it.
    ConditionChanged {
        spec: Arc<AppDefinition>,
        condition: Condition,
    },
    /// An app's `lastTaskFailure`.
    Failed(TaskFailure),
    /// Whether an instance waits for an offer may have changed.
    Demand(Slot),
    /// An instance does not wait for an offer any more.
    NoDemand(Slot),
    /// For running deployments, once the present change is complete.
    Changed(Changed),
    /// An app may have lost an instance: it is scaled to its number of instances once the present change is complete.
    Scale(PathId),
    /// A status update has been applied in full.
    StatusApplied,
    Timer(Time, Due),
}

/// What falls due.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Due {
    /// A launch was to be confirmed by now: [`Instances::unconfirmed`].
    Unconfirmed(TaskId),
    /// Inactive instances are to be expunged: [`Instances::overdue`].
    SweepUnreachable,
}

/// An instance after a change of its condition or goal.
#[derive(Clone, Debug)]
pub(crate) struct Changed {
    pub(crate) slot: Slot,
    pub(crate) id: InstanceId,
    pub(crate) app: PathId,
    pub(crate) version: Time,
    pub(crate) condition: Condition,
    pub(crate) goal: Goal,
    pub(crate) expunged: bool,
}

/// An instance that has become healthy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Healthy {
    pub(crate) id: InstanceId,
    pub(crate) app: PathId,
    pub(crate) version: Time,
}

/// Names an instance inside the scheduler: in order of creation, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(pub(crate) u64);

/// What is wanted of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    Running,
    Decommissioned,
}

/// The agent of an instance, as its offer described it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Agent {
    pub(crate) id: AgentId,
    pub(crate) host: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) region: Option<String>,
    pub(crate) zone: Option<String>,
}

/// The present incarnation of an instance.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) condition: Condition,
    /// The state of the last status; none before the first.
    pub(crate) state: Option<TaskState>,
    /// `healthy` of the last status.
    pub(crate) healthy: Option<bool>,
    /// The result of the general check in the last status.
    pub(crate) check: Option<CheckResult>,
    pub(crate) ip_addresses: Vec<String>,
    pub(crate) ports: Vec<u16>,
    pub(crate) staged_at: Time,
    pub(crate) started_at: Option<Time>,
    pub(crate) unreachable_since: Option<Time>,
    /// The message of the last status.
    pub(crate) message: Option<String>,
}

/// A slot.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) slot: Slot,
    pub(crate) id: InstanceId,
    pub(crate) spec: Arc<AppDefinition>,
    pub(crate) goal: Goal,
    pub(crate) condition: Condition,
    /// When condition or health last changed.
    pub(crate) since: Time,
    /// What Mesos reports of a running task's health.
    pub(crate) healthy: Option<bool>,
    pub(crate) agent: Option<Arc<Agent>>,
    /// The present task; of a pod, what its containers come to together.
    pub(crate) task: Option<Task>,
    /// The tasks of a pod's containers, in the order of its definition; none of an app.
    pub(crate) containers: Vec<Task>,
    view: Option<Arc<TaskView>>,
    /// Whether it has changed since that was rendered.
    is_stale: bool,
}

impl Instance {
    /// Waits for an offer: wanted, and never placed or ended.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.goal == Goal::Running && (self.condition.is_terminal() || self.condition == Condition::Scheduled)
    }

    pub(crate) fn is_provisioned(&self) -> bool {
        self.goal == Goal::Running && self.condition == Condition::Provisioned
    }

    /// Nothing runs or is on its way, so that forgetting it needs no kill.
    pub(crate) fn has_ended(&self) -> bool {
        self.living().next().is_none()
    }

    /// Whether its end will be waited for once it is decommissioned.
    pub(crate) fn would_be_awaited(&self) -> bool {
        !self.has_ended() && !self.condition.is_considered_terminal()
    }

    pub(crate) fn is_active(&self) -> bool {
        self.condition.is_active()
    }

    pub(crate) fn app(&self) -> &PathId {
        &self.spec.id
    }

    pub(crate) fn version(&self) -> Time {
        self.spec.version
    }

    /// Without checks everything is; with checks what Mesos reports healthy, see
    /// [`Quirks::unknown_health_counts_as_healthy`].
    pub(crate) fn is_considered_healthy(&self, quirks: &Quirks) -> bool {
        let unchecked = !self.spec.has_health_checks() && self.spec.readiness_checks.is_empty();
        unchecked || self.healthy.unwrap_or(quirks.unknown_health_counts_as_healthy)
    }

    /// What was rendered last, unless it is stale.
    pub(crate) fn view(&self) -> Option<&Arc<TaskView>> {
        self.view_before().filter(|_| !self.is_stale)
    }

    /// What was rendered last.
    pub(crate) fn view_before(&self) -> Option<&Arc<TaskView>> {
        self.view.as_ref()
    }

    /// The facts that running deployments need.
    fn changed(&self, expunged: bool) -> Changed {
        Changed {
            slot: self.slot,
            id: self.id.clone(),
            app: self.app().clone(),
            version: self.version(),
            condition: self.condition,
            goal: self.goal,
            expunged,
        }
    }
}

/// All instances.
#[derive(Debug)]
pub(crate) struct Instances {
    tuning: Arc<Tuning>,
    started: Time,
    index: Index,
    /// How many tasks were launched: their ids are numbered.
    launched: u64,
    /// How often any instance was added, changed or removed.
    changes: u64,
    /// Apps whose rendered tasks are stale.
    stale: BTreeSet<PathId>,
    /// Whether a sweep of inactive instances is due.
    sweeping: bool,
}

impl Instances {
    pub(crate) fn new(tuning: Arc<Tuning>, started: Time) -> Self {
        Self {
            tuning,
            started,
            index: Index::default(),
            launched: 0,
            changes: 0,
            stale: BTreeSet::new(),
            sweeping: false,
        }
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<&Instance> {
        self.index.get(slot)
    }

    pub(crate) fn find(&self, id: &InstanceId) -> Option<&Instance> {
        self.index.find(id)
    }

    /// An app's instances, oldest first.
    pub(crate) fn instances_of<'a>(&'a self, app: &PathId) -> impl DoubleEndedIterator<Item = &'a Instance> {
        self.index.of_app(app)
    }

    /// The same by slot.
    pub(crate) fn slots_of(&self, app: &PathId) -> Vec<Slot> {
        self.index.slots_of(app)
    }

    /// Running instances of one version.
    pub(crate) fn running(&self, app: &PathId, version: Time) -> Vec<Slot> {
        self.index.running(app, version)
    }

    /// Instances that hold no resources.
    pub(crate) fn inactive(&self, app: &PathId) -> Vec<Slot> {
        self.index.inactive(app)
    }

    /// Instances that wait for offers, oldest first.
    pub(crate) fn waiting<'a>(&'a self, app: &PathId) -> impl DoubleEndedIterator<Item = &'a Instance> {
        self.index.scheduled(app)
    }

    /// How many instances of an app wait for an offer.
    pub(crate) fn waiting_count(&self, app: &PathId) -> usize {
        self.index.scheduled_count(app)
    }

    /// How many instances of an app wait for an offer or for their first status.
    pub(crate) fn launching(&self, app: &PathId) -> usize {
        self.index.scheduled_count(app) + self.index.provisioned_count(app)
    }

    /// Apps with instances that wait for offers, in order of their ids.
    pub(crate) fn apps_waiting(&self) -> Vec<PathId> {
        self.index.apps_scheduled().cloned().collect()
    }

    /// Apps with instances that wait for offers or for their first status.
    pub(crate) fn apps_launching(&self) -> BTreeSet<PathId> {
        self.index.apps_scheduled().chain(self.index.apps_provisioned()).cloned().collect()
    }

    /// Every instance, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Instance> {
        self.index.all()
    }

    /// How often any instance was added, changed or removed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Marks what was rendered of an instance as stale, because its health record changed.
    pub(crate) fn touch(&mut self, slot: Slot) {
        if let Some(instance) = self.index.get_mut(slot) {
            instance.is_stale = true;
            if !self.stale.contains(&instance.spec.id) {
                self.stale.insert(instance.spec.id.clone());
            }
        }
    }

    /// Keeps what was just rendered of an instance.
    pub(crate) fn keep_view(&mut self, slot: Slot, view: Arc<TaskView>) {
        if let Some(instance) = self.index.get_mut(slot) {
            instance.view = Some(view);
            instance.is_stale = false;
        }
    }

    /// The apps whose rendered tasks have become stale since the last call.
    pub(crate) fn take_stale(&mut self) -> BTreeSet<PathId> {
        std::mem::take(&mut self.stale)
    }
}
