//! A run under way: one step after the other, one poll after the other, everything kept.

use std::io;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::time::{Instant, sleep_until};

use super::age;
use super::delta::DeltaWriter;
use super::disagreement::Comparer;
use super::driver::{Advance, Drive};
use super::guard::Guard;
use super::measures::Measures;
use super::pace::Pace;
use super::phases::{PhaseTracker, Tally};
use super::quantile::Histogram;
use super::sample::{Ages, Counts, FORMAT, Sample};
use super::subject::{EventRecord, Heard, Seen, Sink, Subject, Trouble};
use super::ticks::{Tick, Ticks};
use super::verdict::{DriveError, Outcome, RunReport, StepReport, Totals};

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) drive: &'a Drive,
    events: BoxStream<'static, Heard>,
    sink: &'a mut dyn Sink,
    start: Instant,
    ticks: Ticks,
    deltas: DeltaWriter,
    phases: PhaseTracker,
    comparer: Comparer,
    took: Histogram,
    /// The same since the present try of a search began.
    took_lately: Histogram,
    late: Histogram,
    ages: Histogram,
    to_healthy: Histogram,
    to_unhealthy: Histogram,
    guard: Guard,
    watching: bool,
    pace: Option<Pace>,
    /// Ticks from one poll to the next.
    apart: u64,
    /// What happened in the steps before the present one.
    before: Tally,
    /// Of the present step; complete once the run has moved on.
    step: StepReport,
    deadline: Instant,
    last: Option<Seen>,
    report: RunReport,
}

/// A run goes on, or ends with an outcome.
pub(super) type Step<T> = Result<T, Outcome>;

impl<'a> Run<'a> {
    pub(super) fn new(drive: &'a Drive, events: BoxStream<'static, Heard>, sink: &'a mut dyn Sink) -> Self {
        let start = Instant::now();
        Self {
            drive,
            events,
            sink,
            start,
            ticks: Ticks::new(start, drive.poll),
            deltas: DeltaWriter::new(drive.full_every),
            phases: PhaseTracker::default(),
            // An event that a whole poll interval cannot bring is missing.
            comparer: Comparer::new(drive.poll.as_secs_f64().max(1.0)),
            took: Histogram::default(),
            took_lately: Histogram::default(),
            late: Histogram::default(),
            ages: Histogram::default(),
            to_healthy: Histogram::default(),
            to_unhealthy: Histogram::default(),
            guard: Guard::new(drive.thresholds.iter().cloned()),
            watching: true,
            pace: drive.spare_the_server.then(|| Pace::new(drive.poll)),
            apart: 1,
            before: Tally::default(),
            step: StepReport::begin(0, 0, 0.0),
            deadline: start,
            last: None,
            report: RunReport::empty(),
        }
    }

    pub(super) fn begin_step(&mut self, step: usize, target: u32) -> Step<()> {
        let t = self.t();
        tracing::info!(step, target, "scaling");
        let shrinking = target < self.step.target;
        self.step = StepReport::begin(step, target, t);
        // A step that ends by the clock has no deadline of its own before that.
        let within = match self.drive.advance {
            Advance::WhenReached => self.drive.step_deadline,
            Advance::Every(every) => self.drive.step_deadline.max(every.saturating_mul(2)),
        };
        self.deadline = Instant::now() + within;
        self.phases.begin_step(step, t, shrinking);
        keep(self.sink.on_target(step, target))
    }

    /// Closes the books of the present step and hands them out.
    pub(super) fn end_step(&mut self, end: &Step<()>) -> Step<()> {
        let tally = self.phases.tally();
        self.before = self.before + tally;
        self.phases.times_to_healthy().add_to(&mut self.to_healthy);
        self.phases.times_to_unhealthy().add_to(&mut self.to_unhealthy);
        let mut step = self.step.clone();
        step.why = match end {
            Err(outcome) => Some(outcome.to_string()),
            Ok(()) if step.reached_at.is_none() => {
                Some("the next step was due before its target was reached".to_owned())
            }
            Ok(()) => None,
        };
        step.time_to_healthy = self.phases.times_to_healthy().quantiles();
        step.time_to_unhealthy = self.phases.times_to_unhealthy().quantiles();
        (step.flips, step.kills, step.losses) = (tally.flips, tally.kills, tally.losses);
        let totals = &mut self.report.totals;
        totals.flips += tally.flips;
        totals.kills += tally.kills;
        totals.losses += tally.losses;
        let kept = keep(self.sink.on_step(&step));
        self.report.steps.push(step);
        kept
    }

