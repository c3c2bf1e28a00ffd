//! The offline arm: every scenario on simulated tasks in virtual time, and the manual procedure on real processes and
//! real sockets. Nothing is needed.

#![expect(clippy::duplicate_mod, reason = "one file of scenarios, several arenas: that is the point")]

/// Simulated tasks in virtual time, without a socket.
#[path = "scenarios"]
mod simulated {
    use scenarios::{Arena, Needs, Result, needs, offline};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena_with(needs(), scenario).await
    }

    async fn arena_with(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        offline::simulated(needs, scenario).await
    }

    mod cleanup;
    mod deployments;
    mod flapping;
    mod grace;
    mod hanging;
    mod login;
    mod matrix;
    mod outages;
    mod procedure;
    mod refusals;
    mod sickness;
    mod smoke;
}

/// Real processes and real sockets.
#[path = "scenarios"]
mod process {
    use std::path::Path;

    use scenarios::{Arena, Result, needs, offline};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        offline::process(Path::new(env!("CARGO_BIN_EXE_scenario-task-tools")), needs(), scenario).await
    }

    mod procedure;
}
