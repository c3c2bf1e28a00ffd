//! `hc-rig why`: the tasks that had a bad result or ended, and what to look at.

pub mod finding;
pub mod text;

pub use finding::{Finding, findings};
