//! The sandbox of a task: which task is meant, and how what lies there is told.

pub mod listing;
pub mod which;
