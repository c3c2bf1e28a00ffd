//! The built program from the outside: arguments in, exit codes, sentences and files out.

mod hc_rig;
mod refusals;
