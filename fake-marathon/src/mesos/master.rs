//! Who the master is: its ids and since when it leads.

use crate::{clock::Time, ids::Rng};

#[derive(Debug)]
pub(super) struct Master {
    id: String,
    framework_id: String,
    started: Time,
}

impl Master {
    /// A master with one framework, Marathon.
    pub(super) fn new(rng: &mut Rng, now: Time) -> Self {
        let id = rng.uuid4().to_string();
        Self { framework_id: format!("{id}-0000"), id, started: now }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn framework_id(&self) -> &str {
        &self.framework_id
    }

    pub(super) fn started(&self) -> Time {
        self.started
    }
}
