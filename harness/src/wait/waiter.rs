//! The one loop behind every wait.

use std::{
    future::{Future, IntoFuture},
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    time::Duration,
};

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    condition::{Condition, Look},
    failure::{Evidence, FailureKind, Story, WaitFailure},
    probe::{AttemptError, Listener, Probe, View},
    timeline::Timeline,
};

/// How long a wait may take unless it says otherwise, before the timeout factor.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// From the end of one observation to the next when nothing hastens it.
pub const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Notifications cannot make observations follow each other faster than this: many events are often about one change.
const MIN_INTERVAL: Duration = Duration::from_millis(20);

/// The pause after an observation is at least this many times as long as it took, so that waiting never becomes the load.
const PAUSE_PER_OBSERVATION: u32 = 4;

/// The limit of the last observation, which begins at the deadline.
const LAST_OBSERVATION: Duration = Duration::from_secs(2);

/// A wait. It begins when it is awaited.
///
/// It observes at once, then at intervals or when a [`Listener`] is notified, until the condition is met, can never be
/// met, or the one deadline has passed: `within` × `timeout_factor`, plus what the condition needs at least. The last
/// observation is made at the deadline. Only tokio's clock is used, so a paused runtime waits in no time.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<'a, P, C> {
    of: String,
    probe: P,
    condition: C,
    within: Duration,
    timeout_factor: f64,
    every: Duration,
    listener: Option<Listener>,
    evidence: Evidence,
    location: &'static Location<'static>,
    life: PhantomData<&'a ()>,
}

/// Waits for a condition `of` something that `probe` observes. A failure names the caller's place in the source.
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
        within: DEFAULT_TIMEOUT,
        timeout_factor: 1.0,
        every: POLL_INTERVAL,
        listener: None,
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
    /// How long it may take, before the timeout factor.
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// The factor by which slow machines and real clusters stretch the time; 1 unless set.
    pub fn timeout_factor(mut self, factor: f64) -> Self {
        self.timeout_factor = factor;
        self
    }

    /// From the end of one observation to the next when nothing hastens it.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = interval;
        self
    }

    /// Observes sooner when the listener is notified.
    pub fn hastened_by(mut self, listener: Listener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// What a failure reports besides what was observed.
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    /// Waits, and returns also how long it took.
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
        let (mut observations, mut failed) = (0, 0);
        let (kind, reason) = loop {
            if let Some(listener) = &mut self.listener {
                listener.discard();
            }
            let began = Instant::now();
            observations += 1;
            let observed = self.observe(began, deadline).await;
            let at = start.elapsed();
            match observed {
                Ok(view) => {
                    timeline.saw(at, view.line());
                    let look = self.condition.look(&view);
                    last_view = Some(view);
                    match look {
                        Look::Met(output) => return Ok(output),
                        Look::NotYet(why) => reason = Some(why),
                        Look::Never(why) => break (FailureKind::Never, why),
                    }
                }
                Err(AttemptError::Fatal(error)) => {
                    timeline.failed(at, error.to_string());
                    break (FailureKind::ProbeFailed, error.to_string());
                }
                Err(AttemptError::Transient(error)) => {
                    failed += 1;
                    timeline.failed(at, error.to_string());
                }
            }
            if Instant::now() >= deadline {
                break (FailureKind::TimedOut, last_reason(reason, &timeline));
            }
            self.pause(began, deadline).await;
        };
        Err(WaitFailure::new(Story {
            kind,
            awaited: format!("{} of {}", self.condition.name(), self.of),
            location: self.location,
            waited: start.elapsed(),
            limit: self.limit_in_words(),
            reason,
            observations,
            failed,
            timeline,
            sections: last_view.as_ref().map(View::sections).unwrap_or_default(),
            evidence: self.evidence,
        }))
    }

    /// One observation. One that does not finish in time has failed, but the next may succeed.
    async fn observe(&mut self, began: Instant, deadline: Instant) -> Result<P::View, AttemptError> {
        let end = deadline.max(began + LAST_OBSERVATION);
        let observed = timeout_at(end, self.probe.observe()).await;
        observed.unwrap_or_else(|_| {
            let began = text::elapsed(began.elapsed());
            Err(AttemptError::Transient(format!("the observation begun {began} ago did not finish").into()))
        })
    }

    /// Until the next observation is due, a notification arrives, or the deadline has passed.
    async fn pause(&mut self, began: Instant, deadline: Instant) {
        let now = Instant::now();
        let interval = self.every.max((now - began) * PAUSE_PER_OBSERVATION);
        let due = (now + interval).min(deadline);
        let Some(listener) = &mut self.listener else { return sleep_until(due).await };
        tokio::select! {
            () = sleep_until(due) => {}
            () = listener.notified() => sleep_until((now + MIN_INTERVAL).min(due)).await,
        }
    }

    fn limit(&self) -> Duration {
        // A factor that is negative or not a number is taken as 1: a wait has to end.
        let stretched = Duration::try_from_secs_f64(self.within.as_secs_f64() * self.timeout_factor);
        stretched.unwrap_or(self.within) + self.condition.takes_at_least()
    }

    fn limit_in_words(&self) -> String {
        let mut words = text::elapsed(self.limit());
        let least = self.condition.takes_at_least();
        match (self.timeout_factor == 1.0, least.is_zero()) {
            (true, true) => return words,
            (false, true) => {
                words.push_str(&format!(" ({} × timeout factor {})", text::elapsed(self.within), self.timeout_factor));
            }
            (true, false) => {
                let within = text::elapsed(self.within);
                words.push_str(&format!(" ({} minimum + {within})", text::elapsed(least)));
            }
            (false, false) => {
                let (least, within) = (text::elapsed(least), text::elapsed(self.within));
                words.push_str(&format!(" ({least} minimum + {within} × timeout factor {})", self.timeout_factor));
            }
        }
        words
    }
}

fn last_reason(reason: Option<String>, timeline: &Timeline) -> String {
    match (reason, timeline.last_error()) {
        (Some(reason), None) => reason,
        (Some(reason), Some(error)) => format!("{reason}\nno answer since then: {error}"),
        (None, Some(error)) => format!("no answer at all: {error}"),
        (None, None) => "nothing was observed".to_owned(),
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
