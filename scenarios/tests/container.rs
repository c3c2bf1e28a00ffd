//! The container backend: the most important scenarios on the image of the fake, a container each. Needs a Docker engine
//! and the image (`make image`), and fails without them; `make test` runs it only where an engine answers.

#[path = "scenarios"]
mod containerised {
    use scenarios::{Arena, Needs, Result, container, needs};

    async fn arena(scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena_with(needs(), scenario).await
    }

    async fn arena_with(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        container::arena(needs, scenario).await
    }

    mod smoke;
}
