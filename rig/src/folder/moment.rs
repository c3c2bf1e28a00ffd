//! Times as Marathon writes them.

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

const ISO: &[time::format_description::BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Now, ISO 8601 in UTC with milliseconds, as Marathon writes times.
pub fn now() -> String {
    // A date that has all its parts cannot fail to be written.
    OffsetDateTime::now_utc().format(ISO).unwrap_or_default()
}

/// A time in seconds since 1970, as above; empty if it is no time of this calendar.
pub fn of_unix(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a number too large saturates, and is no time then")]
    let millis = (seconds * 1e3).round() as i128;
    let time = OffsetDateTime::from_unix_timestamp_nanos(millis.saturating_mul(1_000_000));
    time.ok().and_then(|time| time.format(ISO).ok()).unwrap_or_default()
}

/// Seconds from one ISO 8601 time to another, rounded to milliseconds; `None` if either is no time.
pub fn seconds_between(from: &str, to: &str) -> Option<f64> {
    let from = OffsetDateTime::parse(from, &Rfc3339).ok()?;
    let to = OffsetDateTime::parse(to, &Rfc3339).ok()?;
    Some(((to - from).as_seconds_f64() * 1000.0).round() / 1000.0)
}
