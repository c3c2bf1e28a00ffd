//! Definitions that break a real Marathon for everybody (the table in `docs/rig.md`). They run on the fake only and are in no
//! live or container backend: a cluster that is shared would have to have a new leader afterwards.

use scenarios::prelude::*;
use serde_json::json;

use super::{arena, arena_with};

/// A path that is no URI ends Marathon's own checks of all apps until it has a new leader; native checks go on.
#[tokio::test]
async fn path_that_is_no_uri_ends_the_checks_of_all_apps() -> Result {
    arena_with(needs().a_leader_that_steps_down(), async |arena| {
        let well = arena.deploy(App::listener(Mesos, Http).id("/well")).await?;
        arena.wait_for(&well, healthy(1).and(settled())).await?;

        let odd = App::listener(Mesos, Http).id("/odd");
        let mut definition = odd.to_json();
        definition["healthChecks"][0]["path"] = json!("/health check");
        let odd = arena.deploy_definition(odd, definition).await?;
        arena.wait_for(&well, results_older_than(secs(60))).within(secs(120)).await?;
        arena.wait_for(&odd, no_result_yet()).await?;
        let native = arena.deploy(App::listener(Mesos, MesosHttp).id("/native")).await?;
        arena.wait_for(&native, healthy(1)).await?;

        // Its end brings nothing back; a new leader does.
        odd.delete_by_force().await?;
        arena.wait_for(&odd, gone()).await?;
        arena.wait_for(&well, results_older_than(secs(120))).within(secs(180)).await?;
        arena.leader_steps_down().await?;
        arena.wait_for(&well, a_result_within(secs(5)).and(healthy(1))).await?;
        Ok(())
    })
    .await
}

/// A general check with a command line in words is stored though its POST fails, and every list of apps fails with it.
#[tokio::test]
async fn check_with_argv_makes_every_list_fail_until_its_app_is_deleted() -> Result {
    arena(async |arena| {
        let mut app = App::listener(Mesos, MesosTcp).id("/words").instances(0).to_json();
        app["check"] = json!({"exec": {"command": {"argv": ["true"]}}});
        let failed = |answer: Option<u16>| assert_eq!(answer, Some(500), "{answer:?}");
        let status = |error: &harness::Error| error.status_code().map(|code| code.as_u16());
        failed(status(&arena.offer(app).await.expect_err("it cannot be written")));
        failed(status(&arena.client().apps().await.expect_err("nor can the list")));
        arena.client().delete_app(&arena.own("/words"), true).await?;
        arena.client().apps().await?;
        Ok(())
    })
    .await
}
