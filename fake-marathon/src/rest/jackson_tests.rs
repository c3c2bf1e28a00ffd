use rstest::rstest;

use super::*;

#[test]
fn bytes_that_are_no_utf8_are_named() {
    let error = |bytes: &[u8]| not_utf8(bytes, std::str::from_utf8(bytes).unwrap_err());
    assert_eq!(error(b"{\"a\": \"\xff\"}"), "Invalid UTF-8 start byte 0xff");
    assert_eq!(error(b"{\"a\": \"\xc3\"}"), "Invalid UTF-8 middle byte 0x22");
}

/// Recorded in `create.bodies`, `update.verbs` and `json.texts`.
#[rstest]
#[case("{\"id\": \"/x\", ", "Unexpected end-of-input within/between Object entries")]
#[case("{bad", "Unexpected character ('b' (code 98)): was expecting double-quote to start field name")]
#[case("[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries")]
#[case("{\"a\":1,}", "Unexpected character ('}' (code 125)): was expecting double-quote to start field name")]
#[case("{\"a\": }", "Unexpected character ('}' (code 125)): expected a value")]
#[case("[1,]", "Unexpected character (']' (code 93)): expected a value")]
#[case("{\"id\":\"/g2j", "Unexpected end-of-input in VALUE_STRING")]
#[case("{\"a\":\"\\x\"}", "Unrecognized character escape 'x' (code 120)")]
#[case(
    "{\"a\":\"\\u12g4\"}",
    "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"
)]
#[case("{\"a\":03}", "Invalid numeric value: Leading zeroes not allowed")]
#[case(
    "{\"a\":+3}",
    "Unexpected character ('3' (code 51)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
)]
#[case("{\"a\":1.}", "Unexpected character ('}' (code 125)) in numeric value: Decimal point not followed by a digit")]
#[case(
    "]",
    "Unexpected close marker ']': expected '}' (for root starting at [Source: (byte[])\"]\"; line: 1, column: 0])"
)]
#[case(
    "{\"id\":\"/g2j\",\"args\":[\"a\"",
    "Unexpected end-of-input: expected close marker for Array (start marker at [Source: (byte[])\"{\"id\":\"/g2j\",\"args\":[\"a\"\"; line: 1, column: 21])"
)]
#[case(
    "nope",
    "Unrecognized token 'nope': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)]
#[case("[NaN]", "Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow")]
fn the_recorded_complaints_are_repeated(#[case] text: &str, #[case] wanted: &str) {
    assert_eq!(complaint(text).as_deref(), Some(wanted));
}

/// From `UTF8StreamJsonParser.java`: it decodes only names and words, elsewhere it sees bytes.
#[rstest]
#[case::curly_name(
    "{“a”: 1}",
    "Unexpected character ('“' (code 8220 / 0x201c)): was expecting double-quote to start field name"
)]
#[case::no_break_space(
    "{\u{a0}\"a\": 1}",
    "Unexpected character ('\u{a0}' (code 160)): was expecting double-quote to start field name"
)]
#[case::curly_value("{\"a\": “b”}", "Invalid UTF-8 start byte 0x80")]
#[case::no_break_space_before_a_value("{\"a\":\u{a0}1}", "Invalid UTF-8 start byte 0xa0")]
#[case::hebrew(
    "[א]",
    "Unexpected character ('×' (code 215)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)]
#[case::curly_colon(
    "{\"a\" “b”}",
    "Unexpected character ('â' (code 226)): was expecting a colon to separate field name and value"
)]
#[case::curly_comma("[1 ”]", "Unexpected character ('â' (code 226)): was expecting comma to separate Array entries")]
#[case::curly_escape("[\"\\“\"]", "Unrecognized character escape '“' (code 8220 / 0x201c)")]
#[case::delete(
    "[\u{7f}]",
    "Unexpected character ((CTRL-CHAR, code 127)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)]
#[case::control(
    "[\u{1}1]",
    "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens"
)]
#[case::minus_infinity(
    "[-Infinity]",
    "Non-standard token '-Infinity': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow"
)]
#[case::plus_inf("[+INF]", "Non-standard token '+INF': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow")]
#[case::nearly_infinity(
    "[-Infinite]",
    "Unrecognized token '-Infinite': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
)]
#[case::no_infinity(
    "[-Ix]",
    "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
)]
fn other_characters_are_seen_as_jackson_sees_them(#[case] text: &str, #[case] wanted: &str) {
    assert_eq!(complaint(text).as_deref(), Some(wanted));
}

#[test]
fn of_a_long_word_the_beginning_is_shown() {
    let shown = format!("Unrecognized token '{}...': was expecting (JSON", "a".repeat(256));
    assert!(complaint(&"a".repeat(300)).is_some_and(|complaint| complaint.starts_with(&shown)));
}

#[rstest]
#[case("{\"id\":\"/g2j\", // the id\n\"cmd\":\"sleep 1\"}")]
#[case("{\"id\":\"/g2j\", /* the id */ \"cmd\":\"sleep 1\"}")]
#[case("/home/me/inky.json")]
fn a_comment_is_taken_for_one(#[case] text: &str) {
    let complaint = complaint(text).expect("a complaint");
    assert!(complaint.starts_with("Unexpected character ('/' (code 47)): maybe a (non-standard) comment?"));
}

#[test]
fn one_token_more_is_read_behind_the_first_value() {
    assert_eq!(complaint_behind("{}{}", 2), None);
    assert_eq!(complaint_behind("{}  ", 2), None);
    assert!(complaint_behind("{} x", 2).is_some_and(|why| why.starts_with("Unrecognized token 'x'")));
}

#[test]
fn nesting_is_bounded_as_it_is_when_reading() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_NESTING)).is_ok());
    assert_eq!(complaint(&nested(MAX_NESTING)), None);
    assert!(serde_json::from_str::<serde_json::Value>(&nested(MAX_NESTING + 1)).is_err());
    let wanted = "Document nesting depth (128) exceeds the maximum allowed (127)";
    assert_eq!(complaint(&nested(MAX_NESTING + 1)).as_deref(), Some(wanted));
}
