//! `hc-rig diff A B`: is B better than A, or is it chance?
//!
//! [`side`] reads the runs of one side, [`comparable`] refuses what differs in more than what is compared, [`measures`]
//! says what is taken from each run and what counts as a change, [`bootstrap`] gives the intervals, [`verdict`] puts it
//! together as data; [`text`], [`markdown`] and [`page`] render it.

pub mod bootstrap;
pub mod comparable;
pub mod markdown;
pub mod measures;
pub mod page;
pub mod picture;
pub mod side;
pub mod text;
pub mod verdict;

pub use side::Side;
pub use verdict::{Comparison, Outcome};

#[cfg(test)]
mod tests;
