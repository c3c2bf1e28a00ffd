//! A capture of what a task's executor and port do, taken with sysdig on the agent over ssh and brought back.

pub mod filter;
pub mod session;
pub mod unpack;
