//! Flags that several commands share, and the values that they take.

pub mod degraded;
pub mod judging;
pub mod output;
pub mod pairs;
pub mod scaling;
pub mod values;

pub use degraded::Degraded;
pub use judging::{Judging, StepTimeout};
pub use output::Output;
pub use pairs::{PairSet, chosen};
pub use scaling::Scaling;
