//! Why the program ends before it should, with its exit code.

use crate::StartError;

pub(super) struct Failure {
    pub(super) text: String,
    pub(super) code: u8,
}

impl Failure {
    /// Wrong use or configuration.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 2 }
    }

    /// Anything else.
    pub(super) fn broken(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: 1 }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Listen { .. }
            | StartError::Ports { .. }
            | StartError::Tasks(_)
            | StartError::Light(_)
            | StartError::Checks(_) => Self::broken(error.to_string()),
            StartError::Config(_) => Self::usage(error.to_string()),
        }
    }
}
