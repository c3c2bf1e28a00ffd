//! A run as data: what is written while it runs, and what every reader makes of it afterwards.
//!
//! ```text
//! Sample      what one poll saw: one line of samples.jsonl, with Counts by TaskState and Ages of the last results
//! EventRecord one line of events.jsonl
//! StepReport  a target and what happened until it was reached
//! Observed    a task of an answer; Recent knows those of the answer before
//! DeltaWriter which tasks a sample has to carry
//! Lives       the life of each task, folded from those lines while they are written and when they are read
//! Reliability whether the checks could be relied on, folded from the same lines
//! Listed      what a reader needs of a task, borrowed from the line
//! Noted       a task of a line that is read back; most stand there as they stood in a line before, and are not read again
//! Lines, read the one writer and the one reader of the lines
//! ```

mod age;
mod check_results;
mod delta;
pub mod event;
mod familiar;
pub mod json;
mod lenient;
mod life;
mod lines;
mod listed;
mod lives;
pub mod moment;
mod observed;
mod quantile;
pub mod read;
mod recent;
mod reliability;
mod sample;
mod step;
mod tally;
mod task_lives;

pub use age::ages;
pub use delta::{Delta, DeltaWriter};
pub use event::EventRecord;
pub use familiar::{Known, Noted};
pub use life::{CheckFailure, End, GONE, Happening, Moment, TaskLife};
pub use lines::Lines;
pub use listed::{Listed, News, Task};
pub use lives::Lives;
pub use observed::Observed;
pub use quantile::{Histogram, Quantiles, Spread};
pub use recent::Recent;
pub use reliability::{Degradation, Reliability, STALE_INTERVALS, Tolerance, Weakness};
pub use sample::{Ages, Counts, FORMAT, PolledSample, Sample};
pub use step::StepReport;
pub use tally::{Between, StepLives, Tally};
pub use task_lives::TaskLives;
