//! What time it is at the server, learnt from the `Date` header of its answers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, header::DATE};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::time::Instant;

use crate::model::ServerTime;

/// Every answer bounds the server's clock: its `Date` was cut to whole seconds somewhere between sending and
/// receiving. The bounds of many answers intersect to much less than a second.
#[derive(Debug)]
pub(super) struct ServerClock {
    started: Instant,
    bounds: Mutex<Option<Bounds>>,
}

/// The server's time at `started`, in seconds since 1970: between `low` and `high`.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    low: f64,
    high: f64,
}

impl ServerClock {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), bounds: Mutex::new(None) }
    }

    /// Learns from one answer.
    pub(super) fn observe(&self, sent: Instant, received: Instant, headers: &HeaderMap) {
        let Some(date) = headers.get(DATE).and_then(|date| date.to_str().ok()) else { return };
        let Ok(date) = OffsetDateTime::parse(date, &Rfc2822) else { return };
        let date = date.unix_timestamp() as f64;
        let seconds = |instant: Instant| instant.saturating_duration_since(self.started).as_secs_f64();
        let new = Bounds { low: date - seconds(received), high: date + 1.0 - seconds(sent) };
        let mut bounds = self.lock();
        *bounds = Some(match *bounds {
            Some(old) => {
                let both = Bounds { low: old.low.max(new.low), high: old.high.min(new.high) };
                // No intersection: the server's clock was set, or another server answers. Start anew.
                if both.low <= both.high { both } else { new }
            }
            None => new,
        });
    }

    pub(super) fn now(&self) -> Option<ServerTime> {
        let bounds = (*self.lock())?;
        let midpoint = (bounds.low + bounds.high) / 2.0 + self.started.elapsed().as_secs_f64();
        let now = OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::saturating_seconds_f64(midpoint));
        Some(ServerTime { now, uncertainty: text::duration::from_seconds((bounds.high - bounds.low) / 2.0) })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Bounds>> {
        self.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;
    use time::macros::datetime;

    use super::*;

    fn date(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(DATE, HeaderValue::from_static(text))])
    }

    #[tokio::test(start_paused = true)]
    async fn many_answers_narrow_the_clock() {
        let clock = ServerClock::new();
        assert_eq!(clock.now(), None);
        // The server's clock is at 16:56:23.600 when ours starts.
        let start = Instant::now();
        clock.observe(start, start + Duration::from_millis(2), &date("Sun, 22 Nov 2026 16:56:23 GMT"));
        let first = clock.now().unwrap();
        assert!(first.uncertainty > Duration::from_millis(400), "{first:?}");
        for (millis, text) in [(399, "Sun, 22 Nov 2026 16:56:23 GMT"), (401, "Sun, 22 Nov 2026 16:56:24 GMT")] {
            let at = start + Duration::from_millis(millis);
            clock.observe(at, at, &date(text));
        }
        let narrow = clock.now().unwrap();
        assert!(narrow.uncertainty <= Duration::from_millis(2), "{narrow:?}");
        let off = (narrow.now - datetime!(2026-11-22 16:56:23.6 UTC)).abs();
        assert!(off <= narrow.uncertainty + Duration::from_micros(10), "{narrow:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_was_set_is_followed() {
        let clock = ServerClock::new();
        let now = Instant::now();
        clock.observe(now, now, &date("Sun, 22 Nov 2026 16:56:23 GMT"));
        clock.observe(now, now, &date("Sun, 22 Nov 2026 18:00:00 GMT"));
        assert_eq!(clock.now().unwrap().now, datetime!(2026-11-22 18:00:00.5 UTC));
    }
}
