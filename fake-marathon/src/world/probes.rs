//! The probes in flight, whoever made them.

use std::collections::{BTreeMap, BTreeSet};

use crate::checkers::{Probe, ProbeId, ProbedBy};

/// Both machines number their own probes, so outside a number also says whose it is.
#[derive(Debug, Default)]
pub(super) struct Probes {
    in_flight: BTreeSet<ProbeId>,
    begun: BTreeMap<&'static str, u64>,
}

impl Probes {
    /// Registers a probe under a number of its own.
    pub(super) fn begin(&mut self, probe: &mut Probe) {
        let (name, parity) = match probe.by {
            ProbedBy::Marathon => ("marathon", 0),
            ProbedBy::Executor => ("executor", 1),
        };
        probe.id = ProbeId(probe.id.0 * 2 + parity);
        *self.begun.entry(name).or_default() += 1;
        self.in_flight.insert(probe.id);
    }

    /// Ends a probe in flight and returns who made it, under which number.
    pub(super) fn end(&mut self, id: ProbeId) -> Option<(ProbedBy, ProbeId)> {
        let by = if id.0.is_multiple_of(2) { ProbedBy::Marathon } else { ProbedBy::Executor };
        self.in_flight.remove(&id).then_some((by, ProbeId(id.0 / 2)))
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Probes begun so far, by who made them.
    pub(super) fn begun(&self) -> &BTreeMap<&'static str, u64> {
        &self.begun
    }
}
