//! `report.html`: one file, no network, verdict first.

pub mod fragments;
pub mod matrix;
pub mod measured;
pub mod multiples;
pub mod page;
pub mod panels;
pub mod several;
pub mod trends;
pub mod verdicts;

use crate::{
    chart::{self, Series, style::Theme},
    folder::{Run, incident},
    report::{
        fragments::{FILES, claims, definition, files, repeat, settings, steps, tiles, troubles, verdict},
        multiples::framed,
        page::{Section, bars, page},
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
    let sections = [
        Section::bare(head),
        Section::titled("Thresholds", thresholds(&run.summary)),
        Section::titled("Limit", limit(&run.summary)),
        Section::titled("Tasks by state at each request", figure(&series, run)),
        Section::titled("Diagnosis", conclusions(&diagnosis)),
        Section::titled("Steps", steps(&run.summary.steps)),
        Section::titled("Time from staging to the first good result", distribution(run)),
        Section::titled("Tasks in trouble", troubles(run)),
        Section::titled("Survived on the way", survived(run)),
        Section::titled("Settings", settings(run)),
        Section::titled("App definition", definition(&run.manifest)),
        Section::titled("Repeat it", repeat(&run.manifest)),
        Section::titled("Files beside this report", files(&FILES)),
    ];
    page(title, &run.manifest.started_at, &sections, &[bars(&series, &run.course)])
}

/// One line: what went wrong between the rig and Marathon without ending the run.
fn survived(run: &Run) -> String {
    let sentence = incident::sentence(&run.summary.incidents);
    if sentence.is_empty() { sentence } else { format!("<p>{}</p>", chart::style::escape(&sentence)) }
}

/// The chart, and below it what else was measured over time. All of it zooms together.
fn figure(series: &Series, run: &Run) -> String {
    let wide = chart::single(series, 1080.0, 440.0, Theme::Inherit);
    let narrow = chart::single(series, 400.0, 340.0, Theme::Inherit);
    framed(&wide, &narrow, &series.facts, &trends(run, series))
}

#[cfg(test)]
mod tests;
