//! Errors of the system and of libraries in the words of this project: the one place where their texts are known.

use std::borrow::Cow;

/// What the system says of an error number (glibc's `strerror`), and what is said instead.
const SYSTEM: [(&str, &str); 22] = [
    ("No such file or directory", "there is no such file or folder"),
    ("Permission denied", "permission denied"),
    ("Operation not permitted", "this user may not do that"),
    ("Is a directory", "it is a folder"),
    ("Not a directory", "a part of its path is not a folder"),
    ("Directory not empty", "the folder is not empty"),
    ("File exists", "it exists already"),
    ("File name too long", "the name is too long"),
    ("Too many levels of symbolic links", "it is a link that leads in a circle"),
    ("Read-only file system", "the file system is read-only"),
    ("No space left on device", "the disk is full"),
    ("Disk quota exceeded", "the quota of this user is used up"),
    ("Too many open files", "too many files are open (ulimit -n)"),
    ("Cannot allocate memory", "there is not enough memory"),
    ("Broken pipe", "the reader is gone"),
    ("Connection refused", "connection refused"),
    ("Connection reset by peer", "the other side reset the connection"),
    ("Connection timed out", "no connection in time"),
    ("Network is unreachable", "this machine has no way to that network"),
    ("No route to host", "this machine has no way to that host"),
    ("Address already in use", "somebody listens there already"),
    ("Cannot assign requested address", "this machine does not have that address"),
];

/// What a resolver says before its own reason.
const LOOKUP: &str = "failed to lookup address information: ";

/// What serde_json says of a text that is no JSON, and what is said instead.
const JSON: [(&str, &str); 18] = [
    ("EOF while parsing a list", "it ends within a list"),
    ("EOF while parsing an object", "it ends within an object"),
    ("EOF while parsing a string", "it ends within a text"),
    ("EOF while parsing a value", "it ends where a value is due"),
    ("expected `:`", "a colon is missing"),
    ("expected `,` or `]`", "a comma or the end of a list is missing"),
    ("expected `,` or `}`", "a comma or the end of an object is missing"),
    ("expected ident", "a word is neither true, false nor null"),
    ("expected value", "a value is missing"),
    ("invalid escape", "a text has a backslash before a character that it does not escape"),
    ("invalid number", "a number is not written as JSON writes it"),
    ("number out of range", "a number is too large"),
    ("invalid unicode code point", "an escape names no character"),
    (
        "control character (\\u0000-\\u001F) found while parsing a string",
        "a text has a line end or a control character in it",
    ),
    ("key must be a string", "a name is not a text in double quotes"),
    ("trailing comma", "a comma stands before the end"),
    ("trailing characters", "more follows behind the end"),
    ("recursion limit exceeded", "it is nested too deeply"),
];

/// A message with the system's reasons in our words: `Connection refused (os error 111)` becomes `connection refused`, and an
/// unknown reason loses its number.
#[must_use]
pub fn system(message: &str) -> Cow<'_, str> {
    const NUMBER: &str = " (os error ";
    if !message.contains(NUMBER) && !message.contains(LOOKUP) {
        return Cow::Borrowed(message);
    }
    let mut plain = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find(NUMBER) {
        let (before, number) = (&rest[..at], &rest[at + NUMBER.len()..]);
        let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some(after) = number[digits..].strip_prefix(')') else {
            plain.push_str(&rest[..at + NUMBER.len()]);
            rest = number;
            continue;
        };
        match SYSTEM.iter().find_map(|(theirs, ours)| Some((before.strip_suffix(theirs)?, ours))) {
            Some((before, ours)) => plain.extend([before, ours]),
            None => plain.push_str(before),
        }
        rest = after;
    }
    plain.push_str(rest);
    if let Some((before, _)) = plain.split_once(LOOKUP) {
        return Cow::Owned(format!("{before}the name of the host is not known"));
    }
    Cow::Owned(plain)
}

/// What serde_json found, in our words and with its place: `a comma stands before the end (line 3, column 1)`.
#[must_use]
pub fn json(error: &str) -> String {
    let (what, place) = error.rsplit_once(" at line ").map_or((error, None), |(what, place)| (what, Some(place)));
    let place = place.and_then(|place| place.split_once(" column "));
    match place.filter(|(line, _)| *line != "0") {
        Some((line, column)) => format!("{} (line {line}, column {column})", json_reason(what)),
        None => json_reason(what),
    }
}

