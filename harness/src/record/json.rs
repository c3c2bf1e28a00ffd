//! JSON with a blank after `:` and `,`, so that a reader can grep for `"alive": false`.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

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

/// `value` on one line, without a line end.
///
/// # Errors
/// Only what the value's own `Serialize` refuses (a map with keys that are no strings, say).
pub fn line<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(256);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Spaced))?;
    String::from_utf8(bytes).map_err(serde::ser::Error::custom)
}

/// `value` over several lines for people, with a line end.
///
/// # Errors
/// As [`line()`].
pub fn pretty<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_grep_of_the_procedure_finds_an_unhealthy_task() {
        let text = line(&json!({"tasks": [{"healthCheckResults": [{"alive": false, "n": [1, 2]}]}]})).unwrap();
        assert_eq!(text, r#"{"tasks": [{"healthCheckResults": [{"alive": false, "n": [1, 2]}]}]}"#);
        assert!(pretty(&json!({"alive": false})).unwrap().contains("\"alive\": false"));
    }
}
