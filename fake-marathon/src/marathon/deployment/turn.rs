//! One call that concerns a deployment: what it comes with, and the events that come of it.

use std::sync::Arc;

use super::{Event, ready::Ready};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::DeploymentId,
    marathon::{
        bus,
        instances::{Instances, Slot},
        readiness::Awaited,
    },
    tuning::Quirks,
};

/// The inputs of one call that concerns a deployment, and what comes of it.
pub(super) struct Turn<'a> {
    pub(super) now: Time,
    pub(super) deployment: DeploymentId,
    pub(super) instances: &'a Instances,
    pub(super) quirks: &'a Quirks,
    pub(super) events: Vec<Event>,
}

impl Turn<'_> {
    pub(super) fn launch(&mut self, app: &Arc<AppDefinition>, count: usize) {
        if count > 0 {
            self.events.push(Event::Launch { app: app.clone(), count });
        }
    }

    /// Has a task's readiness checked, unless that has begun.
    pub(super) fn begin_readiness(&mut self, ready: &mut Ready, slot: Slot) {
        let Some(task) = self.instances.get(slot).and_then(|instance| instance.task.as_ref()) else { return };
        if ready.await_task(&task.id) {
            let (deployment, task) = (self.deployment.clone(), task.id.clone());
            self.events.push(Event::AskReadiness(Awaited { deployment, task }));
        }
    }

    pub(super) fn app_stopped(&mut self, app: &Arc<AppDefinition>) {
        self.events.push(Event::AppStopped(app.clone()));
        self.events.push(Event::Publish(bus::app_terminated(self.now, &app.id)));
    }
}
