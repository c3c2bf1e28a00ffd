//! `samples.jsonl`: one line a poll, read leniently (the harness's sampler owns the format and writes it).

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The states of a task that a sample counts, in the order in which they are stacked in the chart (bottom first).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Every check's last result is good.
    Healthy,
    /// A check's last result is bad.
    Unhealthy,
    /// The agent is not heard of.
    Unreachable,
    /// On its way out, or over.
    Killing,
    /// Running without a check result.
    Running,
    /// Accepted by an agent, not running.
    Staged,
    /// Asked for, not launched.
    Scheduled,
}

impl State {
    /// All of them, bottom of the stack first.
    pub const ALL: [State; 7] = [
        State::Healthy,
        State::Unhealthy,
        State::Unreachable,
        State::Killing,
        State::Running,
        State::Staged,
        State::Scheduled,
    ];

    /// The key in `counts` and the class in the chart.
    pub fn key(self) -> &'static str {
        match self {
            State::Healthy => "healthy",
            State::Unhealthy => "unhealthy",
            State::Unreachable => "unreachable",
            State::Killing => "killing",
            State::Running => "running",
            State::Staged => "staged",
            State::Scheduled => "scheduled",
        }
    }

    /// What the legend says.
    pub fn label(self) -> &'static str {
        match self {
            State::Running => "running, no result yet",
            State::Killing => "killing or ended",
            other => other.key(),
        }
    }
}

/// How many tasks are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Counts {
    /// Asked for, not launched.
    pub scheduled: u64,
    /// Accepted by an agent, not running.
    pub staged: u64,
    /// Running without a check result.
    pub running: u64,
    /// Last result good.
    pub healthy: u64,
    /// Last result bad.
    pub unhealthy: u64,
    /// Agent not heard of.
    pub unreachable: u64,
    /// On its way out, or over.
    pub killing: u64,
}

impl Counts {
    /// The count of one state.
    pub fn of(&self, state: State) -> u64 {
        match state {
            State::Healthy => self.healthy,
            State::Unhealthy => self.unhealthy,
            State::Unreachable => self.unreachable,
            State::Killing => self.killing,
            State::Running => self.running,
            State::Staged => self.staged,
            State::Scheduled => self.scheduled,
        }
    }

    /// All tasks.
    pub fn total(&self) -> u64 {
        State::ALL.iter().map(|state| self.of(*state)).sum()
    }
}

/// How old the last check results of the tasks were (seconds), where the sampler measured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ages {
    /// The middle one.
    pub p50: f64,
    /// All but one in a hundred are younger.
    pub p99: f64,
    /// The oldest.
    pub max: f64,
    /// The check is native: these are ages of the last change, and the age of the last check cannot be known.
    pub changes_only: bool,
}

/// One poll.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Version of the format.
    pub v: u32,
    /// Wall clock, ISO 8601.
    pub at: String,
    /// Seconds since the first sample's clock began.
    pub t: f64,
    /// Number of the poll, from 1.
    pub request: u64,
    /// The step of the run, from 1; 0 in files of before it was written.
    pub step: usize,
    /// How many instances are asked for.
    pub target: u64,
    /// Tasks by state.
    pub counts: Counts,
    /// Whether `tasks` holds all tasks or only those that changed since the sample before.
    pub complete: bool,
    /// Marathon's own task objects.
    pub tasks: Vec<Value>,
    /// Ids of tasks that are no longer listed.
    pub gone: Vec<String>,
    /// Check results newer than in the sample before; none in files of before it was written.
    pub results: Option<u64>,
    /// Age of the last check results, if measured.
    pub age: Option<Ages>,
    /// Whether a deployment was under way.
    pub deploying: bool,
    /// Seconds that Marathon took to answer.
    pub took: f64,
    /// Seconds after its tick that the poll began.
    pub late: f64,
    /// Ticks since the sample before at which no poll could be made.
    pub missed: u64,
}

/// What [`scan`] met besides good lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Samples handed on.
    pub samples: u64,
    /// Lines that are no sample: the torn last line of a run that was killed or whose disk was full.
    pub torn: u64,
}

/// Hands every sample of the file on, in order; memory stays flat.
///
/// # Errors
/// The file cannot be opened or read. A line that is no sample is counted, not an error.
pub fn scan(path: &Path, mut each: impl FnMut(Sample)) -> io::Result<Scanned> {
    let mut scanned = Scanned::default();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let line = line?;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<Sample>(&line) {
            Ok(sample) => {
                scanned.samples += 1;
                each(sample);
            }
            Err(_) => scanned.torn += 1,
        }
    }
    Ok(scanned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.jsonl");
        std::fs::write(
            &path,
            "{\"v\": 1, \"request\": 1, \"counts\": {\"healthy\": 2}, \"new\": 0}\n\n{\"v\": 1, \"req",
        )
        .unwrap();
        let mut seen = Vec::new();
        let scanned = scan(&path, |sample| seen.push(sample)).unwrap();
        assert_eq!(scanned, Scanned { samples: 1, torn: 1 });
        assert_eq!((seen[0].request, seen[0].counts.healthy, seen[0].counts.total()), (1, 2, 2));
    }
}
