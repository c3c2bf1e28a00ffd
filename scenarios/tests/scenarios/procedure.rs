//! The manual procedure: its six definitions, deployed as they are and scaled in steps.

use fixtures::{BEHAVIOUR_LABEL, definition};
use scenarios::{bodies, prelude::*};

use super::arena;

/// The definition is deployed verbatim, becomes healthy, and stays healthy while it is scaled in steps.
#[rstest]
#[tokio::test]
async fn definition_becomes_healthy_and_is_scaled_in_steps(
    #[values("mesos,MESOS_TCP", "mesos,TCP", "docker,MESOS_TCP", "docker,TCP", "docker,MESOS_HTTP", "docker,HTTP")]
    pair: Pair,
) -> Result {
    let definition = definition(pair).json();
    assert!(definition["labels"].get(BEHAVIOUR_LABEL).is_none(), "the procedure's commands need no label");
    arena(async |arena| bodies::scaled_and_deleted(arena, App::of(pair), definition, &[3, 5]).await).await
}

/// Whichever of the six it is: a failing task is killed at the configured failure, and its successor becomes healthy.
#[rstest]
#[tokio::test]
async fn sick_task_of_each_definition_is_replaced(
    #[values("mesos,MESOS_TCP", "mesos,TCP", "docker,MESOS_TCP", "docker,TCP", "docker,MESOS_HTTP", "docker,HTTP")]
    pair: Pair,
) -> Result {
    let app = App::of(pair).sick_after(secs(5));
    arena(async |arena| bodies::killed_and_replaced(arena, app, 2).await).await
}
