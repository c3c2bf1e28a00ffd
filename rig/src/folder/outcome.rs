//! What `summary.json` says beside the verdict: likely causes, and what became of the thresholds.

use harness::scale::{Judgement, Threshold};
use serde::{Deserialize, Serialize};

/// A likely cause of what went wrong, as `hc-rig why` names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Cause {
    /// The cause in one word of a closed set, such as `head_of_line`.
    pub reason: String,
    /// The same as a headline.
    pub title: String,
    /// `high`, `medium` or `low`.
    pub confidence: String,
}

/// What became of a threshold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Judged {
    /// As it reads, such as `unhealthy_pct > 1 for 10s`.
    pub threshold: String,
    /// The unit of bound and value: `s` for times, `%` for shares, empty for numbers.
    pub unit: String,
    /// The bound in this unit.
    pub bound: f64,
    /// The value that crossed it, or else the worst, in this unit. Absent where the measure was never known.
    pub value: Option<f64>,
    /// When that was, in seconds since the run began.
    pub at_seconds: Option<f64>,
    /// Whether it was crossed; absent where that cannot be said.
    pub crossed: Option<bool>,
}

impl From<&Judgement> for Judged {
    fn from(judgement: &Judgement) -> Self {
        let crossing = judgement.crossed.as_ref();
        let value = crossing.map(|crossing| crossing.value).or(judgement.worst);
        Self {
            threshold: judgement.threshold.clone(),
            unit: judgement.threshold.parse().map_or("", |threshold: Threshold| threshold.unit()).to_owned(),
            bound: judgement.bound,
            value,
            at_seconds: crossing.map(|crossing| crossing.at).or(judgement.worst_at),
            crossed: value.map(|_| crossing.is_some()),
        }
    }
}
