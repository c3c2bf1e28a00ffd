//! Numbers for the probes that the scheduler makes.

use crate::checkers::ProbeId;

/// A source of numbers, each given out once; health checks and readiness checks share it.
#[derive(Debug, Default)]
pub(crate) struct ProbeIds {
    next: u64,
}

impl ProbeIds {
    pub(crate) fn next(&mut self) -> ProbeId {
        let id = ProbeId(self.next);
        self.next += 1;
        id
    }
}
