//! A run that only observes: nothing is scaled, and a crossed threshold does not end it.

use std::{collections::BTreeSet, convert::Infallible};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Run, Step, WhenCrossed, events::keep};
use crate::scale::{guard::Judgement, subject::Subject, verdict::Outcome};

impl Run<'_> {
    /// Polls until `over`, or until it is `enough`; then the outcome is what was found until then. Whenever somebody else
    /// changes the number of instances, a new step begins.
    pub(in crate::scale) async fn watch(
        &mut self,
        subject: &mut impl Subject,
        over: Instant,
        enough: &CancellationToken,
    ) -> Outcome {
        self.crossing = WhenCrossed::Told(BTreeSet::new());
        let Err(end) = self.observe(subject, over, enough).await;
        let outcome = match end {
            Outcome::NotReached { .. } => self.found(end),
            Outcome::Held | Outcome::Crossed(_) | Outcome::Interrupted | Outcome::Failed(_) => end,
        };
        let there = matches!(outcome, Outcome::Held);
        let ended = if there { Ok(()) } else { Err(outcome) };
        match (self.end_step(&ended), ended) {
            (Err(unwritten), _) | (Ok(()), Err(unwritten)) => unwritten,
            (Ok(()), Ok(())) => Outcome::Held,
        }
    }

    /// Polls on and on, at least once. The deadline of each step is the end of the watch.
    async fn observe(
        &mut self,
        subject: &mut impl Subject,
        over: Instant,
        enough: &CancellationToken,
    ) -> Step<Infallible> {
        let target = self.drive.plan.targets()[0];
        self.begin_watched_step(target, over)?;
        // What another app crossed in its first poll is no reason to say nothing of this one.
        let mut asked = false;
        loop {
            let tick = tokio::select! {
                tick = self.next_tick() => Some(tick?),
                () = enough.cancelled(), if asked => None,
            };
            let Some(tick) = tick else { return Err(self.not_reached()) };
            let answered = self.poll(subject, tick).await?;
            asked = true;
            if !answered {
                continue;
            }
            let Some((instances, there)) =
                self.last.as_ref().map(|seen| (seen.instances, seen.reached(seen.instances)))
            else {
                continue;
            };
            if instances != self.step.target {
                self.note(&format!("somebody changed the instances from {} to {instances}", self.step.target))?;
                self.end_step(&Ok(()))?;
                self.begin_watched_step(instances, over)?;
            }
            if there && self.step.reached_at.is_none() {
                self.step.reached_at = Some(self.t());
            }
        }
    }

    fn begin_watched_step(&mut self, target: u32, over: Instant) -> Step<()> {
        self.begin_step(self.steps() + 1, target)?;
        self.deadline = over;
        Ok(())
    }

    /// The outcome when the time is over: the first crossing, or whether the app is complete and healthy now.
    fn found(&self, incomplete: Outcome) -> Outcome {
        let crossings = self.guard.judgements().into_iter().filter_map(|judgement| judgement.crossed);
        let first = crossings.min_by(|a, b| a.at.total_cmp(&b.at));
        match (first, &self.last) {
            (Some(crossing), _) => Outcome::Crossed(crossing),
            (None, Some(seen)) if seen.reached(seen.instances) => Outcome::Held,
            (None, _) => incomplete,
        }
    }

    /// Tells the sink of each threshold when it is crossed for the first time.
    pub(super) fn tell_of_crossings(&mut self) -> Step<()> {
        for Judgement { crossed, .. } in self.guard.judgements() {
            let WhenCrossed::Told(told) = &mut self.crossing else { return Ok(()) };
            let Some(crossing) = crossed else { continue };
            if told.insert(crossing.threshold.clone()) {
                self.note(&crossing.to_string())?;
                keep(self.sink.on_crossing(&crossing))?;
            }
        }
        Ok(())
    }
}
