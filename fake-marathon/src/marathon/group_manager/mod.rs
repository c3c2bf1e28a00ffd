//! The present tree of groups and apps, its earlier states, and what a request makes of it.
//!
//! Rules from Marathon's `core/group/impl/GroupManagerImpl.scala`.

mod apps;
mod groups;
mod limits;
mod pods;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

pub(crate) use self::apps::AppUpdates;
use super::{
    command::Refused,
    deployment::{plan::Plan, resident},
    instances::Slot,
    versions,
};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::{DeploymentId, PathId, Rng},
    refusal::Violation,
    tree::{Cycle, Root},
    tuning::Tuning,
};

/// The text of a 409 for a locked app, also the reason in the events of the refusal.
const LOCKED: &str = "App is locked by one or more deployments. Override with the option '?force=true'. View details at \
                      '/v2/deployments/<DEPLOYMENT_ID>'.";

/// What a change of the tree is about.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The group named in events.
    pub(crate) group: PathId,
    pub(crate) version: Time,
    pub(crate) force: bool,
    /// Instances that a scale action takes first.
    pub(crate) to_kill: BTreeMap<PathId, Vec<Slot>>,
    /// Apps that are restarted although they do not differ.
    pub(crate) restarted: BTreeSet<PathId>,
}

impl Change {
    fn new(group: PathId, version: Time, force: bool) -> Self {
        Self { group, version, force, to_kill: BTreeMap::new(), restarted: BTreeSet::new() }
    }
}

/// A changed tree, or why there is none. A refusal in here is published as a failed change of its group; one before is
/// not.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(crate) change: Change,
    pub(crate) target: Result<Root, Refused>,
    /// `created` of the answer.
    pub(crate) created: bool,
}

/// How a refusal reads as the `reason` of an event.
pub(crate) fn reason(refused: &Refused) -> String {
    match refused {
        Refused::AppExists(id) => format!("An app with id [{id}] already exists."),
        Refused::Locked(_) => LOCKED.into(),
        Refused::UnknownApp(id) => format!("App '{id}' does not exist"),
        Refused::UnknownPod(id) => format!("Pod '{id}' does not exist"),
        Refused::UnknownGroup(id) => format!("Group '{id}' does not exist"),
        Refused::UnknownTask(id) => format!("Task '{id}' does not exist"),
        Refused::UnknownDeployment(id) => format!("DeploymentPlan {id} does not exist"),
        Refused::NotQueued(id) => format!("Application {id} not found in tasks queue."),
        Refused::Invalid(_) => "Object is not valid".into(),
        Refused::BadShape(_) => "Invalid JSON".into(),
        Refused::Conflict(text) | Refused::Message(_, text) => text.clone(),
    }
}

impl From<Cycle> for Refused {
    fn from(_: Cycle) -> Self {
        Self::Invalid(vec![Violation {
            path: "/".into(),
            errors: vec!["Dependency graph has cyclic dependencies.".into()],
        }])
    }
}

/// The tree, its history, and the versions of apps.
#[derive(Debug)]
pub(crate) struct GroupManager {
    tuning: Arc<Tuning>,
    root: Arc<Root>,
    history: Arc<BTreeMap<Time, Arc<Root>>>,
    app_versions: BTreeMap<PathId, BTreeMap<Time, Arc<AppDefinition>>>,
    last_version: Time,
    /// The version of what rolls a deployment back: Marathon gives it the time of its own start.
    default_version: Time,
    /// Apps whose rendered definition is stale.
    stale: BTreeSet<PathId>,
}

fn whole_milliseconds(time: Time) -> Time {
    Time::from_micros(time.as_micros().div_euclid(1000) * 1000)
}

impl GroupManager {
    /// Only the root group.
    pub(crate) fn new(tuning: Arc<Tuning>, now: Time) -> Self {
        let version = whole_milliseconds(now);
        let root = Arc::new(Root::empty(version));
        Self {
            tuning,
            history: Arc::new(BTreeMap::from([(root.version, root.clone())])),
            root,
            app_versions: BTreeMap::new(),
            last_version: version,
            default_version: version,
            stale: BTreeSet::new(),
        }
    }

    pub(crate) fn root(&self) -> &Arc<Root> {
        &self.root
    }

