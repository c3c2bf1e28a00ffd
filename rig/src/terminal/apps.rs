//! The table of `hc-rig apps`.

use comfy_table::{CellAlignment, Table, presets};
use harness::model::App;

/// The apps, a line each, and their number.
pub fn table(apps: &[App]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["app", "instances", "healthy", "unhealthy", "running", "staged", "checks", "deployments"]);
    for column in 1..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for app in apps {
        let protocols: Vec<&str> = app.health_checks.iter().map(|check| check.protocol.as_str()).collect();
        table.add_row([
            text::visible(&app.id).into_owned(),
            app.instances.to_string(),
            app.tasks_healthy.to_string(),
            app.tasks_unhealthy.to_string(),
            app.tasks_running.to_string(),
            app.tasks_staged.to_string(),
            text::visible(&protocols.join(", ")).into_owned(),
            app.deployments.len().to_string(),
        ]);
    }
    format!("{table}\n{}\n", text::count(apps.len(), "app"))
}
