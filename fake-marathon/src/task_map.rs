//! What a part knows of each task, found at once by the number in the task's id, by its text where that has none.

use std::collections::BTreeMap;

use crate::{
    ids::TaskId,
    row::Row,
    slab::{Key, Slab},
};

/// Values by task. They lie in a row, so that large ones are boxed.
#[derive(Debug)]
pub(crate) struct TaskMap<T> {
    values: Slab<T>,
    by_text: BTreeMap<TaskId, Key>,
    by_number: Row<Key>,
}

impl<T> Default for TaskMap<T> {
    fn default() -> Self {
        Self { values: Slab::default(), by_text: BTreeMap::new(), by_number: Row::default() }
    }
}

impl<T> TaskMap<T> {
    /// Keeps what `make` makes, who learns its key. What was known of the task before is dropped.
    pub(crate) fn insert_with(&mut self, task: TaskId, make: impl FnOnce(Key) -> T) -> Key {
        self.remove(&task);
        let key = self.values.insert_with(make);
        if let Some(number) = task.number() {
            self.by_number.insert(number, key);
        }
        self.by_text.insert(task, key);
        key
    }

    /// Where a task's value is.
    pub(crate) fn key(&self, task: &TaskId) -> Option<Key> {
        let numbered = task.number().and_then(|number| self.by_number.get(number));
        numbered.or_else(|| self.by_text.get(task)).copied()
    }

    pub(crate) fn get(&self, task: &TaskId) -> Option<&T> {
        self.at(self.key(task)?)
    }

    pub(crate) fn get_mut(&mut self, task: &TaskId) -> Option<&mut T> {
        self.at_mut(self.key(task)?)
    }

    pub(crate) fn at(&self, key: Key) -> Option<&T> {
        self.values.get(key)
    }

    pub(crate) fn at_mut(&mut self, key: Key) -> Option<&mut T> {
        self.values.get_mut(key)
    }

    pub(crate) fn remove(&mut self, task: &TaskId) -> Option<T> {
        let (known, key) = self.by_text.remove_entry(task)?;
        if let Some(number) = known.number() {
            self.by_number.remove(number);
        }
        self.values.remove(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// All values, by the text of their tasks.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.by_text.values().filter_map(|key| self.at(*key))
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    fn task(text: &str, number: u64) -> TaskId {
        NonZeroU64::new(number).map_or_else(|| TaskId::new(text), |number| TaskId::new(text).numbered(number))
    }

    #[test]
    fn a_task_is_found_by_its_number_and_by_its_text_alone() {
        let mut map = TaskMap::default();
        for (text, number) in [("c", 7), ("a", 0), ("b", 5), ("d", 9)] {
            map.insert_with(task(text, number), |_| text.to_owned());
        }
        for (text, number) in [("c", 7), ("c", 0), ("a", 0), ("a", 100), ("b", 5), ("d", 9)] {
            assert_eq!(map.get(&task(text, number)).map(String::as_str), Some(text), "{text} {number}");
        }
        assert_eq!(map.values().collect::<Vec<_>>(), ["a", "b", "c", "d"], "by text");
        assert_eq!(map.remove(&task("b", 0)).as_deref(), Some("b"));
        assert_eq!(map.remove(&task("c", 7)).as_deref(), Some("c"));
        assert_eq!((map.get(&task("b", 5)), map.get(&task("c", 7)), map.len()), (None, None, 2));
        assert_eq!(map.get(&task("d", 9)).map(String::as_str), Some("d"));
    }
}
