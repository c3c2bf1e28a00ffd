//! Ticks on a fixed schedule: a late tick does not delay those after it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A schedule of ticks at `start + k × period`.
///
/// The schedule never moves. When the work after a tick takes longer than a period, the ticks that passed meanwhile are
/// counted as missed and the next one happens at its own time, so the distance between samples may be a multiple of the
/// period but never drifts.
#[derive(Clone, Debug)]
pub struct Ticks {
    start: Instant,
    period: Duration,
    /// Only every n-th moment of the schedule is a tick.
    apart: u64,
    next: u64,
}

/// One tick that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// How long after its scheduled moment it happened.
    pub late: Duration,
    /// How many scheduled ticks before it did not happen.
    pub missed: u64,
}

impl Ticks {
    /// A schedule whose first tick is due at `start`. A period of zero is taken as a millisecond.
    #[must_use]
    pub fn new(start: Instant, period: Duration) -> Self {
        Self { start, period: period.max(Duration::from_millis(1)), apart: 1, next: 0 }
    }

    /// From the next tick on only every `apart`-th moment of the schedule is one. The moments between are not missed.
    pub fn spread(&mut self, apart: u64) {
        let last = self.next.saturating_sub(self.apart);
        self.apart = apart.max(1);
        self.next = last.saturating_add(self.apart);
    }

    /// Waits for the next tick. Dropping the future before it is ready loses nothing.
    pub async fn next(&mut self) -> Tick {
        sleep_until(self.due(self.next)).await;
        let behind = Instant::now().saturating_duration_since(self.due(self.next));
        let apart = self.period.as_nanos().saturating_mul(u128::from(self.apart));
        let missed = u64::try_from(behind.as_nanos() / apart).unwrap_or(u64::MAX);
        let happened = self.next.saturating_add(missed.saturating_mul(self.apart));
        self.next = happened.saturating_add(self.apart);
        Tick { late: Instant::now().saturating_duration_since(self.due(happened)), missed }
    }

    fn due(&self, k: u64) -> Instant {
        let offset = self.period.as_nanos().saturating_mul(u128::from(k));
        // 584 years of nanoseconds fit.
        self.start + Duration::from_nanos(u64::try_from(offset).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn slow_work_does_not_move_the_schedule() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, PERIOD);
        let mut at = Vec::new();
        let mut missed = 0;
        for work in [0, 1_900, 500, 4_500, 100, 0] {
            missed += ticks.next().await.missed;
            at.push(start.elapsed().as_secs());
            sleep(Duration::from_millis(work)).await;
        }
        // The work of the fourth tick (at 6 s) lasts until 10.5 s: the tick at 8 s is missed, that at 10 s is late.
        assert_eq!(at, [0, 2, 4, 6, 10, 12]);
        assert_eq!(missed, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_spread_schedule_keeps_its_moments() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, PERIOD);
        let mut at = Vec::new();
        for apart in [1, 3, 3, 1, 1] {
            assert_eq!(ticks.next().await.missed, 0);
            at.push(start.elapsed().as_secs());
            ticks.spread(apart);
        }
        assert_eq!(at, [0, 2, 8, 14, 16]);
    }

    #[tokio::test(start_paused = true)]
    async fn lateness_is_reported() {
        let start = Instant::now();
        let mut ticks = Ticks::new(start, PERIOD);
        ticks.next().await;
        sleep(Duration::from_millis(2_300)).await;
        assert_eq!(ticks.next().await, Tick { late: Duration::from_millis(300), missed: 0 });
    }
}
