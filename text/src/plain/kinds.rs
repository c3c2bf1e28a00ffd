//! Kinds of values, which serde names as Rust does, as a reader of JSON names them.

use crate::words::cut;

/// A value that serde met, by its kind alone.
const FOUND: [(&str, &str); 9] = [
    ("unit value", "null"),
    ("Option value", "null"),
    ("sequence", "a list"),
    ("map", "an object"),
    ("enum", "a value"),
    ("unit variant", "a text"),
    ("newtype variant", "an object"),
    ("tuple variant", "an object"),
    ("struct variant", "an object"),
];

/// What serde wanted to read.
const EXPECTED: [(&str, &str); 28] = [
    ("unit", "null"),
    ("a boolean", "true or false"),
    ("a string", "a text"),
    ("a borrowed string", "a text"),
    ("a character", "a text of one character"),
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("option", "a value or null"),
    ("any valid JSON value", "a value"),
    ("string or map", "a text or an object"),
    ("map with a single key", "an object with a single name"),
    ("variant identifier", "a known word"),
    ("field identifier", "a known name"),
    ("unit variant", "a text"),
    ("newtype variant", "an object"),
    ("tuple variant", "an object"),
    ("struct variant", "an object"),
    ("fewer elements in array", "a shorter list"),
    ("fewer elements in map", "a smaller object"),
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number from 0 on"),
    ("usize", "a whole number from 0 on"),
    ("i32", "a whole number"),
    ("i64", "a whole number"),
    ("f32", "a number"),
    ("f64", "a number"),
];

/// The same for words that a name of a type or a length follows.
const EXPECTED_TYPE: [(&str, &str); 15] = [
    ("a nonzero ", "a whole number other than 0"),
    ("a tuple of size ", "a list of"),
    ("an array of length ", "a list of"),
    ("struct ", "an object"),
    ("struct variant ", "an object"),
    ("tuple struct ", "a list"),
    ("tuple variant ", "a list"),
    ("unit struct ", "null"),
    ("unit variant ", "a text"),
    ("newtype struct ", "another value"),
    ("newtype variant ", "another value"),
    ("internally tagged enum ", "an object"),
    ("adjacently tagged enum ", "an object"),
    ("enum ", "a known word"),
    ("variant of enum ", "a known word"),
];

/// Of a text as much is told.
const TEXT: usize = 60;

/// What stands there.
pub(super) fn found(theirs: &str) -> String {
    let held = |kind: &str| theirs.strip_prefix(kind)?.strip_prefix(" `")?.strip_suffix('`');
    if let Some(text) = theirs.strip_prefix("string ") {
        return format!("the text {}", cut(text, TEXT));
    }
    if let Some(number) = held("integer").or_else(|| held("floating point")) {
        return format!("the number {number}");
    }
    if let Some(plain) = held("boolean") {
        return plain.to_owned();
    }
    let known = FOUND.iter().find(|(kind, _)| *kind == theirs);
    known.map_or_else(|| cut(theirs, TEXT), |(_, ours)| (*ours).to_owned())
}

