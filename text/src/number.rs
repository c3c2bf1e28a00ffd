//! Numbers with their units.

use std::time::Duration;

/// Seconds with one digit after the point, `1.5 s`.
#[must_use]
pub fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

/// Milliseconds without digits after the point, `250 ms`.
#[must_use]
pub fn milliseconds(milliseconds: f64) -> String {
    format!("{milliseconds:.0} ms")
}

/// The duration of a request, given in seconds: `250 ms`, from a second on `1.5 s`.
#[must_use]
pub fn latency(taken: f64) -> String {
    if taken < 1.0 { milliseconds(taken * 1e3) } else { seconds(taken) }
}

/// Elapsed time in the lines of a timeline: `1.25 s`, from a hundred seconds on `123 s`.
#[must_use]
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    // 99.995 would be written as 100.00.
    if seconds < 99.995 { format!("{seconds:.2} s") } else { format!("{seconds:.0} s") }
}

/// A share of a whole in whole per cent: `64 %` for 0.637.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A number with at most this many digits after the point, without trailing zeros: `2.5`, `3`.
#[must_use]
pub fn decimal(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // What rounds to nothing has no sign.
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A value that may be unknown, as a table shows it: a dash when it is.
pub fn or_dash<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "–".to_owned(), write)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0.2, "0.2 s", "200 ms")]
    #[case(0.0004, "0.0 s", "0 ms")]
    #[case(1.25, "1.2 s", "1.2 s")]
    #[case(61.06, "61.1 s", "61.1 s")]
    fn seconds_have_one_digit(#[case] value: f64, #[case] as_seconds: &str, #[case] as_latency: &str) {
        assert_eq!((seconds(value), latency(value)), (as_seconds.to_owned(), as_latency.to_owned()));
    }

    #[rstest]
    #[case(1_250, "1.25 s")]
    #[case(99_994, "99.99 s")]
    #[case(99_996, "100 s")]
    #[case(123_456, "123 s")]
    fn long_times_have_no_hundredths(#[case] milliseconds: u64, #[case] text: &str) {
        assert_eq!(elapsed(Duration::from_millis(milliseconds)), text);
    }

    #[rstest]
    #[case(2.5, 3, "2.5")]
    #[case(3.0, 3, "3")]
    #[case(100.0, 0, "100")]
    #[case(0.12345, 3, "0.123")]
    #[case(-0.0001, 2, "0")]
    #[case(-1.50, 2, "-1.5")]
    fn trailing_zeros_are_dropped(#[case] value: f64, #[case] digits: usize, #[case] text: &str) {
        assert_eq!(decimal(value, digits), text);
    }

    #[test]
    fn shares_are_whole_per_cent() {
        assert_eq!((percent(0.637), percent(1.0)), ("64 %".to_owned(), "100 %".to_owned()));
    }

    #[test]
    fn what_is_unknown_is_a_dash() {
        assert_eq!(or_dash(Some(2.0), seconds), "2.0 s");
        assert_eq!(or_dash(None, seconds), "–");
    }
}
