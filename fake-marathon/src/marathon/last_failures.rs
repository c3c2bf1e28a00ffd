//! `lastTaskFailure` of each app (Marathon's `core/task/update/impl/steps/TaskFailedUpdater`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{ids::PathId, snapshot::TaskFailure};

/// The last failure of each app that had one.
#[derive(Debug, Default)]
pub(crate) struct LastFailures {
    by_app: BTreeMap<PathId, Arc<TaskFailure>>,
    stale: BTreeSet<PathId>,
}

impl LastFailures {
    pub(crate) fn of(&self, app: &PathId) -> Option<&Arc<TaskFailure>> {
        self.by_app.get(app)
    }

    pub(crate) fn keep(&mut self, failure: TaskFailure) {
        self.stale.insert(failure.app.clone());
        self.by_app.insert(failure.app.clone(), Arc::new(failure));
    }

    /// The app has been stopped.
    pub(crate) fn forget(&mut self, app: &PathId) {
        if self.by_app.remove(app).is_some() {
            self.stale.insert(app.clone());
        }
    }

    /// The apps whose last failure has changed since the last call.
    pub(crate) fn take_stale(&mut self) -> BTreeSet<PathId> {
        std::mem::take(&mut self.stale)
    }
}
