//! hc-rig: drives an app through scale steps on a Marathon, keeps a sample of every poll, draws, reports and explains.
//!
//! Start here: [`cli`] is what the user types, [`settings`] what is said elsewhere, [`commands`] what happens then, [`folder`] what a run leaves on disk,
//! [`chart`], [`report`], [`export`] and [`why`] what is made of it. [`exit`] holds the exit codes. Measuring itself lives in the
//! `harness` crate, the fake cluster in `fake-marathon`.

// They panic when nobody reads; see [`stderr`].
#![warn(clippy::print_stderr, clippy::print_stdout)]

pub mod capture;
pub mod chart;
pub mod cli;
pub mod commands;
pub mod demo;
pub mod diff;
pub mod exit;
pub mod export;
pub mod folder;
pub mod metrics;
pub mod probe;
pub mod progress;
pub mod record;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod settings;
pub mod stderr;
pub mod verdict;
pub mod why;
