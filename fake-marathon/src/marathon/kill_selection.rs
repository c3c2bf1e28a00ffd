//! Which instances a client's request to kill tasks names (Marathon's `api/TaskKiller.scala`).

use std::collections::BTreeMap;

use super::{
    command::{KillWhich, Refused},
    instances::{Condition, Instance, Instances, Slot},
};
use crate::{
    ids::{PathId, TaskId},
    tree::Root,
};

/// The named instances, by app.
pub(crate) type Named = BTreeMap<PathId, Vec<Slot>>;

/// The instances that a client named.
pub(crate) fn named(which: &KillWhich, root: &Root, instances: &Instances) -> Result<Named, Refused> {
    let known = |app: &PathId| {
        if root.app(app).is_some() { Ok(()) } else { Err(Refused::UnknownApp(app.clone())) }
    };
    match which {
        KillWhich::OfApp { app, host } => {
            known(app)?;
            let slots = listed(instances, app, |instance| {
                host.as_ref().is_none_or(|host| instance.agent.as_ref().is_some_and(|agent| agent.host == *host))
            });
            Ok(BTreeMap::from([(app.clone(), slots)]))
        }
        KillWhich::One { app, task } => {
            known(app)?;
            // An earlier incarnation's id means the instance too.
            let wanted = TaskId::new(task.as_str()).instance();
            let slots = listed(instances, app, |instance| instance.id == wanted);
            if slots.is_empty() {
                return Err(Refused::UnknownTask(task.clone()));
            }
            Ok(BTreeMap::from([(app.clone(), slots)]))
        }
        KillWhich::Listed(tasks) => {
            let mut named = Named::new();
            for task in tasks {
                let id = TaskId::new(task.as_str());
                let Some(instance) = instances.find(&id.instance()) else { continue };
                named.entry(instance.app().clone()).or_default().push(instance.slot);
            }
            Ok(named)
        }
    }
}

/// As [`named`] for a kill that scales: an app without instances is as unknown as one that does not exist, and an unknown
/// task is no error. Only active instances are killed.
pub(crate) fn named_to_scale(which: &KillWhich, root: &Root, instances: &Instances) -> Result<Named, Refused> {
    if let KillWhich::OfApp { app, .. } | KillWhich::One { app, .. } = which
        && instances.instances_of(app).next().is_none()
    {
        return Err(Refused::Message(404, format!("Path '{app}' does not exist")));
    }
    let mut named = match (named(which, root, instances), which) {
        (Err(Refused::UnknownTask(_)), KillWhich::One { app, .. }) => BTreeMap::from([(app.clone(), Vec::new())]),
        (named, KillWhich::One { .. } | KillWhich::OfApp { .. } | KillWhich::Listed(_)) => named?,
    };
    for slots in named.values_mut() {
        slots.retain(|slot| instances.get(*slot).is_some_and(Instance::is_active));
    }
    Ok(named)
}

/// By how much each app is scaled down: instances that are being killed already do not count.
pub(crate) fn count(named: &Named, instances: &Instances) -> BTreeMap<PathId, usize> {
    let counts = |slot: &&Slot| instances.get(**slot).is_some_and(|own| own.condition != Condition::Killing);
    named.iter().map(|(app, slots)| (app.clone(), slots.iter().filter(counts).count())).collect()
}

/// The present tasks of instances.
pub(crate) fn tasks(slots: &[Slot], instances: &Instances) -> Vec<TaskId> {
    slots.iter().filter_map(|slot| Some(instances.get(*slot)?.task.as_ref()?.id.clone())).collect()
}

fn listed(instances: &Instances, app: &PathId, wanted: impl Fn(&Instance) -> bool) -> Vec<Slot> {
    instances
        .instances_of(app)
        .filter(|instance| instance.task.is_some() && wanted(instance))
        .map(|instance| instance.slot)
        .collect()
}
