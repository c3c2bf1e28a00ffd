//! Pods in the snapshot (Marathon's `raml/PodStatusConversion.scala`, as far as it looks at conditions).

use std::{collections::BTreeMap, sync::Arc};

use super::{
    instances::{Condition, Goal, Instance, Task},
    rendered::Rendered,
};
use crate::{
    ids::PathId,
    snapshot::{ContainerView, PodInstanceView, PodView},
    wire::TaskState,
};

/// A pod with its instances; none for an app.
pub(super) fn pod(parts: &Rendered<'_>, id: &PathId) -> Option<PodView> {
    let definition = parts.groups.root().pod(id)?.clone();
    let versions = parts.groups.versions_of(id).into_iter().flatten();
    let versions = versions.filter(|(_, spec)| spec.pod.is_some()).map(|(at, spec)| (*at, spec.clone()));
    let instances: Vec<PodInstanceView> = parts.instances.instances_of(id).filter_map(instance).collect();
    let known = |task| instances.iter().flat_map(|own| &own.containers).any(|container| container.task == task);
    let last_failure = parts.failures.of(id).filter(|failure| known(failure.task.clone())).cloned();
    Some(PodView { definition, versions: versions.collect::<BTreeMap<_, _>>(), instances, last_failure })
}

/// An instance that was placed at least once.
fn instance(instance: &Instance) -> Option<PodInstanceView> {
    let agent: &Arc<_> = instance.agent.as_ref()?;
    Some(PodInstanceView {
        id: instance.id.clone(),
        spec: instance.spec.clone(),
        state: state(instance),
        condition: instance.condition.name(),
        goal: match instance.goal {
            Goal::Running => "Running",
            Goal::Decommissioned => "Decommissioned",
        },
        healthy: instance.healthy,
        since: instance.since,
        agent: agent.id.clone(),
        host: agent.host.clone(),
        region: agent.region.clone(),
        zone: agent.zone.clone(),
        containers: instance.containers.iter().map(container).collect(),
    })
}

fn state(instance: &Instance) -> &'static str {
    if instance.is_scheduled() || instance.is_provisioned() {
        return "PENDING";
    }
    match instance.condition {
        Condition::Staging | Condition::Starting => "STAGING",
        Condition::Unreachable | Condition::UnreachableInactive => "DEGRADED",
        Condition::Running => "STABLE",
        Condition::Scheduled
        | Condition::Provisioned
        | Condition::Killing
        | Condition::Killed
        | Condition::Finished
        | Condition::Failed
        | Condition::Error
        | Condition::Dropped
        | Condition::Gone
        | Condition::Unknown => "TERMINAL",
    }
}

fn container(task: &Task) -> ContainerView {
    let runs = task.condition == Condition::Running;
    let state = task.state.unwrap_or(TaskState::Staging);
    ContainerView {
        task: task.id.clone(),
        name: task.id.container_name().unwrap_or_default().to_owned(),
        // Marathon has one condition for both.
        state: if state == TaskState::GoneByOperator { TaskState::Gone } else { state },
        active: task.condition.is_active(),
        reported: task.condition.is_active() && task.condition != Condition::Provisioned,
        has_run: !matches!(task.condition, Condition::Staging | Condition::Starting | Condition::Provisioned),
        started_at: task.started_at,
        staged_at: task.staged_at,
        healthy: task.healthy,
        ports: task.ports.clone(),
        addresses: if runs { task.ip_addresses.clone() } else { Vec::new() },
    }
}
