//! `hc-rig report RUN`: draws chart and report from the samples on disk; `run` and `try` end with the same.

use std::path::{Path, PathBuf};

use crate::{
    chart::{self, Series, png, style::Theme},
    exit::Failure,
    folder::{Run, RunFolder, write_whole},
    report::{self, several},
};

/// Redraws everything in a run folder, or in a folder of run folders. Answers with the report's path.
///
/// # Errors
/// There is no run, it cannot be read, or the files cannot be written.
pub fn all(path: &Path) -> Result<PathBuf, Failure> {
    let folders = RunFolder::find(path)?;
    let mut runs = Vec::new();
    for folder in &folders {
        let run = one(folder)?;
        let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        runs.push((name, run));
    }
    if folders.first().is_some_and(|folder| folder.path() != path) {
        over(path, &runs)?;
    }
    Ok(path.join("report.html"))
}

/// Draws chart and report of one run.
///
/// # Errors
/// See [`all`].
pub fn one(folder: &RunFolder) -> Result<Run, Failure> {
    let run = folder.read()?;
    if run.complete {
        // What the run itself wrote at its end, completed by what only its samples tell.
        folder.write_json("summary.json", &run.summary)?;
    }
    let mut series = Series::of(&run.manifest, run.bars.clone());
    series.title = format!("{} · {}", series.title, report::fragments::headline(&run.summary));
    let svg = chart::single(&series, 1200.0, 600.0, Theme::Standalone);
    folder.write("chart.svg", svg.as_bytes())?;
    folder.write("chart.png", &png::from_svg(&svg)?)?;
    folder.write("report.html", report::single(&run).as_bytes())?;
    Ok(run)
}

/// Draws chart and report over several runs.
///
/// # Errors
/// The files cannot be written.
pub fn over(path: &Path, runs: &[several::Named]) -> Result<(), Failure> {
    let series = several::all_series(runs);
    let facts = several::shared_facts(&series);
    let columns = if runs.len() < 3 { runs.len() } else { 3 };
    let svg = chart::grid(&several::sentence(runs), &facts, &series, columns, 1280.0, Theme::Standalone);
    write_whole(&path.join("chart.svg"), svg.as_bytes())?;
    write_whole(&path.join("chart.png"), &png::from_svg(&svg)?)?;
    write_whole(&path.join("report.html"), several::several(runs).as_bytes())
}
