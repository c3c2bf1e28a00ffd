//! Flags that several commands share.

pub mod degraded;
pub mod judging;
pub mod output;
pub mod pairs;
pub mod repeats;
pub mod scaling;

pub use degraded::Degraded;
pub use judging::{Judging, StepTimeout};
pub use output::Output;
pub use pairs::{PairSet, Pairs, chosen};
pub use repeats::Repeats;
pub use scaling::Scaling;
