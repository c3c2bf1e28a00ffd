//! Which tasks a sample has to carry.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Map, Value};

use super::observed::Observed;

/// What a sample carries: see the fields of these names of [`super::Sample`].
#[derive(Clone, Debug, Default)]
pub struct Delta {
    /// Whether `tasks` is everything.
    pub complete: bool,
    /// All tasks, or the new and changed ones.
    pub tasks: Vec<Arc<Observed>>,
    /// Ids that are listed no more.
    pub gone: Vec<String>,
    /// Check results that are newer than in the list before.
    pub results: u32,
}

/// Turns full task lists into deltas. It remembers one list, the last, so its memory does not grow with the run.
///
/// Where Marathon makes the checks every task has a new `lastSuccess` at each poll. A task of which nothing else is new
/// is left out: [`super::Sample::age`] has the age of the results, [`super::Sample::results`] their number. In
/// lists that are put together again `lastSuccess` may therefore be that of an earlier poll.
#[derive(Clone, Debug)]
pub struct DeltaWriter {
    full_every: u64,
    written: u64,
    last: Vec<Arc<Observed>>,
}

impl DeltaWriter {
    /// The first delta and every `full_every`-th after it are complete; 1 makes every one complete, and so does 0.
    #[must_use]
    pub fn new(full_every: u64) -> Self {
        Self { full_every: full_every.max(1), written: 0, last: Vec::new() }
    }

    /// The delta from the list before to this one.
    pub fn next(&mut self, tasks: Vec<Arc<Observed>>) -> Delta {
        let complete = self.written.is_multiple_of(self.full_every);
        self.written += 1;
        let mut delta = Delta { complete, ..Delta::default() };
        // Mostly the same tasks are listed in the same order, and nothing has to be looked up.
        let same = |(before, task): (&Arc<Observed>, &Arc<Observed>)| before.id() == task.id();
        let same_order = self.last.len() == tasks.len() && self.last.iter().zip(&tasks).all(same);
        let mut by_id: HashMap<_, _> =
            if same_order { HashMap::new() } else { self.last.iter().map(|task| (task.id(), task)).collect() };
        for (at, task) in tasks.iter().enumerate() {
            let before = if same_order { self.last.get(at) } else { by_id.remove(task.id()) };
            delta.results += task.fresh(before.map(Arc::as_ref));
            if complete || !before.is_some_and(|before| is_unchanged(before, task)) {
                delta.tasks.push(Arc::clone(task));
            }
        }
        delta.gone = by_id.into_keys().map(|id| id.as_ref().to_owned()).collect();
        delta.gone.sort_unstable();
        self.last = tasks;
        delta
    }
}

fn results(task: &Value) -> &[Value] {
    task["healthCheckResults"].as_array().map_or(&[], Vec::as_slice)
}

/// A moment of a result, unless it is from before the task was staged: a successor shows its predecessor's record until
/// its own first result. ISO 8601 in UTC, as Marathon writes it, sorts as text.
fn own<'a>(task: &Value, result: &'a Value, key: &str) -> Option<&'a str> {
    result[key].as_str().filter(|at| task["stagedAt"].as_str().is_none_or(|staged| *at >= staged))
}

/// Whether nothing is new but the time of good results. Mostly that shows without reading the objects.
fn is_unchanged(before: &Arc<Observed>, task: &Arc<Observed>) -> bool {
    Arc::ptr_eq(before, task)
        || task.differs_only_in_successes(before)
        || same_but_for_good_results(&before.to_value(), &task.to_value())
}

/// Whether nothing is new but the time of good results, of which the task had some of its own before.
fn same_but_for_good_results(before: &Value, task: &Value) -> bool {
    let (Some(old), Some(new)) = (before.as_object(), task.as_object()) else { return before == task };
    let rest = |object: &Map<String, Value>| object.len() - usize::from(object.contains_key("healthCheckResults"));
    let same_rest = rest(old) == rest(new)
        && new.iter().all(|(key, value)| key == "healthCheckResults" || old.get(key) == Some(value));
    let same_result = |(was, is): (&Value, &Value)| {
        was == is || own(before, was, "lastSuccess").is_some() && without_success(was) == without_success(is)
    };
    let (old, new) = (results(before), results(task));
    same_rest && old.len() == new.len() && old.iter().zip(new).all(same_result)
}

