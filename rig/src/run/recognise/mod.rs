//! What a file is in which the user expects an app definition, and what to do with it.
//!
//! Definitions come from packages, from other schedulers, out of web pages and from editors of other systems. Each of these is
//! named for what it is, since a JSON error would only say where it differs from JSON.

mod bytes;
mod json;
mod text;

pub use self::{bytes::text_of, json::is_no_app, text::is_no_json};

#[cfg(test)]
mod tests;
