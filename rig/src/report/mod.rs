//! `report.html`: one file, no network, the same for a run of any size: first the verdict and what changed when, then groups
//! (causes, steps, agents), then detail on demand.

pub mod agents;
pub mod changes;
pub mod fragments;
pub mod groups;
pub mod matrix;
pub mod measured;
pub mod multiples;
pub mod page;
pub mod panels;
pub mod several;
pub mod steps;
pub mod tiles;
pub mod trends;
pub mod verdicts;

use crate::{
    chart::{self, Series, style::Theme},
    folder::Run,
    report::{
        agents::agents,
        fragments::{FILES, claims, definition, files, repeat, settings, verdict},
        groups::troubles,
        multiples::framed,
        page::{Section, bars, page},
        steps::steps,
        tiles::tiles,
        trends::{distribution, trends},
        verdicts::{conclusions, limit, thresholds},
    },
    why::Diagnosis,
};

/// The report of one run.
pub fn single(run: &Run) -> String {
    let series = Series::of(&run.manifest, &run.course);
    let title = run.manifest.name();
    let diagnosis = Diagnosis::of(run);
    let head = format!("{}{}{}", verdict(run, &diagnosis), claims(&run.manifest), tiles(run));
    // Of a watch there is one step, which nobody asked for, and nobody saw the tasks start.
    let scaled = |html: String| if run.manifest.is_watch() { String::new() } else { html };
    let sections = [
        Section::bare(head),
        Section::titled("What changed, and when", changes::list(run)),
        Section::titled("Tasks by state at each request", figure(&series, run)),
        Section::titled("Thresholds", thresholds(&run.summary)),
        Section::titled("Limit", limit(&run.summary)),
        Section::titled("Diagnosis", conclusions(&diagnosis)),
        Section::titled("Tasks in trouble", troubles(run)),
        Section::titled("Steps", scaled(steps(&run.summary.steps))),
        Section::titled("Agents", agents(run)),
        Section::on_demand("Time from staging to the first good result", scaled(distribution(run))),
        Section::on_paper("Settings", settings(run)),
        Section::on_demand("App definition", definition(&run.manifest)),
        Section::on_demand("Repeat it", repeat(&run.manifest)),
        Section::on_demand("Files beside this report", files(&FILES)),
    ];
    page(title, &run.manifest.started_at, &sections, &[bars(&series, &run.course)])
}

/// The chart, and below it what else was measured over time. All of it zooms together.
fn figure(series: &Series, run: &Run) -> String {
    let wide = chart::single(series, 1080.0, 440.0, Theme::Inherit);
    let narrow = chart::single(series, 400.0, 340.0, Theme::Inherit);
    framed(&wide, &narrow, &series.facts, &trends(run, series))
}

#[cfg(test)]
mod tests;
