//! What a wait saw, as a reader wants it: changes only.

use std::fmt;
use std::time::Duration;

/// How many entries are kept of the beginning and of the end.
const KEPT_FIRST: usize = 12;
const KEPT_LAST: usize = 28;

/// The distinct views of a wait in order, equal neighbours joined. Long ones keep their beginning and their end.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    omitted: usize,
}

/// Looks in a row that saw the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the first of them ended, since the wait began.
    pub at: Duration,
    /// When the last of them ended.
    pub until: Duration,
    /// How many there were.
    pub looks: u32,
    /// What they saw.
    pub line: String,
    /// Whether that is a trouble instead of a view.
    pub trouble: bool,
}

impl Timeline {
    /// A look that ended at `at` saw `line`.
    pub fn saw(&mut self, at: Duration, line: String) {
        self.push(at, line, false);
    }

    /// A look that ended at `at` saw nothing, because of `trouble`.
    pub fn trouble(&mut self, at: Duration, trouble: String) {
        self.push(at, trouble, true);
    }

    fn push(&mut self, at: Duration, line: String, trouble: bool) {
        if let Some(last) = self.entries.last_mut()
            && last.line == line
            && last.trouble == trouble
        {
            last.until = at;
            last.looks += 1;
            return;
        }
        if self.entries.len() == KEPT_FIRST + KEPT_LAST {
            self.entries.remove(KEPT_FIRST);
            self.omitted += 1;
        }
        self.entries.push(Entry { at, until: at, looks: 1, line, trouble });
    }

    /// The entries that are kept.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last look that failed, unless a later one worked.
    #[must_use]
    pub fn present_trouble(&self) -> Option<&str> {
        self.entries.last().filter(|entry| entry.trouble).map(|entry| entry.line.as_str())
    }

    /// The lines of the report.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.entries.iter().map(Entry::to_string).collect();
        if self.omitted > 0 {
            lines.insert(KEPT_FIRST, format!("{:>9}  ({} further changes are left out here)", "…", self.omitted));
        }
        lines
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trouble = if self.trouble { "no answer: " } else { "" };
        write!(f, "{:>9}  {trouble}{}", text::elapsed(self.at), self.line)?;
        // A steady view says so by the entry after it; a trouble that repeats is worth a count.
        if self.trouble && self.looks > 1 {
            write!(f, " ({} times)", self.looks)?;
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
        timeline.trouble(Duration::from_secs(4), "connection refused".to_owned());
        timeline.trouble(Duration::from_secs(5), "connection refused".to_owned());
        insta::assert_snapshot!(timeline.lines().join("\n"), @r"
           0.00 s  0 healthy
           2.00 s  1 healthy
           3.00 s  0 healthy
           4.00 s  no answer: connection refused (2 times)
        ");
        assert_eq!(timeline.present_trouble(), Some("connection refused"));
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
        assert!(lines[KEPT_FIRST].contains("(60 further changes"), "{}", lines[KEPT_FIRST]);
        assert!(lines[KEPT_FIRST + KEPT_LAST].ends_with("view 99"));
    }
}
