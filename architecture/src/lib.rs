//! The arrows of the workspace, which a test checks: which crate depends on which, and inside a crate which module uses which.
//!
//! `arrows.toml` says what is allowed, [`source`] and [`manifest`] read what there is, [`check`] compares the two, and
//! [`diagram`] writes the table into `docs/architecture.md`. An arrow is a path in the source, `crate::wait::Condition`
//! or `super::super::model::Task`, that leads from one module into another. Code for tests only is not
//! read, nor is the root of a crate, which names everything.

pub mod check;
pub mod diagram;
pub mod manifest;
pub mod paths;
pub mod source;
pub mod table;

use std::path::PathBuf;

/// Why the arrows cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A source file is not Rust.
    #[error("{path}:{line}: {what}")]
    Rust {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// A manifest or the table is not what it should be.
    #[error("{path}: {what}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        what: String,
    },
}
