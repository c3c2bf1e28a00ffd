//! hc-rig: drives an app through scale steps on a Marathon, keeps a sample of every poll, draws, reports and explains.
//!
//! Start here: [`cli`] is the command line, [`flags`] what all flags share, [`settings`] where flags
//! get values from that nobody typed, [`commands`] one file
//! a command. [`run`] measures, [`watch`] observes apps of others, [`folder`] is what a run leaves on disk, [`results`] what is drawn of it ([`chart`],
//! [`report`], [`export`]), [`why`] the diagnosis, [`terminal`] everything that a person reads there. [`verdict`] and [`exit`]
//! hold the tables of verdicts and exit codes. Driving and waiting live in the `harness` crate, the fake in `fake-marathon`.

// They panic when nobody reads; see [`terminal::stderr`].
#![warn(clippy::print_stderr, clippy::print_stdout)]

pub mod advise;
pub mod arguments;
pub mod capture;
pub mod chart;
pub mod cli;
pub mod command_line;
pub mod commands;
pub mod demo;
pub mod diff;
pub mod dry_run;
pub mod exit;
pub mod export;
pub mod flags;
pub mod folder;
pub mod hazards;
pub mod like;
pub mod metrics;
pub mod probe;
pub mod recording;
pub mod report;
pub mod results;
pub mod run;
pub mod sandbox;
pub mod settings;
pub mod terminal;
pub mod verdict;
pub mod watch;
pub mod why;

#[cfg(test)]
mod foreign_tests;
