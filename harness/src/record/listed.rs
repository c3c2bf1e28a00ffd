//! A task of a list, as far as the fold of a record needs it: read without a tree of values, its texts borrowed.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess},
};
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    lenient::{FromJson, Lenient},
    moment::latest,
};
use crate::model::TaskState;

/// What a record says of one task at one moment. A field of an unexpected type counts as absent, and so do the fields of
/// what is no object; of a key that comes twice the last one counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) host: Cow<'a, str>,
    pub(super) agent: Cow<'a, str>,
    pub(super) state: Cow<'a, str>,
    pub(super) staged_at: Cow<'a, str>,
    pub(super) ports: Vec<u64>,
    pub(super) results: Vec<ListedResult<'a>>,
}

/// One of its `healthCheckResults`. A text that is absent is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ListedResult<'a> {
    pub(super) alive: Option<bool>,
    pub(super) consecutive_failures: u64,
    pub(super) first_success: Cow<'a, str>,
    pub(super) last_success: Cow<'a, str>,
    pub(super) last_failure: Cow<'a, str>,
    pub(super) last_failure_cause: Option<Cow<'a, str>>,
}

/// What can stand for a task in a sample.
pub trait Task {
    /// What the fold of a record needs of it.
    fn listed(&self) -> Cow<'_, Listed<'_>>;

    /// Its id and what is new of it since the line before that held it, where that is known without reading it.
    fn familiar(&self) -> Option<(&str, News)> {
        None
    }
}

/// What is new of a task since the line before that held it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum News {
    /// Nothing.
    None,
    /// At most the moments of its checks' last successes.
    Successes,
    /// Anything.
    All,
}

impl Task for Listed<'_> {
    fn listed(&self) -> Cow<'_, Listed<'_>> {
        Cow::Borrowed(self)
    }
}

impl Task for Value {
    fn listed(&self) -> Cow<'_, Listed<'_>> {
        Cow::Owned(Listed::of(self))
    }
}

impl<'a> Listed<'a> {
    /// The task of an object as Marathon wrote it.
    #[must_use]
    pub fn of(task: &'a Value) -> Self {
        // Reading is lenient, so that nothing is an error.
        let listed = Self::deserialize(task).unwrap_or_default();
        Self { id: Some(listed.id.unwrap_or_else(|| Cow::Owned(task_id(task)))), ..listed }
    }

    /// Its id; empty if it has none, which only a task that was read from a file lacks.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// What the task counts as.
    pub(super) fn counts_as(&self) -> TaskState {
        let results = self.results.iter().map(|result| (result.alive, &*result.last_failure));
        TaskState::of_listed(&self.state, &self.staged_at, results)
    }

    /// The id of its agent; empty if that is unknown.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// Its state as Mesos names it, such as `TASK_RUNNING`; empty if that is unknown.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// When it was staged, ISO 8601; empty if that is unknown.
    #[must_use]
    pub fn staged_at(&self) -> &str {
        &self.staged_at
    }

    /// When a check last said anything about it: the latest `lastSuccess` or `lastFailure` of all its results.
    #[must_use]
    pub fn last_result(&self) -> Option<OffsetDateTime> {
        latest(self.results.iter().flat_map(|result| [&*result.last_success, &*result.last_failure]))
    }

    /// The moment of each check's last result, ISO 8601; empty without one.
    pub fn last_results(&self) -> impl Iterator<Item = &str> {
        // ISO 8601 in UTC, as Marathon writes it, sorts as text.
        self.results.iter().map(|result| (&*result.last_success).max(&*result.last_failure))
    }
}

/// The id of a task object. A task without one (no known Marathon writes that) is identified by its whole text.
pub(super) fn task_id(task: &Value) -> String {
    task["id"].as_str().map_or_else(|| task.to_string(), str::to_owned)
}

impl<'de: 'a, 'a> Deserialize<'de> for Listed<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `Listed<'de>` is read, and shortened to what is asked for.
        Lenient::<Listed<'de>>::deserialize(deserializer).map(|Lenient(task)| task)
    }
}

