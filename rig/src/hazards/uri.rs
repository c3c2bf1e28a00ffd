//! How the path of a check has to be written for Marathon to read it.

use std::fmt::Write as _;

use fake_marathon::marathon::request_target::flaws;

/// The path with everything percent-encoded that keeps Marathon from reading it.
pub fn encoded(path: &str) -> String {
    let mut encoded = String::new();
    let mut rest = 0;
    for (at, _) in flaws(path) {
        encoded.push_str(&path[rest..at]);
        rest = at + path[at..].chars().next().map_or(0, char::len_utf8);
        for byte in path[at..rest].bytes() {
            // Writing to a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded + &path[rest..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "")]
    #[case("/", "/")]
    #[case("health", "health")]
    #[case("//health", "//health")]
    #[case("/a/../b;c=[d]|{e}\\^`\"<>?f=g?#h#i", "/a/../b;c=[d]|{e}\\^`\"<>?f=g?#h#i")]
    #[case("/%20%c3%BC", "/%20%c3%BC")]
    #[case("/api/health check?q=a b", "/api/health%20check?q=a%20b")]
    #[case("/line\n", "/line%0A")]
    #[case("/prüfung", "/pr%C3%BCfung")]
    #[case("/100%?100%#100%", "/100%25?100%#100%25")]
    fn only_what_marathon_cannot_read_is_encoded(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(encoded(path), expected);
    }

    proptest! {
        #[test]
        fn what_is_encoded_has_no_flaw_and_stays_as_it_is(path in any::<String>()) {
            let encoded = encoded(&path);
            prop_assert_eq!(flaws(&encoded).next(), None);
            prop_assert_eq!(&super::encoded(&encoded), &encoded);
            prop_assert_eq!(encoded == path, flaws(&path).next().is_none());
        }
    }
}
