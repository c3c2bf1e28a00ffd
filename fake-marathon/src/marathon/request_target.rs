//! What Marathon's own requests ask for, given the path of a definition.
//!
//! Rules from akka-http 10.1.11, which Marathon makes them with: `UriParser` in its relaxed mode, `Uri.collapseDotSegments`,
//! and `UriRendering`, by which the parsed URI is written again without its fragment.

/// The target of a request for `path`; `None` when `http://host:port` with this path behind it is no URI.
pub(super) fn of(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("/".to_owned());
    }
    let (rest, fragment) = path.split_once('#').map_or((path, ""), |(rest, fragment)| (rest, fragment));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let is_read = is_visible(rest) && is_visible(fragment) && has_whole_escapes(path) && has_whole_escapes(fragment);
    if !is_read || !(path.is_empty() || path.starts_with('/')) {
        return None;
    }
    let segments: Vec<Vec<u8>> = path.split('/').skip(1).map(decoded).collect();
    let segments: Vec<String> = without_dots(segments).iter().map(|segment| encoded(segment)).collect();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("/{}{query}", segments.join("/")))
}

/// Whether every character is a visible one of ASCII.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether two digits follow each `%`. In a query, which is never decoded, they need not.
fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
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
    #[case::blank("/a b")]
    #[case::blank_in_a_query("/a?b c")]
    #[case::blank_in_a_fragment("/a#b c")]
    #[case::not_ascii("/größe")]
    #[case::not_ascii_in_a_query("/?q=ä")]
    #[case::control("/a\tb")]
    #[case::end_of_line("/a\n")]
    #[case::lone_percent("/100%")]
    #[case::no_digits("/%zz")]
    #[case::no_digits_in_a_fragment("/#%z")]
    #[case::without_a_slash("health")]
    fn what_is_no_uri_is_asked_for_nowhere(#[case] path: &str) {
        assert_eq!(of(path), None);
    }
}
