//! Deployments: health, upgrades, crashes, the queue. The lock of a deployment is in `smoke`.

use scenarios::{bodies, prelude::*};

use super::arena;

/// An unhealthy task delays its deployment, so the app stays locked until a request uses `force`.
#[rstest]
#[tokio::test]
async fn deployment_waits_for_health(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).never_healthy().grace(secs(300))).await?;
        arena.wait_for(&app, running(1)).await?;
        arena.wait_for(&app, holds(deploying()).for_at_least(secs(20))).await?;
        Ok(())
    })
    .await
}

/// A rolling upgrade keeps half of the tasks healthy all the time, and ends with all of them new.
#[rstest]
#[tokio::test]
async fn rolling_upgrade_waits_for_health(#[values(MesosHttp, Http, MesosTcp, Tcp)] check: Check) -> Result {
    let half = || App::listener(Mesos, check).instances(4).upgrade_strategy(0.5, 0.5);
    let to = half().env("VERSION", "2").starts_after(secs(3));
    arena(async |arena| bodies::upgraded(arena, half(), to, 4, 2).await).await
}

/// Without room above the requested number, an upgrade continues only under Mesos's checks: since 1.10 Marathon does not
/// count an instance without a result of its own checks as healthy, so it kills none, and no new one fits.
#[rstest]
#[tokio::test]
async fn upgrade_without_room_goes_on_only_when_mesos_checks(#[values(MesosHttp, Http)] check: Check) -> Result {
    arena(async |arena| {
        let tight = || App::listener(Mesos, check).instances(2).upgrade_strategy(0.5, 0.0);
        let mut app = arena.deploy(tight()).await?;
        arena.wait_for(&app, healthy(2).and(settled())).await?;
        let old = app.tasks().await?;

        app.change_to(tight().env("VERSION", "2")).await?;
        if check.is_native() {
            arena.wait_for(&app, with_at_least(1, all_replaced(&old).and(healthy(2)).and(settled()))).await?;
        } else {
            arena.wait_for(&app, holds(all_kept(&old).and(deploying())).for_at_least(secs(20))).await?;
        }
        Ok(())
    })
    .await
}

/// An upgrade to tasks that never become healthy does not continue: the old half keeps serving. Cancelling it rolls
/// back.
#[rstest]
#[tokio::test]
async fn upgrade_to_a_sick_version_stops_and_can_be_cancelled(#[values(MesosHttp, Http)] check: Check) -> Result {
    arena(async |arena| {
        let half = || App::listener(Mesos, check).instances(4).upgrade_strategy(0.5, 0.5);
        let mut app = arena.deploy(half()).await?;
        arena.wait_for(&app, healthy(4).and(settled())).await?;

        app.change_to(half().never_healthy().grace(secs(300))).await?;
        arena.wait_for(&app, with_at_least(2, running(6))).await?;
        arena.wait_for(&app, holds(with_at_least(2, deploying())).for_at_least(secs(15))).await?;

        app.cancel_deployments().await?;
        arena.wait_for(&app, healthy(4).and(settled())).await?;
        Ok(())
    })
    .await
}

/// A task that ends by itself is started again, each time after a longer pause.
#[tokio::test]
async fn crashing_app_is_started_again_and_again() -> Result {
    arena(async |arena| {
        let crashing = App::listener(Mesos, Tcp).unchecked().crashes_after(secs(2), 3);
        let app = arena.deploy(crashing.backoff(secs(1), 2.0, secs(8))).await?;
        let looping = arena.wait_for(&app, crash_looping(3)).await?;
        assert!(looping.crashes >= 3, "{looping:?}");
        let failure = app.now().await?.last_task_failure.expect("a crash leaves its mark");
        assert!(failure.message.contains("exited with status 3"), "{}", failure.message);
        Ok(())
    })
    .await
}

/// A task that fits on no agent waits in the queue, which reports why.
#[tokio::test]
async fn app_that_fits_nowhere_waits_and_says_why() -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, Tcp).cpus(100_000.0)).await?;
        arena.wait_for(&app, refused_offers_for("InsufficientCpus")).await?;
        arena.wait_for(&app, holds(running(0)).for_at_least(secs(5))).await?;
        Ok(())
    })
    .await
}
