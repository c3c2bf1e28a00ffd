//! What Marathon's reader of JSON makes of texts that are JSON and still no value of ours: numbers beyond a double, negative
//! zeros, halves of surrogate pairs; and which numbers it refuses (play-json 2.8.1, `jackson/JacksonJson.scala`).

use std::{borrow::Cow, fmt::Write as _, ops::Range};

/// Characters that a number may have.
const DIGITS_LIMIT: usize = 310;
/// How far the decimal point may be moved.
const SCALE_LIMIT: i64 = 6178;
/// Digits that are kept (`MathContext.DECIMAL128`).
const PRECISION: usize = 34;
/// What stands for an infinite double.
const LARGEST: f64 = f64::MAX;

/// The text with values that we can read in place of those that we cannot. A number beyond a double is infinite to Marathon,
/// here it is the largest double; a `-0` is 0; half of a surrogate pair is a character that stands for none.
///
/// # Errors
/// A number that play-json refuses, as one sentence.
pub(super) fn readable(text: &str) -> Result<Cow<'_, str>, String> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), changes: Vec::new() };
    scanner.whole()?;
    if scanner.changes.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    let mut changed = String::with_capacity(text.len());
    let mut copied = 0;
    for (place, instead) in scanner.changes {
        changed.push_str(&text[copied..place.start]);
        changed.push_str(&instead);
        copied = place.end;
    }
    changed.push_str(&text[copied..]);
    Ok(Cow::Owned(changed))
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The open objects and arrays from the outermost inwards; of an object the name that was read last.
    open: Vec<Option<&'a str>>,
    changes: Vec<(Range<usize>, String)>,
}

impl<'a> Scanner<'a> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    fn whole(&mut self) -> Result<(), String> {
        while self.at < self.text.len() {
            match self.byte(self.at) {
                b'"' => self.string(),
                b'-' | b'0'..=b'9' => self.number()?,
                bracket => {
                    match bracket {
                        b'{' | b'[' => self.open.push(None),
                        b'}' | b']' => _ = self.open.pop(),
                        _ => {}
                    }
                    self.at += 1;
                }
            }
        }
        Ok(())
    }

    /// A string; it is the name of a field if a colon follows.
    fn string(&mut self) {
        let begin = self.at + 1;
        self.at = begin;
        while self.at < self.text.len() && self.byte(self.at) != b'"' {
            if self.byte(self.at) == b'\\' { self.escape() } else { self.at += 1 }
        }
        let inside = self.text.get(begin..self.at);
        self.at += 1;
        let behind = self.text.get(self.at..).unwrap_or_default();
        if behind.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(':')
            && let Some(innermost) = self.open.last_mut()
        {
            *innermost = inside;
        }
    }

    fn escape(&mut self) {
        let begin = self.at;
        match self.unit(begin) {
            None => self.at += 2,
            Some(0xd800..=0xdbff) => {
                let low = self.unit(begin + 6).filter(|low| (0xdc00..=0xdfff).contains(low));
                self.at += if low.is_some() { 12 } else { 6 };
                if low.is_none() {
                    self.replace_half(begin);
                }
            }
            Some(other) => {
                self.at += 6;
                if (0xdc00..=0xdfff).contains(&other) {
                    self.replace_half(begin);
                }
            }
        }
    }

    fn replace_half(&mut self, begin: usize) {
        self.changes.push((begin..begin + 6, "\\ufffd".to_owned()));
    }

    /// The unit of UTF-16 of an escape `\uXXXX`.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Result<(), String> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')));
        let number = &rest[..end.unwrap_or(rest.len())];
        let place = self.at..self.at + number.len();
        self.at = place.end;
        // Java writes a name that there is not as a word.
        let field = self.open.last().copied().flatten().unwrap_or("null");
        if number.len() > DIGITS_LIMIT {
            return Err(format!("Number is larger than supported for field \"{field}\""));
        }
        let scale = scale(number);
        if scale.abs() > SCALE_LIMIT {
            return Err(format!("Number scale ({scale}) is out of limits for field \"{field}\""));
        }
        let Ok(value) = number.parse::<f64>() else { return Ok(()) };
        let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
        let zero = !mantissa.contains(|c: char| ('1'..='9').contains(&c));
        if value.is_infinite() {
            let mut instead = String::new();
            // Writing to a text does not fail.
            let _ = write!(instead, "{:e}", LARGEST.copysign(value));
            self.changes.push((place, instead));
        } else if zero && number.starts_with('-') {
            self.changes.push((place.start..place.start + 1, String::new()));
        }
        Ok(())
    }
}

