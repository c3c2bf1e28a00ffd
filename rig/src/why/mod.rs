//! `hc-rig why`: what it most likely was, which tasks were troubled, and what to look at.
//!
//! [`facts`] gathers what a run left, [`rules`] are pure functions from the facts to a [`conclusion`], [`finding`] tells
//! one task, [`diagnosis`] holds all of it as data, [`text`] renders it for a terminal.

pub mod conclusion;
pub mod diagnosis;
pub mod facts;
pub mod finding;
pub mod groups;
pub mod rules;
pub mod stall;
pub mod text;

pub use conclusion::{Conclusion, Reason, Sureness};
pub use diagnosis::Diagnosis;
pub use facts::Facts;
pub use finding::{Finding, findings};
pub use groups::Groups;
