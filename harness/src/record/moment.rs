//! Times of day as Marathon and the rig write them: ISO 8601 in UTC with milliseconds.

use time::{
    OffsetDateTime, UtcOffset,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

const ISO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A time of day as the files hold it.
#[must_use]
pub fn iso(at: OffsetDateTime) -> String {
    // A date that has all its parts cannot fail to be written; the calendar's last day may have no such time in UTC.
    at.checked_to_offset(UtcOffset::UTC).and_then(|at| at.format(ISO).ok()).unwrap_or_default()
}

/// Seconds from one time of day to another, rounded to milliseconds; `None` if either cannot be read.
#[must_use]
pub fn seconds_between(from: &str, to: &str) -> Option<f64> {
    let from = OffsetDateTime::parse(from, &Rfc3339).ok()?;
    let to = OffsetDateTime::parse(to, &Rfc3339).ok()?;
    Some(millis((to - from).as_seconds_f64()))
}

/// The latest of these times of day; what is none, an empty text for one, is left out.
pub(super) fn latest<'a>(times: impl Iterator<Item = &'a str>) -> Option<OffsetDateTime> {
    times.filter(|time| !time.is_empty()).filter_map(|time| OffsetDateTime::parse(time, &Rfc3339).ok()).max()
}

/// Seconds with the precision that the files show.
#[must_use]
pub fn millis(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
