//! What a wait observed: changes only.

use std::{fmt, time::Duration};

/// How many entries are kept of the beginning and of the end.
const KEPT_FIRST: usize = 12;
const KEPT_LAST: usize = 28;

/// The distinct views of a wait in order, equal neighbours joined. Long ones keep their beginning and their end.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    omitted: usize,
}

/// Consecutive observations with the same result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the first of them finished, since the wait began.
    pub at: Duration,
    /// When the last of them finished.
    pub until: Duration,
    /// How many there were.
    pub observations: u32,
    /// What they found, or why they failed.
    pub line: String,
    /// Whether they failed.
    pub failed: bool,
}

impl Timeline {
    /// An observation that finished at `at` found `line`.
    pub fn saw(&mut self, at: Duration, line: String) {
        self.push(at, line, false);
    }

    /// An observation that finished at `at` failed with `error`.
    pub fn failed(&mut self, at: Duration, error: String) {
        self.push(at, error, true);
    }

    fn push(&mut self, at: Duration, line: String, failed: bool) {
        if let Some(last) = self.entries.last_mut()
            && last.line == line
            && last.failed == failed
        {
            last.until = at;
            last.observations += 1;
            return;
        }
        if self.entries.len() == KEPT_FIRST + KEPT_LAST {
            self.entries.remove(KEPT_FIRST);
            self.omitted += 1;
        }
        self.entries.push(Entry { at, until: at, observations: 1, line, failed });
    }

    /// The entries that are kept.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The error of the last observation, if it failed.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.entries.last().filter(|entry| entry.failed).map(|entry| entry.line.as_str())
    }

    /// The lines of the report.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.entries.iter().map(Entry::to_string).collect();
        if self.omitted > 0 {
            lines.insert(KEPT_FIRST, format!("{:>9}  ({} more changes omitted)", "…", self.omitted));
        }
        lines
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.failed { "no answer: " } else { "" };
        write!(f, "{:>9}  {prefix}{}", text::elapsed(self.at), self.line)?;
        // How long a view stayed is clear from the entry after it; a repeated error is worth a count.
        if self.failed && self.observations > 1 {
            write!(f, " ({} times)", self.observations)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_are_joined() {
        let mut timeline = Timeline::default();
        for (at, line) in [(0, "0 healthy"), (1, "0 healthy"), (2, "1 healthy"), (3, "0 healthy")] {
            timeline.saw(Duration::from_secs(at), line.to_owned());
        }
        timeline.failed(Duration::from_secs(4), "connection refused".to_owned());
        timeline.failed(Duration::from_secs(5), "connection refused".to_owned());
        insta::assert_snapshot!(timeline.lines().join("\n"), @r"
           0.00 s  0 healthy
           2.00 s  1 healthy
           3.00 s  0 healthy
           4.00 s  no answer: connection refused (2 times)
        ");
        assert_eq!(timeline.last_error(), Some("connection refused"));
    }

    #[test]
    fn a_long_one_keeps_both_ends() {
        let mut timeline = Timeline::default();
        for n in 0..100 {
            timeline.saw(Duration::from_secs(n), format!("view {n}"));
        }
        let lines = timeline.lines();
        assert_eq!(lines.len(), KEPT_FIRST + KEPT_LAST + 1);
        assert!(lines[0].ends_with("view 0"));
        assert!(lines[KEPT_FIRST].contains("(60 more changes"), "{}", lines[KEPT_FIRST]);
        assert!(lines[KEPT_FIRST + KEPT_LAST].ends_with("view 99"));
    }
}
