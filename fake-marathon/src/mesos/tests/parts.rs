//! Each part of Mesos alone: what it takes in, and what it returns.

mod agents;
mod executors;
mod offers;
mod reconciliation;
