//! The built program from the outside: arguments in, exit codes, sentences and files out.

mod access;
mod advised;
mod chaos;
mod clean;
mod demo;
mod diff;
mod dry_run;
mod exit_codes;
mod fake;
mod foreign;
mod full_disk;
mod github;
mod hc_rig;
mod help;
mod hostile_files;
mod interrupted;
#[cfg(target_os = "linux")]
mod live;
mod log_format;
mod measured;
mod metrics;
mod moments;
mod named;
mod old_run;
mod pods;
#[cfg(target_os = "linux")]
mod pty;
mod recordings;
mod redacted;
mod refusals;
mod repeated;
mod requests;
mod results;
mod runs;
mod sandbox;
mod scripts;
mod secrets;
mod settings_file;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod terminal;
mod trouble;
mod watched;
