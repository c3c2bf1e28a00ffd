//! Whether the checks of a run could be relied on, from its record alone: while it runs and afterwards, the same fold.

use std::fmt;

use serde::{Deserialize, Serialize};
use text::seconds;

use super::{
    event::{EventRecord, Remark},
    sample::Sample,
};

/// A result is stale when it is older than so many intervals of its check.
pub const STALE_INTERVALS: f64 = 3.0;

/// What made the checks unreliable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// Results of Marathon-level checks were older than three of their intervals.
    StaleResults,
    /// The event stream was broken.
    EventsLost,
    /// No poll was answered, and the schedule of the polls is not the reason.
    PollsMissed,
}

/// A weakness that lasted too long, over all its periods.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Degradation {
    /// What it was.
    pub weakness: Weakness,
    /// Periods that lasted too long.
    pub periods: u64,
    /// Seconds of the run at which the longest began.
    #[serde(rename = "from_seconds")]
    pub from: f64,
    /// Seconds of the run at which the longest ended.
    #[serde(rename = "to_seconds")]
    pub to: f64,
    /// What was exceeded, in seconds: three intervals of the check, or the time that is tolerated.
    #[serde(rename = "bound_seconds")]
    pub bound: f64,
    /// The oldest result (99th percentile over the tasks, in seconds) in these periods; absent for other weaknesses.
    #[serde(rename = "oldest_result_seconds")]
    pub oldest: Option<f64>,
}

impl fmt::Display for Degradation {
    /// `check results were older than 3.0 s (three intervals) from 12.0 s to 24.5 s, the oldest 15.8 s; 3 times in all`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (seconds(self.from), seconds(self.to));
        match self.weakness {
            Weakness::StaleResults => {
                write!(
                    f,
                    "check results were older than {} (three intervals) from {from} to {to}",
                    seconds(self.bound)
                )?;
                if let Some(oldest) = self.oldest {
                    write!(f, ", the oldest {}", seconds(oldest))?;
                }
            }
            Weakness::EventsLost => {
                write!(f, "the event stream was broken from {from} to {to}, so events may be missing")?;
            }
            Weakness::PollsMissed => write!(f, "no poll was answered from {from} to {to}")?,
        }
        if self.periods > 1 { write!(f, "; {} times in all", self.periods) } else { Ok(()) }
    }
}

/// What is tolerated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Seconds that a weakness may last.
    pub lasts: f64,
    /// Seconds between two checks of a task, where Marathon makes the checks.
    pub interval: Option<f64>,
    /// Seconds between two polls.
    pub poll: f64,
}

/// Follows a run line by line.
#[derive(Clone, Debug)]
pub struct Reliability {
    tolerance: Tolerance,
    stale: Periods,
    events: Periods,
    polls: Periods,
    /// Of the last poll.
    last: Option<f64>,
    /// A poll was asked for and failed since the last that was answered.
    failed: bool,
    cleaning: bool,
}

/// The periods of one weakness.
#[derive(Clone, Copy, Debug, Default)]
struct Periods {
    /// When the present one began and what was last known of it.
    open: Option<Period>,
    counted: u64,
    longest: Option<Period>,
    oldest: f64,
}

#[derive(Clone, Copy, Debug)]
struct Period {
    from: f64,
    to: f64,
    oldest: f64,
}

impl Period {
    fn lasted(&self) -> f64 {
        self.to - self.from
    }
}

impl Periods {
    /// The weakness is there at `t`.
    fn there(&mut self, t: f64, oldest: f64) {
        let period = self.open.get_or_insert(Period { from: t, to: t, oldest });
        period.to = t;
        period.oldest = period.oldest.max(oldest);
    }

    /// The weakness is over.
    fn over(&mut self, tolerated: f64) {
        let Some(period) = self.open.take().filter(|period| period.lasted() >= tolerated) else { return };
        self.counted += 1;
        self.oldest = self.oldest.max(period.oldest);
        if self.longest.is_none_or(|longest| longest.lasted() < period.lasted()) {
            self.longest = Some(period);
        }
    }
}

impl Reliability {
    /// A run about which nothing is known yet.
    #[must_use]
    pub fn new(tolerance: Tolerance) -> Self {
        let none = Periods::default();
        Self { tolerance, stale: none, events: none, polls: none, last: None, failed: false, cleaning: false }
    }

