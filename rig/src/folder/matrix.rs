//! `matrix.json`: what each pair came to at each number of tasks.

use std::path::Path;

use harness::{files, record::json};
use serde::{Deserialize, Serialize};

use crate::{
    exit::Failure,
    folder::{
        Named, Run,
        origin::Origin,
        upgrade::{VERDICT_FORMAT, upgraded},
    },
    verdict::{EndReason, Verdict},
};

/// The most runs, numbers of tasks and pairs that one page shows. `hc-rig matrix` makes some hundred runs.
pub const MOST_RUNS: usize = 1_000;

/// `matrix.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Matrix {
    /// Version of the format.
    pub format: u32,
    /// Where the runs came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The numbers of tasks asked for, increasing.
    #[serde(deserialize_with = "harness::record::json::counts")]
    pub counts: Vec<u64>,
    /// Whether the pairs ran at the same time.
    pub side_by_side: bool,
    /// A row for each pair, in the order of running.
    pub rows: Vec<Row>,
}

/// One pair at each number of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Row {
    /// `containerizer,PROTOCOL`.
    pub pair: String,
    /// The executor on the agent makes the check, rather than Marathon.
    pub native: bool,
    /// The largest number of tasks that held, with all smaller ones; 0 if not even the smallest did.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub holds: u64,
    /// The smallest number that did not; absent if all held, so that the limit lies beyond.
    #[serde(deserialize_with = "harness::record::json::count_or_none")]
    pub breaks: Option<u64>,
    /// Why that one did not.
    pub why: String,
    /// A cell for each number of tasks.
    pub cells: Vec<Cell>,
}

/// One pair at one number of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Cell {
    /// Tasks asked for.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub asked: u64,
    /// Tasks healthy at the last sample.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub healthy: u64,
    /// How it ended.
    pub verdict: Verdict,
    /// Why, where the verdict leaves that open.
    pub reason: Option<EndReason>,
    /// Seconds until all were healthy.
    #[serde(rename = "reached_after_seconds")]
    pub reached_after: Option<f64>,
    /// The age of the last check results (p99, seconds); absent for native checks, where it cannot be known.
    #[serde(rename = "check_age_p99_seconds")]
    pub check_age_p99: Option<f64>,
    /// Tasks killed by their check.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub kills: u64,
    /// The run's folder, beside this file.
    pub folder: String,
}

impl Matrix {
    /// Of a folder of runs; none if these are no matrix.
    ///
    /// # Errors
    /// The file is damaged, or a later program wrote it.
    pub fn read(folder: &Path) -> Result<Option<Self>, Failure> {
        let path = folder.join("matrix.json");
        let Ok(text) = files::read_ordinary(&path) else { return Ok(None) };
        let matrix: Self =
            json::read(&text).and_then(|written| serde_json::from_value(upgraded(written))).map_err(|error| {
                Failure::usage(format!("{} is damaged: {}", path.display(), text::plain::json(&error.to_string())))
            })?;
        if matrix.format > VERDICT_FORMAT {
            return Err(Failure::usage(format!(
                "{} has format {}, this hc-rig knows formats up to {VERDICT_FORMAT}: use a newer hc-rig",
                path.display(),
                matrix.format
            )));
        }
        for (what, n) in [("numbers of tasks", matrix.counts.len()), ("pairs", matrix.rows.len())] {
            if n > MOST_RUNS {
                let why = format!("{n} {what}, more than the {MOST_RUNS} that can be shown");
                return Err(Failure::usage(format!("{} has {why}", path.display())));
            }
        }
        Ok(Some(matrix))
    }

    /// From runs of one target each.
    pub fn of(runs: &[Named], side_by_side: bool) -> Self {
        let mut counts: Vec<u64> = runs.iter().map(|(_, run)| run.summary.target).collect();
        counts.sort_unstable();
        counts.dedup();
        let mut rows: Vec<Row> = Vec::new();
        // A row takes its cells in increasing order, and folders are sorted by name, where 100 comes before 50.
        let mut increasing: Vec<&Named> = runs.iter().collect();
        increasing.sort_by_key(|(_, run)| run.summary.target);
        for (name, run) in increasing {
            let place = rows.iter().position(|row| row.pair == run.manifest.pair).unwrap_or_else(|| {
                let native = run.manifest.check().is_native();
                rows.push(Row { pair: run.manifest.pair.clone(), native, ..Row::default() });
                rows.len() - 1
            });
            rows[place].take(cell(name, run), &run.summary.why);
        }
        Self { format: VERDICT_FORMAT, origin: Origin::of(runs), counts, side_by_side, rows }
    }

