//! Which regular expressions Java takes (`java.util.regex.Pattern`).

use regex::Regex;

/// Whether Marathon takes the text for a regular expression. Look-around and back references, which Java has, are refused.
pub(super) fn is_valid(pattern: &str) -> bool {
    Regex::new(pattern).is_ok() && !has_dangling_quantifier(pattern) && !pattern.contains("(?P<")
}

/// Whether a quantifier stands behind a whole one, as in `a**`; to us it repeats what is repeated, Java refuses it.
fn has_dangling_quantifier(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    let (mut classes, mut is_closed, mut is_counted) = (0_usize, false, false);
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let named = rest.next().is_some_and(|kind| "pPx".contains(kind)) && rest.next_if_eq(&'{').is_some();
                if named {
                    rest.by_ref().find(|c| *c == '}');
                }
                is_closed = false;
            }
            '[' => (classes, is_closed) = (classes + 1, false),
            ']' => (classes, is_closed) = (classes.saturating_sub(1), false),
            _ if classes > 0 => {}
            '*' | '+' | '?' if is_closed => return true,
            '{' => (is_counted, is_closed) = (true, false),
            '}' if !is_counted => is_closed = false,
            '*' | '+' | '?' | '}' => {
                // Reluctant or possessive.
                rest.next_if(|next| matches!(next, '?' | '+'));
                (is_counted, is_closed) = (false, true);
            }
            // What stands behind it says which kind of group it is.
            '(' => {
                rest.next_if_eq(&'?');
                is_closed = false;
            }
            _ => is_closed = false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a*b+c?")]
    #[case("a*?b++c?+")]
    #[case("(?:a)*(b+)+")]
    #[case("[*+?]*x{2,3}?")]
    #[case("\\**")]
    #[case("[[a*]b*]+")]
    #[case("\\p{L}*\\x{41}+}*")]
    fn java_takes_it(#[case] pattern: &str) {
        assert!(is_valid(pattern));
    }

    #[rstest]
    #[case("a**")]
    #[case("a+*")]
    #[case("a??+")]
    #[case("a{2}**")]
    #[case("(a)*+?")]
    #[case("*a")]
    #[case("(?P<n>a)")]
    #[case("[a")]
    fn java_refuses_it(#[case] pattern: &str) {
        assert!(!is_valid(pattern));
    }
}
