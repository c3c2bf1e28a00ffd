//! The diagnosis of a run: likely causes, the affected tasks, and what to look at.
//!
//! [`facts`] collects what a run left, [`rules`] is the table of functions from the facts to a [`conclusion`], [`finding`] describes
//! one task, [`alike`](mod@alike) groups tasks of one cause, [`diagnosis`] holds all of it as data.

pub mod alike;
pub mod conclusion;
pub mod diagnosis;
pub mod facts;
pub mod finding;
pub mod groups;
pub mod rules;
pub mod stall;

pub use alike::{Alike, alike};
pub use conclusion::{Conclusion, Confidence, Reason};
pub use diagnosis::Diagnosis;
pub use facts::Facts;
pub use finding::{Finding, SHOWN_BY_DEFAULT, findings};
pub use groups::Groups;
