//! A task of an answer, with what every poll needs of it read once.

use std::{borrow::Cow, ops::Range, sync::Arc};

use serde::{Serialize, Serializer};
use serde_json::{Value, value::RawValue};
use time::OffsetDateTime;

use super::{
    listed::{Listed, Task, task_id},
    moment::latest,
};
use crate::model::TaskState;

/// A task object as Marathon wrote it. Of most tasks nothing changes from poll to poll but the moments of good results: the whole
/// object becomes a tree of values only while it is written into the record.
#[derive(Clone, Debug)]
pub struct Observed {
    text: Box<str>,
    last_result: Option<OffsetDateTime>,
    /// Whether every success in it is one of its own.
    successes_are_own: bool,
    rest: Arc<Rest>,
}

/// What later successes do not change.
#[derive(Debug)]
struct Rest {
    id: Arc<str>,
    state: TaskState,
    /// ISO 8601; empty if it is not staged.
    staged_at: Box<str>,
    /// The last success of each check, and its last failure (ISO 8601, empty without one).
    results: Vec<(Success, Box<str>)>,
}

/// A `lastSuccess`.
#[derive(Debug)]
enum Success {
    /// The bytes of the task's text that hold it.
    At(Range<usize>),
    /// One that is not in the text as it is; empty without one.
    Is(Box<str>),
}

impl Observed {
    /// Reads a task object.
    #[must_use]
    pub fn of(object: &RawValue) -> Self {
        let text = object.get();
        // Reading is lenient: what is no object has no field.
        let listed: Listed<'_> = serde_json::from_str(text).unwrap_or_default();
        let id = listed.id.as_deref().map_or_else(|| Arc::from(task_id(&value(text))), Arc::from);
        let results = listed.results.iter();
        let rest = Rest {
            id,
            state: listed.counts_as(),
            staged_at: Box::from(listed.staged_at()),
            results: results
                .map(|result| (Success::of(&result.last_success, text), Box::from(&*result.last_failure)))
                .collect(),
        };
        Self::with(Box::from(text), Arc::new(rest))
    }

    fn with(text: Box<str>, rest: Arc<Rest>) -> Self {
        let task = Self { text, last_result: None, successes_are_own: false, rest };
        let last_result = latest(task.results().flat_map(<[&str; 2]>::from));
        let successes_are_own = task.results().all(|(success, _)| task.is_own(success));
        Self { last_result, successes_are_own, ..task }
    }

    /// The same of an object that is no answer's, such as one of a test.
    #[must_use]
    pub fn of_value(object: &Value) -> Arc<Self> {
        let text = serde_json::value::to_raw_value(object).unwrap_or_default();
        Arc::new(Self::of(&text))
    }

    /// Its id; of what has none, the whole text.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.rest.id
    }

    /// What it counts as.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.rest.state
    }

    /// When a check last said anything about it.
    #[must_use]
    pub fn last_result(&self) -> Option<OffsetDateTime> {
        self.last_result
    }

    /// The object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        value(&self.text)
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The last success and the last failure of each check; empty without one.
    fn results(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.rest.results.iter().map(|(success, failure)| match success {
            Success::At(bytes) => (&self.text[bytes.clone()], &**failure),
            Success::Is(text) => (&**text, &**failure),
        })
    }

    /// Whether a result belongs to this task and not to the one before it.
    fn is_own(&self, at: &str) -> bool {
        // ISO 8601 in UTC, as Marathon writes it, sorts as text.
        !at.is_empty() && at >= &*self.rest.staged_at
    }

    /// The moment of each check's last result of its own.
    fn own(&self) -> impl Iterator<Item = Option<&str>> {
        self.results().map(|results| <[&str; 2]>::from(results).into_iter().filter(|at| self.is_own(at)).max())
    }

    /// How many checks have a new result of this task's own since it was seen `before`.
    pub(super) fn fresh(&self, before: Option<&Self>) -> u32 {
        let mut old = before.into_iter().flat_map(Self::own);
        let fresh = self.own().filter(|own| *own > old.next().flatten());
        u32::try_from(fresh.count()).unwrap_or(u32::MAX)
    }

    /// Whether only the moments of good results changed, as far as [`Observed::succeeded`] found it. False says nothing.
    pub(super) fn differs_only_in_successes(&self, before: &Self) -> bool {
        before.successes_are_own && Arc::ptr_eq(&self.rest, &before.rest)
    }

    /// This task as a text begins with it, if nothing else has changed than the moments of its successes.
    ///
    /// The text behind it is not looked at, and neither is the object read: it is the same one, with other letters and digits in
    /// some of its texts.
    pub(super) fn succeeded(&self, rest: &str) -> Option<Self> {
        let new = rest.get(..self.text.len()).filter(|_| self.is_object())?;
        let mut from = 0;
        for (success, _) in &self.rest.results {
            let Success::At(bytes) = success else { continue };
            let same = self.text.get(from..bytes.start)? == new.get(from..bytes.start)?;
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-:.+".contains(&byte);
            if !same || !new.as_bytes()[bytes.clone()].iter().copied().all(plain) {
                return None;
            }
            from = bytes.end;
        }
        (self.text[from..] == new[from..]).then(|| Self::with(Box::from(new), Arc::clone(&self.rest)))
    }

    /// Whether a text begins with exactly this task.
    pub(super) fn begins(&self, rest: &str) -> bool {
        self.is_object() && rest.starts_with(&*self.text)
    }

    /// Only of an object the text says where it ends: after `1` more digits may come.
    fn is_object(&self) -> bool {
        self.text.starts_with('{')
    }
}

