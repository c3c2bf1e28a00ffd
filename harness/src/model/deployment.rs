//! Deployments.

use serde::Deserialize;
use serde_json::Value;

use super::lenient::{Raw, null_as_default};

/// A deployment that is going on, as `GET /v2/deployments` lists it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// The version that it brings about.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
    /// The apps that it touches.
    #[serde(default, deserialize_with = "null_as_default")]
    pub affected_apps: Vec<String>,
    /// The pods that it touches.
    #[serde(default, deserialize_with = "null_as_default")]
    pub affected_pods: Vec<String>,
    /// All steps of the plan.
    #[serde(default, deserialize_with = "null_as_default")]
    pub steps: Vec<DeploymentStep>,
    /// What is being done now.
    #[serde(default, deserialize_with = "null_as_default")]
    pub current_actions: Vec<DeploymentAction>,
    /// Which step, from 1.
    #[serde(default, deserialize_with = "null_as_default")]
    pub current_step: u64,
    /// How many steps.
    #[serde(default, deserialize_with = "null_as_default")]
    pub total_steps: u64,
    /// The object as it came.
    #[serde(skip)]
    pub raw: Value,
}

impl Raw for Deployment {
    fn keep(mut self, raw: Value) -> Self {
        self.raw = raw;
        self
    }
}

impl Deployment {
    /// The ids of the apps and pods that it touches.
    pub fn affected(&self) -> impl Iterator<Item = &String> {
        self.affected_apps.iter().chain(&self.affected_pods)
    }

    /// Whether it touches the app or pod of this id.
    #[must_use]
    pub fn affects(&self, id: &str) -> bool {
        self.affected().any(|affected| affected == id)
    }
}

/// One step of a plan; its actions happen side by side.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct DeploymentStep {
    /// The actions.
    #[serde(default, deserialize_with = "null_as_default")]
    pub actions: Vec<DeploymentAction>,
}

/// One action on one app or pod, such as `ScaleApplication`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct DeploymentAction {
    /// `StartApplication`, `ScaleApplication`, `RestartApplication`, `StopApplication` or a pod's.
    #[serde(default, deserialize_with = "null_as_default", alias = "type")]
    pub action: String,
    /// The app or pod.
    #[serde(default, deserialize_with = "null_as_default", alias = "pod")]
    pub app: String,
}

/// What Marathon answers to a change: `{"version": …, "deploymentId": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentResult {
    /// The new version.
    #[serde(default, deserialize_with = "null_as_default")]
    pub version: String,
    /// The deployment that was started; empty where Marathon starts none (a forced cancel).
    #[serde(default, deserialize_with = "null_as_default")]
    pub deployment_id: String,
}
