//! The server's time of day.

use std::time::Duration;

use time::OffsetDateTime;

/// The server's time of day, and how far off the reading may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServerTime {
    /// The best estimate.
    pub now: OffsetDateTime,
    /// It is off by at most this much.
    pub uncertainty: Duration,
}