impl Success {
    /// Of a text that may be a part of the task's.
    fn of(success: &str, text: &str) -> Self {
        if let Some(start) = success.as_ptr().addr().checked_sub(text.as_ptr().addr())
            && text.get(start..start + success.len()) == Some(success)
            && !success.is_empty()
        {
            return Self::At(start..start + success.len());
        }
        Self::Is(Box::from(success))
    }
}

impl Serialize for Observed {
    /// As the tree of values is written, of which there is one at a time: those of all tasks of an app would be many times their texts.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl Task for Arc<Observed> {
    fn listed(&self) -> Cow<'_, Listed<'_>> {
        let listed: Listed<'_> = serde_json::from_str(&self.text).unwrap_or_default();
        Cow::Owned(Listed { id: Some(listed.id.unwrap_or(Cow::Borrowed(&self.rest.id))), ..listed })
    }
}

fn value(text: &str) -> Value {
    // Only a number that no float holds cannot be read: it stays what it is, a text.
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_compared_without_the_moments_of_successes() {
        let text = |success: &str, host: &str| {
            let first = format!(r#"{{"lastSuccess":{success},"n":1}}"#);
            format!(r#"{{"healthCheckResults":[{first},{{"lastSuccess": "x"}}],"host":"{host}"}}"#)
        };
        let before = text("\"2026\"", "h");
        let task = read(&before);
        let same = |other: &str| task.begins(other) || task.succeeded(other).is_some();
        assert!(same(&before) && same(&text("\"2027\"", "h")));
        assert!(!same(&text("\"2027\"", "i")));
        assert!(!same(&text("null", "h")) && !same(&text("\"20\\\"27\"", "h")));
        assert!(!same(&before.replacen("\"lastSuccess\"", "\"lastFailure\"", 1)));
    }

    fn task(success: &str, host: &str) -> String {
        format!(
            r#"{{"id":"a","host":"{host}","stagedAt":"2026-01-01T00:00:00.000Z","healthCheckResults":[{{"alive":true,"lastSuccess":"{success}"}},{{"alive":true,"lastFailure":"2026-01-01T00:00:02.000Z"}}]}}"#
        )
    }

    fn read(text: &str) -> Observed {
        Observed::of(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_later_success_is_seen_without_reading() {
        let (early, late) = ("2026-01-01T00:00:01.000Z", "2026-01-01T00:00:03.000Z");
        let before = read(&task(early, "ü"));
        let after = task(late, "ü");
        let seen = before.succeeded(&format!("{after},[")).expect("the same task");
        let whole = read(&after);
        assert_eq!((seen.text(), seen.last_result()), (whole.text(), whole.last_result()));
        assert_eq!(seen.results().collect::<Vec<_>>(), whole.results().collect::<Vec<_>>());
        assert_eq!((seen.fresh(Some(&before)), whole.fresh(Some(&before)), before.fresh(Some(&before))), (1, 1, 0));
        assert_eq!(seen.last_result().map(|at| at.second()), Some(3));
        assert!(before.begins(&task(early, "ü")) && !before.begins(&after));
    }

    #[test]
    fn whatever_else_changes_is_read() {
        let early = "2026-01-01T00:00:01.000Z";
        let before = read(&task(early, "h"));
        let odd = |success: &str| before.succeeded(&task(success, "h")).is_none();
        assert!(before.succeeded(&task(early, "i")).is_none());
        assert!(odd("2026-01-01T00:00:01Z") && odd("2026-01-01T00:00:0\"},{\"a") && odd("2026-01-01T00:00:01.0\\\"Z"));
        assert!(before.succeeded(&task(early, "h")[1..]).is_none() && before.succeeded("").is_none());
        let number = Observed::of(serde_json::from_str("1").unwrap());
        assert!(!number.begins("12") && number.succeeded("12").is_none());
    }

    #[test]
    fn what_is_no_task_is_kept_as_it_is() {
        for odd in [json!(null), json!([1]), json!({"id": 3})] {
            let observed = Observed::of_value(&odd);
            assert_eq!((&**observed.id(), observed.to_value()), (odd.to_string().as_str(), odd));
        }
    }
}
