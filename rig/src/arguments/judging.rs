//! The flags of every command that polls and judges apps.

use std::time::Duration;

use clap::Args;
use harness::scale::Threshold;

use crate::arguments::{
    degraded::Degraded,
    values::{duration, poll},
};

/// How often apps are polled, and what makes a command fail.
#[derive(Args, Clone, Debug)]
pub struct Judging {
    /// End with exit code 3 when a measure crosses a bound, such as 'unhealthy_pct > 1 for 10s'; may be repeated
    #[arg(long = "fail-if", value_name = "THRESHOLD")]
    pub fail_if: Vec<Threshold>,
    /// When a run is degraded.
    #[command(flatten)]
    pub degraded: Degraded,
    /// Time between two polls, 100ms to 60s
    #[arg(long, default_value = "2s", value_parser = poll, value_name = "TIME")]
    pub poll: Duration,
}

/// How long a command waits for a target. A command with another default says so where it flattens this.
#[derive(Args, Clone, Copy, Debug)]
pub struct StepTimeout {
    /// Timeout of a step
    #[arg(long, default_value = "5m", value_parser = duration, value_name = "TIME")]
    pub step_timeout: Duration,
}
