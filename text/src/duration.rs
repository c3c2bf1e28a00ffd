//! Durations as people write them: `500ms`, `90s`, `1.5m`, `1m30s`, `2h`, `5d`.

use std::time::Duration;

/// The longest duration that is accepted: 317 years, more than a `sleep 2147483647`, far from any overflow.
pub const LONGEST: Duration = Duration::from_secs(10_000_000_000);

/// Why a text is not a duration. The message names what is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text cannot be read.
    #[error("'{0}' is not a duration; write a number with ms, s, m, h or d, such as 500ms, 90s or 1m30s")]
    Malformed(String),
    /// The number has no unit where one is required.
    #[error("'{0}' has no unit; write it with ms, s, m, h or d, such as {0}s")]
    NoUnit(String),
    /// Longer than [`LONGEST`].
    #[error("'{0}' is too long; the longest duration is 10000000000s")]
    TooLong(String),
}

/// So many seconds. A number that no duration can have (below zero, no number, beyond [`LONGEST`]) becomes the nearest one
/// that is possible: numbers in files may be anything, and [`Duration::from_secs_f64`] panics.
#[must_use]
pub fn from_seconds(seconds: f64) -> Duration {
    if seconds.is_nan() {
        return Duration::ZERO;
    }
    Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).unwrap_or(LONGEST)
}

/// Reads a duration; a plain number is seconds.
///
/// # Errors
///
/// The text is not a duration, is negative or is longer than [`LONGEST`].
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    match plain(text)? {
        Some(seconds) => Ok(seconds),
        None => compound(text),
    }
}

/// Reads a duration in which every number has a unit: for files and places where `500` would be ambiguous.
///
/// # Errors
///
/// As for [`parse`], and for a number without a unit.
pub fn parse_with_unit(text: &str) -> Result<Duration, DurationError> {
    match plain(text)? {
        // Nothing is nothing in every unit.
        Some(zero) if zero.is_zero() => Ok(zero),
        Some(_) => Err(DurationError::NoUnit(text.trim().to_owned())),
        None => compound(text),
    }
}

/// A number without a unit, as seconds.
fn plain(text: &str) -> Result<Option<Duration>, DurationError> {
    let text = text.trim();
    let Ok(seconds) = text.parse::<f64>() else { return Ok(None) };
    if seconds.is_nan() || seconds.is_sign_negative() {
        return Err(DurationError::Malformed(text.to_owned()));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if duration <= LONGEST => Ok(Some(duration)),
        _ => Err(DurationError::TooLong(text.to_owned())),
    }
}

/// One or more numbers with units.
fn compound(text: &str) -> Result<Duration, DurationError> {
    let malformed = || DurationError::Malformed(text.trim().to_owned());
    let too_long = || DurationError::TooLong(text.trim().to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(malformed());
    }
    let mut total = Duration::ZERO;
    // One number at a time: humantime panics when the sum of several is just beyond what a `Duration` holds.
    while !rest.is_empty() {
        let unit = rest.find(char::is_alphabetic).ok_or_else(malformed)?;
        let end = rest[unit..].find(|c: char| !c.is_alphabetic()).map_or(rest.len(), |length| unit + length);
        let part = humantime::parse_duration(&rest[..end]).map_err(|error| match error {
            // It says the same of a fraction finer than a nanosecond.
            humantime::DurationError::NumberOverflow if !rest[..end].contains('.') => too_long(),
            _ => malformed(),
        })?;
        total = total.checked_add(part).filter(|total| *total <= LONGEST).ok_or_else(too_long)?;
        rest = rest[end..].trim_start();
    }
    Ok(total)
}

