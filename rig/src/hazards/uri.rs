//! What Marathon can ask as the path of one of its own HTTP checks.

use std::fmt::Write as _;

/// What in a path keeps Marathon from reading `http://host:port/path` as a URI, in a few words; nothing if it can.
///
/// Marathon makes its checks with akka-http 10.1, which reads a URI in its relaxed mode (`UriParser.scala`): path, query and
/// fragment may hold every visible ASCII character, path and fragment a percent sign only before two hexadecimal digits.
pub fn flaw(path: &str) -> Option<String> {
    let mut rest = path.chars();
    let mut part = Part::Path;
    while let Some(character) = rest.next() {
        let escaped = || rest.clone().take(2).filter(char::is_ascii_hexdigit).count() == 2;
        part = part.after(character);
        match character {
            ' ' => return Some("a blank".to_owned()),
            '%' if part == Part::Query => {}
            '%' if !escaped() => return Some("a percent sign without two hexadecimal digits behind it".to_owned()),
            visible if visible.is_ascii_graphic() => {}
            control if control.is_control() => {
                return Some(format!("the control character U+{:04X}", u32::from(control)));
            }
            other => return Some(format!("the character {other}, which is not ASCII")),
        }
    }
    None
}

/// The parts of what stands behind host and port.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    /// akka-http does not decode it.
    Query,
    Fragment,
}

impl Part {
    const fn after(self, character: char) -> Self {
        match (self, character) {
            (Self::Path, '?') => Self::Query,
            (Self::Path | Self::Query, '#') => Self::Fragment,
            (part, _) => part,
        }
    }
}

/// The path with everything percent-encoded that must be.
pub fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    let mut part = Part::Path;
    let bytes = path.as_bytes();
    for (index, &byte) in bytes.iter().enumerate() {
        let escaped = || bytes.get(index + 1..index + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        part = part.after(char::from(byte));
        if byte.is_ascii_graphic() && (byte != b'%' || part == Part::Query || escaped()) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", None)]
    #[case("/", None)]
    #[case("health", None)]
    #[case("//health", None)]
    #[case("/a/../b;c=[d]|{e}\\^`\"<>?f=g?#h#i", None)]
    #[case("/%20%c3%BC", None)]
    #[case("/api/health check", Some("a blank"))]
    #[case("/ok?q=a b", Some("a blank"))]
    #[case("/tab\t", Some("the control character U+0009"))]
    #[case("/line\n", Some("the control character U+000A"))]
    #[case("/\u{7f}", Some("the control character U+007F"))]
    #[case("/gesundheit/prüfung", Some("the character ü, which is not ASCII"))]
    #[case("/100%", Some("a percent sign without two hexadecimal digits behind it"))]
    #[case("/%2", Some("a percent sign without two hexadecimal digits behind it"))]
    #[case("/?q=%zz&100%", None)]
    #[case("/#%zz", Some("a percent sign without two hexadecimal digits behind it"))]
    fn a_path_is_read_as_akka_http_reads_it(#[case] path: &str, #[case] expected: Option<&str>) {
        assert_eq!(flaw(path).as_deref(), expected);
    }

    proptest! {
        #[test]
        fn what_is_encoded_has_no_flaw_and_stays_as_it_is(path in any::<String>()) {
            let encoded = encoded(&path);
            prop_assert_eq!(flaw(&encoded), None);
            prop_assert_eq!(&super::encoded(&encoded), &encoded);
            prop_assert_eq!(encoded == path, flaw(&path).is_none());
        }
    }
}
