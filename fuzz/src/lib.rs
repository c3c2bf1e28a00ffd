//! What the fuzz targets of all crates share: how many cases they take from which seeds, and how JSON and bytes are broken.
//!
//! A target is a test: [`rounds()`] with a strategy and a check. Only tests depend on this crate.

pub mod bytes;
pub mod json;
mod rounds;

pub use rounds::rounds;
