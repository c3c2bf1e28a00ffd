//! Text of others made harmless: what steers a terminal or forges a line becomes an escape that can be seen.

use std::{borrow::Cow, fmt::Write as _};

/// Whether the character acts instead of being shown: a control character (C0 with line ends and tabs, DEL, C1), a line
/// or paragraph separator, or one that turns the direction of writing or hides (`U+061C`, `U+200B` to `U+200F`, `U+202A` to
/// `U+202E`, `U+2060` to `U+206F`, `U+FEFF`, tags). Unicode's report 36 on security considerations lists them.
#[must_use]
pub fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One line for a terminal, a log or a file: characters that act become escapes, `\n`, `\t`, `\r` or `\u001b`, as JSON
/// writes them.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// The same for a text of several lines: line ends and tabs stay.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| matches!(character, '\n' | '\t'))
}

/// Replaces the characters that act, but not those that may stay.
fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Most text is plain, and this is asked of every line of a long record.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(|c| acts(c) && !stays(c)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if !acts(character) || stays(character) {
            safe.push(character);
            continue;
        }
        match character {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            other => other.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(safe, "\\u{unit:04x}");
            }),
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("plain, \u{fc}ber, \u{65e5}\u{672c}, \u{2026}", "plain, über, 日本, …")]
    #[case("\u{1b}[31mred\u{1b}]0;title\u{7}", "\\u001b[31mred\\u001b]0;title\\u0007")]
    #[case("ok\r\nPASSED\tall", "ok\\r\\nPASSED\\tall")]
    #[case("\u{9b}2J\u{7f}", "\\u009b2J\\u007f")]
    #[case("a\u{202e}b\u{2066}c\u{200f}d\u{2028}e\u{feff}", "a\\u202eb\\u2066c\\u200fd\\u2028e\\ufeff")]
    #[case("\u{e0041}", "\\udb40\\udc41")]
    fn characters_that_act_are_seen(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(visible(text), expected);
    }

    #[test]
    fn a_text_of_several_lines_keeps_them() {
        assert_eq!(visible_lines("one\n\ttwo\r\u{1b}[2J"), "one\n\ttwo\\r\\u001b[2J");
    }

    proptest! {
        #[test]
        fn nothing_acts_afterwards_and_plain_text_stays(text in "\\PC*|.*") {
            let safe = visible(&text);
            prop_assert!(!safe.chars().any(acts));
            prop_assert_eq!(visible(&safe), &*safe);
            if !text.chars().any(acts) {
                prop_assert_eq!(&*safe, &*text);
            }
        }
    }
}
