//! A deleted app leaves nothing.

use scenarios::prelude::*;

use super::arena;

/// A deleted app is gone from everywhere: apps, tasks, deployments, queue.
#[rstest]
#[tokio::test]
async fn deleted_app_leaves_nothing(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, Command)] check: Check,
) -> Result {
    leaves_nothing(App::listener(containerizer, check)).await
}

/// The same of a pod.
#[rstest]
#[tokio::test]
async fn deleted_pod_leaves_nothing(#[values(MesosTcp, Command)] check: Check) -> Result {
    leaves_nothing(App::listener(Pod, check)).await
}

async fn leaves_nothing(app: App) -> Result {
    arena(async |arena| {
        let app = arena.deploy(app.instances(3)).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        app.delete().await?;
        arena.wait_for(&app, gone()).await?;
        arena.nothing_is_left_of(&app).await?;
        Ok(())
    })
    .await
}

/// An app that is deleted while its tasks are still being started leaves nothing.
#[tokio::test]
async fn app_deleted_in_the_middle_of_its_start_leaves_nothing() -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, MesosTcp).instances(5).starts_after(secs(10))).await?;
        arena.wait_for(&app, deploying()).await?;
        app.delete_by_force().await?;
        arena.wait_for(&app, gone()).await?;
        arena.nothing_is_left_of(&app).await?;
        Ok(())
    })
    .await
}

/// An upgrade that is still running when the scenario ends: the arena removes the group, waits for the deployments, and
/// fails if the group is listed afterwards.
#[rstest]
#[tokio::test]
async fn group_whose_deployment_is_still_running_is_removed(#[values(MesosHttp, Http)] check: Check) -> Result {
    arena(async |arena| {
        let half = || App::listener(Mesos, check).instances(4).upgrade_strategy(0.5, 0.5);
        let mut app = arena.deploy(half()).await?;
        arena.wait_for(&app, healthy(4).and(settled())).await?;
        app.change_to(half().never_healthy().grace(secs(300))).await?;
        arena.wait_for(&app, with_at_least(2, deploying())).await?;
        Ok(())
    })
    .await
}

/// A pod that is deleted while its instances are still being started leaves nothing.
#[tokio::test]
async fn pod_deleted_in_the_middle_of_its_start_leaves_nothing() -> Result {
    arena(async |arena| {
        let pod = arena.deploy(App::listener(Pod, MesosTcp).instances(5).starts_after(secs(10))).await?;
        arena.wait_for(&pod, deploying()).await?;
        pod.delete_by_force().await?;
        arena.wait_for(&pod, gone()).await?;
        arena.nothing_is_left_of(&pod).await?;
        Ok(())
    })
    .await
}

/// A killed instance of a pod is replaced.
#[tokio::test]
async fn killed_instance_of_a_pod_is_replaced() -> Result {
    arena(async |arena| {
        let pod = arena.deploy(App::listener(Pod, MesosTcp).instances(2)).await?;
        arena.wait_for(&pod, healthy(2).and(settled())).await?;
        let victim = pod.oldest_task().await?;
        pod.kill(&victim).await?;
        arena.wait_for(&pod, replaced(&victim).and(healthy(2))).await?;
        Ok(())
    })
    .await
}

/// A killed task is replaced, unless it is killed with `scale`.
#[tokio::test]
async fn killed_task_is_replaced_unless_its_place_goes_too() -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, MesosTcp).instances(2)).await?;
        arena.wait_for(&app, healthy(2).and(settled())).await?;

        let victim = app.oldest_task().await?;
        app.kill(&victim).await?;
        arena.wait_for(&app, replaced(&victim).and(healthy(2))).await?;

        let victim = app.oldest_task().await?;
        app.kill_and_scale_down(&victim).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        Ok(())
    })
    .await
}
