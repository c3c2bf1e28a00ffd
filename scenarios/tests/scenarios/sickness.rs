//! A task that becomes unhealthy is killed at the configured failure and replaced.

use scenarios::{bodies, prelude::*};

use super::arena;

/// A failing task is killed after exactly the configured number of failures, and its successor becomes healthy.
#[rstest]
#[tokio::test]
async fn sick_task_is_replaced(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosTcp, Tcp, MesosHttp, Http, MesosHttps, Https, Command)] check: Check,
) -> Result {
    let app = App::listener(containerizer, check).sick_after(secs(8));
    arena(async |arena| bodies::killed_and_replaced(arena, app, 2).await).await
}

/// The limit is the one in the definition.
#[rstest]
#[tokio::test]
async fn sick_task_is_killed_at_the_limit_of_its_definition(
    #[values(MesosTcp, Tcp, MesosHttp, Http)] check: Check,
    #[values(1, 2, 5)] max: u32,
) -> Result {
    arena(async |arena| {
        let sick = App::listener(Mesos, check).sick_after(secs(5)).max_consecutive_failures(max);
        let app = arena.deploy(sick).await?;
        arena.wait_for(&app, healthy(1)).await?;

        let victim = app.oldest_task().await?;
        let death = arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        assert_eq!(Some(death.failures), check.failures_to_kill(max), "{death}");
        Ok(())
    })
    .await
}

/// With a limit of zero, Marathon's own checks never kill.
#[rstest]
#[tokio::test]
async fn marathon_never_kills_with_a_limit_of_zero(#[values(Tcp, Http)] check: Check) -> Result {
    arena(async |arena| {
        let sick = App::listener(Mesos, check).sick_after(secs(5)).max_consecutive_failures(0);
        let app = arena.deploy(sick).await?;
        arena.wait_for(&app, healthy(1)).await?;
        arena.wait_for(&app, unhealthy(1)).await?;
        arena.wait_for(&app, holds(unhealthy(1)).for_at_least(secs(20))).await?;
        Ok(())
    })
    .await
}

/// With a limit of zero, Mesos's checks kill at the first failure.
#[rstest]
#[tokio::test]
async fn mesos_kills_at_the_first_failure_with_a_limit_of_zero(#[values(MesosTcp, MesosHttp)] check: Check) -> Result {
    arena(async |arena| {
        let sick = App::listener(Mesos, check).sick_after(secs(5)).max_consecutive_failures(0);
        let app = arena.deploy(sick).await?;
        arena.wait_for(&app, healthy(1)).await?;

        let victim = app.oldest_task().await?;
        let death = arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        assert_eq!(death.failures, 1, "{death}");
        Ok(())
    })
    .await
}

/// An HTTP status of 400 or more is a failure.
#[rstest]
#[tokio::test]
async fn task_that_answers_with_an_error_is_killed(
    #[values(MesosHttp, Http)] check: Check,
    #[values(404, 500, 503)] status: u16,
) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).answers(status).grace(secs(4))).await?;
        arena.wait_for(&app, running(1)).await?;
        let victim = app.oldest_task().await?;
        arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        Ok(())
    })
    .await
}

/// Statuses below 400 are successes, redirects included.
#[rstest]
#[tokio::test]
async fn task_that_answers_with_success_or_redirect_is_healthy(
    #[values(MesosHttp, Http)] check: Check,
    #[values(200, 204, 302, 399)] status: u16,
) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).answers(status)).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        arena.wait_for(&app, stays_healthy_for(secs(5))).await?;
        Ok(())
    })
    .await
}
