//! What of the scheduler is rendered.

use std::collections::BTreeSet;

use super::{
    deployment::Deployments, group_manager::GroupManager, health::Health, instances::Instances,
    last_failures::LastFailures, launch_queue::LaunchQueue,
};
use crate::ids::PathId;

/// The parts of the scheduler that are rendered.
pub(crate) struct Rendered<'a> {
    pub(crate) groups: &'a mut GroupManager,
    pub(crate) deployments: &'a mut Deployments,
    pub(crate) instances: &'a mut Instances,
    pub(crate) failures: &'a mut LastFailures,
    pub(crate) launch_queue: &'a LaunchQueue,
    pub(crate) health: &'a Health,
}

impl Rendered<'_> {
    pub(super) fn take_stale(&mut self) -> BTreeSet<PathId> {
        let mut stale = self.groups.take_stale();
        stale.append(&mut self.deployments.take_stale());
        stale.append(&mut self.instances.take_stale());
        stale.append(&mut self.failures.take_stale());
        stale
    }
}
