//! Things that are worth seeing without a cluster. So far one: a hung task among many.
//!
//! [`mod@show`] deploys and measures, [`recording`] holds the ages against those of a real Marathon.

pub mod recording;
pub mod show;

#[cfg(test)]
mod tests;

pub use show::{Setting, Shown, show};
