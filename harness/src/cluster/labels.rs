//! The labels that make an app ours.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::ClusterError;
use crate::model::{App, parse_timestamp};

/// Who runs it: a person or a CI job.
pub const LABEL_OWNER: &str = "HC_RIG_OWNER";
/// The run that it belongs to. Without this label an app is not ours.
pub const LABEL_RUN: &str = "HC_RIG_RUN";
/// Until when it may stay (RFC 3339); a sweep removes it afterwards.
pub const LABEL_EXPIRES: &str = "HC_RIG_EXPIRES";
/// The test suite that the run belongs to, if it is one of several.
pub const LABEL_SUITE: &str = "HC_RIG_SUITE";

/// Whose an app is, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// The run.
    pub run: String,
    /// The person or CI job.
    pub owner: String,
    /// The end of the lease.
    pub expires: OffsetDateTime,
    /// The suite.
    pub suite: Option<String>,
}

impl Ownership {
    /// Read from the labels of an app or a pod; `None` if it has none of them, or if they are incomplete.
    #[must_use]
    pub fn of(app: &App) -> Option<Self> {
        let label = |name: &str| app.labels.get(name).cloned();
        Some(Self {
            run: label(LABEL_RUN)?,
            owner: label(LABEL_OWNER)?,
            expires: parse_timestamp(&label(LABEL_EXPIRES)?)?,
            suite: label(LABEL_SUITE),
        })
    }

    /// Adds the labels to a definition; its own labels stay.
    pub(super) fn mark(&self, definition: &mut Map<String, Value>) -> Result<(), ClusterError> {
        let labels = definition.entry("labels").or_insert_with(|| json!({}));
        if labels.is_null() {
            *labels = json!({});
        }
        let labels = labels
            .as_object_mut()
            .ok_or_else(|| ClusterError::Definition("has `labels` that are not a JSON object".to_owned()))?;
        labels.extend(self.labels().into_iter().map(|(name, value)| (name, Value::String(value))));
        Ok(())
    }

    /// As labels.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let suite = self.suite.clone().map(|suite| (LABEL_SUITE, suite));
        let labels =
            [(LABEL_RUN, self.run.clone()), (LABEL_OWNER, self.owner.clone()), (LABEL_EXPIRES, self.expires_text())];
        labels.into_iter().chain(suite).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The end of the lease as RFC 3339, in whole seconds.
    #[must_use]
    pub fn expires_text(&self) -> String {
        // No lease has a date that RFC 3339 cannot write (after the year 9999).
        self.expires.replace_nanosecond(0).unwrap_or(self.expires).format(&Rfc3339).unwrap_or_default()
    }
}
