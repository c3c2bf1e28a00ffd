//! `hc-rig parity`: the embedded fake beside a folder of recordings.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use recordings::{
    cases,
    compare::{Score, compare, table},
    replay::replay,
};
use serde_json::Value;

use crate::{
    commands::Done,
    exit::{Code, Failure},
};

/// Re-runs every case of the folder against the fake in virtual time and tells what differs.
///
/// # Errors
/// Exit code 2: the folder or one of its recordings cannot be read, or holds no case.
pub fn parity(dir: &Path) -> Result<Done, Failure> {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    for case in cases::NAMES {
        let path = dir.join(format!("{case}.jsonl"));
        if path.exists() {
            let golden = read(&path)?;
            scores.insert(case, compare(&golden, &replay(case, &golden)));
        }
    }
    if scores.is_empty() {
        let where_from = "make some with `hc-rig record --url URL --out DIR`";
        return Err(Failure::usage(format!("{} holds no recording of a known case; {where_from}", dir.display())));
    }
    let mut text = table(scores.iter().map(|(case, score)| (*case, score)));
    let mut differences = 0;
    for (case, score) in &scores {
        for check in score.checks.iter().filter(|check| !check.holds()) {
            differences += 1;
            let _ = writeln!(text, "\n{case}: {}: {}", check.kind, check.what);
            for why in check.why.iter().take(4) {
                let _ = writeln!(text, "    {why}");
            }
        }
    }
    Ok(match differences {
        0 => Done::well(text),
        1 => Done { text, trouble: Some("1 difference".to_owned()), code: Code::Failed },
        n => Done { text, trouble: Some(format!("{n} differences")), code: Code::Failed },
    })
}

fn read(path: &Path) -> Result<Vec<Value>, Failure> {
    let unreadable = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let row = |(n, line): (usize, &str)| {
        let row: Value =
            serde_json::from_str(line).map_err(|error| unreadable(format!("line {} is no JSON: {error}", n + 1)))?;
        match row["t"].is_number() && row["kind"].is_string() {
            true => Ok(row),
            false => Err(unreadable(format!("line {} is no row of a recording: it lacks `t` or `kind`", n + 1))),
        }
    };
    text.lines().enumerate().map(row).collect()
}
