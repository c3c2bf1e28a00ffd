//! What all rules look at: the elements of arrays.

use std::{collections::HashSet, hash::Hash};

use serde_json::Value;

/// The elements of an array, with their paths.
pub(super) fn each<'a>(of: &'a Value, field: &str, path: &str) -> impl Iterator<Item = (String, &'a Value)> {
    let path = format!("{path}/{field}");
    of[field].as_array().into_iter().flatten().enumerate().map(move |(i, value)| (format!("{path}({i})"), value))
}

/// Whether a value occurs twice.
pub(super) fn has_twice<T: Eq + Hash>(values: &[T]) -> bool {
    let mut seen = HashSet::with_capacity(values.len());
    values.iter().any(|value| !seen.insert(value))
}
