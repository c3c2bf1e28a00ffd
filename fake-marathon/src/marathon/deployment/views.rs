//! Deployments as `/v2/deployments` and `/v2/apps` render them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{Deployments, Running, action::Progress, plan::Action};
use crate::{
    ids::{DeploymentId, PathId},
    snapshot::DeploymentView,
};

impl Running {
    /// Readiness results of the present step, by app.
    fn readiness(&self) -> BTreeMap<PathId, Vec<Value>> {
        let waiting = self.progress.iter().filter_map(Progress::ready);
        waiting.map(|ready| (ready.app().id.clone(), ready.results().cloned().collect())).collect()
    }

    fn view(&self) -> DeploymentView {
        let action = |action: &Action| (action.name(), action.app.id.clone());
        DeploymentView {
            id: self.plan.id.clone(),
            version: self.plan.version,
            affected: self.plan.affected().iter().cloned().collect(),
            steps: self.plan.steps.iter().map(|actions| actions.iter().map(action).collect()).collect(),
            current_step: self.step + 1,
            readiness: self.readiness(),
        }
    }
}

impl Deployments {
    /// All deployments as `/v2/deployments` renders them.
    pub(crate) fn views(&self) -> Vec<Arc<DeploymentView>> {
        self.running.iter().map(|running| Arc::new(running.view())).collect()
    }

    /// Deployments and readiness results by app.
    pub(crate) fn by_app(&self) -> BTreeMap<PathId, (Vec<DeploymentId>, Vec<Value>)> {
        let mut by_app: BTreeMap<PathId, (Vec<DeploymentId>, Vec<Value>)> = BTreeMap::new();
        for running in &self.running {
            for app in running.plan.affected() {
                by_app.entry(app.clone()).or_default().0.push(running.plan.id.clone());
            }
            for (app, results) in running.readiness() {
                by_app.entry(app).or_default().1.extend(results);
            }
        }
        by_app
    }
}
