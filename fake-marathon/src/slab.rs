//! Values in a row, each found at once by the key that it got.

/// Names a value; never used for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// How many values had the place before.
    generation: u32,
    place: u32,
}

impl Key {
    /// The key as a number.
    pub(crate) const fn number(self) -> u64 {
        ((self.generation as u64) << 32) | self.place as u64
    }

    /// The key of which this is the number.
    #[expect(clippy::cast_possible_truncation, reason = "each half is a number of its own")]
    pub(crate) const fn of(number: u64) -> Self {
        Self { generation: (number >> 32) as u32, place: number as u32 }
    }
}

#[derive(Debug)]
struct Place<T> {
    generation: u32,
    value: Option<T>,
}

/// A store whose places are used again.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Keeps the value that `make` makes, who learns its key.
    ///
    /// # Panics
    ///
    /// With more than 2^32 values at a time.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(Key) -> T) -> Key {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { generation: 0, value: None });
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 values")
        });
        let slot = &mut self.places[place as usize];
        let key = Key { generation: slot.generation, place };
        slot.value = Some(make(key));
        key
    }

    pub(crate) fn insert(&mut self, value: T) -> Key {
        self.insert_with(|_| value)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        self.places.get(key.place as usize).filter(|place| place.generation == key.generation)?.value.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        self.places.get_mut(key.place as usize).filter(|place| place.generation == key.generation)?.value.as_mut()
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let place = self.places.get_mut(key.place as usize).filter(|place| place.generation == key.generation)?;
        let value = place.value.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(key.place);
        Some(value)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_under_another_key() {
        let mut slab = Slab::default();
        let (a, b) = (slab.insert('a'), slab.insert('b'));
        assert_eq!((slab.remove(a), slab.remove(a), slab.len()), (Some('a'), None, 1));
        let c = slab.insert_with(|key| {
            assert_ne!(key, a);
            'c'
        });
        assert_eq!((slab.get(a), slab.get(b), slab.get(c)), (None, Some(&'b'), Some(&'c')));
        assert_eq!(slab.get_mut(c), Some(&mut 'c'));
        assert_eq!(Key::of(c.number()), c);
    }
}
