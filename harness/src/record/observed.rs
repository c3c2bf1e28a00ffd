//! A task of an answer, with what every poll needs of it read once.

use std::{collections::HashSet, hash::Hash, sync::Arc};

use serde_json::{Value, value::RawValue};
use time::OffsetDateTime;

use super::{
    age::last_of,
    delta::task_id,
    listed::{Listed, ListedResult},
};
use crate::model::TaskState;

/// A task object as Marathon wrote it. Of most tasks nothing changes from poll to poll: the whole object becomes a tree of
/// values only when it is written into the record.
#[derive(Clone, Debug)]
pub struct Observed {
    text: Box<str>,
    id: Arc<str>,
    state: TaskState,
    last_result: Option<OffsetDateTime>,
    /// The moment of each check's last result of its own, ISO 8601.
    own: Vec<Option<Box<str>>>,
    /// Whether every success in it is one of its own.
    successes_are_own: bool,
}

impl Observed {
    /// Reads a task object.
    #[must_use]
    pub fn of(object: &RawValue) -> Self {
        let text = object.get();
        // Reading is lenient: what is no object has no field.
        let listed: Listed<'_> = serde_json::from_str(text).unwrap_or_default();
        let own = |at: &str| !at.is_empty() && at >= listed.staged_at();
        let last_own = |result: &ListedResult<'_>| {
            let times = [&result.last_success, &result.last_failure].into_iter().filter(|at| own(at));
            times.max().map(|at| Box::from(&**at))
        };
        Self {
            id: if listed.has_id() { Arc::from(listed.id()) } else { Arc::from(task_id(&value(text))) },
            state: listed.counts_as(),
            last_result: last_of(&listed),
            own: listed.results.iter().map(last_own).collect(),
            successes_are_own: listed.results.iter().all(|result| own(&result.last_success)),
            text: Box::from(text),
        }
    }

    /// The same of a tree of values.
    #[must_use]
    pub fn of_value(object: &Value) -> Arc<Self> {
        // Every tree of values can be written, and what was written is one value.
        let text = serde_json::value::to_raw_value(object).unwrap_or_default();
        Arc::new(Self::of(&text))
    }

    /// Its id, or the whole text where it has none.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// What it counts as.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// When a check last said anything about it.
    #[must_use]
    pub fn last_result(&self) -> Option<OffsetDateTime> {
        self.last_result
    }

    /// The object as a tree of values.
    #[must_use]
    pub fn to_value(&self) -> Value {
        value(&self.text)
    }

    /// How many of its results are newer than before.
    pub(super) fn fresh(&self, before: Option<&Self>) -> u32 {
        let old = |check: usize| before.and_then(|before| before.own.get(check)?.as_ref());
        let fresh = self.own.iter().enumerate().filter(|(check, own)| own.as_ref() > old(*check));
        u32::try_from(fresh.count()).unwrap_or(u32::MAX)
    }

    /// Whether the texts show that nothing but the moments of successes differs from `before`, all of which were its own.
    /// `false` decides nothing: then the values have to be compared.
    pub(super) fn differs_only_in_successes(&self, before: &Self) -> bool {
        before.successes_are_own && same_but_for_values_of("\"lastSuccess\":", &before.text, &self.text)
    }
}

fn value(text: &str) -> Value {
    // Only a number that no float holds cannot be read: it stays what it is, a text.
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// Whether two texts of JSON differ only in the texts that follow `key`, if in anything.
fn same_but_for_values_of(key: &str, mut one: &str, mut other: &str) -> bool {
    loop {
        let (Some(at), Some(there)) = (one.find(key), other.find(key)) else { return one == other };
        let (head, tail) = one.split_at(at + key.len());
        let (other_head, other_tail) = other.split_at(there + key.len());
        if head != other_head {
            return false;
        }
        let (Some(rest), Some(other_rest)) = (behind_plain_text(tail), behind_plain_text(other_tail)) else {
            return false;
        };
        (one, other) = (rest, other_rest);
    }
}

/// What follows a text without escapes.
fn behind_plain_text(json: &str) -> Option<&str> {
    let (text, rest) = json.trim_start().strip_prefix('"')?.split_once('"')?;
    (!text.contains('\\')).then_some(rest)
}

/// The tasks of the latest answer by their text: those that come again unchanged are not read again.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    latest: HashSet<ByText>,
    next: HashSet<ByText>,
}

#[derive(Clone, Debug)]
struct ByText(Arc<Observed>);

impl std::borrow::Borrow<str> for ByText {
    fn borrow(&self) -> &str {
        &self.0.text
    }
}

impl Hash for ByText {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.text.hash(state);
    }
}

impl PartialEq for ByText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for ByText {}

impl Recent {
    /// The task of the next answer with this text.
    pub fn observe(&mut self, object: &RawValue) -> Arc<Observed> {
        let known = self.latest.take(object.get()).unwrap_or_else(|| ByText(Arc::new(Observed::of(object))));
        let task = Arc::clone(&known.0);
        self.next.insert(known);
        task
    }

    /// The answer is whole: what it did not list is forgotten.
    pub fn settle(&mut self) {
        self.latest = std::mem::take(&mut self.next);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_compared_without_the_moments_of_successes() {
        let text = |success: &str, host: &str| {
            format!(r#"{{"a":[{{"lastSuccess":{success},"n":1}},{{"lastSuccess": "x"}}],"host":"{host}"}}"#)
        };
        let same = |one: &str, other: &str| same_but_for_values_of("\"lastSuccess\":", one, other);
        let before = text("\"2026\"", "h");
        assert!(same(&before, &before) && same(&before, &text("\"2027\"", "h")));
        assert!(!same(&before, &text("\"2027\"", "i")));
        assert!(!same(&before, &text("null", "h")) && !same(&before, &text("\"20\\\"27\"", "h")));
        assert!(!same(&before, &before.replacen("\"lastSuccess\"", "\"lastFailure\"", 1)));
    }

    #[test]
    fn a_task_that_comes_again_is_the_same_object() {
        let raw = |n: u8| serde_json::value::to_raw_value(&json!({"id": "a", "n": n})).unwrap();
        let mut recent = Recent::default();
        let first = recent.observe(&raw(1));
        recent.settle();
        let (again, changed) = (recent.observe(&raw(1)), recent.observe(&raw(2)));
        assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&first, &changed));
        recent.settle();
        recent.settle();
        assert!(!Arc::ptr_eq(&first, &recent.observe(&raw(1))), "it was not listed for an answer");
    }

    #[test]
    fn what_is_no_task_is_kept_as_it_is() {
        for odd in [json!(null), json!([1]), json!({"id": 3})] {
            let observed = Observed::of_value(&odd);
            assert_eq!((&**observed.id(), observed.to_value()), (odd.to_string().as_str(), odd));
        }
    }
}