    /// The next line of `samples.jsonl`.
    pub fn sample<T>(&mut self, sample: &Sample<T>) {
        if self.cleaning {
            return;
        }
        let Tolerance { lasts, interval, poll } = self.tolerance;
        let known = sample.age.filter(|age| !age.changes_only).map(|age| age.p99 - age.uncertainty);
        match known.zip(interval).filter(|(age, interval)| *age > STALE_INTERVALS * interval) {
            Some((age, _)) => self.stale.there(sample.t, age),
            None => self.stale.over(lasts),
        }
        if let Some(last) = self.last.replace(sample.t) {
            // Polls that are further apart on purpose, to spare the server, were not missed.
            let missed = self.failed || sample.missed > 0 || sample.late + sample.took >= lasts;
            let due = last + poll;
            if missed && sample.t > due {
                self.polls.there(due, 0.0);
                self.polls.there(sample.t, 0.0);
                self.polls.over(lasts);
            }
        }
        self.failed = false;
        if let Some(broken) = &mut self.events.open {
            broken.to = sample.t;
        }
    }

    /// The next line of `events.jsonl`.
    pub fn event(&mut self, line: &EventRecord) {
        if self.cleaning {
            return;
        }
        if line.is_stream_gap() {
            self.events.there(line.t, 0.0);
        } else if line.is_failed_poll() {
            self.failed = true;
        } else {
            match Remark::parse(line.kind()) {
                Some(Remark::CleanUp) => {
                    self.cleaning = true;
                    if let Some(broken) = &mut self.events.open {
                        broken.to = line.t;
                    }
                }
                Some(Remark::Resumed) => {
                    // Nobody was there to poll or to listen before.
                    (self.last, self.events.open, self.stale.open) = (None, None, None);
                }
                Some(Remark::Step | Remark::Executor | Remark::Deployed) => {}
                None => {
                    if line.is_of_marathon() && self.events.open.is_some() {
                        self.events.there(line.t, 0.0);
                        self.events.over(self.tolerance.lasts);
                    }
                }
            }
        }
    }

