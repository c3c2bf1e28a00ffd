//! The one loop behind every wait.

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::condition::{Condition, Look};
use super::failure::{Evidence, FailureKind, Story, WaitFailure};
use super::probe::{Ear, Probe, Trouble, View};
use super::timeline::Timeline;

/// How long a wait lasts at most unless it says otherwise, before patience.
pub const WITHIN: Duration = Duration::from_secs(60);

/// From the end of one look to the next when nothing hastens it.
pub const EVERY: Duration = Duration::from_millis(500);

/// A rung bell cannot make looks follow each other faster than this: many events are often about one change.
const SOONEST: Duration = Duration::from_millis(20);

/// A look that takes long is followed by a pause of at least so many times as long, so that waiting is never the load.
const PAUSE_PER_LOOK: u32 = 4;

/// The last look, begun at the deadline, may take so long.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// A wait, not begun until it is awaited.
///
/// It looks at once, then at intervals or when an [`Ear`] hears something, until the condition is met or cannot be met,
/// or the one deadline is over: `within` × `patience`, plus what the condition needs at least. A last look is made
/// at the deadline. Only tokio's clock is used, so a paused runtime waits in no time.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<'a, P, C> {
    of: String,
    probe: P,
    condition: C,
    within: Duration,
    patience: f64,
    every: Duration,
    ear: Option<Ear>,
    evidence: Evidence,
    location: &'static Location<'static>,
    life: PhantomData<&'a ()>,
}

/// Waits for a condition `of` something, as `probe` sees it. The caller's place in the source goes into a failure.
#[track_caller]
pub fn wait_for<'a, P, C>(of: impl Into<String>, probe: P, condition: C) -> Wait<'a, P, C>
where
    P: Probe + 'a,
    C: Condition<P::View> + Send + 'a,
{
    Wait {
        of: of.into(),
        probe,
        condition,
        within: WITHIN,
        patience: 1.0,
        every: EVERY,
        ear: None,
        evidence: Evidence::default(),
        location: Location::caller(),
        life: PhantomData,
    }
}

impl<'a, P, C> Wait<'a, P, C>
where
    P: Probe + 'a,
    C: Condition<P::View> + Send + 'a,
{
    /// How long it may take, before patience.
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// The factor by which slow machines and real clusters stretch the time; 1 unless set.
    pub fn patience(mut self, factor: f64) -> Self {
        self.patience = factor;
        self
    }

    /// From the end of one look to the next when nothing hastens it.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Looks sooner when the ear hears something.
    pub fn hastened_by(mut self, ear: Ear) -> Self {
        self.ear = Some(ear);
        self
    }

    /// What a failure tells besides what was seen.
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// Waits, and tells also how long it took.
    ///
    /// # Errors
    /// As awaiting it: a [`WaitFailure`].
    pub async fn timed(self) -> Result<(C::Output, Duration), WaitFailure> {
        let start = Instant::now();
        let output = self.run().await?;
        Ok((output, start.elapsed()))
    }

    async fn run(mut self) -> Result<C::Output, WaitFailure> {
        let start = Instant::now();
        let deadline = start + self.limit();
        let mut timeline = Timeline::default();
        let mut reason = None;
        let mut last_view = None;
        let (mut looks, mut troubles) = (0, 0);
        let (kind, reason) = loop {
            if let Some(ear) = &mut self.ear {
                ear.forget();
            }
            let began = Instant::now();
            let end = deadline.max(began + LAST_LOOK);
            looks += 1;
            let observed = timeout_at(end, self.probe.observe()).await;
            let at = start.elapsed();
            match observed {
                Ok(Ok(view)) => {
                    timeline.saw(at, view.line());
                    let look = self.condition.look(&view);
                    last_view = Some(view);
                    match look {
                        Look::Met(output) => return Ok(output),
                        Look::NotYet(why) => reason = Some(why),
                        Look::Never(why) => break (FailureKind::Never, why),
                    }
                }
                Ok(Err(Trouble::Final(error))) => {
                    timeline.trouble(at, error.to_string());
                    break (FailureKind::Trouble, error.to_string());
                }
                Ok(Err(Trouble::Passing(error))) => {
                    troubles += 1;
                    timeline.trouble(at, error.to_string());
                }
                Err(_) => {
                    troubles += 1;
                    timeline.trouble(at, format!("the look begun {} ago did not end", text::elapsed(began.elapsed())));
                }
            }
            if Instant::now() >= deadline {
                break (FailureKind::TimedOut, last_reason(reason, &timeline));
            }
            self.pause(began, deadline).await;
        };
        let story = Story {
            kind,
            awaited: format!("{} of {}", self.condition.name(), self.of),
            location: self.location,
            waited: start.elapsed(),
            limit: self.limit_in_words(),
            reason,
            looks,
            troubles,
            timeline,
            sections: last_view.as_ref().map(View::sections).unwrap_or_default(),
            evidence: self.evidence,
        };
        Err(WaitFailure::new(story))
    }

    /// Until the next look is due, the bell rings, or the deadline is there.
    async fn pause(&mut self, began: Instant, deadline: Instant) {
        let now = Instant::now();
        let interval = self.every.max((now - began) * PAUSE_PER_LOOK);
        let due = (now + interval).min(deadline);
        let Some(ear) = &mut self.ear else { return sleep_until(due).await };
        tokio::select! {
            () = sleep_until(due) => {}
            () = ear.rung() => sleep_until((now + SOONEST).min(due)).await,
        }
    }

    fn limit(&self) -> Duration {
        // A factor that is no sensible number is taken as 1: a wait has to end.
        let stretched = Duration::try_from_secs_f64(self.within.as_secs_f64() * self.patience);
        stretched.unwrap_or(self.within) + self.condition.takes_at_least()
    }

    fn limit_in_words(&self) -> String {
        let mut words = text::elapsed(self.limit());
        let least = self.condition.takes_at_least();
        match (self.patience == 1.0, least.is_zero()) {
            (true, true) => return words,
            (false, true) => {
                words.push_str(&format!(" ({} × patience {})", text::elapsed(self.within), self.patience));
            }
            (true, false) => {
                let within = text::elapsed(self.within);
                words.push_str(&format!(" ({} that it takes at least + {within})", text::elapsed(least)));
            }
            (false, false) => {
                let (least, within) = (text::elapsed(least), text::elapsed(self.within));
                words.push_str(&format!(" ({least} that it takes at least + {within} × patience {})", self.patience));
            }
        }
        words
    }
}

fn last_reason(reason: Option<String>, timeline: &Timeline) -> String {
    match (reason, timeline.present_trouble()) {
        (Some(reason), None) => reason,
        (Some(reason), Some(trouble)) => format!("{reason}\nbut since then there was no answer: {trouble}"),
        (None, Some(trouble)) => format!("there never was an answer: {trouble}"),
        (None, None) => "nothing was seen".to_owned(),
    }
}

impl<'a, P, C> IntoFuture for Wait<'a, P, C>
where
    P: Probe + 'a,
    C: Condition<P::View> + Send + 'a,
    C::Output: Send,
{
    type Output = Result<C::Output, WaitFailure>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
