//! Errors of a run's own group.

use crate::marathon::Error;

/// An app could not be deployed or changed in the run's group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClusterError {
    /// The definition is not one that could be deployed; nothing was sent.
    #[error("the definition {0}")]
    Definition(String),
    /// An app of that id exists and belongs to somebody else.
    #[error("{id} does not belong to this run (label {label}); it is left untouched", label = super::LABEL_RUN)]
    NotOurs {
        /// The app.
        id: String,
    },
    /// Marathon refused the request, or did not answer.
    #[error(transparent)]
    Marathon(#[from] Error),
}

/// Something of the run is still there. The clean-up of `run` can be repeated at any time, by another process too.
#[derive(Debug, Clone, thiserror::Error)]
#[error("clean-up of {group} is incomplete: {why}; left: {}", listed(.left))]
pub struct CleanUpError {
    /// The run's group.
    pub group: String,
    /// Why it could not be finished.
    pub why: String,
    /// The apps that are still there, as far as known.
    pub left: Vec<String>,
    /// The run.
    pub run: String,
}

fn listed(left: &[String]) -> String {
    if left.is_empty() { "unknown".to_owned() } else { left.join(", ") }
}