    /// How many steps are over.
    pub(super) fn steps(&self) -> usize {
        self.report.steps.len()
    }

    /// Whether samples are held against the thresholds.
    pub(super) fn watch_thresholds(&mut self, watching: bool) {
        self.watching = watching;
    }

    /// A try begins: what its thresholds bound is counted anew.
    pub(super) fn forget_what_was_counted(&mut self) {
        self.before = Tally::default();
        self.took_lately = Histogram::default();
        self.guard.restart();
    }

    /// Scales, again at each tick as long as Marathon refuses for a passing reason (a lock, an election).
    pub(super) async fn ask_for(&mut self, subject: &mut impl Subject, target: u32, force: bool) -> Step<()> {
        loop {
            let asked = self.listening_while(subject.scale(target, force)).await?;
            match asked {
                Ok(()) => return Ok(()),
                Err(Trouble::Final(error)) => return Err(Outcome::Failed(DriveError::Marathon(error))),
                Err(Trouble::Passing(why)) => self.note(&format!("scaling to {target} has to wait: {why}"))?,
            }
            let tick = self.next_tick().await?;
            self.poll(subject, tick).await?;
        }
    }

    /// Polls until it is time for the next target, whether this one has been reached or not.
    pub(super) async fn until_due(&mut self, subject: &mut impl Subject, target: u32, due: Instant) -> Step<()> {
        while Instant::now() < due {
            let tick = self.next_tick().await?;
            let there = self.poll(subject, tick).await? && self.last.as_ref().is_some_and(|seen| seen.reached(target));
            if there && self.step.reached_at.is_none() {
                self.step.reached_at = Some(self.t());
            }
        }
        Ok(())
    }

    /// Polls until the target has been reached and has stayed so for as long as it must.
    pub(super) async fn until_reached(&mut self, subject: &mut impl Subject, target: u32) -> Step<()> {
        let mut reached_since = None;
        loop {
            let tick = self.next_tick().await?;
            if !self.poll(subject, tick).await? {
                continue;
            }
            if !self.last.as_ref().is_some_and(|seen| seen.reached(target)) {
                if reached_since.take().is_some() {
                    self.note(&format!("{target} tasks were reached, but did not stay"))?;
                }
                continue;
            }
            let since = *reached_since.get_or_insert_with(Instant::now);
            if self.step.reached_at.is_none() {
                self.step.reached_at = Some(self.t());
                // Holding is no part of reaching.
                self.deadline += self.drive.hold;
            }
            if since.elapsed() >= self.drive.hold {
                return Ok(());
            }
        }
    }

    /// One poll; whether it answered.
    async fn poll(&mut self, subject: &mut impl Subject, tick: Tick) -> Step<bool> {
        self.report.totals.missed_ticks += tick.missed;
        self.report.totals.late_ticks += u64::from(tick.late > self.drive.poll / 10);
        self.late.record(tick.late.as_secs_f64());
        let asked = Instant::now();
        let seen = match self.listening_while(subject.look()).await? {
            Ok(seen) => seen,
            Err(Trouble::Final(error)) => return Err(Outcome::Failed(DriveError::Marathon(error))),
            Err(Trouble::Passing(why)) => {
                self.report.totals.failed_polls += 1;
                self.note(&format!("a poll failed: {why}"))?;
                return Ok(false);
            }
        };
        let took = asked.elapsed();
        let tasks = seen.tasks.len();
        self.saw(seen, tick, took.as_secs_f64())?;
        self.keep_pace(took, tasks)?;
        Ok(true)
    }

