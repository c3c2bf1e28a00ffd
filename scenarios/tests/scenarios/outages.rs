//! Agents and leaders that go away, and waits without events.

use fake_marathon::fault::Fault;
use scenarios::prelude::*;

use super::arena_with;

/// A client does not notice a restarted agent process.
#[rstest]
#[tokio::test]
async fn restarted_agent_changes_nothing(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena_with(needs().a_fault("restarts an agent"), async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).instances(3)).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        arena.inject(Fault::AgentRestart(0)).await?;
        arena.wait_for(&app, stays_healthy_for(secs(15))).await?;
        Ok(())
    })
    .await
}

/// After the leader has stepped down, every task is healthy again.
#[rstest]
#[tokio::test]
async fn health_is_known_again_after_the_leader_abdicates(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena_with(needs().a_leader_that_steps_down(), async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).instances(3)).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        let before = app.tasks().await?;
        arena.leader_steps_down().await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        let after = app.tasks().await?;
        assert!(after.iter().all(|task| before.iter().any(|old| old.id == task.id)), "tasks were replaced");
        Ok(())
    })
    .await
}

/// A leader that steps down during a scale-up delays it, and the next leader completes it.
#[rstest]
#[tokio::test]
async fn scale_up_survives_a_leader_that_abdicates(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena_with(needs().a_leader_that_steps_down(), async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).instances(2)).await?;
        arena.wait_for(&app, healthy(2).and(settled())).await?;
        let before = app.tasks().await?;
        app.scale_to(12).await?;
        arena.wait_for(&app, deploying()).await?;
        arena.leader_steps_down().await?;
        arena.wait_for(&app, healthy(12).and(settled()).and(all_kept(&before))).within(secs(120)).await?;
        Ok(())
    })
    .await
}

/// Tasks of a lost agent are unreachable, and healthy again when the agent is back: the same tasks, if the app's strategy
/// gives them time.
#[rstest]
#[tokio::test]
async fn tasks_of_a_lost_agent_come_back_with_it(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena_with(needs().an_agent_to_lose(), async |arena| {
        let spread = serde_json::json!([["hostname", "GROUP_BY", "2"]]);
        let patient = serde_json::json!({"inactiveAfterSeconds": 600, "expungeAfterSeconds": 900});
        let app = App::listener(Mesos, check).instances(4).field("constraints", spread);
        let app = arena.deploy(app.field("unreachableStrategy", patient)).await?;
        arena.wait_for(&app, healthy(4).and(settled())).await?;
        let before = app.tasks().await?;
        arena.lose_an_agent().await?;
        arena.wait_for(&app, some_unreachable()).within(secs(180)).await?;
        arena.the_agent_is_back().await?;
        arena.wait_for(&app, healthy(4).and(running(4)).and(all_kept(&before))).within(secs(120)).await?;
        Ok(())
    })
    .await
}

/// A wait without events finds the same by polling, later.
#[rstest]
#[tokio::test]
async fn waits_get_by_without_events(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena_with(needs().no_events(), async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).sick_after(secs(6))).await?;
        arena.wait_for(&app, healthy(1)).await?;
        let victim = app.oldest_task().await?;
        arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        arena.wait_for(&app, replaced(&victim)).await?;
        Ok(())
    })
    .await
}
