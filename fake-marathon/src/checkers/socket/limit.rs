//! Time-outs of a thread that may be late itself.

use std::{pin::pin, time::Duration};

use tokio::time::{Instant, timeout_at};

use super::ProbeOutcome;

/// A runtime that looks this long after the end of a time-out was late.
const LATE: Duration = Duration::from_millis(10);

/// The outcome, or [`ProbeOutcome::TimedOut`] when it takes longer than the time-out, if there is one.
///
/// A thread that was late could not read what had come in time, so the time by which it was late is waited for more: a late
/// checker is never a sick task.
pub(in crate::checkers) async fn within(
    since: Instant,
    timeout: Option<Duration>,
    probe: impl Future<Output = ProbeOutcome>,
) -> ProbeOutcome {
    let Some(timeout) = timeout else { return probe.await };
    let mut probe = pin!(probe);
    let end = since + timeout;
    if let Ok(outcome) = timeout_at(end, probe.as_mut()).await {
        return outcome;
    }
    match late(end) {
        None => ProbeOutcome::TimedOut,
        Some(grace) => timeout_at(grace, probe).await.unwrap_or(ProbeOutcome::TimedOut),
    }
}

/// Until when to wait once more, if the end of a time-out was noticed late.
pub(super) fn late(end: Instant) -> Option<Instant> {
    let late = end.elapsed();
    (late >= LATE).then(|| Instant::now() + late)
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

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_longer_where_the_runtime_is_in_time() {
        let begin = Instant::now();
        let outcome = within(begin, Some(SECOND), std::future::pending()).await;
        assert_eq!((outcome, begin.elapsed() < SECOND + LATE), (ProbeOutcome::TimedOut, true));
    }
}
