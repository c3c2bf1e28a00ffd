//! Reading helpers: `null` as missing, timestamps, and lists in which one bad element does not spoil the rest.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// One element of an answer that could not be read, kept so that it can be reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// What the element should have been, such as `task`.
    pub what: &'static str,
    /// Why it could not be read.
    pub why: String,
    /// The element as it came.
    pub raw: Value,
}

/// A type that also keeps the value it was read from.
pub(crate) trait Raw: DeserializeOwned {
    /// Puts the original value into the object.
    fn keep(self, raw: Value) -> Self;
}

/// Reads every element of `values`; those that do not fit end up in `unreadable`.
pub(crate) fn read_each<T: Raw>(what: &'static str, values: Vec<Value>, unreadable: &mut Vec<Unreadable>) -> Vec<T> {
    let mut read = Vec::with_capacity(values.len());
    for raw in values {
        match T::deserialize(&raw) {
            Ok(element) => read.push(element.keep(raw)),
            Err(error) => unreadable.push(Unreadable { what, why: error.to_string(), raw }),
        }
    }
    read
}

/// `null` counts as missing: Marathon up to 1.5 writes it where later versions write nothing.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// A timestamp that may be missing or `null`, or one that no calendar of ours has (Java writes the year 11026 too): then it
/// is not known, and the rest of the answer is read all the same.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(parse_timestamp))
}

/// Reads a timestamp as Marathon writes it (`2021-07-01T10:00:09.100Z`; any RFC 3339 text will do).
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}
