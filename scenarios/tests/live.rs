//! The live backend: every scenario on the cluster that the environment names. Without it each test fails in its first call
//! with a message that names the variables to set.

macro_rules! modules {
    ($($file:ident)*) => { $(mod $file;)* };
}

#[path = "scenarios"]
mod cluster {
    use scenarios::{Arena, Needs, Result, live, needs};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena_with(needs(), scenario).await
    }

    async fn arena_with(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        live::arena(needs, scenario).await
    }

    scenarios::scenario_files!(modules);
    /// More than an hour, and fourteen times a hundred tasks: only in `make live-soak`.
    #[cfg(feature = "soak")]
    mod soak;
}
