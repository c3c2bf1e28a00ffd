//! The flags for runs whose checks could not be relied on.

use std::time::Duration;

use clap::Args;

use crate::flags::values::duration;

/// When a run that reached its targets is degraded, and what follows.
#[derive(Args, Clone, Copy, Debug)]
pub struct Degraded {
    /// Time that check results may be older than three intervals, events be lost or polls be missed before a run that reached its targets is DEGRADED
    #[arg(long, hide_short_help = true, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub degraded_after: Duration,
    /// End a DEGRADED run with exit code 0; the verdict stays DEGRADED
    #[arg(long, hide_short_help = true)]
    pub allow_degraded: bool,
}