fn without_success(result: &Value) -> Vec<(&String, &Value)> {
    let mut rest: Vec<_> = result.as_object().into_iter().flatten().filter(|(key, _)| *key != "lastSuccess").collect();
    rest.sort_unstable_by_key(|(key, _)| *key);
    rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::record::listed::task_id;

    /// The tasks of deltas as they are written.
    fn values(tasks: &[Arc<Observed>]) -> Vec<Value> {
        tasks.iter().map(|task| task.to_value()).collect()
    }

    fn observed(tasks: &[Value]) -> Vec<Arc<Observed>> {
        tasks.iter().map(Observed::of_value).collect()
    }

    fn task(id: u8, age: u8) -> Value {
        json!({"id": format!("hc.instance-{id}._app.1"), "age": age})
    }

    #[test]
    fn between_complete_samples_only_changes_are_written() {
        let mut writer = DeltaWriter::new(3);
        let first = writer.next(observed(&[task(1, 0), task(2, 0)]));
        assert!(first.complete);
        assert_eq!(first.tasks.len(), 2);

        let second = writer.next(observed(&[task(2, 1), task(3, 0)]));
        assert!(!second.complete);
        assert_eq!(values(&second.tasks), [task(2, 1), task(3, 0)]);
        assert_eq!(second.gone, ["hc.instance-1._app.1"]);

        assert!(writer.next(observed(&[task(2, 1), task(3, 0)])).tasks.is_empty());
        assert!(writer.next(observed(&[task(2, 1)])).complete, "the fourth, since every third is complete");
    }

    #[test]
    fn a_task_with_only_good_results_is_left_out_and_its_results_are_counted() {
        let task = |alive: bool, success: u8, failure: Option<u8>| {
            let at = |second: u8| format!("2026-11-22T17:00:{second:02}.000Z");
            json!({"id": "a", "stagedAt": at(10), "healthCheckResults": [
                {"alive": alive, "lastSuccess": at(success), "lastFailure": failure.map(at)}]})
        };
        let mut writer = DeltaWriter::new(100);
        let mut next = |task: &Value| {
            let delta = writer.next(observed(std::slice::from_ref(task)));
            (delta.tasks.len(), delta.results)
        };
        assert_eq!(next(&task(true, 9, None)), (1, 0), "its predecessor's record");
        assert_eq!(next(&task(true, 11, None)), (1, 1), "its own first result");
        assert_eq!(next(&task(true, 12, None)), (0, 1));
        assert_eq!(next(&task(true, 12, None)), (0, 0));
        assert_eq!(next(&task(true, 12, Some(13))), (1, 1), "a failure that does not count yet");
        assert_eq!(next(&task(false, 12, Some(14))), (1, 1));
        assert_eq!(next(&task(true, 15, Some(14))), (1, 1));
        assert_eq!(next(&task(true, 16, Some(14))), (0, 1));
    }

    proptest! {
        #[test]
        fn replaying_the_deltas_reproduces_every_full_list(
            lists in prop::collection::vec(prop::collection::btree_map(0u8..12, 0u8..3, 0..10), 1..40),
            full_every in 0u64..7,
        ) {
            let mut writer = DeltaWriter::new(full_every);
            let mut replayed = BTreeMap::new();
            for list in lists {
                let full: Vec<Value> = list.iter().map(|(&id, &age)| task(id, age)).collect();
                let delta = writer.next(observed(&full));
                if delta.complete {
                    replayed.clear();
                }
                delta.gone.iter().for_each(|id| drop(replayed.remove(id)));
                replayed.extend(values(&delta.tasks).into_iter().map(|task| (task_id(&task), task)));
                let expected: BTreeMap<_, _> = full.into_iter().map(|task| (task_id(&task), task)).collect();
                prop_assert_eq!(&replayed, &expected);
            }
        }
    }
}
