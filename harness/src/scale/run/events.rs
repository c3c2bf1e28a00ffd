//! The events of a run: Marathon's as they arrive and the remarks of the driver, each with the time of the run.

use std::io;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Run, Step};
use crate::{
    record::{
        EventRecord, FORMAT, event,
        moment::{iso, millis},
    },
    scale::{
        subject::Incoming,
        verdict::{DriveError, Outcome},
    },
};

impl Run<'_> {
    /// Records an event, or that some may be missing.
    pub(super) fn on_incoming(&mut self, incoming: Incoming) -> Step<()> {
        let t = self.t();
        match incoming {
            Incoming::Event(event) => {
                self.report.totals.events += 1;
                self.comparer.on_event(&event, t);
                self.record(t, event, None)
            }
            Incoming::Gap(why) => {
                self.report.totals.event_gaps += 1;
                self.record(t, Value::Null, Some(format!("{}, events may be missing: {why}", event::STREAM_BROKE)))
            }
        }
    }

    /// Writes a remark of the driver's own down.
    pub(in crate::scale) fn note(&mut self, note: &str) -> Step<()> {
        let t = self.t();
        self.record(t, Value::Null, Some(note.to_owned()))
    }

    /// Writes down that a step begins.
    pub(super) fn mark_step(&mut self, step: usize, target: u32, t: f64) -> Step<()> {
        let line = EventRecord::remark(
            self.iso(t),
            t,
            event::Remark::Step.as_str(),
            json!({"step": step, "target": target, "asked_at": millis(t)}),
        );
        self.write(line)
    }

    fn record(&mut self, t: f64, event: Value, note: Option<String>) -> Step<()> {
        self.write(EventRecord { v: FORMAT, at: self.iso(t), t: millis(t), event, note })
    }

    fn write(&mut self, mut line: EventRecord) -> Step<()> {
        // Of one moment events come before the sample: who reads both files back finds their order by their times.
        line.t = line.t.max(self.after_sample);
        self.lives.event(&line);
        keep(self.sink.on_event(&line))
    }

    /// Seconds since the run began, what went before a resumption included.
    pub(super) fn t(&self) -> f64 {
        (self.drive.before.elapsed + self.start.elapsed()).as_secs_f64()
    }

    fn time_of_day(&self, t: f64) -> OffsetDateTime {
        self.drive.started + text::duration::from_seconds(t)
    }

    /// The time of day at `t`, ISO 8601 in UTC.
    pub(super) fn iso(&self, t: f64) -> String {
        iso(self.time_of_day(t))
    }
}

/// A run whose results cannot be kept ends.
pub(super) fn keep(written: io::Result<()>) -> Step<()> {
    written.map_err(|error| Outcome::Failed(DriveError::Write(error)))
}
