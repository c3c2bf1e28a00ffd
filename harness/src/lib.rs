//! What a test needs to drive any Marathon.

pub mod scale;
