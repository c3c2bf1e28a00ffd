//! What Marathon's own requests ask for, given the path of a definition.
//!
//! Rules from akka-http 10.1.11, which Marathon makes them with: `UriParser` in its relaxed mode, `Uri.collapseDotSegments`,
//! and `UriRendering`, by which the parsed URI is written again without its fragment.

use std::fmt;

/// What in a path keeps Marathon from reading `http://host:port` with this path behind it as a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// A blank.
    Blank,
    /// A percent sign without two hexadecimal digits behind it. In a query, which is never decoded, it is none.
    Percent,
    /// A control character of ASCII or Unicode.
    Control(char),
    /// Another character that is not one of ASCII.
    NotAscii(char),
}

impl fmt::Display for Flaw {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => to.write_str("a blank"),
            Self::Percent => to.write_str("a percent sign without two hexadecimal digits behind it"),
            Self::Control(control) => write!(to, "the control character U+{:04X}", u32::from(*control)),
            Self::NotAscii(other) => write!(to, "the character {other}, which is not ASCII"),
        }
    }
}

/// The parts of what stands behind host and port.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
    Fragment,
}

/// All flaws of a path in their order, each with the index of its byte. That it does not start with a slash is none of them:
/// Marathon puts one before the path of a health check.
pub fn flaws(path: &str) -> impl Iterator<Item = (usize, Flaw)> + '_ {
    let mut part = Part::Path;
    path.char_indices().filter_map(move |(at, character)| {
        part = match (part, character) {
            (Part::Path, '?') => Part::Query,
            (Part::Path | Part::Query, '#') => Part::Fragment,
            (part, _) => part,
        };
        let is_escape = || path[at + 1..].bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        let flaw = match character {
            ' ' => Flaw::Blank,
            '%' if part != Part::Query && !is_escape() => Flaw::Percent,
            visible if visible.is_ascii_graphic() => return None,
            control if control.is_control() => Flaw::Control(control),
            other => Flaw::NotAscii(other),
        };
        Some((at, flaw))
    })
}

/// The target of a request for `path`; `None` when `http://host:port` with this path behind it is no URI.
pub(super) fn of(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("/".to_owned());
    }
    if flaws(path).next().is_some() {
        return None;
    }
    let rest = path.split_once('#').map_or(path, |(rest, _)| rest);
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    if !(path.is_empty() || path.starts_with('/')) {
        return None;
    }
    let segments: Vec<Vec<u8>> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<String> = without_dots(segments).iter().map(|segment| encoded(segment)).collect();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("/{}{query}", segments.join("/")))
}

fn decoded(segment: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let digits = if byte == b'%' { rest.next().zip(rest.next()) } else { None };
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
        bytes.push(digits.map_or(byte, |(high, low)| digit(high) * 16 + digit(low)));
    }
    bytes
}

/// `.` and `..` are gone, wherever a `..` stands behind a name.
fn without_dots(segments: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let last = segments.len().saturating_sub(1);
    let mut kept: Vec<Vec<u8>> = Vec::with_capacity(segments.len());
    for (n, segment) in segments.into_iter().enumerate() {
        let is_up = segment == b"..";
        if !is_up && segment != b"." {
            kept.push(segment);
            continue;
        }
        if is_up && kept.last().is_some_and(|name| !name.is_empty()) {
            kept.pop();
        }
        if n == last {
            kept.push(Vec::new());
        }
    }
    kept
}

/// What has no place in a path is escaped; bytes that are no UTF-8 have become the character that stands for such.
fn encoded(segment: &[u8]) -> String {
    let mut text = String::with_capacity(segment.len());
    for byte in String::from_utf8_lossy(segment).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing("", "/")]
    #[case::usual("/a/b?c=d&e=%20f", "/a/b?c=d&e=%20f")]
    #[case::escapes("/a%20b%41%2f%c3%A4", "/a%20bA%2F%C3%A4")]
    #[case::no_utf_8("/%ff", "/%EF%BF%BD")]
    #[case::odd_characters("/a|b{c}[d]\"^`<>\\", "/a%7Cb%7Bc%7D%5Bd%5D%22%5E%60%3C%3E%5C")]
    #[case::fragment("/a?b#c%20d", "/a?b")]
    #[case::broken_escape_in_a_query("/a?100%", "/a?100%")]
    #[case::query_alone("?a", "/?a")]
    #[case::dots("/a/./b/../c/..", "/a/")]
    #[case::escaped_dots("/a/%2e%2E/b", "/b")]
    #[case::too_many_dots("/../../b", "/b")]
    #[case::doubled_slashes("//a//b", "//a//b")]
    fn a_path_is_asked_for_as_akka_writes_it(#[case] path: &str, #[case] target: &str) {
        assert_eq!(of(path).as_deref(), Some(target));
        assert_eq!(of(target).as_deref(), Some(target), "written once more it stays");
    }

    #[rstest]
    #[case::blank("/a b", "a blank")]
    #[case::blank_in_a_query("/a?b c", "a blank")]
    #[case::blank_in_a_fragment("/a#b c", "a blank")]
    #[case::not_ascii("/größe", "the character ö, which is not ASCII")]
    #[case::not_ascii_in_a_query("/?q=ä", "the character ä, which is not ASCII")]
    #[case::control("/a\tb", "the control character U+0009")]
    #[case::end_of_line("/a\n", "the control character U+000A")]
    #[case::delete("/\u{7f}", "the control character U+007F")]
    #[case::lone_percent("/100%", "a percent sign without two hexadecimal digits behind it")]
    #[case::one_digit("/%2", "a percent sign without two hexadecimal digits behind it")]
    #[case::one_digit_before_a_query("/%2?0", "a percent sign without two hexadecimal digits behind it")]
    #[case::no_digits("/%zz", "a percent sign without two hexadecimal digits behind it")]
    #[case::no_digits_in_a_fragment("/#%z", "a percent sign without two hexadecimal digits behind it")]
    fn what_is_no_uri_is_asked_for_nowhere(#[case] path: &str, #[case] flaw: &str) {
        assert_eq!(of(path), None);
        assert_eq!(flaws(path).next().map(|(_, flaw)| flaw.to_string()).as_deref(), Some(flaw));
    }

    #[test]
    fn a_host_ends_where_a_slash_begins() {
        assert_eq!((of("health"), flaws("health").next()), (None, None));
    }

    #[test]
    fn each_flaw_is_named_where_it_stands() {
        let found: Vec<(usize, Flaw)> = flaws("/ü %?% #%").collect();
        let blank = |at| (at, Flaw::Blank);
        let expected = [(1, Flaw::NotAscii('ü')), blank(3), (4, Flaw::Percent), blank(7), (9, Flaw::Percent)];
        assert_eq!(found, expected);
    }
}
