//! The live arm: every scenario on the cluster that the environment names. Without it each test fails in its first call
//! with the sentence that says what to set.

#[path = "scenarios"]
mod cluster {
    use scenarios::{Arena, Needs, Result, live, needs};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena_with(needs(), scenario).await
    }

    async fn arena_with(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        live::arena(needs, scenario).await
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
    /// More than an hour, and fourteen times a hundred tasks: only in `make live-soak`.
    #[cfg(feature = "soak")]
    mod soak;
    mod steps;
}
