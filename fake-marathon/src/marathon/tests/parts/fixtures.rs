//! What the tests of single parts begin with.

use std::sync::Arc;

use serde_json::Value;

pub(super) use crate::marathon::tests::rig::{START, offer, update};
use crate::{
    app::{self, AppDefinition},
    clock::Time,
    ids::{InstanceId, TaskId},
    marathon::{
        environment::Placement,
        instances::{Event, Instances, Slot},
    },
    tree::Root,
    tuning::Tuning,
    wire::TaskState,
};

/// A definition as the group manager keeps it.
pub(super) fn app(body: &Value) -> Arc<AppDefinition> {
    let mut app = app::parse::create(body).expect("a good definition");
    (app.version, app.last_scaling_at, app.last_config_change_at) = (START, START, START);
    Arc::new(app)
}

/// The same in a later version.
pub(super) fn changed(app: &AppDefinition) -> Arc<AppDefinition> {
    let version = app.version + std::time::Duration::from_secs(1);
    Arc::new(AppDefinition { version, last_scaling_at: version, last_config_change_at: version, ..app.clone() })
}

pub(super) fn root(apps: &[&Arc<AppDefinition>]) -> Root {
    let mut root = Root::empty(START);
    for app in apps {
        root.put_app(AppDefinition::clone(app));
    }
    root
}

pub(super) fn instances() -> Instances {
    Instances::new(Arc::new(Tuning::default()), START)
}

/// Adds an instance that waits for an offer.
pub(super) fn scheduled(instances: &mut Instances, app: &Arc<AppDefinition>) -> Slot {
    let id = InstanceId::new(format!("{}.instance-{}", app.id.safe(), instances.all().count()));
    drop(instances.schedule(START, id.clone(), app.clone()));
    instances.find(&id).expect("it was added").slot
}

/// Adds an instance whose task was launched.
pub(super) fn launched(instances: &mut Instances, app: &Arc<AppDefinition>) -> (Slot, TaskId) {
    let slot = scheduled(instances, app);
    let (mut infos, ..) = instances.provision(START, slot, &offer(0), on_ports(&[Some(33_000)])).expect("it waits");
    (slot, infos.remove(0).id)
}

/// Adds an instance whose task runs.
pub(super) fn running(instances: &mut Instances, app: &Arc<AppDefinition>) -> (Slot, TaskId) {
    let (slot, task) = launched(instances, app);
    drop(report(instances, START, &task, TaskState::Running));
    (slot, task)
}

/// Reports a state of a task.
pub(super) fn report(instances: &mut Instances, now: Time, task: &TaskId, state: TaskState) -> Vec<Event> {
    instances.status(now, update(now, task, state), &Root::empty(START))
}

/// Host ports, in a group that enforces no role.
pub(super) fn on_ports(ports: &[Option<u16>]) -> Placement<'_> {
    Placement { ports, enforces_role: false }
}
