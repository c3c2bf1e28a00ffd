//! The rig's own probes of a run in trouble, independent of whoever makes the health checks.
//!
//! [`target`] says where a task is probed, [`ask`] probes it, [`census`] finds tasks that may delay the checks of all
//! others, [`queue`] reads why instances wait, [`readiness`] what a deployment waits for, and [`follow`] decides when a probe is worth it and keeps the results
//! in `events.jsonl`.

pub mod ask;
pub mod census;
pub mod follow;
pub mod queue;
pub mod readiness;
pub mod target;

pub use follow::{Observation, Prober};
