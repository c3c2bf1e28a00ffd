//! What each command does.

pub mod capture;
pub mod clean;
pub mod closing;
pub mod cluster;
pub mod config;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod dry_run;
mod findings;
pub mod gathering;
pub mod matrix;
pub mod measured;
pub mod output;
pub mod pairs;
pub mod parity;
pub mod record;
pub mod render;
pub mod replay;
pub mod resume;
pub mod run;
pub mod sandbox;
pub mod scaling;
pub mod sweep;
pub mod try_pairs;
pub mod why;

use crate::exit::Code;

/// What a command has to say at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// For stdout.
    pub text: String,
    /// One sentence for stderr, if something went wrong.
    pub trouble: Option<String>,
    /// The exit code.
    pub code: Code,
}

impl Done {
    /// Everything is well.
    pub fn well(text: impl Into<String>) -> Self {
        Self { text: text.into(), trouble: None, code: Code::Passed }
    }
}
