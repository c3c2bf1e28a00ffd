//! What the texts share: fields of a label and a value, paragraphs, lists, and text from a cluster made harmless.

use std::fmt::{Display, Write as _};

use crate::terminal::screen::{stdout_is_terminal, text_columns};

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

/// A field with a sentence: on a terminal it goes on below itself, in a file it is one line, for programs that look for it.
pub fn sentence_field(out: &mut String, label: &str, value: &str) {
    if stdout_is_terminal() { long_field(out, label, value) } else { field(out, label, value) }
}

/// A field of parts separated by ` · `, broken only between them where it is longer than a line; a part that is longer
/// than a line is broken between its words.
pub fn field_of_parts(out: &mut String, label: &str, value: &str) {
    let room = text_columns().saturating_sub(INDENT.len());
    let value = text::visible(value);
    let mut lines: Vec<String> = Vec::new();
    let mut parts = value.split(" · ").peekable();
    while let Some(part) = parts.next() {
        let part = if parts.peek().is_some() { format!("{part} ·") } else { part.to_owned() };
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + part.chars().count() <= room => {
                line.push(' ');
                line.push_str(&part);
            }
            Some(_) | None => lines.extend(wrapped(&part, room)),
        }
    }
    for (index, line) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        let _ = writeln!(out, "{}", format!("{label:<LABEL$} {line}").trim_end());
    }
}

/// Words broken into lines of one indentation.
pub fn paragraph(out: &mut String, indent: &str, text: &str) {
    for line in wrapped(text, text_columns().saturating_sub(indent.len())) {
        let _ = writeln!(out, "{}", format!("{indent}{line}").trim_end());
    }
}

/// Words broken into lines of so many columns, at least one line. A longer word stays whole.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text::visible(text).split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > columns {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

/// As many of the parts as fit, the lowest ranks first; at least one. In the order in which they were given, two blanks apart.
pub fn fit(parts: &[(u8, String)], room: usize) -> String {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&index| parts[index].0);
    let mut chosen = vec![false; parts.len()];
    let mut used = 0;
    for index in order {
        let columns = parts[index].1.chars().count() + if used > 0 { 2 } else { 0 };
        if used > 0 && used + columns > room {
            break;
        }
        used += columns;
        chosen[index] = true;
    }
    let chosen = parts.iter().zip(chosen).filter(|(_, chosen)| *chosen);
    chosen.map(|((_, part), _)| part.as_str()).collect::<Vec<_>>().join("  ")
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
        assert!(out.lines().all(|line| line.chars().count() <= text_columns()), "{out}");
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
