//! How much room the terminal has, and whether it can show lines that change.

use std::{io::IsTerminal as _, sync::OnceLock};

use console::Term;

use crate::terminal::log_format;

/// Columns and rows of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns, at least `NARROWEST`.
    pub columns: usize,
    /// Rows, at least `LOWEST`.
    pub rows: usize,
}

/// What a terminal has that does not report its size, and what a text has that goes elsewhere.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// Lines are not cut shorter than this.
const NARROWEST: usize = 20;

/// Fewer rows than this are not counted with.
const LOWEST: usize = 4;

/// Text is not set wider than this, because longer lines are hard to read.
const WIDEST_TEXT: usize = 100;

/// Whether stdout is a terminal; not before [`decide`].
static STDOUT: OnceLock<bool> = OnceLock::new();

/// Decides for the whole program whether stdout is a terminal, before the first line.
pub fn decide() {
    // The first decision stands, also when the terminal is closed later.
    let _ = STDOUT.set(std::io::stdout().is_terminal());
}

/// Whether stdout was a terminal when the program started.
pub fn stdout_is_terminal() -> bool {
    STDOUT.get().is_some_and(|terminal| *terminal)
}

/// The size of the terminal on stderr, where progress is.
pub fn of_stderr() -> Size {
    size(Term::stderr().size_checked())
}

/// The size of the terminal on stdout, if it is one.
pub fn of_stdout() -> Option<Size> {
    stdout_is_terminal().then(|| size(Term::stdout().size_checked()))
}

/// Columns of a text on stdout.
pub fn text_columns() -> usize {
    of_stdout().map_or(USUAL.columns, |size| size.columns.min(WIDEST_TEXT))
}

/// Columns of a line on stdout that is not broken: those of the terminal, any number elsewhere.
pub fn columns_of_lines() -> usize {
    of_stdout().map_or(usize::MAX, |size| size.columns)
}

/// Whether the terminal understands more than plain lines: it has a name and is not `dumb`.
pub fn has_name() -> bool {
    std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Whether lines on stderr can be drawn again.
pub fn can_redraw() -> bool {
    std::io::stderr().is_terminal() && has_name() && !log_format::is_json()
}

/// Rows and columns as the system reports them.
fn size(reported: Option<(u16, u16)>) -> Size {
    reported.map_or(USUAL, |(rows, columns)| Size {
        columns: usize::from(columns).max(NARROWEST),
        rows: usize::from(rows).max(LOWEST),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_never_too_small_to_draw_in() {
        assert_eq!(size(Some((10, 40))), Size { columns: 40, rows: 10 });
        assert_eq!(size(Some((1, 2))), Size { columns: NARROWEST, rows: LOWEST });
        assert_eq!(size(None), USUAL);
    }
}
