//! The run itself: which targets are asked for, in which order, and when that is over.

use futures::{StreamExt, stream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    drive::{Advance, Drive},
    run::{Run, Step},
    search::{Limit, Next, Search},
    subject::{Sink, Subject},
    verdict::{Outcome, RunReport},
};

impl Drive {
    /// Runs to the end and reports the outcome. However it ends, everything observed until then went to the sink.
    pub async fn run(self, subject: &mut impl Subject, sink: &mut dyn Sink) -> RunReport {
        let events = subject.events().chain(stream::pending()).boxed();
        let mut run = Run::new(&self, events, sink);
        let outcome = match all_steps(&mut run, subject).await {
            Ok(()) => Outcome::Held,
            Err(outcome) => outcome,
        };
        run.report(outcome)
    }

    /// Grows until a target breaks (is not reached in time, or crosses a threshold while it is held), then narrows the
    /// gap down. Every try after a break begins at what is known to hold, so that one does not spoil the next.
    ///
    /// The report's outcome is held when the limit was found. Counts since "the run began" are counts since the try
    /// began. The app is scaled by force: an unhealthy task keeps its deployment open.
    pub async fn find_limit(
        self,
        mut search: Search,
        subject: &mut impl Subject,
        sink: &mut dyn Sink,
    ) -> (Option<Limit>, RunReport) {
        let events = subject.events().chain(stream::pending()).boxed();
        let mut run = Run::new(&self, events, sink);
        match narrow(&mut run, &mut search, subject).await {
            Ok(limit) => (Some(limit), run.report(Outcome::Held)),
            Err(outcome) => (None, run.report(outcome)),
        }
    }
}

impl Drive {
    /// Observes the app as it is for the time of a step; nothing is scaled. It is over earlier when it is `enough`.
    ///
    /// The plan's first target is the present number of instances; each other number that somebody else asks for is a
    /// step of its own. Thresholds end nothing: the sink is told of each when it is first crossed. The outcome is the
    /// first crossing, or whether all instances were healthy at the end.
    pub async fn watch(self, subject: &mut impl Subject, sink: &mut dyn Sink, enough: &CancellationToken) -> RunReport {
        let events = subject.events().chain(stream::pending()).boxed();
        let over = Instant::now() + self.step_deadline;
        let mut run = Run::new(&self, events, sink);
        let outcome = run.watch(subject, over, enough).await;
        run.report(outcome)
    }
}

async fn narrow(run: &mut Run<'_>, search: &mut Search, subject: &mut impl Subject) -> Step<Limit> {
    let mut asked_for = run.drive.plan.targets()[0];
    let mut broken = false;
    loop {
        let target = match search.next() {
            Next::Try(target) => target,
            Next::Found(limit) => return Ok(limit),
        };
        run.announce(&search.bracket(target))?;
        if broken {
            run.note(&format!("recovering at {} tasks", search.safe()))?;
            // What the break left behind still crosses bounds: recovering is not a try.
            run.watch_thresholds(false);
            climb(run, subject, search.safe(), &mut asked_for).await?;
            run.watch_thresholds(true);
        }
        run.forget_what_was_counted();
        broken = match climb(run, subject, target, &mut asked_for).await {
            Ok(()) => false,
            Err(Outcome::NotReached { .. } | Outcome::Crossed(_)) => true,
            Err(end) => return Err(end),
        };
        search.outcome(target, !broken);
        run.note(&format!("{target} tasks {}", if broken { "broke" } else { "held" }))?;
    }
}

/// One step to a target, up or down, from what was asked for last.
async fn climb(run: &mut Run<'_>, subject: &mut impl Subject, target: u32, asked_for: &mut u32) -> Step<()> {
    run.begin_step(run.steps() + 1, target)?;
    if *asked_for != target {
        *asked_for = target;
        run.ask_for(subject, target, true).await?;
    }
    let reached = run.until_reached(subject, target).await;
    run.end_step(&reached)?;
    reached
}

async fn all_steps(run: &mut Run<'_>, subject: &mut impl Subject) -> Step<()> {
    let began = Instant::now();
    let targets = run.drive.plan.targets();
    for (index, &target) in targets.iter().enumerate() {
        let step = index + 1;
        run.begin_step(run.drive.before.steps + step, target)?;
        let due = match run.drive.advance {
            Advance::Every(every) if step < targets.len() => {
                Some(began + every.saturating_mul(u32::try_from(step).unwrap_or(u32::MAX)))
            }
            // The last target must be reached, however long the step may be.
            Advance::Every(_) | Advance::WhenReached => None,
        };
        if index > 0 {
            // By the clock, the deployment of the step before may still be under way.
            run.ask_for(subject, target, run.drive.advance != Advance::WhenReached).await?;
        }
        let reached = match due {
            Some(due) => run.until_due(subject, target, due).await,
            None => run.until_reached(subject, target).await,
        };
        run.end_step(&reached)?;
        reached?;
    }
    Ok(())
}
