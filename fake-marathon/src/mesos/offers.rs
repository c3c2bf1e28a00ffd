//! The offers that the framework holds, and whether it wants any.
//!
//! Like Mesos's hierarchical allocator with one framework: an agent's free resources go out as one offer, in a cycle of
//! `offer_interval` and at once after a revive; what was refused is not offered again before its filter expires.

use std::collections::BTreeMap;

use super::{
    agents::Agent,
    resources::{Resources, scalar},
};
use crate::{
    ids::{OfferId, Rng},
    wire::Offer,
};

/// What is out as an offer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offered {
    /// Index of the agent.
    pub(super) agent: usize,
    pub(super) resources: Resources,
}

#[derive(Debug)]
pub(super) struct Offers {
    /// The ids of offers begin with it.
    master_id: String,
    /// Whether the framework wants no offers.
    suppressed: bool,
    made: u64,
    out: BTreeMap<OfferId, Offered>,
}

impl Offers {
    /// None is made before the framework wants offers.
    pub(super) fn new(master_id: String) -> Self {
        Self { master_id, suppressed: true, made: 0, out: BTreeMap::new() }
    }

    pub(super) fn is_suppressed(&self) -> bool {
        self.suppressed
    }

    pub(super) fn suppress(&mut self) {
        self.suppressed = true;
    }

    pub(super) fn revive(&mut self) {
        self.suppressed = false;
    }

    /// The offers that the framework holds.
    pub(super) fn all(&self) -> impl Iterator<Item = (&OfferId, &Offered)> {
        self.out.iter()
    }

    /// Offers resources of an agent.
    pub(super) fn make(&mut self, agent: &Agent, offered: Offered) -> Offer {
        let id = OfferId::new(format!("{}-O{}", self.master_id, self.made));
        self.made += 1;
        let (config, resources) = (agent.config(), &offered.resources);
        let offer = Offer {
            id: id.clone(),
            agent: agent.id().clone(),
            hostname: config.hostname.clone(),
            cpus: scalar(resources.cpus),
            mem: scalar(resources.mem),
            disk: scalar(resources.disk),
            gpus: u32::try_from(resources.gpus).unwrap_or(0),
            ports: resources.ports.ranges().collect(),
            attributes: config.attributes.clone(),
            region: config.region.clone(),
            zone: config.zone.clone(),
        };
        self.out.insert(id, offered);
        offer
    }

    /// Takes an offer that the framework uses or declines.
    pub(super) fn take(&mut self, offer: &OfferId) -> Option<Offered> {
        self.out.remove(offer)
    }

    /// Takes back every offer of an agent that went away.
    pub(super) fn rescind(&mut self, n: usize) -> Vec<(OfferId, Resources)> {
        let of_agent = self.out.iter().filter(|(_, offered)| offered.agent == n);
        let ids: Vec<OfferId> = of_agent.map(|(id, _)| id.clone()).collect();
        ids.into_iter().filter_map(|id| self.out.remove(&id).map(|offered| (id, offered.resources))).collect()
    }

    /// All that is out of an agent's resources.
    pub(super) fn of_agent(&self, n: usize) -> Option<Resources> {
        let mut sum: Option<Resources> = None;
        for offered in self.out.values().filter(|offered| offered.agent == n) {
            sum.get_or_insert_default().add(offered.resources.clone());
        }
        sum
    }
}

/// The order in which agents are offered: random, as the allocator's sorter is.
pub(super) fn shuffle(agents: &mut [usize], rng: &mut Rng) {
    for last in (1..agents.len()).rev() {
        let other = usize::try_from(rng.below(last as u64 + 1)).unwrap_or(0);
        agents.swap(last, other);
    }
}
