//! Every containerizer with every check: the app becomes healthy, and stays healthy while it is scaled.

use scenarios::prelude::*;

use super::{arena, arena_with};

/// Both tasks become healthy, and nothing changes after that.
#[rstest]
#[tokio::test]
async fn app_becomes_healthy_and_stays_so(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, MesosHttp, Http, MesosHttps, Https, Command)] check: Check,
) -> Result {
    becomes_healthy_and_stays_so(App::listener(containerizer, check)).await
}

/// The same of a pod, which has no checks by Marathon.
#[rstest]
#[tokio::test]
async fn pod_becomes_healthy_and_stays_so(#[values(MesosTcp, MesosHttp, MesosHttps, Command)] check: Check) -> Result {
    becomes_healthy_and_stays_so(App::listener(Pod, check)).await
}

async fn becomes_healthy_and_stays_so(app: App) -> Result {
    arena(async |arena| {
        let app = arena.deploy(app.instances(2)).await?;
        arena.wait_for(&app, healthy(2).and(settled())).await?;
        arena.wait_for(&app, stays_healthy_for(secs(10))).await?;
        Ok(())
    })
    .await
}

/// Each step is reached, and the tasks of the steps before stay healthy meanwhile.
#[rstest]
#[tokio::test]
async fn app_is_scaled_in_steps_and_stays_healthy(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, MesosHttp, Http, MesosHttps, Https, Command)] check: Check,
) -> Result {
    is_scaled_in_steps(App::listener(containerizer, check)).await
}

/// The same of a pod.
#[rstest]
#[tokio::test]
async fn pod_is_scaled_in_steps_and_stays_healthy(
    #[values(MesosTcp, MesosHttp, MesosHttps, Command)] check: Check,
) -> Result {
    is_scaled_in_steps(App::listener(Pod, check)).await
}

async fn is_scaled_in_steps(app: App) -> Result {
    arena_with(needs().tasks(10), async |arena| {
        let app = arena.deploy(app).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        for target in [4, 7, 10] {
            app.scale_to(target).await?;
            arena.wait_for(&app, healthy(target).and(settled())).await?;
        }
        arena.wait_for(&app, stays_healthy_for(secs(5))).await?;
        app.scale_to(1).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        Ok(())
    })
    .await
}

/// A task that listens only after four seconds is not killed for it: the grace period is longer.
#[rstest]
#[tokio::test]
async fn slow_starter_is_given_its_grace(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, MesosHttp, Http, Command)] check: Check,
) -> Result {
    is_given_its_grace(App::listener(containerizer, check)).await
}

/// The same of a pod.
#[rstest]
#[tokio::test]
async fn slow_pod_is_given_its_grace(#[values(MesosTcp, MesosHttp, Command)] check: Check) -> Result {
    is_given_its_grace(App::listener(Pod, check)).await
}

async fn is_given_its_grace(app: App) -> Result {
    arena(async |arena| {
        let app = arena.deploy(app.starts_after(secs(4)).grace(secs(10))).await?;
        arena.wait_for(&app, running(1)).await?;
        let first = app.oldest_task().await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        let still = app.oldest_task().await?;
        assert_eq!(first.id, still.id, "the task was replaced while it started");
        Ok(())
    })
    .await
}
