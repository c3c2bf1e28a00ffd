//! The launch queue: what waits for offers, and why offers were refused.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::OffsetDateTime;

use super::lenient::{Raw, null_as_default, timestamp};

/// An app whose instances wait to be launched, as `GET /v2/queue` lists it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueEntry {
    /// The app's (or pod's) id.
    #[serde(rename = "app", alias = "pod", deserialize_with = "id_of")]
    pub app_id: String,
    /// How many instances wait.
    #[serde(default, deserialize_with = "null_as_default")]
    pub count: u64,
    /// The back-off.
    #[serde(default, deserialize_with = "null_as_default")]
    pub delay: QueueDelay,
    /// Since when it waits.
    #[serde(default, deserialize_with = "timestamp")]
    pub since: Option<OffsetDateTime>,
    /// What became of the offers.
    #[serde(default, deserialize_with = "null_as_default")]
    pub processed_offers_summary: OffersSummary,
    /// The object as it came.
    #[serde(skip)]
    pub raw: Value,
}

impl Raw for QueueEntry {
    fn keep(mut self, raw: Value) -> Self {
        self.raw = raw;
        self
    }
}

impl QueueEntry {
    /// The reasons for which the last offers were declined, in Marathon's order, with how many were.
    #[must_use]
    pub fn refusals(&self) -> Vec<&RejectReason> {
        self.processed_offers_summary.reject_summary_last_offers.iter().filter(|reason| reason.declined > 0).collect()
    }
}

/// How long the back-off still lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueDelay {
    /// Whole seconds, never negative.
    #[serde(default, deserialize_with = "null_as_default")]
    pub time_left_seconds: i64,
    /// There is no delay, or it is over for more than a second.
    #[serde(default, deserialize_with = "null_as_default")]
    pub overdue: bool,
}

/// Counts of the offers that were looked at for an app. They outlive the app.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OffersSummary {
    /// Offers looked at.
    #[serde(default, deserialize_with = "null_as_default")]
    pub processed_offers_count: u64,
    /// Offers that did not fit.
    #[serde(default, deserialize_with = "null_as_default")]
    pub unused_offers_count: u64,
    /// Refusals of the last offers only.
    #[serde(default, deserialize_with = "null_as_default")]
    pub reject_summary_last_offers: Vec<RejectReason>,
    /// Refusals since the launch attempt began.
    #[serde(default, deserialize_with = "null_as_default")]
    pub reject_summary_launch_attempt: Vec<RejectReason>,
}

/// How many offers reached a filter and how many it declined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct RejectReason {
    /// The filter, such as `InsufficientCpus`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub reason: String,
    /// Declined by it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub declined: u64,
    /// Looked at by it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub processed: u64,
}

fn id_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    struct WithId {
        id: String,
    }
    Ok(WithId::deserialize(deserializer)?.id)
}
