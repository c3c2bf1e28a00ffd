//! The eight scenarios that cover most: the container backend runs only these, and so does `make live-smoke` on a cluster.

use scenarios::{bodies, prelude::*};

use super::{arena, arena_with};

/// Deployed, scaled and deleted, under a check of each level.
#[rstest]
#[tokio::test]
async fn app_becomes_healthy_is_scaled_and_leaves_nothing(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    let app = App::listener(Mesos, check);
    let definition = app.to_json();
    arena(async |arena| bodies::scaled_and_deleted(arena, app, definition, &[4]).await).await
}

/// One failure more than the limit kills under Marathon's check, the limit itself under Mesos's.
#[rstest]
#[tokio::test]
async fn sick_task_is_replaced(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    let app = App::listener(Mesos, check).sick_after(secs(6));
    arena(async |arena| bodies::killed_and_replaced(arena, app, 1).await).await
}

/// A deployment locks its app.
#[tokio::test]
async fn change_during_a_deployment_is_refused_and_force_overrides() -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, MesosTcp).starts_after(secs(5)).instances(2)).await?;
        arena.wait_for(&app, deploying()).await?;
        let refusal = app.scale_to(3).await.expect_err("the app is locked by its deployment");
        assert!(refusal.is_locked(), "{refusal}");
        assert!(!refusal.locking_deployments().is_empty(), "it should name the deployment: {refusal}");
        app.scale_by_force_to(3).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        Ok(())
    })
    .await
}

/// Half of the tasks serve throughout the upgrade.
#[tokio::test]
async fn rolling_upgrade_waits_for_health() -> Result {
    let half = || App::listener(Mesos, MesosHttp).instances(2).upgrade_strategy(0.5, 0.0);
    arena(async |arena| bodies::upgraded(arena, half(), half().env("VERSION", "2"), 2, 1).await).await
}

/// An invalid definition is refused with the reason, and nothing is created.
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

/// A wrong password is refused.
#[tokio::test]
async fn wrong_password_is_refused() -> Result {
    arena_with(needs().a_login(), async |arena| {
        arena.client().info().await?;
        let stranger = arena.client_with_password("wrong")?;
        let refusal = stranger.info().await.expect_err("nobody should get in with a wrong password");
        assert!(refusal.is_unauthorized(), "{refusal}");
        assert!(!format!("{refusal} {refusal:?}").contains("wrong\""), "the password is in the error: {refusal}");
        Ok(())
    })
    .await
}
