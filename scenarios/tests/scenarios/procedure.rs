//! The manual procedure: its six definitions, deployed as they are and scaled in steps.

use fixtures::{BEHAVIOUR_LABEL, definition};
use scenarios::prelude::*;

use super::arena;

/// The definition is deployed verbatim, gets well, and stays so while it is scaled in steps.
#[rstest]
#[tokio::test]
async fn definition_gets_well_and_is_scaled_in_steps(
    #[values("mesos,MESOS_TCP", "mesos,TCP", "docker,MESOS_TCP", "docker,TCP", "docker,MESOS_HTTP", "docker,HTTP")]
    pair: Pair,
) -> Result {
    arena(async |arena| {
        let definition = definition(pair).json();
        assert!(definition["labels"].get(BEHAVIOUR_LABEL).is_none(), "the seed's commands need no label");
        let app = arena.deploy_definition(App::of(pair), definition).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        for target in [3, 5] {
            app.scale_to(target).await?;
            arena.wait_for(&app, healthy(target).and(settled())).await?;
        }
        arena.wait_for(&app, stays_healthy_for(secs(3))).await?;
        app.delete().await?;
        arena.wait_for(&app, gone()).await?;
        arena.nothing_is_left_of(&app).await
    })
    .await
}

/// Whichever of the six it is: a sick task is killed at the agreed failure, and its successor gets well.
#[rstest]
#[tokio::test]
async fn sick_task_of_each_definition_is_replaced(
    #[values("mesos,MESOS_TCP", "mesos,TCP", "docker,MESOS_TCP", "docker,TCP", "docker,MESOS_HTTP", "docker,HTTP")]
    pair: Pair,
) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::of(pair).instances(2).sick_after(secs(5))).await?;
        arena.wait_for(&app, healthy(2)).await?;
        let victim = app.oldest_task().await?;
        let death = arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        assert_eq!(Some(death.failures), pair.check.failures_to_kill(3), "{death}");
        arena.wait_for(&app, replaced(&victim)).await?;
        Ok(())
    })
    .await
}
