//! Lines on stderr, above the live lines if there are some. A reader that went away, as behind `2>&1 | head`, must not end a run without its clean-up, which is
//! what `eprintln!` would do. Text of others is made visible on its way ([`text::visible`]).
//!
//! Where the log is JSON, everything on stderr is: a line is an object like those of the log, so that a collector of logs can
//! read all of it.

use std::{
    fmt::Display,
    io::{self, Write},
};

use serde_json::json;

use crate::{
    folder::moment,
    terminal::{board, log_format},
};

/// Decides for the whole program whether lines are JSON, before the first one.
pub fn decide(json: bool) {
    if log_format::decide(json) && json {
        std::panic::set_hook(Box::new(|panic| problem(panic.to_string())));
    }
}

/// Writes one line, whatever the text holds.
pub fn line(text: impl Display) {
    write(Level::Info, &text.to_string());
}

/// Writes what went wrong and ends nothing.
pub fn warning(text: impl Display) {
    write(Level::Warning, &text::plain::system(&text.to_string()));
}

/// Writes what went wrong.
pub fn problem(text: impl Display) {
    write(Level::Error, &text::plain::system(&text.to_string()));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    /// As the log writes it, and what a line for people begins with.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Info => ("INFO", ""),
            Self::Warning => ("WARN", "hc-rig: warning: "),
            Self::Error => ("ERROR", "hc-rig: "),
        }
    }
}

/// The object has the keys of the log's own.
fn rendered(json: bool, level: Level, text: &str) -> String {
    let (word, start) = level.words();
    if !json {
        return format!("{start}{text}");
    }
    let plain = console::strip_ansi_codes(text);
    json!({"timestamp": moment::now(), "level": word, "fields": {"message": plain}}).to_string()
}

fn write(level: Level, text: &str) {
    let text = rendered(log_format::is_json(), level, text);
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_line_of_json_has_the_keys_of_the_log_whatever_the_text_holds() {
        let text = "\u{1b}[32mgreen\u{1b}[0m \"quoted\"\nnext \u{202e}turned";
        for (level, word) in [(Level::Info, "INFO"), (Level::Warning, "WARN"), (Level::Error, "ERROR")] {
            let line = rendered(true, level, text);
            let written: Value = serde_json::from_str(&text::visible(&line)).unwrap();
            assert_eq!(written["level"], word);
            assert_eq!(written["fields"]["message"], "green \"quoted\"\nnext \u{202e}turned");
            assert!(written["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{written}");
        }
        assert_eq!(rendered(false, Level::Warning, "a"), "hc-rig: warning: a");
    }
}