    /// From the same runs as `before`, with its rows in the same order.
    pub fn again(before: &Self, runs: &[Named]) -> Self {
        let mut matrix = Self::of(runs, before.side_by_side);
        let place = |row: &Row| before.rows.iter().position(|old| old.pair == row.pair).unwrap_or(usize::MAX);
        matrix.rows.sort_by_key(place);
        matrix
    }

    /// The largest number asked for.
    pub fn most(&self) -> u64 {
        self.counts.last().copied().unwrap_or(0)
    }
}

impl Row {
    /// The cells come in increasing order.
    fn take(&mut self, cell: Cell, why: &str) {
        if cell.verdict == Verdict::Passed {
            if self.breaks.is_none() {
                self.holds = cell.asked;
            }
        } else if self.breaks.is_none() {
            self.breaks = Some(cell.asked);
            why.clone_into(&mut self.why);
        }
        self.cells.push(cell);
    }

    /// `holds 100, breaks at 500`.
    pub fn limit(&self) -> String {
        match self.breaks {
            None => format!("holds {}, its limit lies beyond", self.holds),
            Some(breaks) if self.holds == 0 => format!("breaks at {breaks}"),
            Some(breaks) => format!("holds {}, breaks at {breaks}", self.holds),
        }
    }
}

fn cell(name: &str, run: &Run) -> Cell {
    let summary = &run.summary;
    let measures = summary.measures.as_ref();
    Cell {
        asked: summary.target,
        healthy: summary.last.healthy,
        verdict: summary.verdict,
        reason: summary.reason,
        reached_after: summary.steps.last().and_then(|step| step.reached_after),
        check_age_p99: measures.filter(|all| !all.age_of_changes_only).and_then(|all| Some(all.age?.p99)),
        kills: measures.map_or(0, |all| all.kills),
        folder: name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_may_come_in_any_order() {
        let run = |pair: &str, target, verdict| {
            let mut run = Run::default();
            pair.clone_into(&mut run.manifest.pair);
            (run.summary.target, run.summary.verdict) = (target, verdict);
            (format!("{pair}-{target}"), run)
        };
        let runs = [
            run("mesos,HTTP", 100, Verdict::Failed),
            run("mesos,HTTP", 50, Verdict::Passed),
            run("mesos,TCP", 100, Verdict::Passed),
            run("mesos,TCP", 50, Verdict::Passed),
        ];
        let row = |pair: &str| Row { pair: pair.to_owned(), ..Row::default() };
        let before = Matrix { rows: vec![row("mesos,TCP"), row("mesos,HTTP")], ..Matrix::default() };
        let matrix = Matrix::again(&before, &runs);
        let limits: Vec<_> = matrix.rows.iter().map(|row| (row.pair.as_str(), row.holds, row.breaks)).collect();
        assert_eq!(limits, [("mesos,TCP", 100, None), ("mesos,HTTP", 50, Some(100))]);
    }

    #[test]
    fn a_matrix_wider_than_any_page_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (columns, read) in [(MOST_RUNS as u64, true), (1_999, false)] {
            let matrix = Matrix { format: 2, counts: (1..=columns).collect(), ..Matrix::default() };
            std::fs::write(folder.path().join("matrix.json"), serde_json::to_string(&matrix).unwrap()).unwrap();
            assert_eq!(Matrix::read(folder.path()).is_ok(), read, "{columns}");
        }
    }

    #[test]
    fn the_limit_is_the_largest_number_below_which_all_held() {
        let mut row = Row::default();
        for (asked, verdict) in [(10, Verdict::Passed), (50, Verdict::Failed), (100, Verdict::Passed)] {
            row.take(Cell { asked, verdict, ..Cell::default() }, "too late");
        }
        assert_eq!((row.holds, row.breaks, row.why.as_str()), (10, Some(50), "too late"));
        assert_eq!(row.limit(), "holds 10, breaks at 50");
    }
}
