//! A value and where it came from.

use std::fmt;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// This environment variable.
    Environment(&'static str),
    /// The calling program, which says what it took the value from.
    Program(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) | Self::Program(name) => f.write_str(name),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value itself.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value that nobody set.
    #[must_use]
    pub fn default_of(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }

    /// A value of an environment variable.
    #[must_use]
    pub fn from_variable(name: &'static str, value: T) -> Self {
        Self { value, origin: Origin::Environment(name) }
    }

    /// A value that the calling program took from what it calls `name`.
    #[must_use]
    pub fn from_program(name: &'static str, value: T) -> Self {
        Self { value, origin: Origin::Program(name) }
    }
}
