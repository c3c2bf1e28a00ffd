//! Time-outs of a thread that may be late itself.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::ProbeOutcome;

/// A runtime that looks this long after the end of a wait was late.
const LATE: Duration = Duration::from_millis(10);

/// A time-out is waited for in this many parts. A probe goes on by at most one step each time that its thread runs, and none has
/// as many steps; where the thread is late in each of them, each counts as a part.
const PARTS: u32 = 16;

/// A time-out that is waited for in parts.
///
/// A thread that was late could not read what had come in time, so the time by which it was late, at any part of the time-out,
/// is waited for more: a late checker is never a sick task.
pub(super) struct Limit {
    timeout: Duration,
    end: Instant,
}

impl Limit {
    /// A time-out that began at `since`.
    pub(super) fn new(since: Instant, timeout: Duration) -> Self {
        Self { timeout, end: since + timeout }
    }

    /// Waits for the next part; whether it was the last one.
    pub(super) async fn part_is_last(&mut self) -> bool {
        let part = (Instant::now() + self.timeout / PARTS).min(self.end);
        sleep_until(part).await;
        let late = Some(part.elapsed()).filter(|late| *late >= LATE).unwrap_or_default();
        if part < self.end {
            self.end += late;
            return false;
        }
        if !late.is_zero() {
            sleep(late).await;
        }
        true
    }
}

/// The outcome, or [`ProbeOutcome::TimedOut`] when it takes longer than the time-out, if there is one, waited for as [`Limit`] does.
pub(in crate::checkers) async fn within(
    since: Instant,
    timeout: Option<Duration>,
    probe: impl Future<Output = ProbeOutcome>,
) -> ProbeOutcome {
    let Some(timeout) = timeout else { return probe.await };
    let mut limit = Limit::new(since, timeout);
    tokio::select! {
        // What has arrived counts, however late it is read.
        biased;
        outcome = probe => outcome,
        () = async { while !limit.part_is_last().await {} } => ProbeOutcome::TimedOut,
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::oneshot, time::advance};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The clock jumps, as for a thread that got no processor; what arrives right after it counts.
    #[tokio::test(start_paused = true)]
    async fn an_outcome_that_came_while_the_runtime_was_late_is_read() {
        let (sender, outcome) = oneshot::channel();
        let probe = async { outcome.await.unwrap() };
        let limited = tokio::spawn(within(Instant::now(), Some(SECOND), probe));
        tokio::task::yield_now().await;
        advance(3 * SECOND).await;
        sender.send(ProbeOutcome::Ok).unwrap();
        assert_eq!(limited.await.unwrap(), ProbeOutcome::Ok);
    }

    /// A probe of several steps on a thread that gets a processor only once in three seconds.
    #[tokio::test(start_paused = true)]
    async fn an_outcome_of_many_steps_is_waited_for_where_each_is_late() {
        let steps = async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            ProbeOutcome::Ok
        };
        let limited = tokio::spawn(within(Instant::now(), Some(SECOND), steps));
        for _ in 0..12 {
            tokio::task::yield_now().await;
            advance(3 * SECOND).await;
        }
        assert_eq!(limited.await.unwrap(), ProbeOutcome::Ok);
    }

    /// However late the thread is, a task that does not answer is noticed.
    #[tokio::test(start_paused = true)]
    async fn silence_is_noticed_by_a_thread_that_is_always_late() {
        let limited = tokio::spawn(within(Instant::now(), Some(SECOND), std::future::pending()));
        for _ in 0..2 * PARTS {
            tokio::task::yield_now().await;
            advance(3 * SECOND).await;
        }
        assert!(limited.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_longer_where_the_runtime_is_in_time() {
        let begin = Instant::now();
        let outcome = within(begin, Some(SECOND), std::future::pending()).await;
        assert_eq!((outcome, begin.elapsed() < SECOND + LATE), (ProbeOutcome::TimedOut, true));
    }
}
