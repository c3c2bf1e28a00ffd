//! Scenarios that several test files run, each with the definitions that it is about.

use std::time::Duration;

use fixtures::App;
use harness::{
    wait::Condition as _,
    watch::{gone, healthy, killed_by_health_check, replaced, settled, stays_healthy_for},
};
use serde_json::Value;

use crate::{
    Arena, Result,
    conditions::{all_replaced, with_at_least},
};

/// The app becomes healthy, is scaled to each of these numbers of tasks, stays healthy, and leaves nothing when it is
/// deleted. `app` describes what is expected of the definition.
///
/// # Errors
///
/// A wait fails, or something is left.
pub async fn scaled_and_deleted(arena: &Arena, app: App, definition: Value, targets: &[u64]) -> Result {
    let app = arena.deploy_definition(app, definition).await?;
    arena.wait_for(&app, healthy(1).and(settled())).await?;
    for &target in targets {
        app.scale_to(target).await?;
        arena.wait_for(&app, healthy(target).and(settled())).await?;
    }
    arena.wait_for(&app, stays_healthy_for(Duration::from_secs(3))).await?;
    app.delete().await?;
    arena.wait_for(&app, gone()).await?;
    arena.nothing_is_left_of(&app).await
}

/// The app's oldest task falls sick, is killed at the failure that its definition implies, and is replaced by a healthy
/// one.
///
/// # Errors
///
/// A wait fails.
///
/// # Panics
///
/// The number of failures is not the expected one.
pub async fn killed_and_replaced(arena: &Arena, app: App, tasks: u32) -> Result {
    let app = arena.deploy(app.instances(tasks)).await?;
    arena.wait_for(&app, healthy(tasks.into())).await?;
    let victim = app.oldest_task().await?;
    let death = arena.wait_for(&victim, killed_by_health_check()).within(app.time_to_kill()?).await?;
    // For a limit of 3: 4 when Marathon checks, 3 when Mesos does.
    assert_eq!(Some(death.failures), app.app().failures_to_kill(), "{death}");
    arena.wait_for(&app, replaced(&victim)).await?;
    Ok(())
}

/// An upgrade replaces every task, and at no time are fewer than `least` healthy.
///
/// # Errors
///
/// A wait fails.
pub async fn upgraded(arena: &Arena, from: App, to: App, tasks: u64, least: u64) -> Result {
    let mut app = arena.deploy(from).await?;
    arena.wait_for(&app, healthy(tasks).and(settled())).await?;
    let old = app.tasks().await?;
    app.change_to(to).await?;
    arena.wait_for(&app, with_at_least(least, all_replaced(&old).and(healthy(tasks)).and(settled()))).await?;
    Ok(())
}
