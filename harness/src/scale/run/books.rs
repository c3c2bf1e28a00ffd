//! What a run writes down beside its samples, and the clock that all of it bears.

use std::io;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

use super::{Run, Step};
use crate::record::{EventRecord, FORMAT};
use crate::scale::subject::Incoming;
use crate::scale::verdict::{DriveError, Outcome};

impl Run<'_> {
    /// Takes an event in, or that some may be missing.
    pub(super) fn hear(&mut self, heard: Incoming) -> Step<()> {
        let t = self.t();
        match heard {
            Incoming::Event(event) => {
                self.report.totals.events += 1;
                self.phases.on_event(&event, t);
                self.comparer.on_event(&event, t);
                self.record(t, Some(event), None)
            }
            Incoming::Gap(why) => {
                self.report.totals.event_gaps += 1;
                self.record(t, None, Some(format!("the event stream broke, events may be missing: {why}")))
            }
        }
    }

    /// Writes a remark of the driver's own down.
    pub(in crate::scale) fn note(&mut self, note: &str) -> Step<()> {
        let t = self.t();
        self.record(t, None, Some(note.to_owned()))
    }

    fn record(&mut self, t: f64, event: Option<serde_json::Value>, note: Option<String>) -> Step<()> {
        let record = EventRecord { v: FORMAT, at: self.iso(t), t: millis(t), event, note };
        keep(self.sink.on_event(&record))
    }

    /// Seconds since the run began, what went before a resumption included.
    pub(super) fn t(&self) -> f64 {
        (self.drive.before.elapsed + self.start.elapsed()).as_secs_f64()
    }

    fn time_of_day(&self, t: f64) -> OffsetDateTime {
        self.drive.started + Duration::from_secs_f64(t)
    }

    /// The time of day at `t`, ISO 8601 in UTC.
    pub(super) fn iso(&self, t: f64) -> String {
        const ISO: &[time::format_description::BorrowedFormatItem<'_>] =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let at = self.time_of_day(t).to_offset(time::UtcOffset::UTC);
        // A date that has all its parts cannot fail to be written.
        at.format(ISO).unwrap_or_default()
    }
}

/// A run whose results cannot be kept ends.
pub(super) fn keep(written: io::Result<()>) -> Step<()> {
    written.map_err(|error| Outcome::Failed(DriveError::Write(error)))
}

/// Seconds with the precision that the files show.
pub(super) fn millis(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
