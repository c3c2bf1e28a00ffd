//! The flags of every command that polls and judges apps.

use std::{fmt::Write as _, time::Duration};

use clap::Args;
use harness::scale::{Metric, MetricRow as Row, Threshold};

use crate::{
    arguments::degraded::Degraded,
    flags::{
        LIMITS, PLAN,
        values::{duration, poll},
    },
};

/// The help of `--fail-if` in full: what it does, its default, how a threshold is written, and the table of measures.
pub fn fail_if(default: &str) -> String {
    let mut text = format!(
        "End with exit code 3 when a measure crosses a bound; may be repeated{default}\n\nA threshold is a measure, one of > >= < <=, a bound, and optionally how long it must be crossed without a \
         break: 'api_p99 > 2s for 1m'. Times are written as everywhere: 2, 2s, 500ms, 1m30s. The measures:\n"
    );
    for measure in Metric::families() {
        let Row { unit, meaning, .. } = measure.row();
        let _ = write!(text, "\n  {:<18}  {unit:<7}  {meaning}", measure.family());
    }
    text.push_str("\n\n* is p50 (median), p99 (99th percentile) or max.");
    text
}

/// How often apps are polled, and what makes a command fail.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = LIMITS)]
pub struct Judging {
    /// Fail when crossed: 'unhealthy_pct > 1 for 10s'
    #[arg(long = "fail-if", value_name = "THRESHOLD", long_help = fail_if(""))]
    pub fail_if: Vec<Threshold>,
    /// When a run is degraded.
    #[command(flatten)]
    pub degraded: Degraded,
    /// Time between two polls, 100ms to 60s
    #[arg(long, hide_short_help = true, help_heading = PLAN, default_value = "2s", value_parser = poll, value_name = "TIME")]
    pub poll: Duration,
}

/// How long a command waits for a target. A command with another default says so where it flattens this.
#[derive(Args, Clone, Copy, Debug)]
pub struct StepTimeout {
    /// Timeout of a step [default: 5m, or 1s for every 10 tasks of the largest step if that is longer]
    ///
    /// A Marathon with its own settings launches about 20 tasks a second.
    #[arg(long, hide_short_help = true, help_heading = PLAN, value_parser = duration, value_name = "TIME")]
    pub step_timeout: Option<Duration>,
}

impl StepTimeout {
    /// The timeout of steps of which the largest adds so many tasks.
    pub fn of(self, largest: u32) -> Duration {
        self.step_timeout.unwrap_or_else(|| LEAST.max(Duration::from_secs(u64::from(largest / TASKS_A_SECOND))))
    }
}

/// The least timeout of a step.
const LEAST: Duration = Duration::from_secs(300);

/// Half of what a Marathon with its own settings launches (100 launch tokens, and an offer that found none comes again after
/// 5 s).
const TASKS_A_SECOND: u32 = 10;
