//! Things by small numbers, which are used again.

/// Values by the number under which each was put in.
#[derive(Debug)]
pub(super) struct Slots<T> {
    slots: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    pub(super) fn insert(&mut self, value: T) -> usize {
        if let Some(n) = self.free.pop() {
            self.slots[n] = Some(value);
            return n;
        }
        self.slots.push(Some(value));
        self.slots.len() - 1
    }

    pub(super) fn get(&self, n: usize) -> Option<&T> {
        self.slots.get(n)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, n: usize) -> Option<&mut T> {
        self.slots.get_mut(n)?.as_mut()
    }

    pub(super) fn remove(&mut self, n: usize) -> Option<T> {
        let value = self.slots.get_mut(n)?.take()?;
        self.free.push(n);
        Some(value)
    }

    /// The numbers of those for which this holds.
    pub(super) fn numbers(&self, holds: impl Fn(&T) -> bool) -> Vec<usize> {
        let used = self.slots.iter().enumerate().filter_map(|(n, slot)| Some((n, slot.as_ref()?)));
        used.filter(|(_, value)| holds(value)).map(|(n, _)| n).collect()
    }
}
