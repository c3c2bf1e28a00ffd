//! Lines on stderr, above the live lines if there are some. A reader that went away, as behind `2>&1 | head`, must not end a run without its clean-up, which is
//! what `eprintln!` would do. Text of others is made visible on its way ([`text::visible`]).

use std::{
    fmt::Display,
    io::{self, Write},
};

use crate::terminal::board;

/// Writes one line, whatever the text holds.
pub fn line(text: impl Display) {
    let text = text.to_string();
    let safe = text::visible(&text);
    match board::on_screen() {
        Some(board) => board.above(&safe),
        None => drop(writeln!(io::stderr(), "{safe}")),
    }
}

/// Where the log goes, one call an event. Only the colours of the log's own format pass.
#[derive(Clone, Copy, Debug)]
pub struct LogWriter {
    /// Whether the format uses colours.
    pub ansi: bool,
}

impl Write for LogWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let one = text.strip_suffix('\n').unwrap_or(&text);
        let mut safe = String::with_capacity(text.len());
        for (n, part) in one.split("\u{1b}[").enumerate() {
            match part.split_once('m').filter(|(codes, _)| n > 0 && self.ansi && is_sgr(codes)) {
                Some((codes, rest)) => {
                    safe.push_str("\u{1b}[");
                    safe.push_str(codes);
                    safe.push('m');
                    safe.push_str(&text::visible(rest));
                }
                None if n > 0 => safe.push_str(&text::visible(&format!("\u{1b}[{part}"))),
                None => safe.push_str(&text::visible(part)),
            }
        }
        match board::on_screen() {
            Some(board) => board.above(&safe),
            None => writeln!(io::stderr(), "{safe}")?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Numbers that select colours, as `1;31`.
fn is_sgr(codes: &str) -> bool {
    codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';')
}
