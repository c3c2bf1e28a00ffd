//! Deployments: health, upgrades, crashes, the queue. The lock of a deployment is in `smoke`.

use scenarios::{bodies, prelude::*};

use super::arena;

/// A sick task holds its deployment up, so the app stays locked until somebody uses force.
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

/// Without room above the wanted number an upgrade goes on only under Mesos's checks: since 1.10 Marathon counts nobody
/// as healthy whom it checks itself, so it kills nothing, and nothing new fits.
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

/// An upgrade to something that never becomes healthy stays where it is: the old half keeps serving. Cancelled,
/// it goes back.
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

/// What does not fit on any agent waits in the queue, which reports why.
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
