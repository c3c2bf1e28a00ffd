//! How durations, numbers and counts are written and read, once for all crates.
//!
//! Knows nothing of Marathon, does no I/O and keeps no state.

pub mod duration;
mod number;
pub mod plain;
mod visible;
mod words;

pub use number::{decimal, elapsed, latency, milliseconds, or_dash, percent, seconds};
pub use visible::{acts, visible, visible_lines};
pub use words::{choice, count, count_irregular, cut, cut_start, times};
