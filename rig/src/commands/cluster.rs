//! `hc-rig login` and `hc-rig apps`: a look at a cluster that changes nothing.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use harness::cluster::preflight;

use crate::{
    commands::{Done, findings::leader_in_words},
    exit::Failure,
    run::reach::{self, Reach},
    settings::Sources,
};

/// Logs in and says what is there. The token is not shown.
///
/// # Errors
/// The settings are incomplete (2), the login or certificate is refused (4), the cluster cannot be reached (5).
pub async fn login(reach: &Reach, sources: &Sources) -> Result<Done, Failure> {
    let settings = reach.settings().await?;
    let client = reach::client(&settings)?;
    let found = preflight(&client).await.map_err(|error| reach::failure(&error))?;
    let mut text = String::new();
    for (name, value, origin) in reach.describe(&settings, sources) {
        let _ = writeln!(text, "{name:<12} {value}   (from {origin})");
    }
    let marathon = leader_in_words(found.marathon.told_version(), found.marathon.leader.as_deref());
    let _ = writeln!(text, "{:<12} {marathon}", "Marathon");
    match &found.mesos {
        Ok(version) => {
            let free = found.free();
            let _ = writeln!(
                text,
                "{:<12} {version}, {}, free: {:.1} CPUs, {:.0} MB, {} ports",
                "Mesos",
                text::count(found.agents.len(), "agent"),
                free.cpus,
                free.mem,
                free.ports
            );
        }
        Err(why) => {
            let _ = writeln!(text, "{:<12} cannot be asked: {why}", "Mesos");
        }
    }
    let _ = writeln!(text, "{:<12} {}", "deployments", found.deployments);
    let how = if reach::has_login(&settings) { "login ok" } else { "ok (no login needed)" };
    Ok(Done::well(format!("{how}\n{text}")))
}

/// Lists the apps.
///
/// # Errors
/// As [`login`].
pub async fn apps(reach: &Reach) -> Result<Done, Failure> {
    let settings = reach.settings().await?;
    let client = reach::client(&settings)?;
    let apps = client.apps().await.map_err(|error| reach::failure(&error))?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["app", "instances", "healthy", "unhealthy", "running", "staged", "checks", "deployments"]);
    for column in 1..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for app in &apps.apps {
        let checks: Vec<String> = app
            .raw
            .get("healthChecks")
            .and_then(serde_json::Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|check| check.get("protocol").and_then(serde_json::Value::as_str))
            .map(str::to_owned)
            .collect();
        table.add_row([
            app.id.clone(),
            app.instances.to_string(),
            app.tasks_healthy.to_string(),
            app.tasks_unhealthy.to_string(),
            app.tasks_running.to_string(),
            app.tasks_staged.to_string(),
            checks.join(", "),
            app.deployments.len().to_string(),
        ]);
    }
    Ok(Done::well(format!("{table}\n{}\n", text::count(apps.apps.len(), "app"))))
}
