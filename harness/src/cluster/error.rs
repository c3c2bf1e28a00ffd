//! What can go wrong with a run's own group.

use crate::marathon::Error;

/// An app could not be deployed or changed in the run's group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClusterError {
    /// The definition is not one that could be deployed; nothing was sent.
    #[error("the definition {0}")]
    Definition(String),
    /// Something of that id exists and is not ours.
    #[error("{id} is not ours (it lacks the label {label}); it is left alone", label = super::LABEL_RUN)]
    NotOurs {
        /// The app.
        id: String,
    },
    /// Marathon said no, or did not answer.
    #[error(transparent)]
    Marathon(#[from] Error),
}

/// Something of ours is still there.
#[derive(Debug, Clone, thiserror::Error)]
#[error("clean-up of {group} is incomplete: {why}; left: {}; to finish it: {remedy}", listed(.left))]
pub struct CleanUpError {
    /// The run's group.
    pub group: String,
    /// Why it could not be finished.
    pub why: String,
    /// The apps that are still there, as far as known.
    pub left: Vec<String>,
    /// The command that finishes it.
    pub remedy: String,
}

fn listed(left: &[String]) -> String {
    if left.is_empty() { "unknown".to_owned() } else { left.join(", ") }
}
