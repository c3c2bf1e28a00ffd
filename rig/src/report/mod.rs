//! `report.html`: one file, no network, verdict first.

pub mod fragments;
pub mod matrix;
pub mod page;
pub mod several;

use crate::{
    chart::{self, Series, style::Theme},
    folder::{Run, incident},
    report::{
        fragments::{claims, definition, files, repeat, settings, steps, tiles, troubles, verdict},
        page::{Section, page},
    },
};

/// The report of one run.
pub fn single(run: &Run) -> String {
    let series = Series::of(&run.manifest, run.bars.clone());
    let title = if run.manifest.pair.is_empty() { &run.manifest.app } else { &run.manifest.pair };
    let mut sections = vec![Section::bare(format!("{}{}{}", verdict(run), claims(&run.manifest), tiles(run)))];
    sections.push(Section::titled("Tasks by state at each request", figure(&series)));
    sections.push(Section::titled("Steps", steps(&run.summary.steps)));
    sections.push(Section::titled("Tasks in trouble", troubles(run)));
    sections.push(Section::titled("Survived on the way", survived(run)));
    sections.push(Section::titled("Settings", settings(run)));
    sections.push(Section::titled("App definition", definition(&run.manifest)));
    sections.push(Section::titled("Repeat it", repeat(&run.manifest)));
    sections.push(Section::titled("Files beside this report", files()));
    page(title, &run.manifest.started_at, &sections, &[series])
}

/// One line: what went wrong between the rig and Marathon without ending the run.
fn survived(run: &Run) -> String {
    let sentence = incident::sentence(&run.summary.incidents);
    if sentence.is_empty() { sentence } else { format!("<p>{}</p>", chart::style::escape(&sentence)) }
}

/// The chart twice: wide, and narrow for small screens; the style sheet shows one.
fn figure(series: &Series) -> String {
    format!(
        "<figure class=\"chart\" data-charts><div class=\"wide\">{}</div><div class=\"narrow\">{}</div>\
         <figcaption>{} · <span class=\"hint\">point at a bar, or use the arrow keys, for its numbers</span></figcaption>\
         <output class=\"tip\" hidden></output></figure>",
        chart::single(series, 1080.0, 440.0, Theme::Inherit),
        chart::single(series, 400.0, 340.0, Theme::Inherit),
        chart::style::escape(&series.facts),
    )
}

#[cfg(test)]
mod tests;