    fn keep_pace(&mut self, took: Duration, tasks: usize) -> Step<()> {
        let Some(apart) = self.pace.as_mut().and_then(|pace| pace.answered(took, tasks)) else { return Ok(()) };
        self.ticks.spread(apart);
        self.apart = apart;
        let every = self.poll_seconds();
        self.note(&format!(
            "polls are {every} s apart from now on: an answer with {tasks} tasks took {:.3} s, and the rig must not become the load",
            took.as_secs_f64()
        ))
    }

    /// Seconds from one poll to the next at present.
    fn poll_seconds(&self) -> f64 {
        self.drive.poll.as_secs_f64() * self.apart as f64
    }

    fn saw(&mut self, mut seen: Seen, tick: Tick, took: f64) -> Step<()> {
        let t = self.t();
        let tasks = std::mem::take(&mut seen.tasks);
        // The results bear the server's time, so only the server's clock can tell their age.
        let age = seen.server_time.and_then(|server| {
            let mut ages = age::ages(&tasks, server);
            ages.iter().for_each(|&age| self.ages.record(age));
            Ages::of(&mut ages, server, seen.native)
        });
        self.report.totals.age_of_changes_only |= seen.native;
        let counts = Counts::of(&tasks, self.step.target);
        self.phases.on_tasks(&tasks, t);
        self.comparer.on_tasks(&tasks, t);
        let delta = self.deltas.next(tasks);
        self.report.totals.samples += 1;
        self.step.samples += 1;
        self.step.counts = counts;
        if let Some(age) = age {
            let oldest = self.step.oldest_result.unwrap_or(0.0).max(age.max);
            self.step.oldest_result = Some(oldest);
        }
        self.took.record(took);
        self.took_lately.record(took);
        let sample = Sample {
            v: FORMAT,
            at: self.iso(t),
            t: millis(t),
            request: self.drive.before.samples + self.report.totals.samples,
            step: self.step.step,
            target: self.step.target,
            counts,
            deploying: seen.deploying,
            took: millis(took),
            late: millis(tick.late.as_secs_f64()),
            missed: tick.missed,
            age,
            results: Some(delta.results),
            complete: delta.complete,
            tasks: delta.tasks,
            gone: delta.gone,
        };
        self.last = Some(seen);
        keep(self.sink.on_sample(&sample))?;
        for task in self.phases.take_finished(t) {
            keep(self.sink.on_task(&task))?;
        }
        self.hold_against_thresholds(&sample)
    }

    fn hold_against_thresholds(&mut self, sample: &Sample) -> Step<()> {
        if !self.watching {
            return Ok(());
        }
        let times_to_healthy = self.phases.times_to_healthy();
        let new = self.step.target.saturating_sub(self.step_before());
        let measures = Measures {
            target: sample.target,
            counts: sample.counts,
            tally: self.before + self.phases.tally(),
            times_to_healthy,
            waiting: new.saturating_sub(u32::try_from(times_to_healthy.count()).unwrap_or(u32::MAX)),
            waited: sample.t - self.step.asked_at,
            took: self.took_lately.quantiles(),
            age: sample.age,
            late: sample.late,
            missed: self.report.totals.missed_ticks,
        };
        match self.guard.look(sample.t, |threshold| measures.value(threshold)) {
            None => Ok(()),
            Some(crossing) => Err(Outcome::Crossed(crossing)),
        }
    }

    /// The target of the step before; before the first step there was nothing.
    fn step_before(&self) -> u32 {
        self.report.steps.last().map_or(0, |step| step.target)
    }

    /// Waits for the next tick; cancellation, the step's deadline and events are seen to meanwhile.
    async fn next_tick(&mut self) -> Step<Tick> {
        let mut ticks = self.ticks.clone();
        let tick = self.listening_while(async { (ticks.next().await, ticks) }).await?;
        self.ticks = tick.1;
        Ok(tick.0)
    }

