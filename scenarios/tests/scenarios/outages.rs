//! Agents and leaders that go away, and waits that get by without events.

use fake_marathon::fault::Fault;
use scenarios::prelude::*;

use super::arena_with;

/// A restarted agent process is nothing that a client sees.
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

/// After the leader has stepped down, everybody is found well again.
#[rstest]
#[tokio::test]
async fn health_is_known_again_after_the_leader_abdicates(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena_with(needs().a_fault("makes the leader step down"), async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).instances(3)).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        let before = app.tasks().await?;
        arena.inject(Fault::LeaderAbdicates).await?;
        arena.wait_for(&app, healthy(3).and(settled())).await?;
        let after = app.tasks().await?;
        assert!(after.iter().all(|task| before.iter().any(|old| old.id == task.id)), "tasks were replaced");
        Ok(())
    })
    .await
}

/// What a wait learns from events it also learns without, later.
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