/// A duration in as many units as it needs, `1m 30s`. [`parse`] reads it back.
#[must_use]
pub fn format(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// A duration in one unit: whole seconds as `90s`, anything else as `1500ms`; less than a millisecond is dropped.
/// [`parse`] reads it back.
#[must_use]
pub fn format_in_one_unit(duration: Duration) -> String {
    if duration.subsec_nanos() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2", 2_000)]
    #[case("0.5", 500)]
    #[case(" 90 ", 90_000)]
    #[case("0", 0)]
    fn a_plain_number_is_seconds(#[case] text: &str, #[case] milliseconds: u64) {
        assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)));
    }

    #[rstest]
    #[case("500ms", 500)]
    #[case("20801ms", 20_801)]
    #[case("20.801s", 20_801)]
    #[case("8s", 8_000)]
    #[case(" 8 s ", 8_000)]
    #[case("1.5m", 90_000)]
    #[case("2min", 120_000)]
    #[case("1m30s", 90_000)]
    #[case("1m 30s", 90_000)]
    #[case("2h", 7_200_000)]
    #[case("5d", 432_000_000)]
    #[case("0s", 0)]
    fn numbers_with_units_add_up(#[case] text: &str, #[case] milliseconds: u64) {
        assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)));
        assert_eq!(parse_with_unit(text), parse(text));
    }

    #[rstest]
    #[case::empty("")]
    #[case::word("soon")]
    #[case::unit_alone("s")]
    #[case::negative("-1s")]
    #[case::negative_plain("-1")]
    #[case::not_a_number("nan")]
    #[case::unknown_unit("3 fortnights")]
    #[case::trailing_number("1m30")]
    #[case::below_a_nanosecond("0.12345678901s")]
    fn anything_else_is_malformed(#[case] text: &str) {
        assert_eq!(parse(text), Err(DurationError::Malformed(text.to_owned())));
        assert_eq!(parse_with_unit(text), parse(text));
    }

    #[rstest]
    #[case("1e300")]
    #[case("inf")]
    #[case("10000000001")]
    #[case("10000000001s")]
    #[case("1000y")]
    #[case("584542046090y 2254015s 999999999ns 1ns")]
    #[case("99999999999999999999s")]
    fn absurd_lengths_are_refused(#[case] text: &str) {
        assert_eq!(parse(text), Err(DurationError::TooLong(text.to_owned())));
    }

    #[rstest]
    #[case("500")]
    #[case("0.5")]
    fn a_unit_can_be_required(#[case] text: &str) {
        assert_eq!(parse_with_unit(text), Err(DurationError::NoUnit(text.to_owned())));
    }

    #[test]
    fn errors_name_what_is_accepted() {
        let error = |text| parse_with_unit(text).expect_err(text).to_string();
        assert_eq!(
            error("soon"),
            "'soon' is not a duration; write a number with ms, s, m, h or d, such as 500ms, 90s or 1m30s"
        );
        assert_eq!(error("5"), "'5' has no unit; write it with ms, s, m, h or d, such as 5s");
        assert_eq!(error("1000y"), "'1000y' is too long; the longest duration is 10000000000s");
    }

    #[test]
    fn any_number_of_seconds_is_a_duration() {
        let of = |seconds| from_seconds(seconds).as_secs_f64();
        assert_eq!([1.5, -1.0, f64::NAN, f64::NEG_INFINITY].map(of), [1.5, 0.0, 0.0, 0.0]);
        assert_eq!([1e308, f64::INFINITY].map(from_seconds), [LONGEST; 2]);
    }

    #[rstest]
    #[case(90_000, "1m 30s", "90s")]
    #[case(1_500, "1s 500ms", "1500ms")]
    #[case(0, "0s", "0s")]
    fn durations_are_written(#[case] milliseconds: u64, #[case] units: &str, #[case] one_unit: &str) {
        let duration = Duration::from_millis(milliseconds);
        assert_eq!((format(duration), format_in_one_unit(duration)), (units.to_owned(), one_unit.to_owned()));
    }

    proptest! {
        #[test]
        fn a_written_duration_is_read_back(nanoseconds in 0..LONGEST.as_nanos() as u64) {
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
            prop_assert_eq!(parse_with_unit(&format(duration)), Ok(duration));
            let whole = Duration::from_millis(nanoseconds / 1_000_000);
            prop_assert_eq!(parse_with_unit(&format_in_one_unit(whole)), Ok(whole));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-z. -]{0,80}") {
            prop_assert!(parse(&text).map_or(true, |duration| duration <= LONGEST));
        }
    }
}