/// What is due there.
pub(super) fn expected(theirs: &str) -> String {
    if let Some((_, ours)) = EXPECTED.iter().find(|(kind, _)| *kind == theirs) {
        return (*ours).to_owned();
    }
    match EXPECTED_TYPE.iter().find_map(|(kind, ours)| Some((theirs.strip_prefix(kind)?, *ours))) {
        Some((length, "a list of")) => format!("a list of {length}"),
        Some((_, ours)) => ours.to_owned(),
        None => theirs.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, num::NonZeroU8};

    use rstest::rstest;
    use serde::{Deserialize, de::DeserializeOwned};
    use serde_json::Value;

    use crate::plain::json_reason;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Fields {
        a: u8,
        b: Option<bool>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Strict {
        a: u8,
    }

    #[derive(Deserialize)]
    struct Nothing;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Pair(u8, i64);

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Single(bool);

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "it is only read")]
    enum Plain {
        Bare,
        One(u8),
        Two(u8, u8),
        Named { a: u8 },
    }

    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "it is only read")]
    enum Tagged {
        A { a: u8 },
        B,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "it is only read")]
    enum Untagged {
        A { a: u8 },
        B(Vec<u16>),
    }

    /// What is said of a text that is no `T`, when it is read at once, and when its value is read.
    fn said<T: DeserializeOwned>(text: &str) -> Vec<String> {
        let at_once = serde_json::from_str::<T>(text).err();
        let value = serde_json::from_str::<Value>(text).unwrap();
        let later = serde_json::from_value::<T>(value).err();
        at_once.into_iter().chain(later).map(|error| json_reason(&error.to_string())).collect()
    }

    /// Texts, few of which are what a reader wants.
    const TEXTS: [&str; 30] = [
        "null",
        "true",
        "0",
        "1",
        "-1",
        "1.5",
        "\"x\"",
        "\"bare\"",
        "\"one\"",
        "[]",
        "[1]",
        "[1, 2, 3]",
        "{}",
        "[null]",
        "[true]",
        "[[]]",
        "[{}]",
        "[\"x\"]",
        "{\"a\": null}",
        "{\"a\": 1, \"b\": 1}",
        "{\"x\": 1}",
        "{\"bare\": 1}",
        "{\"one\": {}}",
        "{\"two\": 1}",
        "{\"two\": [1]}",
        "{\"named\": 1}",
        "{\"named\": [1, 2]}",
        "{\"kind\": 1}",
        "{\"kind\": \"C\"}",
        "{\"kind\": \"A\", \"a\": \"\"}",
    ];

    /// How Rust and serde call what JSON has other words for.
    const WORDS: [&str; 23] = [
        "struct", "enum", "unit", "tuple", "map", "sequence", "newtype", "variant", "option", "string", "integer",
        "boolean", "array", "nonzero", "invalid", "u8", "u16", "u32", "u64", "i32", "i64", "f64", "elements",
    ];

    /// Readers of all kinds.
    const READERS: [fn(&str) -> Vec<String>; 22] = [
        said::<Fields>,
        said::<Strict>,
        said::<Nothing>,
        said::<Pair>,
        said::<Single>,
        said::<Plain>,
        said::<Tagged>,
        said::<Untagged>,
        said::<Vec<u32>>,
        said::<(u8, u16)>,
        said::<[u64; 2]>,
        said::<BTreeMap<String, i32>>,
        said::<Option<usize>>,
        said::<String>,
        said::<char>,
        said::<bool>,
        said::<f64>,
        said::<f32>,
        said::<i64>,
        said::<u64>,
        said::<NonZeroU8>,
        said::<()>,
    ];

    #[test]
    fn no_kind_of_value_is_named_as_rust_names_it() {
        let mut wrong: Vec<String> = Vec::new();
        for text in TEXTS {
            for sentence in READERS.iter().flat_map(|reader| reader(text)) {
                let is_ours = sentence.split(|c: char| !c.is_alphanumeric()).all(|word| !WORDS.contains(&word));
                if !is_ours {
                    wrong.push(format!("{text}: {sentence}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[rstest]
    #[case::null(said::<Fields>, "null", "null stands where an object is due")]
    #[case::word(said::<Plain>, "\"x\"", "`x` stands where one of `bare`, `one`, `two`, `named` is due")]
    #[case::name(said::<Strict>, "{\"b\": 1}", "`b` stands where `a` is due")]
    #[case::missing(said::<Fields>, "{}", "`a` is missing")]
    #[case::short(said::<(u8, u8)>, "[1]", "a list of 1 stands where a list of 2 is due")]
    #[case::odd_text(said::<bool>, "\"a, expected b at line 7\"", "the text \"a, expected b at line 7\" stands where true or false is due")]
    fn what_is_found_and_what_is_due_are_told(
        #[case] reader: fn(&str) -> Vec<String>,
        #[case] text: &str,
        #[case] ours: &str,
    ) {
        assert_eq!(reader(text), [ours, ours]);
    }

    #[test]
    fn of_a_long_text_only_its_beginning_is_told() {
        let long = format!("\"{}\"", "x".repeat(10_000));
        assert!(said::<bool>(&long).iter().all(|sentence| sentence.len() < 200));
    }
}
