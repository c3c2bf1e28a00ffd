//! The rig's own look at a run in trouble, independent of whoever makes the health checks.
//!
//! [`target`] says where a task is asked, [`ask`] asks it, [`census`] looks for a task that may hold up the checks of all
//! others, [`queue`] reads why instances wait, and [`follow`] decides when any of this is worth it and keeps the
//! answers in `events.jsonl`.

pub mod ask;
pub mod census;
pub mod follow;
pub mod queue;
pub mod target;

pub use follow::{Look, Prober};
