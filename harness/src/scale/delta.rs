//! Which tasks a sample has to carry, and how the full list is put together again from such samples.

use indexmap::IndexMap;
use serde_json::Value;

use super::sample::Sample;

/// What a sample carries: see [`Sample::complete`], [`Sample::tasks`] and [`Sample::gone`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// Whether `tasks` is everything.
    pub complete: bool,
    /// All tasks, or the new and changed ones.
    pub tasks: Vec<Value>,
    /// Ids that are listed no more.
    pub gone: Vec<String>,
}

/// Turns full task lists into deltas. It remembers one list, the last, so its memory does not grow with the run.
#[derive(Clone, Debug)]
pub struct DeltaWriter {
    full_every: u64,
    written: u64,
    last: IndexMap<String, Value>,
}

impl DeltaWriter {
    /// The first delta and every `full_every`-th after it are complete; 1 makes every one complete, and so does 0.
    #[must_use]
    pub fn new(full_every: u64) -> Self {
        Self { full_every: full_every.max(1), written: 0, last: IndexMap::new() }
    }

    /// The delta from the list before to this one.
    pub fn next(&mut self, tasks: Vec<Value>) -> Delta {
        let complete = self.written.is_multiple_of(self.full_every);
        self.written += 1;
        let mut last = std::mem::take(&mut self.last);
        let mut delta = Delta { complete, ..Delta::default() };
        for task in tasks {
            let id = task_id(&task);
            let unchanged = last.swap_remove(&id).is_some_and(|before| before == task);
            if complete || !unchanged {
                delta.tasks.push(task.clone());
            }
            self.last.insert(id, task);
        }
        delta.gone = last.into_keys().collect();
        delta.gone.sort_unstable();
        delta
    }
}

/// Puts the full task list together again while samples are read in order.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    tasks: IndexMap<String, Value>,
}

impl Replay {
    /// Takes the next sample and returns all tasks at its moment by id: those that stayed in their old order, then new
    /// ones.
    pub fn apply(&mut self, sample: &Sample) -> &IndexMap<String, Value> {
        self.apply_delta(sample.complete, &sample.tasks, &sample.gone)
    }

    fn apply_delta(&mut self, complete: bool, tasks: &[Value], gone: &[String]) -> &IndexMap<String, Value> {
        if complete {
            self.tasks.clear();
        }
        for id in gone {
            self.tasks.shift_remove(id);
        }
        for task in tasks {
            self.tasks.insert(task_id(task), task.clone());
        }
        &self.tasks
    }
}

/// The id of a task object. A task without one (no known Marathon writes that) is told by its whole text.
pub(super) fn task_id(task: &Value) -> String {
    task["id"].as_str().map_or_else(|| task.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn task(id: u8, age: u8) -> Value {
        json!({"id": format!("hc.instance-{id}._app.1"), "age": age})
    }

    #[test]
    fn between_complete_samples_only_changes_are_written() {
        let mut writer = DeltaWriter::new(3);
        let first = writer.next(vec![task(1, 0), task(2, 0)]);
        assert!(first.complete);
        assert_eq!(first.tasks.len(), 2);

        let second = writer.next(vec![task(2, 1), task(3, 0)]);
        assert!(!second.complete);
        assert_eq!(second.tasks, [task(2, 1), task(3, 0)]);
        assert_eq!(second.gone, ["hc.instance-1._app.1"]);

        assert_eq!(writer.next(vec![task(2, 1), task(3, 0)]).tasks, [Value::Null; 0]);
        assert!(writer.next(vec![task(2, 1)]).complete, "the fourth, since every third is complete");
    }

    proptest! {
        #[test]
        fn replaying_the_deltas_reproduces_every_full_list(
            lists in prop::collection::vec(prop::collection::btree_map(0u8..12, 0u8..3, 0..10), 1..40),
            full_every in 0u64..7,
        ) {
            let mut writer = DeltaWriter::new(full_every);
            let mut replay = Replay::default();
            for list in lists {
                let full: Vec<Value> = list.iter().map(|(&id, &age)| task(id, age)).collect();
                let delta = writer.next(full.clone());
                let replayed: BTreeMap<_, _> = replay
                    .apply_delta(delta.complete, &delta.tasks, &delta.gone)
                    .iter()
                    .map(|(id, task)| (id.clone(), task.clone()))
                    .collect();
                let expected: BTreeMap<_, _> = full.into_iter().map(|task| (task_id(&task), task)).collect();
                prop_assert_eq!(replayed, expected);
            }
        }
    }
}
