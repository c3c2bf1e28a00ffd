//! The differences between recordings and the fake that are known and stay, each with its reason: the table in
//! `docs/fidelity.md`.

use std::{fmt, sync::LazyLock};

use crate::compare::Check;

/// The document with the table, as it was when this was built.
const DOCUMENT: &str = include_str!("../../docs/fidelity.md");

/// What stands above the table.
const HEADING: &str = "\n## Known differences\n";

/// A difference that is known: `| case | kind | what it begins with | reason |`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownDifference {
    /// The case; it may end with `*`.
    pub case: &'static str,
    /// The kind of check: `http`, `events` or `health`.
    pub kind: &'static str,
    /// What differs, as [`Check::what`] begins.
    pub what: &'static str,
    /// Why it stays.
    pub reason: &'static str,
}

impl fmt::Display for KnownDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.case, self.kind, self.what)
    }
}

impl KnownDifference {
    /// Whether it is about this case.
    #[must_use]
    pub fn is_of(&self, case: &str) -> bool {
        self.case.strip_suffix('*').map_or(self.case == case, |start| case.starts_with(start))
    }
}

/// All of them, in the order of the table.
pub static KNOWN: LazyLock<Vec<KnownDifference>> = LazyLock::new(|| rows(DOCUMENT).filter_map(row).collect());

/// The known difference that covers this one, and its place in the table.
#[must_use]
pub fn known(case: &str, check: &Check) -> Option<(usize, &'static KnownDifference)> {
    KNOWN.iter().enumerate().find(|(_, known)| {
        known.is_of(case) && known.kind == check.kind && check.what.replace('|', "/").starts_with(known.what)
    })
}

/// The rows below the head of the table.
fn rows(document: &'static str) -> impl Iterator<Item = &'static str> {
    let table = document.split_once(HEADING).map_or("", |(_, table)| table);
    let table = table.split("\n## ").next().unwrap_or_default();
    table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1)
}

/// A row with four cells, the last of which is not empty.
fn row(line: &'static str) -> Option<KnownDifference> {
    let line = line.strip_prefix('|')?.trim_end().strip_suffix('|')?;
    let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
    match cells[..] {
        [case, kind, what, reason] if !reason.is_empty() => Some(KnownDifference { case, kind, what, reason }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_read() {
        assert!(!KNOWN.is_empty());
        for line in rows(DOCUMENT) {
            let known = row(line).unwrap_or_else(|| panic!("four cells with a reason are wanted: {line}"));
            assert!(["http", "events", "health"].contains(&known.kind), "{line}");
            assert!(!known.what.is_empty(), "each row names one difference: {line}");
        }
    }

    #[test]
    fn only_the_listed_difference_of_its_case_is_known() {
        let check = |kind, what: &str| Check { kind, what: what.to_owned(), why: vec!["count: 1, 2".to_owned()] };
        assert!(known("lifecycle.plain", &check("http", "GET /v2/queue (second)")).is_some());
        assert!(known("lifecycle.plain", &check("http", "GET /v2/apps")).is_none());
        assert!(known("lifecycle.plain", &check("events", "GET /v2/queue")).is_none());
        assert!(known("lifecycle.suspended", &check("http", "GET /v2/queue")).is_none());
    }
}
