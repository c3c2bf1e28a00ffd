//! Why Marathon refuses a request. Definitions ([`crate::app`]) and the scheduler both answer with these.

use strum::IntoStaticStr;

use crate::ids::{DeploymentId, PathId};

/// One rule broken by a request: Marathon's `details[]` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// For example `/healthChecks(0)`.
    pub path: String,
    /// One or more texts for this path.
    pub errors: Vec<String>,
}

/// A refused request; the REST layer turns it into status and body.
#[derive(Clone, Debug, PartialEq, IntoStaticStr)]
pub enum Refused {
    /// 409 `An app with id [/x] already exists.`
    AppExists(PathId),
    /// 409 with another text (groups).
    Conflict(String),
    /// 409 `App is locked by one or more deployments…`
    Locked(Vec<DeploymentId>),
    /// 404 `App '/x' does not exist`.
    UnknownApp(PathId),
    /// 404 `Pod '/x' does not exist`.
    UnknownPod(PathId),
    /// 404 `Group '/x' does not exist`.
    UnknownGroup(PathId),
    /// 404 `Task 'x' does not exist`.
    UnknownTask(String),
    /// 404 `DeploymentPlan x does not exist`.
    UnknownDeployment(DeploymentId),
    /// 404 of the queue.
    NotQueued(PathId),
    /// 422 `Object is not valid`.
    Invalid(Vec<Violation>),
    /// 422 `Invalid JSON` with details.
    BadShape(Vec<Violation>),
    /// Any other status with `message` only.
    Message(u16, String),
}