/// The keys of a task that are wanted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Key {
    Id,
    Host,
    SlaveId,
    State,
    StagedAt,
    Ports,
    HealthCheckResults,
    #[serde(other)]
    Other,
}

impl<'de> FromJson<'de> for Listed<'de> {
    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut task = Self::default();
        while let Some(key) = object.next_key()? {
            match key {
                Key::Id => Lenient(task.id) = object.next_value()?,
                Key::Host => Lenient(task.host) = object.next_value()?,
                Key::SlaveId => Lenient(task.agent) = object.next_value()?,
                Key::State => Lenient(task.state) = object.next_value()?,
                Key::StagedAt => Lenient(task.staged_at) = object.next_value()?,
                Key::Ports => {
                    let Lenient(ports) = object.next_value::<Lenient<Vec<Option<u64>>>>()?;
                    task.ports = ports.into_iter().flatten().collect();
                }
                Key::HealthCheckResults => Lenient(task.results) = object.next_value()?,
                Key::Other => _ = object.next_value::<IgnoredAny>()?,
            }
        }
        Ok(task)
    }
}

/// The keys of a check result that are wanted.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ResultKey {
    Alive,
    ConsecutiveFailures,
    FirstSuccess,
    LastSuccess,
    LastFailure,
    LastFailureCause,
    #[serde(other)]
    Other,
}

impl<'de> FromJson<'de> for ListedResult<'de> {
    fn of_object<A: MapAccess<'de>>(mut object: A) -> Result<Self, A::Error> {
        let mut result = Self::default();
        while let Some(key) = object.next_key()? {
            match key {
                ResultKey::Alive => Lenient(result.alive) = object.next_value()?,
                ResultKey::ConsecutiveFailures => {
                    let Lenient(failures) = object.next_value::<Lenient<Option<u64>>>()?;
                    result.consecutive_failures = failures.unwrap_or(0);
                }
                ResultKey::FirstSuccess => Lenient(result.first_success) = object.next_value()?,
                ResultKey::LastSuccess => Lenient(result.last_success) = object.next_value()?,
                ResultKey::LastFailure => Lenient(result.last_failure) = object.next_value()?,
                ResultKey::LastFailureCause => Lenient(result.last_failure_cause) = object.next_value()?,
                ResultKey::Other => _ = object.next_value::<IgnoredAny>()?,
            }
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_other_types_are_absent_and_the_last_of_two_counts() {
        let text = r#"{"id": "a", "host": 5, "slaveId": {"x": ["y"]}, "state": "TASK_STAGING", "state": "TASK_RUNNING",
            "stagedAt": null, "ports": [1, "2", -3, 4.5, 6, {}], "healthCheckResults": [
                {"alive": 1, "consecutiveFailures": 2, "lastSuccess": "s", "lastFailureCause": "a\"b"}, "odd"]}"#;
        let read: Listed<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((read.id(), &*read.host, &*read.agent, &*read.state), ("a", "", "", "TASK_RUNNING"));
        assert_eq!((read.staged_at(), &read.ports[..], read.results.len()), ("", &[1, 6][..], 2));
        let result = &read.results[0];
        assert_eq!((result.alive, result.consecutive_failures, &*result.last_success), (None, 2, "s"));
        assert_eq!(result.last_failure_cause.as_deref(), Some("a\"b"));
        assert_eq!(read.results[1], ListedResult::default());
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Listed::of(&value), read, "from text as from values");
    }

    #[test]
    fn a_task_without_an_id_is_known_by_its_text() {
        for odd in [json!({"id": 7}), json!(["a"]), json!(null), json!("a")] {
            assert_eq!(Listed::of(&odd).id(), odd.to_string());
            assert_eq!(serde_json::from_str::<Listed<'_>>(&odd.to_string()).unwrap().id, None);
        }
    }
}
