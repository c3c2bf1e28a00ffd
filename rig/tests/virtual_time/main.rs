//! The driver on the embedded fake in virtual time: simulated tasks, no socket, minutes in a moment.

mod ages;
mod checks_ended;
mod environment;
mod executors;
mod limit;
mod repeats;
