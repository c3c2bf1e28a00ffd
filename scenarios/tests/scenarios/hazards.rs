//! Definitions that break a real Marathon for everybody (the table in `docs/rig.md`), one scenario for each. They run on a fake
//! in the test's own process only: a cluster that is shared would have to have a new leader afterwards. Therefore they have
//! an arena of their own and cannot be made to use that of a backend; what they need no other backend gives either.

use scenarios::{Needs, offline, prelude::*};
use serde_json::json;

async fn arena(needs: Needs, scenario: impl AsyncFnOnce(&Arena) -> Result) -> Result {
    offline::simulated(needs.a_marathon_to_break(), scenario).await
}

/// A path that is no URI ends Marathon's own checks of all apps until it has a new leader; native checks go on.
#[tokio::test]
async fn path_that_is_no_uri_ends_the_checks_of_all_apps() -> Result {
    arena(needs().a_leader_that_steps_down(), async |arena| {
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
    arena(needs(), async |arena| {
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

/// A pod with an endpoint and no network ends all launching, even when it is gone, until there is a new leader; what runs
/// already stays.
#[tokio::test]
async fn endpoint_without_a_network_ends_all_launching() -> Result {
    arena(needs().a_leader_that_steps_down(), async |arena| {
        let early = arena.deploy(App::listener(Mesos, Http).id("/early")).await?;
        arena.wait_for(&early, healthy(1).and(settled())).await?;

        let bare = App::listener(Pod, MesosTcp).id("/bare");
        let mut definition = bare.to_json();
        definition.as_object_mut().into_iter().for_each(|pod| drop(pod.remove("networks")));
        let bare = arena.deploy_definition(bare, definition).await?;
        arena.wait_for(&bare, holds(no_task()).for_at_least(secs(20))).await?;
        let late = arena.deploy(App::listener(Mesos, Http).id("/late")).await?;
        arena.wait_for(&late, holds(no_task()).for_at_least(secs(20))).await?;
        arena.wait_for(&early, stays_healthy_for(secs(10))).await?;

        // Its end brings nothing back; a new leader does.
        bare.delete_by_force().await?;
        arena.wait_for(&bare, gone()).await?;
        arena.wait_for(&late, holds(no_task()).for_at_least(secs(20))).await?;
        arena.leader_steps_down().await?;
        arena.wait_for(&late, healthy(1)).await?;
        Ok(())
    })
    .await
}

/// Instances of one app that fit nowhere end Marathon's process, and that of each new leader at its first offer, until they
/// are gone. A real one ends of thousands; here fifty are enough.
#[tokio::test]
async fn waiting_instances_end_one_leader_after_the_other() -> Result {
    const FATAL: u32 = 50;
    arena(needs().a_marathon_that_dies_of(FATAL as usize), async |arena| {
        let well = arena.deploy(App::listener(Mesos, Http).id("/well")).await?;
        arena.wait_for(&well, healthy(1).and(settled())).await?;
        let nowhere = App::listener(Mesos, Http).id("/nowhere").field("cpus", json!(1_000));
        let nowhere = arena.deploy(nowhere.instances(FATAL - 1)).await?;
        arena.wait_for(&well, stays_healthy_for(secs(30))).await?;

        nowhere.scale_by_force_to(FATAL.into()).await?;
        // The results are lost with each leader, and no leader lives long enough for a new one.
        arena.wait_for(&well, no_result_yet()).await?;
        arena.wait_for(&well, holds(no_result_yet()).for_at_least(secs(45))).await?;
        nowhere.scale_by_force_to(1).await?;
        arena.wait_for(&well, healthy(1).and(settled())).await?;
        arena.wait_for(&well, stays_healthy_for(secs(60))).await?;
        Ok(())
    })
    .await
}
