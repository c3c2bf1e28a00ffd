//! A run in progress: step by step and poll by poll, with everything stored.

mod events;
mod poll;
mod watch;

use std::{collections::BTreeSet, pin::pin, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use tokio::time::{Instant, sleep_until};

use self::events::keep;
use crate::{
    record::{DeltaWriter, Histogram, Lives, StepReport, Tally},
    scale::{
        disagreement::Comparer,
        drive::{Advance, Drive},
        guard::Guard,
        pace::Pace,
        search::Bracket,
        subject::{Incoming, Observation, Sink, Subject},
        ticks::{Tick, Ticks},
        verdict::{DriveError, Outcome, RunReport, Totals},
    },
    wait::AttemptError,
};

/// A deadline that is noticed so much later was missed by this process, not by the app.
const LATE: Duration = Duration::from_secs(1);

/// What a look takes at most, beside two polls' time.
const ONE_LOOK: Duration = Duration::from_secs(5);

/// A run in progress.
pub(in crate::scale) struct Run<'a> {
    pub(in crate::scale) drive: &'a Drive,
    events: BoxStream<'static, Incoming>,
    sink: &'a mut dyn Sink,
    start: Instant,
    ticks: Ticks,
    deltas: DeltaWriter,
    lives: Lives,
    /// The first millisecond after the last sample.
    after_sample: f64,
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
    /// Whether a crossing ends the run; where it does not, the thresholds whose crossing the sink was told of.
    crossing: WhenCrossed,
    pace: Option<Pace>,
    /// Ticks from one poll to the next.
    apart: u64,
    /// What happened in the steps before the present one.
    before: Tally,
    /// Of the present step; complete once the run has moved on.
    step: StepReport,
    deadline: Instant,
    /// The step was given time for one look more because this process was late.
    looked_again: bool,
    last: Option<Observation>,
    report: RunReport,
}

/// What a crossed threshold does.
#[derive(Debug)]
pub(in crate::scale) enum WhenCrossed {
    /// The run ends.
    Ends,
    /// The run goes on; the sink was told of the crossings of these thresholds.
    Told(BTreeSet<String>),
}

/// A run goes on, or ends with an outcome.
pub(in crate::scale) type Step<T> = Result<T, Outcome>;

impl<'a> Run<'a> {
    pub(in crate::scale) fn new(
        drive: &'a Drive,
        events: BoxStream<'static, Incoming>,
        sink: &'a mut dyn Sink,
    ) -> Self {
        let start = Instant::now();
        Self {
            drive,
            events,
            sink,
            start,
            ticks: Ticks::new(start, drive.poll),
            deltas: DeltaWriter::new(drive.full_every),
            lives: Lives::default(),
            after_sample: 0.0,
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
            crossing: WhenCrossed::Ends,
            pace: drive.spare_the_server.then(|| Pace::new(drive.poll)),
            apart: 1,
            before: Tally::default(),
            step: StepReport::begin(0, 0, 0.0),
            deadline: start,
            looked_again: false,
            last: None,
            report: RunReport::empty(),
        }
    }

    pub(in crate::scale) fn begin_step(&mut self, step: usize, target: u32) -> Step<()> {
        let t = self.t();
        tracing::info!(step, target, "scaling");
        self.step = StepReport::begin(step, target, t);
        // A step that ends by the clock has no deadline of its own before that.
        let within = match self.drive.advance {
            Advance::WhenReached => self.drive.step_deadline,
            Advance::Every(every) => self.drive.step_deadline.max(every.saturating_mul(2)),
        };
        self.deadline = Instant::now() + within;
        self.looked_again = false;
        self.mark_step(step, target, t)?;
        keep(self.sink.on_target(step, target))
    }

    /// Reports what a search knows and tries.
    pub(in crate::scale) fn announce(&mut self, bracket: &Bracket) -> Step<()> {
        keep(self.sink.on_search(bracket))
    }

    /// Closes the books of the present step and hands them out.
    pub(in crate::scale) fn end_step(&mut self, end: &Step<()>) -> Step<()> {
        let lives = self.lives.step();
        let tally = lives.tally;
        self.before = self.before + tally;
        lives.times_to_healthy.add_to(&mut self.to_healthy);
        lives.times_to_unhealthy.add_to(&mut self.to_unhealthy);
        let mut step = self.step.clone();
        step.why = match end {
            Err(outcome) => Some(outcome.to_string()),
            Ok(()) if step.reached_at.is_none() => {
                Some("the next step was due before its target was reached".to_owned())
            }
            Ok(()) => None,
        };
        step.time_to_healthy = lives.times_to_healthy.quantiles();
        step.time_to_unhealthy = lives.times_to_unhealthy.quantiles();
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
    pub(in crate::scale) fn steps(&self) -> usize {
        self.report.steps.len()
    }

    /// Whether samples are held against the thresholds.
    pub(in crate::scale) fn watch_thresholds(&mut self, watching: bool) {
        self.watching = watching;
    }

    /// A try begins: what its thresholds bound is counted anew.
    pub(in crate::scale) fn forget_what_was_counted(&mut self) {
        self.before = Tally::default();
        self.took_lately = Histogram::default();
        self.guard.restart();
    }

    /// Scales, again at each tick as long as Marathon refuses for a passing reason (a lock, an election).
    pub(in crate::scale) async fn ask_for(&mut self, subject: &mut impl Subject, target: u32, force: bool) -> Step<()> {
        loop {
            let asked = self.listening_while(subject.scale(target, force)).await?;
            match asked {
                Ok(()) => return Ok(()),
                Err(AttemptError::Fatal(error)) => return Err(Outcome::Failed(DriveError::Marathon(error))),
                Err(AttemptError::Transient(why)) => self.note(&format!("scaling to {target} has to wait: {why}"))?,
            }
            let tick = self.next_tick().await?;
            self.poll(subject, tick).await?;
        }
    }

    /// Polls until it is time for the next target, whether this one has been reached or not.
    pub(in crate::scale) async fn until_due(
        &mut self,
        subject: &mut impl Subject,
        target: u32,
        due: Instant,
    ) -> Step<()> {
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
    pub(in crate::scale) async fn until_reached(&mut self, subject: &mut impl Subject, target: u32) -> Step<()> {
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
                () = sleep_until(self.deadline) => self.look_again()?,
                heard = self.events.next() => {
                    if let Some(heard) = heard {
                        self.on_incoming(heard)?;
                    }
                }
            }
        }
    }

    /// The step's time is over. Where this process itself was suspended or late, nobody looked at the end of that time: then
    /// the step is looked at once more.
    fn look_again(&mut self) -> Step<()> {
        let late = self.deadline.elapsed();
        if self.looked_again || late < LATE {
            return Err(self.not_reached());
        }
        self.looked_again = true;
        self.deadline = Instant::now() + ONE_LOOK + self.drive.poll * 2;
        let late = late.as_secs_f64();
        self.note(&format!(
            "the step's time ran out {late:.1} s ago, while the rig was suspended or late: looking once more"
        ))
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

    pub(in crate::scale) fn report(self, outcome: Outcome) -> RunReport {
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
}