/// How many digits stand behind the decimal point of a `BigDecimal` of this number.
fn scale(number: &str) -> i64 {
    let mut parts = number.split(['e', 'E']);
    let mantissa = parts.next().unwrap_or_default().trim_start_matches('-');
    let exponent = parts.next().map_or(0, |text| match text.trim_start_matches('+').parse::<i64>() {
        Ok(exponent) => exponent,
        Err(_) if text.starts_with('-') => i64::MIN / 2,
        Err(_) => i64::MAX / 2,
    });
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX / 4);
    let fraction = mantissa.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = mantissa.replace('.', "");
    let rounded = digits.trim_start_matches('0').len().saturating_sub(PRECISION);
    length(fraction) - exponent - i64::try_from(rounded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual(r#"{"a": [1, -2.5e3, "x", "1e999", "\\", "\u00e4\ud83d\ude00"], "b": null}"#)]
    #[case::not_json(r#"{"a": "\u12"#)]
    #[case::half_an_escape("\"\\")]
    #[case::words("nul }")]
    #[case::small("1e-400")]
    #[case::below_zero("-1e-400")]
    fn what_we_read_ourselves_stays_as_it_is(#[case] text: &str) {
        assert_eq!(readable(text), Ok(Cow::Borrowed(text)));
    }

    #[rstest]
    #[case(r#"{"cpus": 1e999}"#, r#"{"cpus": 1.7976931348623157e308}"#)]
    #[case("[-2E+400,1]", "[-1.7976931348623157e308,1]")]
    #[case(r#"{"mem":-0,"disk":-0.0e3}"#, r#"{"mem":0,"disk":0.0e3}"#)]
    #[case(r#""a\ud800b\udc00\ud83dc""#, r#""a\ufffdb\ufffd\ufffdc""#)]
    #[case(r#""\\\ud800\ud83d\ude00""#, r#""\\\ufffd\ud83d\ude00""#)]
    fn what_we_cannot_read_is_replaced(#[case] text: &str, #[case] replaced: &str) {
        assert_eq!(readable(text).as_deref(), Ok(replaced));
        serde_json::from_str::<serde_json::Value>(replaced).expect("JSON");
    }

    #[rstest]
    #[case(format!(r#"{{"a": {{"cpus" : {}}}}}"#, "1".repeat(311)), "Number is larger than supported for field \"cpus\"")]
    #[case(format!("[{}]", "1".repeat(311)), "Number is larger than supported for field \"null\"")]
    #[case(r#"{"a": 1, "mem": 1e7000}"#.to_owned(), "Number scale (-7000) is out of limits for field \"mem\"")]
    #[case("1.25e-6177".to_owned(), "Number scale (6179) is out of limits for field \"null\"")]
    fn what_marathon_refuses_is_refused_in_its_words(#[case] text: String, #[case] says: &str) {
        assert_eq!(readable(&text), Err(says.to_owned()));
    }

    #[test]
    fn limits_are_as_wide_as_those_of_marathon() {
        for number in
            ["1".repeat(310), "1e6178".to_owned(), "1.25e-6176".to_owned(), format!("{}e6172", "1".repeat(40))]
        {
            assert!(readable(&number).is_ok(), "{number}");
        }
        assert_eq!((scale("1.250"), scale("12e3"), scale(&"1".repeat(40))), (3, -3, -6));
    }
}
