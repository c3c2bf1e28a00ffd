//! A scale run: raise the number of an app's tasks step by step, sample everything, and say what it came to.
//!
//! ```text
//! Plan      which targets, in which order
//! Ticks     when to poll, without drift
//! Sample    what one poll saw: one line of samples.jsonl, with Counts by TaskState and Ages of the last results
//! Replay    full task lists from the lines, which carry only what changed
//! Phases    when each task was staged, running, first healthy, flipped, killed, replaced
//! Threshold bounds that end a run when they are crossed: unhealthy_pct > 1 for 10s
//! Search    the largest number that holds: grow until it breaks, then bisect
//! Drive     polls a Subject, feeds a Sink, scales when a target is reached, ends with a RunReport
//! ```

mod age;
mod app;
mod delta;
mod disagreement;
mod drive;
mod driver;
#[cfg(test)]
mod driver_tests;
mod guard;
mod measures;
mod pace;
mod phases;
mod plan;
mod quantile;
mod run;
mod sample;
mod search;
mod state;
mod subject;
mod threshold;
mod ticks;
mod verdict;

pub use age::{ages, last_result};
pub use app::MarathonApp;
pub use delta::{Delta, DeltaWriter, Replay};
pub use disagreement::{Agreement, Comparer, Finding, Oddity};
pub use drive::{Advance, Before, Drive};
pub use guard::{Crossing, Guard, Judgement};
pub use phases::{PhaseTracker, Tally, TaskPhases};
pub use plan::{Plan, PlanError};
pub use quantile::{Histogram, Quantiles};
pub use sample::{Ages, Counts, FORMAT, Sample};
pub use search::{Limit, Next, Search, Tries};
pub use state::TaskState;
pub use subject::{EventRecord, Heard, Seen, Sink, Subject, Trouble};
pub use threshold::{Metric, Share, Threshold, ThresholdError};
pub use ticks::{Tick, Ticks};
pub use verdict::{DriveError, Outcome, RunReport, StepReport, Totals};
