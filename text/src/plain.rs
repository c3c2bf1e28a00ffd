//! Errors of the system and of libraries in the words of this project: the one place where their texts are known.

mod kinds;

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
    let reason = json_reason(error);
    match with_place(error).filter(|(_, line, _)| *line != "0") {
        Some((_, line, column)) => format!("{reason} (line {line}, column {column})"),
        None => reason,
    }
}

/// What was found, and the line and column that serde_json names behind it.
fn with_place(error: &str) -> Option<(&str, &str, &str)> {
    let (what, place) = error.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    // A text that was found may have such words in it.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(line) && is_number(column)).then_some((what, line, column))
}

/// The same without the place.
#[must_use]
pub fn json_reason(error: &str) -> String {
    let what = with_place(error).map_or(error, |(what, ..)| what);
    if let Some((_, ours)) = JSON.iter().find(|(theirs, _)| *theirs == what) {
        return (*ours).to_owned();
    }
    mismatch(what).unwrap_or_else(|| what.to_owned())
}

/// What serde says of JSON that is not what is to be read.
fn mismatch(what: &str) -> Option<String> {
    if what.starts_with("data did not match any variant of untagged enum ") {
        return Some("it has none of the known forms".to_owned());
    }
    for (theirs, ours) in [("missing field ", "is missing"), ("duplicate field ", "stands there twice")] {
        if let Some(field) = what.strip_prefix(theirs) {
            return Some(format!("{field} {ours}"));
        }
    }
    // What was found may be a text in which anything stands.
    let (found, expected) = what.rsplit_once(", expected ")?;
    let (problem, found) = MISMATCHES.iter().find_map(|(problem, kind)| Some((kind, found.strip_prefix(problem)?)))?;
    let found = match problem {
        Mismatch::Value => kinds::found(found),
        Mismatch::Length => format!("a list of {found}"),
        Mismatch::Name => found.to_owned(),
    };
    Some(format!("{found} stands where {} is due", kinds::expected(expected)))
}

/// What serde tells of what it found.
#[derive(Clone, Copy)]
enum Mismatch {
    /// Its kind, or itself.
    Value,
    /// How long it is.
    Length,
    /// Its name or word.
    Name,
}

/// How serde begins to tell of it.
const MISMATCHES: [(&str, Mismatch); 5] = [
    ("invalid type: ", Mismatch::Value),
    ("invalid value: ", Mismatch::Value),
    ("invalid length ", Mismatch::Length),
    ("unknown variant ", Mismatch::Name),
    ("unknown field ", Mismatch::Name),
];

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
            ("[\"a\"]", "the text \"a\" stands where a whole number from 0 to 4294967295 is due (line 1, column 4)"),
            ("[-1]", "the number -1 stands where a whole number from 0 to 4294967295 is due (line 1, column 3)"),
            ("{}", "an object stands where a list is due (line 1, column 0)"),
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
