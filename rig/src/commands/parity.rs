//! `hc-rig parity`: compares the embedded fake with a folder of recordings.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use fake_marathon::tuning::Quirks;
use harness::files;
use recordings::{
    cases::{self, Case},
    compare::{Score, compare, table},
    known::known,
    replay::{recorded_version, replay},
};
use serde_json::Value;

use crate::exit::{Code, Completion, Failure};

/// The latest moment of a recording, in seconds. The longest case takes two minutes.
const LONGEST: f64 = 86_400.0;

/// Arguments of `hc-rig parity`.
#[derive(Args, Clone, Debug)]
pub struct ParityArgs {
    /// The folder with the recordings
    pub dir: PathBuf,
}

/// Replays every case of the folder on the fake in virtual time and lists the differences. One that is known and stays is named
/// with its reason, and is no failure.
///
/// # Errors
/// Exit code 2: the folder or one of its recordings cannot be read, or holds no case.
pub fn run(ParityArgs { dir }: &ParityArgs) -> Result<Completion, Failure> {
    let mut recordings: Vec<(&Case, Vec<Value>)> = Vec::new();
    for case in cases::ALL.iter().chain(cases::SECOND) {
        let path = dir.join(format!("{}.jsonl", case.name));
        if path.exists() {
            recordings.push((case, read(&path)?));
        }
    }
    if recordings.is_empty() {
        let hint = "make some with `hc-rig record --url URL --out DIR`";
        return Err(Failure::usage(format!("{} holds no recording of a known case; {hint}", dir.display())));
    }
    let version = recordings.iter().find_map(|(_, golden)| recorded_version(golden));
    let (quirks, which) = choose(version);
    let scores: BTreeMap<&str, Score> =
        recordings.iter().map(|(case, golden)| (case.name, compare(golden, &replay(case, golden, quirks)))).collect();
    let mut text = format!("{which}\n");
    text += &table(scores.iter().map(|(case, score)| (*case, score)));
    let unknown = list(&mut text, &scores);
    if unknown == 0 {
        return Ok(Completion::passed(text));
    }
    Ok(Completion::failed(text, Failure::new(Code::Failed, text::count(unknown, "difference"))))
}

/// Lists the differences, and counts those that are not known.
fn list(text: &mut String, scores: &BTreeMap<&str, Score>) -> usize {
    let mut unknown = 0;
    for (case, score) in scores {
        for check in score.checks.iter().filter(|check| !check.agrees()) {
            let known = known(case, check);
            unknown += usize::from(known.is_none());
            let kind = if known.is_some() { "known difference: " } else { "" };
            let _ = writeln!(text, "\n{kind}{case}: {}: {}", check.kind, check.what);
            for why in check.why.iter().take(4) {
                let _ = writeln!(text, "    {why}");
            }
            if let Some((_, known)) = known {
                let _ = writeln!(text, "    {}", known.reason);
            }
        }
    }
    unknown
}

/// The rules to compare with, and the sentence that names them.
fn choose(recorded: Option<&str>) -> (Quirks, String) {
    let usual = Quirks::default();
    match recorded.map(|version| (version, Quirks::of(version))) {
        Some((version, Ok(quirks))) => {
            (quirks, format!("recorded from Marathon {version}, compared with the rules of {quirks}"))
        }
        Some((version, Err(unknown))) => {
            (usual, format!("recorded from Marathon {version}, compared with the rules of {usual}: {unknown}"))
        }
        None => {
            let why = "no recording has an answer to /v2/info (the case empty.reads has one)";
            (usual, format!("recorded from an unknown version, compared with the rules of Marathon {usual}: {why}"))
        }
    }
}

fn read(path: &Path) -> Result<Vec<Value>, Failure> {
    let unreadable = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let text = files::read_ordinary(path).map_err(|error| unreadable(error.to_string()))?;
    let text = String::from_utf8(text).map_err(|_| unreadable("it is not text in UTF-8".to_owned()))?;
    let row = |(n, line): (usize, &str)| {
        let row: Value = serde_json::from_str(line).map_err(|error| {
            unreadable(format!("line {} is not JSON: {}", n + 1, text::plain::json_reason(&error.to_string())))
        })?;
        if !row["t"].is_number() || !row["kind"].is_string() {
            return Err(unreadable(format!("line {} is not a row of a recording: it lacks `t` or `kind`", n + 1)));
        }
        // The replay waits that long, if only in virtual time.
        match ["t", "took"].into_iter().find(|key| row[key].as_f64().is_some_and(|t| !(0.0..=LONGEST).contains(&t))) {
            None => Ok(row),
            Some(key) => Err(unreadable(format!("line {}: `{key}` is not between 0 and {LONGEST} s", n + 1))),
        }
    };
    text.lines().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_recording_has_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("too_big.jsonl");
        for row in [r#"{"kind": "http", "t": -1}"#, r#"{"kind": "http", "t": 1, "took": 1e300}"#] {
            std::fs::write(&path, row).unwrap();
            let refused = read(&path).unwrap_err().message;
            assert!(refused.contains("line 1") && refused.contains("between 0 and 86400 s"), "{refused}");
        }
    }

    #[test]
    fn the_rules_are_those_of_the_recorded_version_or_the_sentence_says_why_not() {
        let (quirks, which) = choose(Some("1.11.24"));
        assert_eq!(
            (quirks, which.as_str()),
            (Quirks::V1_11, "recorded from Marathon 1.11.24, compared with the rules of 1.11")
        );
        let (quirks, which) = choose(Some("0.9"));
        assert_eq!(quirks, Quirks::default());
        assert!(which.contains("does not know Marathon 0.9; it knows "), "{which}");
        assert!(choose(None).1.contains("no recording has an answer to /v2/info"));
    }
}
