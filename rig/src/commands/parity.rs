//! `hc-rig parity`: compares the embedded fake with a folder of recordings.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use recordings::{
    cases,
    compare::{Score, compare, table},
    replay::replay,
};
use serde_json::Value;

use crate::exit::{Code, Completion, Failure};

/// Arguments of `hc-rig parity`.
#[derive(Args, Clone, Debug)]
pub struct ParityArgs {
    /// The folder with the recordings
    pub dir: PathBuf,
}

/// Replays every case of the folder on the fake in virtual time and lists the differences.
///
/// # Errors
/// Exit code 2: the folder or one of its recordings cannot be read, or holds no case.
pub fn run(ParityArgs { dir }: &ParityArgs) -> Result<Completion, Failure> {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for case in cases::ALL {
        let path = dir.join(format!("{}.jsonl", case.name));
        if path.exists() {
            let golden = read(&path)?;
            scores.insert(case.name, compare(&golden, &replay(case, &golden)));
        }
    }
    if scores.is_empty() {
        let hint = "make some with `hc-rig record --url URL --out DIR`";
        return Err(Failure::usage(format!("{} holds no recording of a known case; {hint}", dir.display())));
    }
    let mut text = table(scores.iter().map(|(case, score)| (*case, score)));
    let mut differences = 0_usize;
    for (case, score) in &scores {
        for check in score.checks.iter().filter(|check| !check.holds()) {
            differences += 1;
            let _ = writeln!(text, "\n{case}: {}: {}", check.kind, check.what);
            for why in check.why.iter().take(4) {
                let _ = writeln!(text, "    {why}");
            }
        }
    }
    if differences == 0 {
        return Ok(Completion::passed(text));
    }
    Ok(Completion::failed(text, Failure::new(Code::Failed, text::count(differences, "difference"))))
}

fn read(path: &Path) -> Result<Vec<Value>, Failure> {
    let unreadable = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let row = |(n, line): (usize, &str)| {
        let row: Value =
            serde_json::from_str(line).map_err(|error| unreadable(format!("line {} is not JSON: {error}", n + 1)))?;
        match row["t"].is_number() && row["kind"].is_string() {
            true => Ok(row),
            false => Err(unreadable(format!("line {} is not a row of a recording: it lacks `t` or `kind`", n + 1))),
        }
    };
    text.lines().enumerate().map(row).collect()
}
