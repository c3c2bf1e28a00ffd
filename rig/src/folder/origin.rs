//! What `summary.json` and `matrix.json` over several runs say of where these came from.

use serde::{Deserialize, Serialize};

use crate::folder::{Named, Run};

/// Where several runs came from: one command of one program against one Marathon.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Origin {
    /// Version of the program that ran them.
    pub version: String,
    /// The command line, without secrets.
    pub command: String,
    /// Base URL of the Marathon, without user or password.
    pub url: String,
    /// When the first of them began, ISO 8601.
    pub started_at: String,
    /// When the last of them ended, clean-up included, ISO 8601; absent where one has no end: it was killed, or an earlier program
    /// wrote it.
    pub ended_at: Option<String>,
}

impl Origin {
    /// Of these runs.
    pub fn of(runs: &[Named]) -> Self {
        let summaries = || runs.iter().map(|(_, run): &(String, Run)| &run.summary);
        let Some(first) = summaries().next() else { return Self::default() };
        Self {
            version: first.version.clone(),
            command: first.command.clone(),
            url: first.url.clone(),
            // ISO 8601 in UTC sorts as text.
            started_at: summaries().map(|summary| summary.started_at.as_str()).min().unwrap_or_default().to_owned(),
            ended_at: summaries()
                .map(|summary| summary.ended_at.clone())
                .collect::<Option<Vec<String>>>()
                .and_then(|ends| ends.into_iter().max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_runs_began_with_the_first_and_ended_with_the_last() {
        let run = |started_at: &str, ended_at: Option<&str>| {
            let mut run = Run::default();
            run.summary.started_at = started_at.to_owned();
            run.summary.ended_at = ended_at.map(str::to_owned);
            run.summary.command = "hc-rig try".to_owned();
            (started_at.to_owned(), run)
        };
        let (early, late) = (
            run("2026-11-22T17:00:05.000Z", Some("2026-11-22T17:01:00.000Z")),
            run("2026-11-22T17:00:01.000Z", Some("2026-11-22T17:00:30.000Z")),
        );
        let origin = Origin::of(&[early, late]);
        assert_eq!((origin.started_at.as_str(), origin.command.as_str()), ("2026-11-22T17:00:01.000Z", "hc-rig try"));
        assert_eq!(origin.ended_at.as_deref(), Some("2026-11-22T17:01:00.000Z"));
        let killed = [run("a", Some("b")), run("c", None)];
        assert_eq!(Origin::of(&killed).ended_at, None, "one was killed");
        assert_eq!(Origin::of(&[]), Origin::default());
    }
}