    /// The present tree and its earlier states, by version.
    pub(crate) fn history(&self) -> &Arc<BTreeMap<Time, Arc<Root>>> {
        &self.history
    }

    /// All stored versions of an app.
    pub(crate) fn versions_of(&self, app: &PathId) -> Option<&BTreeMap<Time, Arc<AppDefinition>>> {
        self.app_versions.get(app)
    }

    /// Whether an app exists.
    pub(crate) fn known_app(&self, app: &PathId) -> Result<(), Refused> {
        if self.root.app(app).is_some() { Ok(()) } else { Err(Refused::UnknownApp(app.clone())) }
    }

    /// A version for a change of now: whole milliseconds, as they are written, and later than all before.
    fn new_version(&mut self, now: Time) -> Time {
        self.last_version = whole_milliseconds(now).max(self.last_version + Duration::from_millis(1));
        self.last_version
    }

    /// A proposal that changes a copy of the present tree.
    fn propose(&self, change: Change, edit: impl FnOnce(&mut Root) -> Result<(), Refused>) -> Proposal {
        let mut target = Root::clone(&self.root);
        let target = edit(&mut target).map(|()| target);
        Proposal { change, target, created: false }
    }

    /// The plan that leads to a changed tree: its apps get their service ports and versions, and it is validated.
    pub(crate) fn plan(&self, change: &Change, mut target: Root, rng: &mut Rng) -> Result<Plan, Refused> {
        let from = &self.root;
        let too_much = limits::violations(from, &target, &self.tuning);
        if !too_much.is_empty() {
            return Err(Refused::Invalid(too_much));
        }
        let clashes = target.clashes();
        if !clashes.is_empty() {
            return Err(Refused::Invalid(clashes));
        }
        versions::assign_service_ports(from, &mut target, &self.tuning.service_ports)?;
        versions::assign_versions(from, &mut target, &change.restarted, change.version);
        target.version = change.version;
        let Root { groups, apps, insertion, .. } = &mut target;
        insertion.record_sizes(groups.keys(), apps.keys());
        let id = DeploymentId::new(rng.uuid4().to_string());
        let plan = Plan::between(id, from, &Arc::new(target), change.version, &change.to_kill)?;
        let mut violations = resident::violations(&plan);
        violations.extend(limits::of_plan(&plan));
        if violations.is_empty() { Ok(plan) } else { Err(Refused::Invalid(violations)) }
    }

    /// Makes a tree the present one and remembers the versions of what changed.
    pub(crate) fn adopt(&mut self, target: Arc<Root>) {
        let from = self.root.clone();
        for app in target.apps.values() {
            if from.apps.get(&app.id).is_none_or(|old| !Arc::ptr_eq(old, app)) {
                let versions = self.app_versions.entry(app.id.clone()).or_default();
                versions.insert(app.version, app.clone());
                if versions.len() > self.tuning.max_versions.max(1) {
                    let oldest = versions.keys().find(|version| **version != app.version).copied();
                    oldest.map(|oldest| versions.remove(&oldest));
                }
                self.stale.insert(app.id.clone());
            }
        }
        self.stale.extend(from.apps.keys().filter(|id| !target.apps.contains_key(*id)).cloned());
        self.keep(target);
    }

    /// Makes a tree the present one and keeps it under its version.
    fn keep(&mut self, root: Arc<Root>) {
        let history = Arc::make_mut(&mut self.history);
        history.insert(root.version, root.clone());
        if history.len() > self.tuning.max_versions {
            let oldest = history.keys().find(|version| **version != root.version).copied();
            if let Some(dropped) = oldest.and_then(|oldest| history.remove(&oldest)) {
                // Of an app that no kept state holds, no version is kept.
                let kept = |id: &PathId| history.values().any(|state| state.apps.contains_key(id));
                for id in dropped.apps.keys().filter(|id| !root.apps.contains_key(*id) && !kept(id)) {
                    self.app_versions.remove(id);
                }
            }
        }
        self.root = root;
    }

    /// The apps whose rendered definition has become stale since the last call.
    pub(crate) fn take_stale(&mut self) -> BTreeSet<PathId> {
        std::mem::take(&mut self.stale)
    }
}
