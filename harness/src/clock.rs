//! The one clock for times of day: leases, token expiry and result ages.
//!
//! Durations are measured with tokio's clock, which a test may pause. A time of day has to move with it,
//! or a lease in virtual time would expire by the wall clock.

use time::OffsetDateTime;
use tokio::time::Instant;

/// The time of day: the machine's own, or one that moves with tokio's (possibly paused) clock.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// It was `day` at `instant`; time passes as tokio's clock does.
    Anchored {
        /// The instant of tokio's clock at which the clock was set.
        instant: Instant,
        /// The time of day at that instant.
        day: OffsetDateTime,
    },
}

impl Clock {
    /// A clock that shows `day` now and from here on moves with tokio's clock, paused or not.
    #[must_use]
    pub fn anchored(day: OffsetDateTime) -> Self {
        Self::Anchored { instant: Instant::now(), day }
    }

    /// The present time of day in UTC.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        match self {
            Self::System => OffsetDateTime::now_utc(),
            Self::Anchored { instant, day } => *day + instant.elapsed(),
        }
    }
}
