//! What must stay true for long.

use scenarios::prelude::*;

use super::arena_with;

/// A hundred tasks of each pair become healthy and stay healthy for five minutes: no flip, no kill, no loss.
#[rstest]
#[tokio::test]
async fn hundred_tasks_stay_healthy_for_five_minutes(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, MesosHttp, Http, MesosHttps, Https, Command)] check: Check,
) -> Result {
    arena_with(needs().tasks(100), async |arena| {
        let app = arena.deploy(App::listener(containerizer, check).instances(100).cpus(0.001)).await?;
        arena.wait_for(&app, healthy(100).and(settled())).within(secs(300)).await?;
        arena.wait_for(&app, stays_healthy_for(secs(300))).await?;
        Ok(())
    })
    .await
}