    /// What lasted too long, once the record is at its end.
    #[must_use]
    pub fn finish(mut self) -> Vec<Degradation> {
        let Tolerance { lasts, interval, .. } = self.tolerance;
        let stale = STALE_INTERVALS * interval.unwrap_or_default();
        let of = |weakness, mut periods: Periods, bound, has_age: bool| {
            periods.over(lasts);
            let longest = periods.longest?;
            Some(Degradation {
                weakness,
                periods: periods.counted,
                from: longest.from,
                to: longest.to,
                bound,
                oldest: has_age.then_some(periods.oldest),
            })
        };
        [
            of(Weakness::StaleResults, std::mem::take(&mut self.stale), stale, true),
            of(Weakness::EventsLost, std::mem::take(&mut self.events), lasts, false),
            of(Weakness::PollsMissed, std::mem::take(&mut self.polls), lasts, false),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::record::{Ages, event};

    const TOLERANCE: Tolerance = Tolerance { lasts: 10.0, interval: Some(1.0), poll: 2.0 };

    fn sample(t: f64, age: f64) -> Sample {
        Sample { t, age: Some(Ages { p99: age, ..Ages::default() }), ..Sample::default() }
    }

    fn note(t: f64, note: &str) -> EventRecord {
        EventRecord { t, note: Some(note.to_owned()), ..EventRecord::default() }
    }

    fn of(tolerance: Tolerance, samples: &[Sample], events: &[EventRecord]) -> Vec<Degradation> {
        let mut reliability = Reliability::new(tolerance);
        let mut events = events.iter().peekable();
        for sample in samples {
            while let Some(event) = events.next_if(|event| event.t <= sample.t) {
                reliability.event(event);
            }
            reliability.sample(sample);
        }
        events.for_each(|event| reliability.event(event));
        reliability.finish()
    }

    #[test]
    fn results_that_are_stale_for_ten_seconds_degrade_a_run_and_shorter_ones_do_not() {
        let ages = |to: u32| -> Vec<Sample> {
            (0..=20).map(|n| sample(f64::from(n), if (5..=to).contains(&n) { 4.0 } else { 1.0 })).collect()
        };
        assert_eq!(of(TOLERANCE, &ages(14), &[]), []);
        let found = of(TOLERANCE, &ages(15), &[]);
        let [stale] = found[..] else { panic!("{found:?}") };
        assert_eq!(
            (stale.weakness, stale.from, stale.to, stale.oldest),
            (Weakness::StaleResults, 5.0, 15.0, Some(4.0))
        );
        assert_eq!(
            stale.to_string(),
            "check results were older than 3.0 s (three intervals) from 5.0 s to 15.0 s, the oldest 4.0 s"
        );
        let native = Tolerance { interval: None, ..TOLERANCE };
        assert_eq!(of(native, &ages(20), &[]), [], "Mesos reports changes only");
        assert_eq!(of(Tolerance { lasts: 30.0, ..TOLERANCE }, &ages(20), &[]), []);
    }

    #[test]
    fn what_is_uncertain_of_the_servers_clock_is_in_favour_of_the_run() {
        let ages = Ages { p99: 4.0, uncertainty: 1.0, ..Ages::default() };
        let samples: Vec<Sample> =
            (0..20).map(|n| Sample { t: f64::from(n), age: Some(ages), ..Sample::default() }).collect();
        assert_eq!(of(TOLERANCE, &samples, &[]), []);
    }

    #[test]
    fn a_broken_stream_degrades_a_run_until_the_next_event() {
        let broken = note(4.0, &format!("{}, events may be missing: reset", event::STREAM_BROKE));
        let back =
            |t| EventRecord { t, event: json!({"eventType": "event_stream_attached"}), ..EventRecord::default() };
        let aside = EventRecord::remark("", 5.0, "hc_rig_machine", json!({}));
        let samples: Vec<Sample> = (0..12).map(|n| sample(f64::from(n) * 2.0, 1.0)).collect();
        assert_eq!(of(TOLERANCE, &samples, &[broken.clone(), back(13.9)]), []);
        let found = of(TOLERANCE, &samples, &[broken.clone(), aside, back(14.5)]);
        assert_eq!(found[0].to_string(), "the event stream was broken from 4.0 s to 14.5 s, so events may be missing");
        let open = of(
            TOLERANCE,
            &samples,
            &[broken.clone(), EventRecord::remark("", 22.0, Remark::CleanUp.as_str(), json!({}))],
        );
        assert_eq!((open[0].weakness, open[0].to), (Weakness::EventsLost, 22.0), "it never came back");
        let resumed = EventRecord::remark("", 14.5, Remark::Resumed.as_str(), json!({}));
        assert_eq!(of(TOLERANCE, &samples, &[broken, resumed]), [], "another process listens now");
    }

    #[test]
    fn a_gap_in_the_polls_degrades_a_run_unless_the_schedule_is_the_reason() {
        let gap = |missed| [sample(2.0, 1.0), Sample { missed, ..sample(16.0, 1.0) }];
        assert_eq!(of(TOLERANCE, &gap(0), &[]), [], "polls 14 s apart on purpose");
        let found = of(TOLERANCE, &gap(6), &[]);
        assert_eq!(found[0].to_string(), "no poll was answered from 4.0 s to 16.0 s");
        let failed = note(4.0, &format!("{}: answer 503", event::POLL_FAILED));
        assert_eq!(of(TOLERANCE, &gap(0), &[failed])[0].weakness, Weakness::PollsMissed);
        assert_eq!(of(TOLERANCE, &[sample(2.0, 1.0), Sample { missed: 4, ..sample(13.0, 1.0) }], &[]), []);
        let slow = [sample(2.0, 1.0), Sample { took: 12.0, ..sample(16.0, 1.0) }];
        assert_eq!(of(TOLERANCE, &slow, &[])[0].weakness, Weakness::PollsMissed);
    }

    #[test]
    fn clean_up_says_nothing_about_the_checks() {
        let clean_up = EventRecord::remark("", 3.0, Remark::CleanUp.as_str(), json!({}));
        let samples: Vec<Sample> = (0..20).map(|n| sample(f64::from(n), 9.0)).collect();
        assert_eq!(of(TOLERANCE, &samples, &[clean_up]), []);
    }

    proptest! {
        #[test]
        fn a_run_is_degraded_by_stale_results_exactly_if_one_stretch_lasts(stale in prop::collection::vec(any::<bool>(), 0..60)) {
            let samples: Vec<Sample> =
                stale.iter().enumerate().map(|(n, stale)| sample(n as f64, if *stale { 5.0 } else { 1.0 })).collect();
            let longest = stale.split(|stale| !stale).map(<[bool]>::len).max().unwrap_or(0);
            let found = of(TOLERANCE, &samples, &[]);
            prop_assert_eq!(found.is_empty(), longest < 11, "{:?}", found);
            let long = stale.split(|stale| !stale).filter(|stretch| stretch.len() >= 11).count() as u64;
            prop_assert_eq!(found.first().map_or(0, |stale| stale.periods), long);
        }
    }
}
