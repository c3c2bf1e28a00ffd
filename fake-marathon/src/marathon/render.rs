//! Rendering the snapshot from which reads are answered; only what changed is rendered again.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    health::Health,
    instances::{Condition, Instance, Slot},
    render_pods,
    rendered::Rendered,
};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::{DeploymentId, PathId},
    snapshot::{AppView, Counts, Fragment, Frame, PodView, Snapshot, TaskView},
    wire::TaskState,
};

/// What was rendered last.
#[derive(Debug)]
pub(crate) struct Renderer {
    framework_id: String,
    apps: BTreeMap<PathId, Arc<AppView>>,
    pods: BTreeMap<PathId, Arc<PodView>>,
}

impl Renderer {
    pub(crate) fn new(framework_id: String) -> Self {
        Self { framework_id, apps: BTreeMap::new(), pods: BTreeMap::new() }
    }

    pub(crate) fn render(&mut self, now: Time, mut parts: Rendered<'_>) -> Snapshot {
        let deployments = parts.deployments.by_app();
        for app in parts.take_stale() {
            match render_pods::pod(&parts, &app) {
                Some(view) => drop(self.pods.insert(app.clone(), Arc::new(view))),
                None => drop(self.pods.remove(&app)),
            }
            match render_app(&mut parts, &app, deployments.get(&app)) {
                Some(view) => {
                    self.apps.insert(app, Arc::new(view));
                }
                None => {
                    self.apps.remove(&app);
                }
            }
        }
        Snapshot {
            now,
            root: parts.groups.root().clone(),
            root_history: parts.groups.history().clone(),
            apps: self.apps.clone(),
            pods: self.pods.clone(),
            deployments: parts.deployments.views(),
            queue: parts.launch_queue.views(now, parts.instances, parts.groups.root()),
            framework_id: self.framework_id.clone(),
        }
    }
}

fn render_app(
    parts: &mut Rendered<'_>,
    id: &PathId,
    deployments: Option<&(Vec<DeploymentId>, Vec<Value>)>,
) -> Option<AppView> {
    let definition = parts.groups.root().app(id)?.clone();
    let mut tasks = Vec::new();
    let mut counts = Counts::default();
    for slot in parts.instances.slots_of(id) {
        if let Some(task) = render_task(parts, slot) {
            count(&mut counts, &task);
            tasks.push(task);
        }
    }
    Some(AppView {
        definition,
        versions: app_versions(parts, id),
        tasks,
        counts,
        deployments: deployments.map(|(ids, _)| ids.clone()).unwrap_or_default(),
        last_task_failure: parts.failures.of(id).cloned(),
        readiness: deployments.map(|(_, results)| results.clone()).unwrap_or_default(),
    })
}

/// All stored versions of an app; what was a pod once is none of them.
fn app_versions(parts: &Rendered<'_>, id: &PathId) -> BTreeMap<Time, Arc<AppDefinition>> {
    let mut versions = parts.groups.versions_of(id).cloned().unwrap_or_default();
    versions.retain(|_, app| app.pod.is_none());
    versions
}

fn render_task(parts: &mut Rendered<'_>, slot: Slot) -> Option<Arc<TaskView>> {
    let instance = parts.instances.get(slot)?;
    if let Some(view) = instance.view() {
        return Some(view.clone());
    }
    let mut view = task_view(instance, parts.health)?;
    if let Some(before) = instance.view_before() {
        view = view.framed_as(before);
    }
    let view = Arc::new(view);
    parts.instances.keep_view(slot, view.clone());
    Some(view)
}

/// A task as it is listed; one that has never been placed is not.
fn task_view(instance: &Instance, health: &Health) -> Option<TaskView> {
    let (task, agent) = (instance.task.as_ref()?, instance.agent.as_ref()?);
    let waits = instance.is_scheduled();
    Some(TaskView {
        id: task.id.clone(),
        instance: instance.id.clone(),
        app: instance.app().clone(),
        host: agent.host.clone(),
        agent: agent.id.clone(),
        ports: if waits { Vec::new() } else { task.ports.clone() },
        ip_addresses: task.ip_addresses.clone(),
        state: task.state.unwrap_or(if task.condition == Condition::Killed {
            TaskState::Killed
        } else {
            TaskState::Staging
        }),
        staged_at: (!waits).then_some(task.staged_at),
        started_at: task.started_at.filter(|_| !waits),
        version: (!waits).then(|| instance.version()),
        role: instance.spec.role.clone(),
        health: health.views(instance),
        check: task.check,
        counted: !waits,
        fragment: Fragment::default(),
        frame: Frame::default(),
    })
}

/// Adds a listed task to its app's counters (Marathon's `core/appinfo/TaskCounts.scala`).
fn count(counts: &mut Counts, task: &TaskView) {
    if !task.counted {
        return;
    }
    match task.state {
        TaskState::Staging => counts.staged += 1,
        TaskState::Running => counts.running += 1,
        TaskState::Starting
        | TaskState::Killing
        | TaskState::Finished
        | TaskState::Failed
        | TaskState::Killed
        | TaskState::Error
        | TaskState::Lost
        | TaskState::Dropped
        | TaskState::Unreachable
        | TaskState::Gone
        | TaskState::GoneByOperator
        | TaskState::Unknown => {}
    }
    if !task.health.is_empty() {
        if task.health.iter().all(|record| record.alive) {
            counts.healthy += 1;
        } else {
            counts.unhealthy += 1;
        }
    }
}
