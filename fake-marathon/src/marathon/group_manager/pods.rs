//! Requests that change pods (Marathon's `core/pod/impl/PodManagerImpl.scala`).

use super::{Change, GroupManager, Proposal};
use crate::{app::AppDefinition, clock::Time, ids::PathId, marathon::command::Refused, refusal::Violation, tree::Root};

/// The refusal of a tree with an app and a pod of one id.
pub(super) fn clash() -> Refused {
    let errors = vec![String::from("Applications and Pods may not share the same id")];
    Refused::Invalid(vec![Violation { path: String::from("/"), errors }])
}

impl GroupManager {
    /// `POST /v2/pods`; also returns the pod as posted, with its version.
    pub(crate) fn create_pod(&mut self, now: Time, pod: AppDefinition, force: bool) -> (Proposal, AppDefinition) {
        self.put_pod(now, pod, force, |target, pod| {
            if target.pod(&pod.id).is_some() {
                return Err(Refused::Conflict(format!("A pod with id [{}] already exists.", pod.id)));
            }
            target.put_app(pod);
            Ok(())
        })
    }

    /// `PUT /v2/pods/{id}`, which also creates; also returns the pod as posted, with its version.
    pub(crate) fn update_pod(&mut self, now: Time, pod: AppDefinition, force: bool) -> (Proposal, AppDefinition) {
        self.put_pod(now, pod, force, |target, pod| {
            target.put_app(pod);
            Ok(())
        })
    }

    fn put_pod(
        &mut self,
        now: Time,
        mut pod: AppDefinition,
        force: bool,
        put: impl FnOnce(&mut Root, AppDefinition) -> Result<(), Refused>,
    ) -> (Proposal, AppDefinition) {
        let version = self.new_version(now);
        pod.version = version;
        pod.last_scaling_at = version;
        pod.last_config_change_at = version;
        let posted = pod.clone();
        let change = Change::new(pod.id.parent(), version, force);
        let proposal = self.propose(change, |target| {
            if target.app(&pod.id).is_some() {
                return Err(clash());
            }
            target.make_way(&pod.id);
            put(target, pod)
        });
        (proposal, posted)
    }

    /// `DELETE /v2/pods/{id}`.
    pub(crate) fn delete_pod(&mut self, now: Time, id: &PathId, force: bool) -> Proposal {
        let change = Change::new(id.parent(), self.new_version(now), force);
        self.propose(change, |target| {
            if target.pod(id).is_none() {
                return Err(Refused::UnknownPod(id.clone()));
            }
            target.remove_app(id);
            Ok(())
        })
    }
}
