//! Times as Marathon writes them.

use harness::record::moment::iso;
use time::OffsetDateTime;

/// Now, ISO 8601 in UTC with milliseconds, as Marathon writes times.
pub fn now() -> String {
    iso(OffsetDateTime::now_utc())
}

/// A time in seconds since 1970, as above; empty if it is not a time of this calendar.
pub fn of_unix(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a number too large saturates, and is no time then")]
    let millis = (seconds * 1e3).round() as i128;
    let time = OffsetDateTime::from_unix_timestamp_nanos(millis.saturating_mul(1_000_000));
    time.map(iso).unwrap_or_default()
}
