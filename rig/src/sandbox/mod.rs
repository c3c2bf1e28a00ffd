//! The sandbox of a task: [`which`] task is meant, and what the agent has of it ([`fetch`]).

pub mod fetch;
pub mod which;