    /// Awaits something of the run's own while events are taken in. Ends with the step's deadline or a cancellation.
    async fn listening_while<T>(&mut self, work: impl Future<Output = T>) -> Step<T> {
        let mut work = pin!(work);
        let cancel = self.drive.cancel.clone();
        loop {
            // The order matters: a flood of events must delay neither the work nor the end.
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Outcome::Interrupted),
                done = &mut work => return Ok(done),
                () = sleep_until(self.deadline) => return Err(self.not_reached()),
                heard = self.events.next() => {
                    if let Some(heard) = heard {
                        self.hear(heard)?;
                    }
                }
            }
        }
    }

    fn hear(&mut self, heard: Heard) -> Step<()> {
        let t = self.t();
        match heard {
            Heard::Event(event) => {
                self.report.totals.events += 1;
                self.phases.on_event(&event, t);
                self.comparer.on_event(&event, t);
                self.record(t, Some(event), None)
            }
            Heard::Gap(why) => {
                self.report.totals.event_gaps += 1;
                self.record(t, None, Some(format!("the event stream broke, events may be missing: {why}")))
            }
        }
    }

    pub(super) fn note(&mut self, note: &str) -> Step<()> {
        let t = self.t();
        self.record(t, None, Some(note.to_owned()))
    }

    fn record(&mut self, t: f64, event: Option<serde_json::Value>, note: Option<String>) -> Step<()> {
        let record = EventRecord { v: FORMAT, at: self.iso(t), t: millis(t), event, note };
        keep(self.sink.on_event(&record))
    }

    fn not_reached(&self) -> Outcome {
        let StepReport { step, target, counts, .. } = self.step;
        let limit = self.drive.step_deadline.as_secs_f64();
        let why = match &self.last {
            None => format!("no poll answered within {limit:.0} s"),
            Some(seen) => {
                let there = if seen.checked { "healthy" } else { "running" };
                let n = if seen.checked { seen.healthy } else { seen.running };
                let deployment = if seen.deploying { ", and the deployment is not finished" } else { "" };
                format!("{n} {there} after {limit:.0} s ({counts}){deployment}")
            }
        };
        Outcome::NotReached { step, target, why }
    }

    pub(super) fn report(mut self, outcome: Outcome) -> RunReport {
        let mut outcome = outcome;
        for task in self.phases.finish() {
            if let Err(error) = self.sink.on_task(&task) {
                // An earlier end is the better story; a run that held but lost results did not hold.
                if outcome.held() {
                    outcome = Outcome::Failed(DriveError::Write(error));
                }
                break;
            }
        }
        let totals = Totals {
            seconds: self.t(),
            poll_seconds: self.poll_seconds(),
            lateness: self.late.quantiles(),
            api: self.took.quantiles(),
            age: self.ages.quantiles(),
            time_to_healthy: self.to_healthy.quantiles(),
            time_to_unhealthy: self.to_unhealthy.quantiles(),
            agreement: (self.report.totals.events > 0).then(|| self.comparer.agreement()),
            thresholds: self.guard.judgements(),
            ..self.report.totals
        };
        RunReport { outcome, steps: self.report.steps, totals }
    }

    fn t(&self) -> f64 {
        (self.drive.before.elapsed + self.start.elapsed()).as_secs_f64()
    }

    fn time_of_day(&self, t: f64) -> OffsetDateTime {
        self.drive.started + Duration::from_secs_f64(t)
    }

    fn iso(&self, t: f64) -> String {
        const ISO: &[time::format_description::BorrowedFormatItem<'_>] =
            format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        let at = self.time_of_day(t).to_offset(time::UtcOffset::UTC);
        // A date that has all its parts cannot fail to be written.
        at.format(ISO).unwrap_or_default()
    }
}

fn keep(written: io::Result<()>) -> Step<()> {
    written.map_err(|error| Outcome::Failed(DriveError::Write(error)))
}

/// Seconds with the precision that the files show.
fn millis(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
