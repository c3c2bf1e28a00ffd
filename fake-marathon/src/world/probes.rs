//! The probes in flight, whoever made them.

use std::collections::BTreeMap;

use crate::{
    checkers::{Probe, ProbeId, ProbedBy},
    slab::{Key, Slab},
};

/// Both machines number their own probes, so outside each has a number of its own.
#[derive(Debug, Default)]
pub(super) struct Probes {
    /// Who made each and under which number, by the key that its number outside is made of.
    in_flight: Slab<(ProbedBy, ProbeId)>,
    begun_by_marathon: u64,
    begun_by_executors: u64,
}

impl Probes {
    /// Registers a probe under a number of its own.
    pub(super) fn begin(&mut self, probe: &mut Probe) {
        match probe.by {
            ProbedBy::Marathon => self.begun_by_marathon += 1,
            ProbedBy::Executor => self.begun_by_executors += 1,
        }
        probe.id = ProbeId(self.in_flight.insert((probe.by, probe.id)).number());
    }

    /// Ends a probe in flight and returns who made it, under which number.
    pub(super) fn end(&mut self, id: ProbeId) -> Option<(ProbedBy, ProbeId)> {
        self.in_flight.remove(Key::of(id.0))
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Probes begun so far, by who made them.
    pub(super) fn begun(&self) -> BTreeMap<&'static str, u64> {
        let all = [("marathon", self.begun_by_marathon), ("executor", self.begun_by_executors)];
        all.into_iter().filter(|(_, begun)| *begun > 0).collect()
    }
}
