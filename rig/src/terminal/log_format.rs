//! Whether what goes to stderr is text or JSON: decided once for the whole program.

use std::sync::OnceLock;

/// Not before [`decide`].
static JSON: OnceLock<bool> = OnceLock::new();

/// Decides, before the first line; whether this was the first decision.
pub fn decide(json: bool) -> bool {
    JSON.set(json).is_ok()
}

/// Whether lines are JSON.
pub fn is_json() -> bool {
    JSON.get().is_some_and(|json| *json)
}
