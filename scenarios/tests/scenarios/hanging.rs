//! Tasks that accept connections and never answer.

use scenarios::prelude::*;

use super::{arena, arena_with};

/// A hung task runs into the time-out of its check, failure by failure, and is killed.
#[rstest]
#[tokio::test]
async fn hung_task_times_out_and_is_killed(
    #[values(Mesos, Docker)] containerizer: Containerizer,
    #[values(MesosHttp, Http, MesosHttps, Https, Command)] check: Check,
) -> Result {
    hangs_and_is_killed(App::listener(containerizer, check)).await
}

/// The same of a pod.
#[rstest]
#[tokio::test]
async fn hung_pod_times_out_and_is_killed(#[values(MesosHttp, MesosHttps, Command)] check: Check) -> Result {
    hangs_and_is_killed(App::listener(Pod, check)).await
}

async fn hangs_and_is_killed(app: App) -> Result {
    arena(async |arena| {
        let app = arena.deploy(app.hangs_after(secs(5)).timeout(secs(2))).await?;
        arena.wait_for(&app, healthy(1)).await?;

        let victim = app.oldest_task().await?;
        arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
        Ok(())
    })
    .await
}

/// A check that only connects does not notice that nobody answers, as long as the kernel takes connections for the hung
/// task: ncat's backlog holds ten of them, and a check every three seconds fills fewer.
#[rstest]
#[tokio::test]
async fn connect_check_does_not_notice_a_hung_task(#[values(MesosTcp, Tcp)] check: Check) -> Result {
    arena(async |arena| {
        let hung = App::listener(Mesos, check).hangs_after(secs(3));
        let app = arena.deploy(hung.interval(secs(3)).timeout(secs(2))).await?;
        arena.wait_for(&app, healthy(1)).await?;
        arena.wait_for(&app, stays_healthy_for(secs(20))).await?;
        Ok(())
    })
    .await
}

/// A slow answer is a success as long as it is in time.
#[rstest]
#[tokio::test]
async fn slow_task_is_healthy_as_long_as_it_is_in_time(#[values(MesosHttp, Http, Command)] check: Check) -> Result {
    arena(async |arena| {
        let app = arena.deploy(App::listener(Mesos, check).slow(millis(700)).timeout(secs(3))).await?;
        arena.wait_for(&app, healthy(1).and(settled())).await?;
        arena.wait_for(&app, stays_healthy_for(secs(10))).await?;
        Ok(())
    })
    .await
}

/// One hung task under Marathon's HTTP checks makes the results of all tasks stale, though every other task stays healthy;
/// under Mesos's checks only the hung one suffers.
#[rstest]
#[tokio::test]
async fn one_hung_task_ages_the_results_of_all_only_when_marathon_checks(
    #[values(MesosHttp, Http)] check: Check,
) -> Result {
    arena_with(needs().a_fault("holds up the health checks of everybody"), async |arena| {
        let many = arena.deploy(App::listener(Mesos, check).id("/many").instances(60)).await?;
        arena.wait_for(&many, healthy(60).and(settled())).await?;
        let hung = App::listener(Mesos, check).id("/hung").hangs_after(secs(5));
        let hung = arena.deploy(hung.timeout(secs(20)).max_consecutive_failures(0)).await?;
        arena.wait_for(&hung, running(1)).await?;

        if check.is_native() {
            arena.wait_for(&many, stays_healthy_for(secs(60))).await?;
        } else {
            arena.wait_for(&many, results_older_than(secs(10)).and(healthy(60))).within(secs(60)).await?;
        }
        Ok(())
    })
    .await
}
