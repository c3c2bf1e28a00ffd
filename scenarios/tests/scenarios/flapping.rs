//! Tasks that are healthy and unhealthy in turns.

use scenarios::prelude::*;

use super::arena;

/// A task that recovers before the limit is not killed, and the results show its failures.
#[rstest]
#[tokio::test]
async fn flapping_below_the_limit_survives_and_shows(
    #[values(MesosTcp, Tcp, MesosHttp, Http, Command)] check: Check,
) -> Result {
    arena(async |arena| {
        let flapping = App::listener(Mesos, check).flaps(secs(6), millis(2_500)).max_consecutive_failures(5);
        let app = arena.deploy(flapping).await?;
        arena.wait_for(&app, healthy(1)).await?;
        let first = app.oldest_task().await?;
        for _ in 0..3 {
            arena.wait_for(&app, unhealthy(1)).await?;
            arena.wait_for(&app, healthy(1)).await?;
        }
        let survivor = app.oldest_task().await?;
        assert_eq!(first.id, survivor.id, "the task did not survive");
        let [result] = survivor.health_check_results.as_slice() else {
            panic!("one check, but the results are {:?}", survivor.health_check_results);
        };
        assert!(result.alive && result.consecutive_failures == 0, "{result:?}");
        assert!(result.last_failure.is_some(), "the results hide that it was sick: {result:?}");
        Ok(())
    })
    .await
}

/// A flapping task that is unhealthy for too long is killed.
#[rstest]
#[tokio::test]
async fn flapping_above_the_limit_is_killed(#[values(MesosTcp, Tcp, MesosHttp, Http)] check: Check) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).flaps(secs(5), secs(20))).await?;
        arena.wait_for(&app, healthy(1)).await?;
        let victim = app.oldest_task().await?;
        arena.wait_for(&victim, killed_by_health_check()).within(secs(15)).await?;
        arena.wait_for(&app, replaced(&victim)).await?;
        Ok(())
    })
    .await
}
