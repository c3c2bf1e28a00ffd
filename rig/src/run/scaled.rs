//! How one app is scaled, polled and judged.

use std::{fmt, time::Duration};

use harness::scale::{Advance, Drive, Plan, Threshold, ThresholdError};

use crate::folder::manifest::{self, Search};

/// How long the checks of a run may be unreliable unless it is said otherwise.
pub const DEGRADED_AFTER: Duration = Duration::from_secs(10);

/// Everything that the driver needs for a run.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// The targets.
    pub plan: Plan,
    /// When the next target is asked for.
    pub advance: Advance,
    /// Interval of two polls.
    pub poll: Duration,
    /// Timeout of a step.
    pub step_within: Duration,
    /// How long all tasks must stay healthy at a target.
    pub hold: Duration,
    /// Thresholds that end the run, or a try of a search.
    pub thresholds: Vec<Threshold>,
    /// Search for the limit instead of going through the targets.
    pub search: Option<Search>,
    /// How long the checks may be unreliable before the run is degraded.
    pub degraded_after: Duration,
    /// Whether a degraded run ends with exit code 0.
    pub allow_degraded: bool,
}

impl Scaled {
    /// The driver for it.
    pub fn drive(&self) -> Drive {
        Drive {
            advance: self.advance,
            poll: self.poll,
            step_deadline: self.step_within,
            hold: self.hold,
            thresholds: self.thresholds.clone(),
            ..Drive::new(self.plan.clone())
        }
    }

    /// The same for `run.json`.
    pub fn manifest(&self) -> manifest::Plan {
        manifest::Plan {
            targets: self.plan.targets().iter().map(|target| u64::from(*target)).collect(),
            poll_seconds: self.poll.as_secs_f64(),
            step_seconds: self.step_within.as_secs_f64(),
            policy: self.to_string(),
            hold_seconds: self.hold.as_secs_f64(),
            thresholds: self.thresholds.iter().map(Threshold::to_string).collect(),
            search: self.search,
            degraded_after_seconds: Some(self.degraded_after.as_secs_f64()),
            allow_degraded: self.allow_degraded,
            every_seconds: match self.advance {
                Advance::WhenReached => None,
                Advance::Every(every) => Some(every.as_secs_f64()),
            },
        }
    }

    /// The same back from `run.json`, for the targets that are left of it.
    ///
    /// # Errors
    /// A threshold that this program cannot read.
    pub fn of_manifest(written: &manifest::Plan, left: Plan) -> Result<Self, ThresholdError> {
        let seconds = |n: f64| Duration::try_from_secs_f64(n).unwrap_or_default();
        Ok(Self {
            plan: left,
            advance: written.every_seconds.map_or(Advance::WhenReached, |every| Advance::Every(seconds(every))),
            poll: seconds(written.poll_seconds),
            step_within: seconds(written.step_seconds),
            hold: seconds(written.hold_seconds),
            thresholds: written.thresholds.iter().map(|text| text.parse()).collect::<Result<_, _>>()?,
            search: written.search,
            degraded_after: written.degraded_after_seconds.map_or(DEGRADED_AFTER, seconds),
            allow_degraded: written.allow_degraded,
        })
    }

    /// The conditions that are printed before a run: search and thresholds.
    pub fn conditions(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let thresholds: Vec<String> = self.thresholds.iter().map(Threshold::to_string).collect();
        if let Some(Search { precision, repeats }) = self.search {
            let tries = if repeats > 1 { format!(", by the majority of {repeats} tries") } else { String::new() };
            lines.push(format!(
                "searching within {} % for the largest number of tasks that stays healthy for {:?}{tries}",
                precision * 100.0,
                self.hold
            ));
        }
        if !thresholds.is_empty() {
            let what = if self.search.is_some() { "a try fails if" } else { "fails if" };
            lines.push(format!("{what} {}", thresholds.join(", or ")));
        }
        lines
    }
}

impl fmt::Display for Scaled {
    /// `tasks 1 to 31 by 10`, `tasks 1 to 31 by 10, one step every 30s`, `limit within 1 to 1000, times 2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.search.is_some() { "limit within " } else { "tasks " })?;
        self.plan.fmt(f)?;
        match self.advance {
            Advance::Every(every) => write!(f, ", one step every {every:?}"),
            Advance::WhenReached => Ok(()),
        }
    }
}
