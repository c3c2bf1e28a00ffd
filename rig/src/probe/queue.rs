//! Why instances wait: Marathon's launch queue.

use harness::model::QueueEntry;

use crate::folder::evidence::Waiting;

/// What is kept of an entry of `GET /v2/queue`.
pub fn waiting(entry: &QueueEntry) -> Waiting {
    Waiting {
        t: 0.0,
        count: entry.count,
        delay_seconds: if entry.delay.overdue { 0 } else { entry.delay.time_left_seconds },
        offers: entry.processed_offers_summary.processed_offers_count,
        refusals: entry.refusals().into_iter().map(|refusal| (refusal.reason.clone(), refusal.declined)).collect(),
    }
}
