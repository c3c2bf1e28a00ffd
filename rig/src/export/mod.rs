//! The facts of a run in the formats of other tools: tables for a spreadsheet, test results for a CI server, a comment for
//! a pull request, timelines for Perfetto. All of them are made from the [`Run`](crate::folder::Run) that the report is
//! made from, so the two cannot differ.

pub mod actions;
pub mod junit;
pub mod markdown;
pub mod redact;
pub mod schema;
pub mod tables;
pub mod trace;

use clap::ValueEnum;

/// What can be made from the samples on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// report.html, which opens offline
    Html,
    /// chart.svg and chart.png
    Chart,
    /// samples.csv and tasks.csv, for a spreadsheet
    Csv,
    /// junit.xml, for a CI server
    Junit,
    /// summary.md, for a comment on a pull request
    Markdown,
    /// trace.json: open it at ui.perfetto.dev or chrome://tracing
    Perfetto,
}

impl Format {
    /// All of them: what a run writes at its end.
    pub const ALL: [Self; 6] = [Self::Html, Self::Chart, Self::Csv, Self::Junit, Self::Markdown, Self::Perfetto];
}

#[cfg(test)]
mod tests;
