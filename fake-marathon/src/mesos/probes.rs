//! The native probes in flight.

use std::collections::BTreeMap;

use crate::{checkers::ProbeId, ids::TaskId};

#[derive(Debug, Default)]
pub(super) struct ProbesInFlight {
    tasks: BTreeMap<ProbeId, TaskId>,
    begun: u64,
}

impl ProbesInFlight {
    /// Registers a probe of a task under a new number.
    pub(super) fn begin(&mut self, task: TaskId) -> ProbeId {
        self.begun += 1;
        let id = ProbeId(self.begun);
        self.tasks.insert(id, task);
        id
    }

    /// Ends a probe and returns its task, unless it has ended already.
    pub(super) fn end(&mut self, id: ProbeId) -> Option<TaskId> {
        self.tasks.remove(&id)
    }
}
