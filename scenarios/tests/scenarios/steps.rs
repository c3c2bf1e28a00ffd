//! The procedure's own steps on a cluster: ten tasks more each time.

use fixtures::definition;
use scenarios::prelude::*;

use super::arena_with;

/// Each of the six definitions, verbatim, in three steps of ten.
#[rstest]
#[tokio::test]
async fn definition_is_scaled_in_steps_of_ten(
    #[values("mesos,MESOS_TCP", "mesos,TCP", "docker,MESOS_TCP", "docker,TCP", "docker,MESOS_HTTP", "docker,HTTP")]
    pair: Pair,
) -> Result {
    arena_with(needs().tasks(31), async |arena| {
        let app = arena.deploy_definition(App::of(pair), definition(pair).json()).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        for target in [11, 21, 31] {
            app.scale_to(target).await?;
            arena.wait_for(&app, healthy(target).and(settled())).within(secs(120)).await?;
        }
        arena.wait_for(&app, stays_healthy_for(secs(10))).await?;
        Ok(())
    })
    .await
}
