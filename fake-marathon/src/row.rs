//! Values by a number that counts up: they lie in a row, from that of the oldest on.

use std::collections::VecDeque;

/// A map whose keys are numbers given out in order, and about in order removed. A number without a value between two others
/// takes the room of a value, so that large values are boxed.
#[derive(Clone, Debug)]
pub(crate) struct Row<T> {
    /// The number of the first place.
    first: u64,
    /// Neither begins nor ends with an empty place.
    places: VecDeque<Option<T>>,
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { first: 0, places: VecDeque::new() }
    }
}

impl<T> Row<T> {
    fn place(&self, number: u64) -> Option<usize> {
        number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok())
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        self.places.get(self.place(number)?)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let place = self.place(number)?;
        self.places.get_mut(place)?.as_mut()
    }

    /// The value of a number; where there is none it is made.
    pub(crate) fn get_or_insert_with(&mut self, number: u64, make: impl FnOnce() -> T) -> &mut T {
        if self.places.is_empty() {
            self.first = number;
        }
        while self.first > number {
            self.first -= 1;
            self.places.push_front(None);
        }
        let place = usize::try_from(number - self.first).unwrap_or(usize::MAX);
        if place >= self.places.len() {
            self.places.resize_with(place + 1, || None);
        }
        self.places[place].get_or_insert_with(make)
    }

    pub(crate) fn insert(&mut self, number: u64, value: T) {
        let mut value = Some(value);
        let kept = self.get_or_insert_with(number, || value.take().expect("made at most once"));
        if let Some(value) = value {
            *kept = value;
        }
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let place = self.place(number)?;
        let value = self.places.get_mut(place)?.take();
        while self.places.front().is_some_and(Option::is_none) {
            self.places.pop_front();
            self.first += 1;
        }
        while self.places.back().is_some_and(Option::is_none) {
            self.places.pop_back();
        }
        value
    }

    /// All values in the order of their numbers.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let first = self.first;
        self.places.iter().enumerate().filter_map(move |(place, value)| Some((first + place as u64, value.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_agrees_with_a_map(moves in prop::collection::vec((0..40_u64, any::<Option<u8>>()), 0..80)) {
            let (mut row, mut map) = (Row::default(), BTreeMap::new());
            for (number, value) in moves {
                match value {
                    Some(value) => {
                        row.insert(number, value);
                        map.insert(number, value);
                    }
                    None => prop_assert_eq!(row.remove(number), map.remove(&number)),
                }
                prop_assert_eq!(row.get_mut(number).copied(), map.get(&number).copied());
                prop_assert_eq!(row.get(number), map.get(&number));
                let all: BTreeMap<u64, u8> = row.iter().map(|(number, value)| (number, *value)).collect();
                prop_assert_eq!(&all, &map);
            }
        }
    }
}
