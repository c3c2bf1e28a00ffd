//! Who the master is: its ids and since when it leads.

use crate::{clock::Time, ids::Rng};

#[derive(Debug)]
pub(super) struct Master {
    id: String,
    framework_id: String,
    started: Time,
}

impl Master {
    /// A master with one framework, Marathon. Its id follows from the seed and from when it began: two clusters of one
    /// seed are two clusters all the same, and what one of them had is not looked for on the other.
    pub(super) fn new(rng: &mut Rng, now: Time) -> Self {
        let drawn = rng.uuid4().as_u128();
        let id = uuid::Uuid::from_u128(drawn ^ u128::from(now.as_micros().unsigned_abs())).to_string();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_masters_of_one_seed_have_one_id_only_if_they_began_together() {
        let id =
            |seed, micros| Master::new(&mut Rng::seeded(seed), Time::from_micros(micros)).framework_id().to_owned();
        assert_eq!(id(1, 1_795_000_000_000_000), id(1, 1_795_000_000_000_000));
        assert_ne!(id(1, 1_795_000_000_000_000), id(1, 1_795_000_000_000_001));
        assert_ne!(id(1, 1_795_000_000_000_000), id(2, 1_795_000_000_000_000));
    }
}
