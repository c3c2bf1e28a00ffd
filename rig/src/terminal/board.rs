//! The live lines of a command at the bottom of the terminal, drawn again whenever something changes.
//!
//! The cursor rests at the first of the lines, never below them: a terminal that becomes narrower breaks the lines
//! anew, and then only their beginning is known. From there everything is erased and drawn again in the new width, so
//! that no line is torn or doubled. Whatever else goes to stderr is printed above the lines.

use std::{
    io::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use crate::terminal::{
    layout::wrapped,
    pair_line::PairLine,
    screen::{self, Size},
};

/// The lines of a command.
#[derive(Debug, Default)]
pub struct Board(Mutex<Lines>);

/// What the board holds.
#[derive(Debug, Default)]
struct Lines {
    /// The runs' lines, in the order in which they began.
    pairs: Vec<PairLine>,
    /// Of these, so many are over and were printed above for good, since there was no room.
    printed: usize,
    /// A sentence below the lines.
    status: String,
    /// Nothing is drawn any more.
    closed: bool,
}

/// The board on the screen, for whoever prints something else.
static ON_SCREEN: Mutex<Option<Arc<Board>>> = Mutex::new(None);

/// The board that is on the screen at present.
pub fn on_screen() -> Option<Arc<Board>> {
    ON_SCREEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Takes the board off the screen, if there is one: the end of the command takes its place on a terminal, and elsewhere
/// its lines stay.
pub fn take_down() {
    if let Some(board) = on_screen() {
        board.close(!screen::stdout_is_terminal());
    }
}

impl Board {
    /// A board on the screen, drawn again when the terminal changes its size.
    pub fn open() -> Arc<Self> {
        let board = Arc::new(Self::default());
        *ON_SCREEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(board.clone());
        // Outside of a runtime the next change draws in the new size.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(follow_size(Arc::downgrade(&board)));
        }
        board
    }

    /// Adds a line; returns its place.
    pub fn add(&self, line: PairLine) -> usize {
        let mut lines = self.lines();
        lines.pairs.push(line);
        lines.draw("");
        lines.pairs.len() - 1
    }

    /// Changes a line.
    pub fn update(&self, place: usize, change: impl FnOnce(&mut PairLine)) {
        let mut lines = self.lines();
        if let Some(line) = lines.pairs.get_mut(place) {
            change(line);
        }
        lines.draw("");
    }

    /// Puts a sentence below the lines; an empty one goes.
    pub fn set_status(&self, status: String) {
        let mut lines = self.lines();
        lines.status = status;
        lines.draw("");
    }

    /// Prints text above the lines.
    pub fn above(&self, text: &str) {
        self.lines().draw(text);
    }

    /// Ends drawing. The lines stay, or go because something else takes their place.
    pub fn close(&self, keep: bool) {
        let mut lines = self.lines();
        if lines.closed {
            return;
        }
        lines.status.clear();
        if keep {
            let size = screen::of_stderr();
            let last = lines.rendered(lines.printed, size.columns).join("\n");
            lines.pairs.clear();
            lines.printed = 0;
            lines.draw(&last);
        } else {
            lines.pairs.clear();
            lines.printed = 0;
            lines.draw("");
        }
        lines.closed = true;
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    /// Draws everything again, below `text` if there is some. A terminal that is gone is no error: the run goes on.
    fn draw(&mut self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        if self.closed {
            if !text.is_empty() {
                let _ = writeln!(stderr, "{text}");
            }
            return;
        }
        let _ = stderr.write_all(self.frame(text, screen::of_stderr()).as_bytes()).and_then(|()| stderr.flush());
    }

    /// What is sent to a terminal of this size.
    fn frame(&mut self, text: &str, size: Size) -> String {
        // All of it at once where the terminal can do so ("synchronized output"); others ignore it.
        let mut out = "\x1b[?2026h\r\x1b[J".to_owned();
        let mut above = |line: &str| {
            out.push_str(line);
            out.push_str("\r\n");
        };
        text.lines().for_each(&mut above);
        let (overflow, rows) = self.rows(size);
        overflow.iter().for_each(|line| above(line));
        out.push_str(&rows.join("\r\n"));
        if rows.len() > 1 {
            out.push_str(&format!("\x1b[{}A", rows.len() - 1));
        }
        out.push_str("\r\x1b[?2026l");
        out
    }

    /// Lines that are over and for which there is no room, to be printed once, and the rows to be drawn.
    fn rows(&mut self, size: Size) -> (Vec<String>, Vec<String>) {
        // A row that fills the last column would leave the cursor in no certain place.
        let columns = size.columns - 1;
        let status = if self.status.is_empty() { Vec::new() } else { wrapped(&self.status, columns) };
        let room = (size.rows - 1).saturating_sub(status.len()).max(1);
        let mut overflow = Vec::new();
        while self.pairs.len() - self.printed > room && self.pairs[self.printed].is_over() {
            let name_columns = self.name_columns(columns);
            overflow.push(self.pairs[self.printed].render(name_columns, columns));
            self.printed += 1;
        }
        let mut rows = self.rendered(self.printed, size.columns);
        if rows.len() > room {
            let hidden = rows.len() - (room - 1);
            rows.truncate(room - 1);
            rows.push(text::cut(&format!("… and {hidden} more"), columns - 1));
        }
        rows.extend(status);
        (overflow, rows)
    }

    fn rendered(&self, from: usize, columns: usize) -> Vec<String> {
        let name_columns = self.name_columns(columns - 1);
        self.pairs[from..].iter().map(|line| line.render(name_columns, columns - 1)).collect()
    }

    /// Columns of the names: those of the longest, at most half the line.
    fn name_columns(&self, columns: usize) -> usize {
        let longest = self.pairs.iter().map(|line| line.name.chars().count()).max().unwrap_or_default();
        longest.min(columns / 2)
    }
}

/// Draws again whenever the terminal has another size.
async fn follow_size(board: Weak<Board>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut changes) = signal(SignalKind::window_change()) else { return };
    while changes.recv().await.is_some() {
        let Some(board) = board.upgrade() else { return };
        board.above("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::pair_line::Phase;

    fn lines(n: usize, over: usize) -> Lines {
        let pair = |index: usize| PairLine {
            name: format!("mesos,TCP × {index}"),
            target: 10,
            phase: if index < over { Phase::Over("PASSED".to_owned()) } else { Phase::Running },
            ..PairLine::default()
        };
        Lines { pairs: (0..n).map(pair).collect(), ..Lines::default() }
    }

    #[test]
    fn the_cursor_rests_at_the_first_row_and_no_row_reaches_the_edge() {
        let mut lines = lines(3, 0);
        lines.status = "Stopping: deleting 306 tasks… (once more quits and leaves them)".to_owned();
        let frame = lines.frame("a note", Size { columns: 40, rows: 10 });
        let frame = frame.strip_prefix("\x1b[?2026h\r\x1b[Ja note\r\n").expect("a note above");
        let rows: Vec<&str> = frame.split("\r\n").collect();
        assert_eq!(rows.len(), 5, "{rows:?}");
        assert!(frame.ends_with("\x1b[4A\r\x1b[?2026l"), "{frame:?}");
        assert!(rows.iter().all(|row| console::measure_text_width(row) < 40), "{rows:?}");
        assert_eq!(lines.frame("a note", Size { columns: 40, rows: 10 }).matches("a note").count(), 1);
    }

    #[test]
    fn what_is_over_makes_room_and_what_is_not_is_counted() {
        let size = Size { columns: 80, rows: 5 };
        let mut some = lines(6, 3);
        let (overflow, rows) = some.rows(size);
        assert_eq!((overflow.len(), rows.len()), (2, 4));
        assert!(overflow[0].contains("× 0") && overflow[1].contains("PASSED"), "{overflow:?}");
        assert_eq!(some.rows(size).0.len(), 0, "each of them once");
        let (overflow, rows) = lines(9, 0).rows(size);
        assert_eq!((overflow.len(), rows.len()), (0, 4));
        assert_eq!(rows[3], "… and 6 more");
    }
}
