//! A run as data: what is written while it runs, and what every reader makes of it afterwards.
//!
//! ```text
//! Sample      what one poll saw: one line of samples.jsonl, with Counts by TaskState and Ages of the last results
//! EventRecord one line of events.jsonl
//! StepReport  a target and what happened until it was reached
//! DeltaWriter which tasks a sample has to carry; Replay puts the full lists together again
//! PhaseTracker  when each task was staged, running, first healthy, flipped, killed, replaced
//! ```

mod age;
mod delta;
mod event;
mod phases;
mod quantile;
mod sample;
mod step;

pub use age::{ages, last_result};
pub use delta::{Delta, DeltaWriter, Replay};
pub use event::EventRecord;
pub use phases::{PhaseTracker, Tally, TaskPhases};
pub use quantile::{Histogram, Quantiles, Spread};
pub use sample::{Ages, Counts, FORMAT, Sample};
pub use step::StepReport;
