//! Pods: the checks of Mesos alone, each beside a container of one executor.

use fixtures::definition;
use scenarios::{bodies, prelude::*};
use serde_json::json;

use super::arena;

/// The definition is deployed verbatim, becomes healthy, stays healthy while it is scaled in steps, and leaves nothing.
#[rstest]
#[tokio::test]
async fn definition_of_a_pod_becomes_healthy_and_is_scaled_in_steps(
    #[values("pod,MESOS_TCP", "pod,MESOS_HTTP", "pod,MESOS_HTTPS", "pod,COMMAND")] pair: Pair,
) -> Result {
    let definition = definition(pair).json();
    arena(async |arena| bodies::scaled_and_deleted(arena, App::of(pair), definition, &[3, 5]).await).await
}

/// A sick container is killed at the configured failure, and its instance is launched again.
#[rstest]
#[tokio::test]
async fn sick_pod_is_replaced(#[values(MesosTcp, MesosHttp, MesosHttps, Command)] check: Check) -> Result {
    let pod = App::listener(Pod, check).sick_after(secs(8));
    arena(async |arena| bodies::killed_and_replaced(arena, pod, 2).await).await
}

/// A container that its check kills takes the others along, and all of them are launched again.
#[tokio::test]
async fn sick_container_takes_its_pod_along() -> Result {
    arena(async |arena| {
        let pod = App::listener(Pod, MesosTcp).sick_after(secs(5));
        let mut definition = pod.to_json();
        let side = json!({
            "name": "side",
            "exec": {"command": {"shell": "sleep 1000000"}},
            "resources": {"cpus": 0.001, "mem": 32},
        });
        definition["containers"].as_array_mut().into_iter().for_each(|containers| containers.push(side.clone()));
        let pod = arena.deploy_definition(pod, definition).await?;
        arena.wait_for(&pod, healthy(1).and(settled())).await?;

        let victim = pod.oldest_task().await?;
        arena.wait_for(&victim, killed_by_health_check()).within(pod.time_to_kill()?).await?;
        let next = arena.wait_for(&pod, replaced(&victim).and(healthy(1))).await?;
        let containers: Vec<_> = next.containers.keys().map(String::as_str).collect();
        assert_eq!((containers, next.id.incarnation()), (vec!["main", "side"], Some(2)));
        Ok(())
    })
    .await
}

/// Half of the instances serve throughout the upgrade of a pod.
#[tokio::test]
async fn rolling_upgrade_of_a_pod_waits_for_health() -> Result {
    let half = || App::listener(Pod, MesosHttp).instances(2).upgrade_strategy(0.5, 0.0);
    arena(async |arena| bodies::upgraded(arena, half(), half().env("VERSION", "2"), 2, 1).await).await
}
