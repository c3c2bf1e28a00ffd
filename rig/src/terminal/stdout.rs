//! What commands print on stdout: their text, and files of a sandbox.

use std::io::{self, IsTerminal as _, Write};

use crate::{
    exit::Completion,
    terminal::{color, layout::sentence_field, screen, stderr},
};

/// Writes how a command ended. What its text holds of others was cut into lines before ([`super::layout`]); nothing in it
/// steers the terminal. The verdict is the first line of a file, and the last one on a terminal, where that is what is
/// on the screen. A document has stdout for itself.
///
/// # Errors
/// Stdout cannot be written.
pub fn print(end: &Completion) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let text = text::visible_lines(&end.text);
    if let Some(document) = &end.document {
        if !text.is_empty() {
            stderr::line(text.trim_end());
        }
        if let Some((verdict, sentence)) = &end.verdict {
            stderr::line(verdict_line(verdict, sentence).trim_end());
        }
        out.write_all(document.as_bytes())?;
        return out.flush();
    }
    match &end.verdict {
        None => out.write_all(text.as_bytes())?,
        Some((verdict, sentence)) if screen::stdout_is_terminal() => {
            out.write_all(text.as_bytes())?;
            write!(out, "{}", verdict_line(verdict, sentence))?;
        }
        Some((verdict, sentence)) => write!(out, "{}{text}", verdict_line(verdict, sentence))?,
    }
    out.flush()
}

/// The word of the verdict, which is a label too, and its sentence.
fn verdict_line(word: &str, sentence: &str) -> String {
    let mut line = String::new();
    sentence_field(&mut line, word, sentence);
    line.replacen(word, &color::word(word), 1)
}

/// Where a file of a sandbox goes: as it is to a file or a program, made visible to a terminal.
pub fn of_file() -> Box<dyn Write> {
    let out = io::stdout();
    if out.is_terminal() { Box::new(Visible::new(out)) } else { Box::new(out) }
}

/// Makes the bytes of a text visible, line ends and tabs aside. Bytes that are no UTF-8 become `U+FFFD`.
#[derive(Debug)]
pub struct Visible<W> {
    out: W,
    /// The beginning of a character whose end has not come yet.
    rest: Vec<u8>,
}

impl<W: Write> Visible<W> {
    /// In front of this writer.
    pub fn new(out: W) -> Self {
        Self { out, rest: Vec::new() }
    }
}

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            // Without a length it is the end that is missing.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => self.rest.len() - unfinished(&self.rest),
        };
        let text: Vec<u8> = self.rest.drain(..whole).collect();
        self.out.write_all(text::visible_lines(&String::from_utf8_lossy(&text)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.out.write_all(text::visible_lines(&String::from_utf8_lossy(&rest)).as_bytes())?;
        self.out.flush()
    }
}

/// How many bytes at the end are the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let starts = (tail..bytes.len()).find(|start| {
        std::str::from_utf8(&bytes[*start..])
            .is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    });
    starts.map_or(0, |start| bytes.len() - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_visible_wherever_its_bytes_are_cut() {
        let file = "\u{fc}ber\u{1b}[2J\n\u{9b}1m\t\u{1f600}".as_bytes();
        for cut in 0..=file.len() {
            let mut out = Vec::new();
            let mut visible = Visible::new(&mut out);
            visible.write_all(&file[..cut]).unwrap();
            visible.write_all(&file[cut..]).unwrap();
            visible.flush().unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), "\u{fc}ber\\u001b[2J\n\\u009b1m\t\u{1f600}", "cut at {cut}");
        }
    }

    #[test]
    fn bytes_of_no_text_do_not_hold_up_what_follows() {
        let mut out = Vec::new();
        let mut visible = Visible::new(&mut out);
        visible.write_all(b"a\xff\x1bb\xe2\x82").unwrap();
        visible.flush().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a\u{fffd}\\u001bb\u{fffd}");
    }
}
