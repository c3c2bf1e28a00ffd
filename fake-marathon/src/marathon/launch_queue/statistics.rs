//! What is remembered of the offers that were examined for an app (`OfferMatchStatistics.scala`).

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use crate::{
    app::AppDefinition,
    clock::Time,
    ids::AgentId,
    marathon::offer_matching::{FUNNEL, Reason, Remaining},
    snapshot::QueueView,
    wire::Offer,
};

#[derive(Clone, Debug)]
struct Unused {
    offer: Value,
    reasons: Vec<Reason>,
    at: Time,
}

/// Counters of one app's offers; they outlive the app.
#[derive(Clone, Debug, Default)]
pub(super) struct Statistics {
    processed: u64,
    unused: u64,
    rejects: BTreeMap<Reason, u64>,
    last_used: Option<Time>,
    last_unused: Option<Time>,
    by_agent: BTreeMap<AgentId, Unused>,
}

fn summary(rejects: &BTreeMap<Reason, u64>, processed: u64) -> Vec<(&'static str, u64, u64)> {
    let mut left = processed;
    FUNNEL
        .iter()
        .map(|reason| {
            let declined = rejects.get(reason).copied().unwrap_or(0);
            let row = (reason.name(), declined, left);
            left = left.saturating_sub(declined);
            row
        })
        .collect()
}

impl Statistics {
    pub(super) fn used(&mut self, now: Time) {
        self.processed += 1;
        self.last_used = Some(now);
    }

    pub(super) fn unused(&mut self, now: Time, offer: &Offer, remaining: &Remaining, reasons: Vec<Reason>) {
        self.processed += 1;
        self.unused += 1;
        self.last_unused = Some(now);
        if let Some(first) = reasons.iter().min() {
            *self.rejects.entry(*first).or_default() += 1;
        }
        let unused = Unused { offer: remaining.render(offer), reasons, at: now };
        self.by_agent.insert(offer.agent.clone(), unused);
    }

    /// One app of the queue, with `count` instances still to be launched.
    pub(super) fn view(
        &self,
        definition: Arc<AppDefinition>,
        count: usize,
        since: Time,
        delay_until: Option<Time>,
    ) -> QueueView {
        let mut last: BTreeMap<Reason, u64> = BTreeMap::new();
        for unused in self.by_agent.values() {
            if let Some(first) = unused.reasons.iter().min() {
                *last.entry(*first).or_default() += 1;
            }
        }
        let last_unused_offers = self
            .by_agent
            .values()
            .map(|unused| {
                let reasons: Vec<&str> = unused.reasons.iter().map(|reason| reason.name()).collect();
                json!({"offer": unused.offer, "reason": reasons, "timestamp": unused.at.iso()})
            })
            .collect();
        QueueView {
            definition,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            since,
            delay_until,
            processed_offers: self.processed,
            unused_offers: self.unused,
            last_unused_offer_at: self.last_unused,
            last_used_offer_at: self.last_used,
            rejects_last_offers: summary(&last, self.by_agent.len() as u64),
            rejects_launch_attempt: summary(&self.rejects, self.processed),
            last_unused_offers,
        }
    }
}
