//! The grace period: no task is killed in it, and a task that never becomes healthy is killed after it.

use scenarios::prelude::*;

use super::arena;

/// A task that never listens lives as long as its grace period and is killed after it.
#[rstest]
#[tokio::test]
async fn never_healthy_task_is_killed_after_its_grace_and_not_in_it(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, MesosHttp, Http, MesosHttps, Https, Command)] check: Check,
) -> Result {
    lives_as_long_as_its_grace(App::listener(containerizer, check)).await
}

/// The same of a pod.
#[rstest]
#[tokio::test]
async fn never_healthy_pod_is_killed_after_its_grace_and_not_in_it(
    #[values(MesosTcp, MesosHttp, MesosHttps, Command)] check: Check,
) -> Result {
    lives_as_long_as_its_grace(App::listener(Pod, check)).await
}

async fn lives_as_long_as_its_grace(app: App) -> Result {
    arena(async |arena| {
        let app = arena.deploy(app.never_healthy().grace(secs(10))).await?;
        arena.wait_for(&app, running(1)).await?;

        let victim = app.oldest_task().await?;
        let (death, lived) =
            arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).timed().await?;
        let earliest = app.earliest_kill()? - millis(1_500); // the wait began a look after the start
        assert!(lived >= earliest, "killed {lived:?} after it ran, not before {earliest:?} was agreed: {death}");
        Ok(())
    })
    .await
}

/// Marathon reports the failures of its own checks in the grace period as not alive without a count, and none of Mesos's.
#[rstest]
#[tokio::test]
async fn failures_in_the_grace_period_are_seen_only_when_marathon_checks(
    #[values(MesosTcp, Tcp, MesosHttp, Http, Command)] check: Check,
) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).never_healthy().grace(secs(30))).await?;
        arena.wait_for(&app, running(1)).await?;
        if check.shows_failures_in_grace() {
            arena.wait_for(&app, unhealthy(1)).within(secs(3)).await?;
            arena.wait_for(&app, holds(unhealthy(1)).for_at_least(secs(10))).await?;
        } else {
            arena.wait_for(&app, holds(no_result_yet()).for_at_least(secs(10))).await?;
        }
        Ok(())
    })
    .await
}
