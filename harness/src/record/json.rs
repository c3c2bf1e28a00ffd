//! JSON with a blank after `:` and `,`, so that a reader can grep for `"alive": false`.

use std::{borrow::Cow, io};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{
    Value,
    ser::{Formatter, Serializer},
};

/// One line, Python's default spacing.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// How many bytes of a line are handed on at a time. A line with all tasks of an app has megabytes.
const PART: usize = 256 << 10;

/// `value` on one line, without a line end. Characters that would steer the terminal of somebody who prints the file are
/// escapes of JSON.
///
/// # Errors
/// Only what the value's own `Serialize` refuses (a map with keys that are no strings, say).
pub fn line<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(256);
    write(value, "", &mut bytes).map_err(serde::ser::Error::custom)?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

/// Writes what [`line()`] makes of `value`, and the end of the line: at once, or in parts where it is long.
///
/// # Errors
/// As [`line()`], and `out` takes no more.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, end: &str, out: impl io::Write) -> io::Result<()> {
    let mut visible = Visible { out, part: Vec::with_capacity(256) };
    value.serialize(&mut Serializer::with_formatter(&mut visible, Spaced))?;
    visible.hand_on(end)
}

/// Makes the characters of a line visible that would steer a terminal.
struct Visible<W> {
    out: W,
    part: Vec<u8>,
}

impl<W: io::Write> Visible<W> {
    /// Hands on what has been written since the last time, and something that is visible already.
    fn hand_on(&mut self, more: &str) -> io::Result<()> {
        let text =
            std::str::from_utf8(&self.part).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        // Such characters stand only in texts, where an escape means the same.
        if let Cow::Owned(safe) = text::visible(text) {
            self.part = safe.into_bytes();
        }
        self.part.extend_from_slice(more.as_bytes());
        self.out.write_all(&self.part)?;
        self.part.clear();
        Ok(())
    }
}

impl<W: io::Write> io::Write for Visible<W> {
    /// Takes whole characters: the serialiser writes no others.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART {
            self.hand_on("")?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Reads a count. One above `u32::MAX` is an error: nothing that is counted here comes near it, and sums of what somebody
/// wrote into a file must not overflow.
///
/// # Errors
/// The value is no whole number from 0 to `u32::MAX`.
pub fn count<'de, D: Deserializer<'de>, N: TryFrom<u32>>(deserializer: D) -> Result<N, D::Error> {
    let number = u32::deserialize(deserializer)?;
    N::try_from(number).map_err(|_| serde::de::Error::custom(format!("{number} is too large")))
}

/// Reads counts, each as [`count`] does.
///
/// # Errors
/// As [`count`].
pub fn counts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    Ok(Vec::<u32>::deserialize(deserializer)?.into_iter().map(u64::from).collect())
}

/// Reads a count that may be `null`, else as [`count`] does.
///
/// # Errors
/// As [`count`].
pub fn count_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<u32>::deserialize(deserializer)?.map(u64::from))
}

/// `value` over several lines for people, with a line end. Characters that would steer a terminal are escapes.
///
/// # Errors
/// As [`line()`].
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    if let Cow::Owned(safe) = text::visible_lines(&text) {
        text = safe;
    }
    text.push('\n');
    Ok(text)
}

/// A document for people: the characters of its texts that would steer a terminal or forge a line are escapes that can
/// be seen. Everything that is made of a record goes through here, so no page, table or message can forget it.
///
/// # Errors
/// It is not JSON, or not a `T`.
pub fn read<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    if !may_act(json) {
        return serde_json::from_slice(json);
    }
    let mut value = serde_json::from_slice(json)?;
    make_visible(&mut value);
    serde_json::from_value(value)
}

/// Makes every text in it visible, keys too.
pub fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(safe) = text::visible(text) {
                *text = safe;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(make_visible),
        Value::Object(map) => {
            map.values_mut().for_each(make_visible);
            if map.keys().any(|key| key.chars().any(text::acts)) {
                let entries = std::mem::take(map).into_iter();
                *map = entries.map(|(key, value)| (text::visible(&key).into_owned(), value)).collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a text in it may hold a character that acts: an escape for one, or a byte beyond printable ASCII.
pub(super) fn may_act(json: &[u8]) -> bool {
    const DELETE: u8 = 0x7f;
    let acts = |at: usize| matches!(json.get(at + 1), Some(b'n' | b'r' | b't' | b'b' | b'f' | b'u'));
    // Each of these goes through many bytes at once: a record has hundreds of megabytes.
    !json.is_ascii() || memchr::memchr(DELETE, json).is_some() || memchr::memchr_iter(b'\\', json).any(acts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_that_is_read_steers_no_terminal() {
        let evil = r#"{"a\u001b[2J": ["b\r\nforged", {"c": "\u009b1m\u202e"}], "n": 1.5, "path": "C:\\new"}"#;
        let read: Value = read(evil.as_bytes()).unwrap();
        let safe = json!({"a\\u001b[2J": ["b\\r\\nforged", {"c": "\\u009b1m\\u202e"}], "n": 1.5, "path": "C:\\new"});
        assert_eq!(read, safe);
        let raw = "{\"a\": \"\u{9b}2J\u{7f}\"}";
        assert_eq!(super::read::<Value>(raw.as_bytes()).unwrap(), json!({"a": "\\u009b2J\\u007f"}));
    }

    #[test]
    fn a_file_that_is_printed_steers_no_terminal_and_is_read_as_it_was_written() {
        let evil = json!({"a\u{9b}": ["\u{9b}2J\u{7f}\u{202e}\u{e0041}\r\n\t\u{1b}\\", "ü\"\u{2028}"]});
        for text in [line(&evil).unwrap(), pretty(&evil).unwrap()] {
            assert!(text.chars().all(|c| c == '\n' || !text::acts(c)), "{text:?}");
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), evil);
        }
        assert_eq!(line(&evil).unwrap().lines().count(), 1);
    }

    #[test]
    fn a_long_line_is_handed_on_in_parts_and_a_short_one_at_once() {
        #[derive(Default)]
        struct Parts(Vec<Vec<u8>>);
        impl io::Write for &mut Parts {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.push(bytes.to_vec());
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = |value: &Value| {
            let mut parts = Parts::default();
            write(value, "\n", &mut parts).unwrap();
            (parts.0.len(), parts.0.concat())
        };
        assert_eq!(written(&json!({"a": "\u{9b}"})), (1, b"{\"a\": \"\\u009b\"}\n".to_vec()));
        let long = json!(vec!["ü\u{9b}"; PART / 4]);
        let (parts, bytes) = written(&long);
        assert!(parts > 1 && bytes == format!("{}\n", line(&long).unwrap()).into_bytes(), "{parts} parts");
    }

    #[test]
    fn the_grep_of_the_procedure_finds_an_unhealthy_task() {
        let text = line(&json!({"tasks": [{"healthCheckResults": [{"alive": false, "n": [1, 2]}]}]})).unwrap();
        assert_eq!(text, r#"{"tasks": [{"healthCheckResults": [{"alive": false, "n": [1, 2]}]}]}"#);
        assert!(pretty(&json!({"alive": false})).unwrap().contains("\"alive\": false"));
    }
}
