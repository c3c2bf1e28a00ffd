//! A scale run: raise the number of an app's tasks step by step, sample everything, and report the outcome.
//! What is written down is [`crate::record`]'s.
//!
//! ```text
//! Plan      which targets, in which order
//! Ticks     when to poll, without drift
//! Threshold bounds that end a run when they are crossed: unhealthy_pct > 1 for 10s
//! Search    the largest number that holds: grow until it breaks, then bisect
//! Drive     polls a Subject, feeds a Sink, scales when a target is reached, ends with a RunReport
//! ```

mod app;
mod disagreement;
mod drive;
mod driver;
#[cfg(test)]
mod driver_tests;
mod guard;
mod measures;
mod metric;
mod pace;
mod plan;
mod run;
mod search;
mod subject;
mod threshold;
mod ticks;
mod verdict;

pub use app::MarathonApp;
pub use disagreement::{Agreement, Comparer, Finding, Oddity};
pub use drive::{Advance, Before, Drive};
pub use guard::{Crossing, Guard, Judgement};
pub use metric::{Metric, MetricRow, Share, UnknownMetric};
pub use plan::{Plan, PlanError};
pub use search::{Bracket, Limit, Next, Search, Tries};
pub use subject::{Incoming, Observation, Sink, Subject};
pub use threshold::{Threshold, ThresholdError};
pub use ticks::{Tick, Ticks};
pub use verdict::{DriveError, Outcome, RunReport, Totals};
