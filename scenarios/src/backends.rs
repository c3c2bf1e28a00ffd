//! The backends: each runs a scenario in an environment of its kind.

/// A fake in this process.
pub mod offline {
    use std::path::Path;

    use crate::{Arena, Needs, Result, arena, environment::offline, name::TestName};

    /// Simulated tasks in virtual time, without a socket.
    pub async fn simulated(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        tokio::time::pause();
        arena::run(TestName::current("offline"), needs, offline::simulated, scenario).await
    }

    /// Process tasks on real sockets. `task_tools` is the program that stands in front of their PATH.
    pub async fn process(task_tools: &Path, needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        let environment = async |needs: &Needs, folder: &Path| offline::process(task_tools, needs, folder).await;
        arena::run(TestName::current("offline"), needs, environment, scenario).await
    }

    /// Light tasks on real sockets.
    pub async fn light(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena::run(TestName::current("offline"), needs, offline::light, scenario).await
    }
}

/// The image of the fake.
#[cfg(feature = "container")]
pub mod container {
    use crate::{Arena, Needs, Result, arena, environment::container, name::TestName};

    /// Runs a scenario on a fake in a container of its own.
    pub async fn arena(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena::run(TestName::current("container"), needs, container::environment, scenario).await
    }
}

/// The cluster that the environment variables name.
#[cfg(feature = "live-cluster")]
pub mod live {
    use crate::{Arena, Needs, Result, arena, environment::live, name::TestName};

    /// Runs a scenario on the cluster.
    pub async fn arena(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
        arena::run(TestName::current("live"), needs, live::environment, scenario).await
    }
}
