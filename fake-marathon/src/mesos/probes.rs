//! The native probes in flight.

use crate::{
    checkers::{ProbeId, ProbeOutcome},
    slab::{Key, Slab},
};

#[derive(Debug, Default)]
pub(super) struct ProbesInFlight {
    /// The task of each, by the key that the probe's number is made of.
    tasks: Slab<Key>,
}

impl ProbesInFlight {
    /// Registers a probe of a task under a new number.
    pub(super) fn begin(&mut self, task: Key) -> ProbeId {
        ProbeId(self.tasks.insert(task).number())
    }

    /// Ends a probe and returns its task, unless it has ended already.
    pub(super) fn end(&mut self, id: ProbeId) -> Option<Key> {
        self.tasks.remove(Key::of(id.0))
    }
}

/// A probe with its outcome.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probed<'a> {
    pub(super) probe: ProbeId,
    pub(super) outcome: &'a ProbeOutcome,
}
