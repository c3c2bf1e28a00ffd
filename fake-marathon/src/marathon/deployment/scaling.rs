//! Bringing an app to a number of instances.
//!
//! Rules from Marathon's `core/deployment/ScalingProposition.scala`, `core/deployment/impl/TaskStartActor.scala` and
//! `MarathonSchedulerActor.scala` (`SchedulerActions.scale`).

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use super::Event;
use crate::{
    app::{AppDefinition, KillSelection, Operator},
    clock::Time,
    marathon::{
        instances::{Condition, Goal, Instance, Instances, Slot},
        offer_matching::value_of,
    },
};

/// Instances of a lower weight go first.
const fn weight(condition: Condition) -> u8 {
    match condition {
        Condition::Unreachable => 1,
        Condition::Staging => 2,
        Condition::Starting => 3,
        Condition::Running => 4,
        Condition::Scheduled
        | Condition::Provisioned
        | Condition::Killing
        | Condition::Killed
        | Condition::Finished
        | Condition::Failed
        | Condition::Error
        | Condition::Dropped
        | Condition::Gone
        | Condition::UnreachableInactive
        | Condition::Unknown => 5,
    }
}

/// When an instance came into the condition by which it is compared.
fn began(instance: &Instance) -> Option<Time> {
    if instance.condition == Condition::Starting {
        return Some(instance.since);
    }
    let task = instance.task.as_ref()?;
    if instance.condition == Condition::Staging { Some(task.staged_at) } else { task.started_at }
}

/// Which of two instances goes first when there are too many: by condition, then by age. Health does not count.
fn before(selection: KillSelection, a: &Instance, b: &Instance) -> Ordering {
    weight(a.condition).cmp(&weight(b.condition)).then_with(|| match (began(a), began(b)) {
        (Some(left), Some(right)) => {
            let older_first = left.cmp(&right).then(a.slot.cmp(&b.slot));
            if selection == KillSelection::YoungestFirst { older_first.reverse() } else { older_first }
        }
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (None, None) => b.slot.cmp(&a.slot),
    })
}

/// What brings an app to its number of instances.
#[derive(Debug, PartialEq)]
pub(super) struct Proposition {
    /// To be decommissioned.
    pub(super) surplus: Vec<Slot>,
    /// To be launched.
    pub(super) missing: usize,
}

/// Compares an app with its instances; those in `to_kill` go in any case.
pub(super) fn propose(app: &AppDefinition, instances: &Instances, to_kill: &[Slot]) -> Proposition {
    let to = app.instances as usize;
    let counted: Vec<&Instance> = instances
        .instances_of(&app.id)
        .filter(|own| own.goal == Goal::Running && own.condition != Condition::UnreachableInactive)
        .collect();
    let (named, mut rest): (Vec<&Instance>, Vec<&Instance>) =
        counted.iter().copied().partition(|own| to_kill.contains(&own.slot));
    let total = counted.len().saturating_sub(to).max(named.len());
    rest.sort_by(|a, b| before(app.kill_selection, a, b));
    let mut surplus: Vec<Slot> = named.into_iter().map(|own| own.slot).collect();
    let balanced = app.constraints.iter().find(|constraint| constraint.operator == Operator::GroupBy);
    while surplus.len() < total && !rest.is_empty() {
        let next = balanced.map_or(0, |constraint| from_largest_group(&constraint.field, &rest));
        surplus.push(rest.remove(next).slot);
    }
    let missing = (to + surplus.len()).saturating_sub(counted.len());
    Proposition { surplus, missing }
}

/// The position of the first instance that belongs to the largest group.
fn from_largest_group(field: &str, rest: &[&Instance]) -> usize {
    let value = |instance: &Instance| instance.agent.as_ref().and_then(|agent| value_of(field, agent));
    let mut sizes: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for instance in rest {
        *sizes.entry(value(instance)).or_default() += 1;
    }
    let largest = sizes.values().copied().max().unwrap_or(0);
    rest.iter().position(|instance| sizes.get(&value(instance)) == Some(&largest)).unwrap_or(0)
}

/// Brings an app that no deployment changes to its number of instances.
pub(crate) fn scale(app: &Arc<AppDefinition>, instances: &Instances) -> Vec<Event> {
    let Proposition { surplus, missing } = propose(app, instances, &[]);
    let launch = (missing > 0).then(|| Event::Launch { app: app.clone(), count: missing });
    surplus.into_iter().map(Event::Decommission).chain(launch).collect()
}

/// Instances that are there or on their way.
fn present(app: &AppDefinition, instances: &Instances) -> usize {
    instances.instances_of(&app.id).filter(|instance| instance.is_active() || instance.is_scheduled()).count()
}

/// How many instances are to be added, whatever there is too much.
pub(super) fn missing(app: &AppDefinition, instances: &Instances) -> usize {
    (app.instances as usize).saturating_sub(present(app, instances))
}
