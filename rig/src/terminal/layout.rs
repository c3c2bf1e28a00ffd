//! What the texts share: fields of a label and a value, paragraphs, lists, and text from a cluster made harmless.

use std::fmt::{Display, Write as _};

/// Columns of a paragraph: what every terminal has.
pub const WIDTH: usize = 80;

/// Where the value of a field begins, as an indent.
pub const INDENT: &str = "             ";

/// Columns of a label.
pub const LABEL: usize = 12;

/// A line of a label and its value.
pub fn field(out: &mut String, label: &str, value: impl Display) {
    let _ = writeln!(out, "{label:<LABEL$} {}", text::visible(&value.to_string()));
}

/// A field whose value goes on below itself where it is longer than a line.
pub fn long_field(out: &mut String, label: &str, value: &str) {
    let mut body = String::new();
    paragraph(&mut body, INDENT, value);
    let _ = write!(out, "{label:<LABEL$} {}", body.strip_prefix(INDENT).unwrap_or(&body));
}

/// A field of parts separated by ` · `, broken only between them where it is longer than a line.
pub fn field_of_parts(out: &mut String, label: &str, value: &str) {
    let mut line = format!("{label:<LABEL$} ");
    let value = text::visible(value);
    let mut parts = value.split(" · ").peekable();
    while let Some(part) = parts.next() {
        let part = if parts.peek().is_some() { format!("{part} · ") } else { part.to_owned() };
        if line.chars().count() + part.trim_end().chars().count() > WIDTH
            && line.trim_end().chars().count() > INDENT.len()
        {
            let _ = writeln!(out, "{}", line.trim_end());
            INDENT.clone_into(&mut line);
        }
        line.push_str(&part);
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Words broken into lines of one indentation.
pub fn paragraph(out: &mut String, indent: &str, text: &str) {
    let mut line = indent.to_owned();
    for word in text::visible(text).split_whitespace() {
        if line.chars().count() + word.chars().count() > WIDTH && !line.trim_start().is_empty() {
            let _ = writeln!(out, "{}", line.trim_end());
            indent.clone_into(&mut line);
        }
        line.push_str(word);
        line.push(' ');
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// An item of a list: the mark, then lines that hang below its text.
pub fn item(out: &mut String, mark: &str, text: &str) {
    let indent = " ".repeat(mark.len());
    let mut body = String::new();
    paragraph(&mut body, &indent, text);
    out.push_str(mark);
    out.push_str(body.strip_prefix(&indent).unwrap_or(&body));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_word_is_lost() {
        let text = "some words of different lengths ".repeat(9);
        let mut out = String::new();
        long_field(&mut out, "Label", &text);
        item(&mut out, "  - ", &text);
        assert!(out.lines().all(|line| line.chars().count() <= WIDTH), "{out}");
        assert_eq!(out.split_whitespace().count(), 2 + 2 * text.split_whitespace().count(), "{out}");
        assert!(out.starts_with("Label        some words") && out.contains("\n             "), "{out}");
    }

    #[test]
    fn parts_stay_whole() {
        let mut out = String::new();
        field_of_parts(
            &mut out,
            "On",
            "the first part of some words · a second part of some words · and the third part",
        );
        assert_eq!(
            out,
            "On           the first part of some words · a second part of some words ·\n             and the third part\n"
        );
    }

    #[test]
    fn a_word_longer_than_a_line_stays_whole() {
        let mut out = String::new();
        paragraph(&mut out, "  ", &format!("a {} b", "x".repeat(100)));
        assert_eq!(out.lines().count(), 3, "{out}");
    }

    #[test]
    fn a_foreign_value_stays_on_its_line() {
        let evil = "a\u{1b}[31mb\nc";
        let mut out = String::new();
        field(&mut out, "One", evil);
        field_of_parts(&mut out, "Two", evil);
        long_field(&mut out, "Three", evil);
        item(&mut out, "- ", evil);
        let safe = "a\\u001b[31mb\\nc";
        assert_eq!(out, format!("One          {safe}\nTwo          {safe}\nThree        {safe}\n- {safe}\n"));
    }
}
