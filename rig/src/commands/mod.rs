//! The commands, one file each: arguments, what is called for them, and the text and exit code that they end with.

pub mod advise;
pub mod apps;
pub mod capture;
pub mod clean;
pub mod completions;
pub mod config;
pub mod diff;
pub mod doctor;
pub mod login;
pub mod man;
pub mod matrix;
pub mod parity;
pub mod record;
pub mod replay;
pub mod report;
pub mod resume;
pub mod run;
pub mod sandbox;
pub mod sweep;
pub mod try_pairs;
pub mod watch;
pub mod why;
