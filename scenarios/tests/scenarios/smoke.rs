//! The eight telling scenarios: all that runs in containers, and `make live-smoke` on a cluster.

use scenarios::prelude::*;

use super::{arena, arena_with};

/// Deployed, scaled and deleted, under a check of each level.
#[rstest]
#[tokio::test]
async fn app_becomes_healthy_is_scaled_and_leaves_nothing(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check)).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        app.scale_to(4).await?;
        arena.wait_for(&app, healthy(4).and(settled())).await?;
        arena.wait_for(&app, stays_healthy_for(secs(3))).await?;
        app.delete().await?;
        arena.wait_for(&app, gone()).await?;
        arena.nothing_is_left_of(&app).await
    })
    .await
}

/// One failure more than the limit kills under Marathon's check, the limit itself under Mesos's.
#[rstest]
#[tokio::test]
async fn sick_task_is_replaced(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).sick_after(secs(6))).await?;
        arena.wait_for(&app, healthy(1)).await?;
        let victim = app.oldest_task().await?;
        let death = arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        assert_eq!(Some(death.failures), check.failures_to_kill(3), "{death}");
        arena.wait_for(&app, replaced(&victim)).await?;
        Ok(())
    })
    .await
}

/// A deployment locks its app.
#[tokio::test]
async fn change_during_a_deployment_is_refused_and_force_overrides() -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, MesosTcp).starts_after(secs(5)).instances(2)).await?;
        arena.wait_for(&app, deploying()).await?;
        let refusal = app.scale_to(3).await.expect_err("the app is locked by its deployment");
        assert!(refusal.is_locked(), "{refusal}");
        app.scale_by_force_to(3).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        Ok(())
    })
    .await
}

/// Half of the tasks serve all the time.
#[tokio::test]
async fn rolling_upgrade_waits_for_health() -> Result {
    arena(async |arena| {
        let half = || App::listener(Mesos, MesosHttp).instances(2).upgrade_strategy(0.5, 0.0);
        let mut app = arena.deploy(half()).await?;
        arena.wait_for(&app, healthy(2).and(settled())).await?;
        let old = app.tasks().await?;
        app.change_to(half().env("VERSION", "2")).await?;
        arena.wait_for(&app, with_at_least(1, all_replaced(&old).and(healthy(2)).and(settled()))).await?;
        Ok(())
    })
    .await
}

/// A definition that cannot be is refused with the reason, and nothing is created.
#[tokio::test]
async fn wrong_definition_is_refused() -> Result {
    arena(async |arena| {
        let wrong = App::listener(Mesos, MesosTcp).field("instances", -1);
        let refusal = arena.offer(wrong.to_json()).await.expect_err("fewer than no instances cannot be");
        assert!(refusal.to_string().contains("/instances: error.min"), "{refusal}");
        assert!(arena.client().app_opt(&arena.own("/hc")).await?.is_none(), "it was created nevertheless");
        Ok(())
    })
    .await
}

/// A wrong password opens nothing.
#[tokio::test]
async fn wrong_password_is_refused() -> Result {
    arena_with(needs().a_login(), async |arena| {
        arena.client().info().await?;
        let refusal = arena.client_with_password("wrong")?.info().await.expect_err("a wrong password");
        assert!(refusal.is_unauthorized(), "{refusal}");
        Ok(())
    })
    .await
}