/// The same without the place.
#[must_use]
pub fn json_reason(error: &str) -> String {
    let what = error.rsplit_once(" at line ").map_or(error, |(what, _)| what);
    if let Some((_, ours)) = JSON.iter().find(|(theirs, _)| *theirs == what) {
        return (*ours).to_owned();
    }
    let found = |rest: &str| {
        let (found, expected) = rest.split_once(", expected ")?;
        Some(format!("{found} stands where {expected} is due"))
    };
    let kinds = ["invalid type: ", "invalid value: ", "invalid length "];
    if let Some(sentence) = kinds.iter().find_map(|kind| found(what.strip_prefix(kind)?)) {
        return sentence;
    }
    match what.strip_prefix("missing field ") {
        Some(field) => format!("{field} is missing"),
        None => what.to_owned(),
    }
}

/// What a reader of TOML found, on one line.
#[must_use]
pub fn toml(error: &str) -> String {
    let mut lines = error.lines().map(str::trim).filter(|line| !line.is_empty());
    let what = lines.next().unwrap_or("it cannot be read");
    let rest: Vec<&str> = lines.collect();
    let what = match what {
        "duplicate key" => "a key stands there twice",
        "string values must be quoted" => "a text must stand in quotes",
        "key with no value, expected `=`" => "a key has no value",
        other => other,
    };
    if rest.is_empty() { what.to_owned() } else { format!("{what}: {}", rest.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::io::Error;

    use super::*;

    /// The texts are those of the system on which the tests run.
    #[test]
    fn what_the_system_says_is_said_in_our_words_and_without_its_number() {
        for (number, ours) in [
            (2, "there is no such file or folder"),
            (13, "permission denied"),
            (21, "it is a folder"),
            (28, "the disk is full"),
            (98, "somebody listens there already"),
            (104, "the other side reset the connection"),
            (111, "connection refused"),
            (113, "this machine has no way to that host"),
        ] {
            let error = Error::from_raw_os_error(number);
            assert_eq!(
                system(&format!("cannot do it: {error}; try again")),
                format!("cannot do it: {ours}; try again")
            );
        }
        for number in 1..134 {
            let said = system(&Error::from_raw_os_error(number).to_string()).into_owned();
            assert!(!said.contains("os error") && !said.is_empty(), "{said}");
        }
        let two = format!("{}, then {}", Error::from_raw_os_error(2), Error::from_raw_os_error(111));
        assert_eq!(system(&two), "there is no such file or folder, then connection refused");
        for untouched in ["all is well", "an os error", "x (os error y)"] {
            assert_eq!(system(untouched), untouched);
        }
        let lookup = "cannot connect: failed to lookup address information: Name or service not known";
        assert_eq!(system(lookup), "cannot connect: the name of the host is not known");
    }

    #[test]
    fn what_is_wrong_with_json_is_said_in_our_words() {
        let said = |text: &str| json(&serde_json::from_str::<Vec<u32>>(text).unwrap_err().to_string());
        for (text, ours) in [
            ("", "it ends where a value is due (line 1, column 0)"),
            ("[1,", "it ends where a value is due (line 1, column 3)"),
            ("[1", "it ends within a list (line 1, column 2)"),
            ("[1,]", "a comma stands before the end (line 1, column 4)"),
            ("[1 2]", "a comma or the end of a list is missing (line 1, column 4)"),
            ("[1]x", "more follows behind the end (line 1, column 4)"),
            ("[\"a\"]", "string \"a\" stands where u32 is due (line 1, column 4)"),
            ("[-1]", "integer `-1` stands where u32 is due (line 1, column 3)"),
            ("{}", "map stands where a sequence is due (line 1, column 0)"),
        ] {
            assert_eq!(said(text), ours, "{text}");
        }
        let value = |text: &str| json_reason(&serde_json::from_str::<serde_json::Value>(text).unwrap_err().to_string());
        for (text, ours) in [
            ("{\"a\" 1}", "a colon is missing"),
            ("{\"a\": 1", "it ends within an object"),
            ("{a: 1}", "a name is not a text in double quotes"),
            ("\"a", "it ends within a text"),
            ("\"a\nb\"", "a text has a line end or a control character in it"),
            ("\"\\x\"", "a text has a backslash before a character that it does not escape"),
            ("nul", "it ends where a value is due"),
            ("nope", "a word is neither true, false nor null"),
            ("01", "a number is not written as JSON writes it"),
            ("1e999", "a number is too large"),
        ] {
            assert_eq!(value(text), ours, "{text}");
        }
        assert_eq!(json("missing field `id` at line 3 column 4"), "`id` is missing (line 3, column 4)");
        assert_eq!(json("missing field `id`"), "`id` is missing");
    }

    #[test]
    fn what_is_wrong_with_toml_is_one_line() {
        assert_eq!(toml("invalid string\nexpected `\"`, `'`"), "invalid string: expected `\"`, `'`");
        assert_eq!(toml("duplicate key"), "a key stands there twice");
        assert_eq!(toml(""), "it cannot be read");
    }
}
