//! Waiting for a condition: generic, it knows no Marathon.
//!
//! ```text
//! Probe ── observes ──▶ View ── is looked at by ──▶ Condition ──▶ Met(output) | NotYet(reason) | Never(reason)
//!   ▲                                                                               │
//!   └──────────── again after an interval, or sooner when the Bell rings ◀──────────┘
//! ```
//!
//! One deadline spans everything; what was seen until then becomes the [`WaitFailure`]'s report.

mod condition;
mod failure;
mod probe;
mod report;
mod rerun;
mod timeline;
mod waiter;
#[cfg(test)]
mod waiter_tests;

pub use condition::{And, Condition, Holding, Holds, Look, Named, Not, Or, holds};
pub use failure::{Evidence, FailureKind, WaitFailure};
pub use probe::{Bell, Ear, Probe, Trouble, View};
pub use report::{Report, Section};
pub use rerun::rerun_command;
pub use timeline::{Entry, Timeline};
pub use waiter::{EVERY, WITHIN, Wait, wait_for};
