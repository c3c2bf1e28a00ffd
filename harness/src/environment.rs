//! The environment of this process.

/// A variable of the environment of this process. An empty one counts as unset, and so does one that is not UTF-8.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
