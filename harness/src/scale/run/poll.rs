//! One poll of a run: asked at its tick, kept as a sample, held against the thresholds.

use std::time::Duration;

use tokio::time::Instant;

use super::{Run, Step, WhenCrossed, events::keep};
use crate::{
    record::{self, Ages, Counts, FORMAT, Sample, event, moment::millis},
    scale::{
        measures::Measures,
        subject::{Observation, Subject},
        ticks::Tick,
        verdict::{DriveError, Outcome},
    },
    wait::AttemptError,
};

impl Run<'_> {
    /// One poll; whether it answered.
    pub(super) async fn poll(&mut self, subject: &mut impl Subject, tick: Tick) -> Step<bool> {
        self.report.totals.missed_ticks += tick.missed;
        self.report.totals.late_ticks += u64::from(tick.late > self.drive.poll / 10);
        self.late.record(tick.late.as_secs_f64());
        let asked = Instant::now();
        let seen = match self.listening_while(subject.observe()).await? {
            Ok(seen) => seen,
            Err(AttemptError::Fatal(error)) => return Err(Outcome::Failed(DriveError::Marathon(error))),
            Err(AttemptError::Transient(why)) => {
                self.report.totals.failed_polls += 1;
                self.note(&format!("{}: {why}", event::POLL_FAILED))?;
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
    pub(super) fn poll_seconds(&self) -> f64 {
        self.drive.poll.as_secs_f64() * self.apart as f64
    }

    fn saw(&mut self, mut seen: Observation, tick: Tick, took: f64) -> Step<()> {
        let t = self.t();
        let tasks = std::mem::take(&mut seen.tasks);
        // The results carry the server's time, so only the server's clock gives their age.
        let age = seen.server_time.and_then(|server| {
            let mut ages = record::ages(&tasks, server.now);
            ages.iter().for_each(|&age| self.ages.record(age));
            Ages::of(&mut ages, server.uncertainty, seen.native)
        });
        self.report.totals.age_of_changes_only |= seen.native;
        let counts = Counts::of(&tasks, self.step.target);
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
            t: millis(t).max(self.after_sample),
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
        self.after_sample = millis(sample.t + 1e-3);
        self.lives.sample(&sample);
        keep(self.sink.on_sample(&sample))?;
        self.hold_against_thresholds(&sample)
    }

    fn hold_against_thresholds<T>(&mut self, sample: &Sample<T>) -> Step<()> {
        if !self.watching {
            return Ok(());
        }
        let new = self.step.target.saturating_sub(self.step_before());
        let lives = self.lives.step();
        let (times_to_healthy, tally) = (&lives.times_to_healthy, lives.tally);
        let measures = Measures {
            target: sample.target,
            counts: sample.counts,
            tally: self.before + tally,
            times_to_healthy,
            waiting: new.saturating_sub(u32::try_from(times_to_healthy.count()).unwrap_or(u32::MAX)),
            waited: sample.t - self.step.asked_at,
            took: self.took_lately.quantiles(),
            age: sample.age,
            late: sample.late,
            missed: self.report.totals.missed_ticks,
        };
        let crossed = self.guard.look(sample.t, |threshold| measures.value(threshold));
        match (crossed, &self.crossing) {
            (None, WhenCrossed::Ends | WhenCrossed::Told(_)) => Ok(()),
            (Some(crossing), WhenCrossed::Ends) => Err(Outcome::Crossed(crossing)),
            (Some(_), WhenCrossed::Told(_)) => self.tell_of_crossings(),
        }
    }

    /// The target of the step before; before the first step there was nothing.
    fn step_before(&self) -> u32 {
        self.report.steps.last().map_or(0, |step| step.target)
    }
}
