//! `report.html`: one file, no network, verdict first.

pub mod fragments;
pub mod matrix;
pub mod page;
pub mod several;
pub mod trends;
pub mod verdicts;

use crate::{
    chart::{self, Series, style::Theme},
    folder::{Run, incident},
    report::{
        fragments::{claims, definition, files, repeat, settings, steps, tiles, troubles, verdict},
        page::{Section, page},
        trends::{distribution, trends},
        verdicts::{diagnosis, limit, thresholds},
    },
};

/// The report of one run.
pub fn single(run: &Run) -> String {
    let series = Series::of(&run.manifest, run.bars.clone());
    let title = if run.manifest.pair.is_empty() { &run.manifest.app } else { &run.manifest.pair };
    let mut sections = vec![Section::bare(format!("{}{}{}", verdict(run), claims(&run.manifest), tiles(run)))];
    sections.push(Section::titled("Thresholds", thresholds(&run.summary)));
    sections.push(Section::titled("Limit", limit(&run.summary)));
    sections.push(Section::titled("Tasks by state at each request", figure(&series, run)));
    sections.push(Section::titled("Diagnosis", diagnosis(run)));
    sections.push(Section::titled("Steps", steps(&run.summary.steps)));
    sections.push(Section::titled("Time from staging to the first good result", distribution(run)));
    sections.push(Section::titled("Tasks in trouble", troubles(run)));
    sections.push(Section::titled("Survived on the way", survived(run)));
    sections.push(Section::titled("Settings", settings(run)));
    sections.push(Section::titled("App definition", definition(&run.manifest)));
    sections.push(Section::titled("Repeat it", repeat(&run.manifest)));
    sections.push(Section::titled("Files beside this report", files()));
    page(title, &run.manifest.started_at, &sections, &[series], &run.course)
}

/// One line: what went wrong between the rig and Marathon without ending the run.
fn survived(run: &Run) -> String {
    let sentence = incident::sentence(&run.summary.incidents);
    if sentence.is_empty() { sentence } else { format!("<p>{}</p>", chart::style::escape(&sentence)) }
}

/// The chart twice, wide, and narrow for small screens (the style sheet shows one), and below it what else was measured
/// over time. All of it zooms together.
fn figure(series: &Series, run: &Run) -> String {
    format!(
        "<figure class=\"chart\" data-charts data-zooms><div class=\"zoom\" hidden><button type=\"button\" data-zoom=\"in\">zoom in</button>\
         <button type=\"button\" data-zoom=\"out\">zoom out</button><button type=\"button\" data-zoom=\"all\">all</button>\
         <span class=\"soft\"></span></div>\
         <div class=\"wide\">{}</div><div class=\"narrow\">{}</div>\
         <figcaption>{} · <span class=\"hint\">point at a bar, or use the arrow keys, for its numbers; drag over bars to \
         zoom in</span></figcaption>{}<output class=\"tip\" hidden></output></figure>",
        chart::single(series, 1080.0, 440.0, Theme::Inherit),
        chart::single(series, 400.0, 340.0, Theme::Inherit),
        chart::style::escape(&series.facts),
        trends(run),
    )
}

#[cfg(test)]
mod tests;
