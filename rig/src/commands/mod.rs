//! What each command does.

pub mod render;
pub mod why;
