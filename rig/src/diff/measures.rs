//! What is taken from each run, and what counts as a change.

use serde::Serialize;

use crate::diff::side::Repeat;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Better {
    /// 1 where more is better, else −1.
    pub fn sign(self) -> f64 {
        match self {
            Self::Higher => 1.0,
            Self::Lower => -1.0,
        }
    }
}

/// One number of a run.
pub struct Measure {
    /// Its key in the JSON.
    pub key: &'static str,
    /// Its name in tables.
    pub name: &'static str,
    /// `tasks`, `s`, `ms`, or empty.
    pub unit: &'static str,
    /// Which way is better.
    pub better: Better,
    /// A change smaller than this part of A's mean is none, however certain.
    pub part: f64,
    /// Nor is one smaller than this, in the unit.
    pub least: f64,
    /// Takes it from a run; none where the run does not have it.
    pub of: fn(&Repeat) -> Option<f64>,
}

/// All measures, the most telling first.
///
/// The least changes are what the rig itself cannot tell apart: one task, half a poll's worth of a second, the jitter of
/// a busy machine's loopback.
pub const ALL: [Measure; 8] = [
    Measure {
        key: "tasks_held",
        name: "limit or tasks reached",
        unit: "tasks",
        better: Better::Higher,
        part: 0.02,
        least: 1.0,
        of: |run| Some(run.summary.limit.as_ref().map_or(run.summary.reached as f64, |limit| f64::from(limit.holds))),
    },
    Measure {
        key: "time_to_healthy_p50",
        name: "time to healthy, median",
        unit: "s",
        better: Better::Lower,
        part: 0.1,
        least: 0.5,
        of: |run| Some(run.summary.measures.as_ref()?.time_to_healthy.as_ref()?.p50),
    },
    Measure {
        key: "time_to_healthy_p99",
        name: "time to healthy, 99 %",
        unit: "s",
        better: Better::Lower,
        part: 0.1,
        least: 0.5,
        of: |run| Some(run.summary.measures.as_ref()?.time_to_healthy.as_ref()?.p99),
    },
    Measure {
        key: "sick_tasks",
        name: "tasks that were unhealthy",
        unit: "tasks",
        better: Better::Lower,
        part: 0.1,
        least: 1.0,
        of: |run| Some(run.summary.sick_tasks as f64),
    },
    Measure {
        key: "kills",
        name: "killed by a check",
        unit: "tasks",
        better: Better::Lower,
        part: 0.1,
        least: 1.0,
        of: |run| Some(run.summary.measures.as_ref()?.kills as f64),
    },
    Measure {
        key: "losses",
        name: "died otherwise",
        unit: "tasks",
        better: Better::Lower,
        part: 0.1,
        least: 1.0,
        of: |run| Some(run.summary.measures.as_ref()?.losses as f64),
    },
    Measure {
        key: "check_age_p99",
        name: "age of check results, 99 %",
        unit: "s",
        better: Better::Lower,
        part: 0.1,
        least: 0.5,
        // Native checks report changes only: how old the last check is cannot be known.
        of: |run| run.summary.measures.as_ref().filter(|all| !all.age_of_changes_only)?.age.as_ref().map(|age| age.p99),
    },
    Measure {
        key: "api_p99",
        name: "API latency, 99 %",
        unit: "ms",
        better: Better::Lower,
        part: 0.25,
        least: 10.0,
        of: |run| Some(run.summary.measures.as_ref()?.api.as_ref()?.p99 * 1e3),
    },
];
