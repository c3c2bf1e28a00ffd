//! What a person at a terminal sees: on stdout the texts that commands end with, on stderr progress and problems.
//!
//! [`closing`] is the summary at the end of a run, [`watched`] that of a watch, [`measures`] lines of measurements,
//! [`diagnosis`] the explanation of `hc-rig why`, [`advice`] the text of `hc-rig advise`, [`findings`] the report of `hc-rig doctor`, [`apps`], [`leases`] and [`sandbox`] what a cluster holds,
//! [`progress`] the lines while a run goes on ([`pair_line`] one of them, [`board`] all of them, on a terminal of the size that
//! [`screen`] knows), [`prompt`] questions with an answer. [`layout`] is what they share, [`log_format`] says how lines on stderr are written. Nothing here measures, and nothing
//! else in the library writes to stdout or stderr.
//!
//! Text of a cluster, of a task or of a run folder is foreign: it may hold escape sequences and forged lines. [`stdout`] and
//! [`stderr`] let nothing through that steers a terminal, and [`layout`] keeps each foreign value on its line; run folders
//! are read so already ([`harness::record::json::read`]).

pub mod advice;
pub mod apps;
pub mod board;
pub mod closing;
pub mod color;
pub mod diagnosis;
pub mod findings;
pub mod layout;
pub mod leases;
pub mod log_format;
pub mod measures;
pub mod pair_line;
pub mod progress;
pub mod prompt;
pub mod sandbox;
pub mod screen;
pub mod spread;
pub mod stderr;
pub mod stdout;
pub mod watched;
