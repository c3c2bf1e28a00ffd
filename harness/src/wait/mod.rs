//! Waiting for a condition: generic, it knows no Marathon.
//!
//! ```text
//! Probe ── observes ──▶ View ── is looked at by ──▶ Condition ──▶ Met(output) | NotYet(reason) | Never(reason)
//!   ▲                                                                               │
//!   └──────── again after an interval, or sooner when a Listener is notified ◀──────┘
//! ```
//!
//! One deadline spans everything. What was observed until then goes into the report of the [`WaitFailure`].

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
pub use probe::{AttemptError, Listener, Notifier, Probe, View};
pub use report::{Report, Section};
pub use rerun::rerun_command;
pub use timeline::{Entry, Timeline};
pub use waiter::{DEFAULT_TIMEOUT, POLL_INTERVAL, Wait, wait_for};
