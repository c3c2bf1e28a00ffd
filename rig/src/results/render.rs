//! Draws chart and report from the samples on disk and writes the exports: at the end of every run, and for `hc-rig
//! report`.

use std::path::{Path, PathBuf};

use harness::record::read::Scanned;

use crate::{
    chart::{self, Grid, Series, curves::curves, png, style::Theme},
    exit::Failure,
    export::{Format, junit, markdown, redact, tables, trace},
    folder::{
        Named, Run, RunFolder,
        matrix::{MOST_RUNS, Matrix},
    },
    report::{self, several},
    terminal::stderr,
};

/// Makes these formats again in a run folder, or in a folder of run folders; returns the first file.
///
/// # Errors
/// As [`read`] and [`draw`].
pub fn all(path: &Path, formats: &[Format]) -> Result<PathBuf, Failure> {
    draw(path, read(path)?, formats)
}

/// Reads the run in a folder, or all runs below it.
///
/// # Errors
/// There is no run, there are more than one page shows, or one cannot be read.
pub fn read(path: &Path) -> Result<Vec<(RunFolder, Run)>, Failure> {
    let folders = RunFolder::find(path)?;
    if folders.len() > MOST_RUNS {
        let why = format!("{} runs, more than the {MOST_RUNS} that one page shows", folders.len());
        return Err(Failure::usage(format!("{} holds {why}: name one of them", path.display())));
    }
    folders.into_iter().map(|folder| folder.read().map(|run| (folder, run))).collect()
}

/// Makes these formats of the runs that were read from a folder or from below it; returns the first file.
///
/// # Errors
/// The files cannot be written.
pub fn draw(path: &Path, read: Vec<(RunFolder, Run)>, formats: &[Format]) -> Result<PathBuf, Failure> {
    let several = read.first().is_some_and(|(folder, _)| folder.path() != path);
    let mut runs = Vec::new();
    for (folder, run) in read {
        warn_of_left_out(folder.path(), &run.scanned);
        write(&folder, &run, formats)?;
        let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        runs.push((name, run));
    }
    if several {
        match Matrix::read(path)? {
            Some(before) => matrix(path, &Matrix::again(&before, &runs), &runs, formats)?,
            None => write_over(path, &runs, formats)?,
        }
    }
    Ok(path.join(first_file(formats)))
}

/// Says which lines of a record are missing in all that is said of the run.
pub fn warn_of_left_out(folder: &Path, scanned: &Scanned) {
    if let Some(left_out) = scanned.left_out() {
        stderr::warning(format_args!("{}: {left_out}", folder.display()));
    }
}

/// A copy beside the folder without names and addresses, with nothing drawn in it yet; returns its path.
///
/// # Errors
/// There is no run, the copy is there already, or the files cannot be read or written.
pub fn redacted(path: &Path) -> Result<PathBuf, Failure> {
    let runs = RunFolder::find(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| "run".to_owned());
    let to = path.with_file_name(format!("{name}-redacted"));
    if to.is_symlink() {
        return Err(Failure::usage(format!("{} is a link: remove it, or copy the run first", to.display())));
    }
    RunFolder::create(&to)?;
    redact::copy(path, &runs, &to)?;
    Ok(to)
}

fn first_file(formats: &[Format]) -> &'static str {
    match formats.first() {
        None | Some(Format::Html) => "report.html",
        Some(Format::Chart) => "chart.png",
        Some(Format::Csv) => "samples.csv",
        Some(Format::Junit) => "junit.xml",
        Some(Format::Markdown) => "summary.md",
        Some(Format::Perfetto) => "trace.json",
    }
}

/// Everything that is made of one run.
///
/// # Errors
/// See [`all`].
pub fn one(folder: &RunFolder) -> Result<Run, Failure> {
    let run = folder.read()?;
    write(folder, &run, &Format::ALL)?;
    Ok(run)
}

fn write(folder: &RunFolder, run: &Run, formats: &[Format]) -> Result<(), Failure> {
    for format in formats {
        match format {
            Format::Html => folder.write("report.html", report::single(run).as_bytes())?,
            Format::Chart => {
                let mut series = Series::of(&run.manifest, &run.course);
                series.title = format!("{} · {}", series.title, report::fragments::headline(run));
                picture(folder, "chart", &chart::single(&series, 1200.0, 600.0, Theme::Standalone))?;
            }
            Format::Csv => {
                folder.write("samples.csv", &tables::samples(run)?)?;
                folder.write("tasks.csv", &tables::tasks(run)?)?;
            }
            Format::Junit => folder.write("junit.xml", &junit::report(&[several::member("", run)])?)?,
            Format::Markdown => folder.write("summary.md", markdown::one(run).as_bytes())?,
            Format::Perfetto => folder.write("trace.json", &trace::trace(run))?,
        }
    }
    Ok(())
}

/// Everything that is made of several runs together.
///
/// # Errors
/// The files cannot be written.
pub fn over(path: &Path, runs: &[Named]) -> Result<(), Failure> {
    write_over(path, runs, &Format::ALL)
}

/// Tables and traces are made of each run alone: their rows and tracks would not fit together.
fn write_over(path: &Path, runs: &[Named], formats: &[Format]) -> Result<(), Failure> {
    let folder = RunFolder::at(path);
    for format in formats {
        match format {
            Format::Html => folder.write("report.html", several::several(runs).as_bytes())?,
            Format::Chart => {
                let series = several::all_series(runs);
                let facts = several::shared_facts(&series);
                let grid = Grid {
                    title: &several::sentence(runs),
                    facts: &facts,
                    columns: 3,
                    width: 1280.0,
                    one_scale: true,
                    theme: Theme::Standalone,
                };
                picture(&folder, "chart", &chart::grid(&series, &grid))?;
            }
            Format::Junit => folder.write("junit.xml", &junit::report(&several::members(runs))?)?,
            Format::Markdown => folder.write("summary.md", markdown::over(runs).as_bytes())?,
            Format::Csv | Format::Perfetto => {}
        }
    }
    Ok(())
}

/// Everything that is made of a matrix of runs.
///
/// # Errors
/// The files cannot be written.
pub fn matrix(path: &Path, matrix: &Matrix, runs: &[Named], formats: &[Format]) -> Result<(), Failure> {
    let folder = RunFolder::at(path);
    folder.write_json("matrix.json", matrix)?;
    for format in formats {
        match format {
            Format::Html => folder.write("report.html", report::matrix::matrix(matrix, runs).as_bytes())?,
            Format::Chart => {
                let (title, facts) = (report::matrix::sentence(matrix), report::matrix::facts(matrix));
                picture(&folder, "matrix", &curves(&title, &facts, matrix, 1280.0, Theme::Standalone))?;
            }
            Format::Junit => folder.write("junit.xml", &junit::report(&report::matrix::members(matrix, runs))?)?,
            Format::Markdown => folder.write("summary.md", markdown::matrix(matrix, runs).as_bytes())?,
            Format::Csv | Format::Perfetto => {}
        }
    }
    Ok(())
}

fn picture(folder: &RunFolder, name: &str, svg: &str) -> Result<(), Failure> {
    folder.write(&format!("{name}.svg"), svg.as_bytes())?;
    folder.write(&format!("{name}.png"), &png::from_svg(svg)?)
}
