//! `summary.json`: the verdict and the numbers behind it.

use harness::{
    record::{Counts, Degradation, Quantiles, Sample, StepReport, TaskLives},
    scale::{Limit, Totals},
};
use serde::{Deserialize, Serialize};

use crate::{
    exit::Code,
    folder::{
        clean_up::CleanUp,
        evidence::Machine,
        incident::Incident,
        origin::Origin,
        outcome::{Cause, Judged},
    },
    verdict::{EndReason, Verdict},
};

/// One target and how long it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Step {
    /// Instances asked for.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub target: u64,
    /// Request number of the first sample with this target.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub request: u64,
    /// Seconds on the samples' clock when it was asked for.
    #[serde(rename = "asked_at_seconds")]
    pub asked_at: f64,
    /// Seconds from asking until the first sample in which all were healthy.
    #[serde(rename = "reached_after_seconds")]
    pub reached_after: Option<f64>,
    /// Tasks that became healthy in this step.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub tasks: u64,
    /// Seconds from staging to the first good result, over these tasks: median, 99th percentile, largest.
    #[serde(rename = "task_p50_seconds")]
    pub task_p50: Option<f64>,
    /// See `task_p50`.
    #[serde(rename = "task_p99_seconds")]
    pub task_p99: Option<f64>,
    /// See `task_p50`.
    #[serde(rename = "task_max_seconds")]
    pub task_max: Option<f64>,
    /// The largest number of unhealthy tasks in one sample.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub worst_unhealthy: u64,
    /// Seconds from the request to each new task's first healthy result, by the rig's clock.
    #[serde(rename = "time_to_healthy_seconds")]
    pub time_to_healthy: Option<Quantiles>,
    /// Seconds from the first healthy result (or the start) to the first unhealthy one, of the tasks that turned so.
    #[serde(rename = "time_to_unhealthy_seconds")]
    pub time_to_unhealthy: Option<Quantiles>,
    /// Changes of health after a task was first healthy.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub flips: u64,
    /// Tasks killed by a health check.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub kills: u64,
    /// Tasks that ended otherwise, unasked.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub losses: u64,
    /// The oldest last check result in any sample, seconds; of the last change for native checks.
    #[serde(rename = "oldest_result_seconds")]
    pub oldest_result: Option<f64>,
    /// Why it ended when it did not end well.
    pub why: Option<String>,
}

impl Step {
    /// Completed by what only the driver knows.
    pub fn with_report(self, report: &StepReport) -> Self {
        Self {
            target: u64::from(report.target),
            asked_at: report.asked_at,
            reached_after: report.seconds(),
            time_to_healthy: report.time_to_healthy,
            time_to_unhealthy: report.time_to_unhealthy,
            flips: report.flips,
            kills: report.kills,
            losses: report.losses,
            oldest_result: report.oldest_result,
            why: report.why.clone(),
            ..self
        }
    }

    /// What the samples tell of a step that the driver's own account has written: its samples, not its times.
    pub fn with_samples(self, seen: &Self) -> Self {
        Self {
            request: seen.request,
            tasks: seen.tasks,
            task_p50: seen.task_p50,
            task_p99: seen.task_p99,
            task_max: seen.task_max,
            worst_unhealthy: seen.worst_unhealthy,
            ..self
        }
    }
}

/// The verdict of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Summary {
    /// Version of the format.
    pub format: u32,
    /// Version of the program that ran it.
    pub version: String,
    /// The command line, without secrets.
    pub command: String,
    /// Base URL of the Marathon, without user or password.
    pub url: String,
    /// When it began, ISO 8601.
    pub started_at: String,
    /// When it ended, clean-up included, ISO 8601; absent where the run was killed or an earlier program wrote this.
    pub ended_at: Option<String>,
    /// SHA-256 of the definition as `run.json` has it: compact JSON with sorted keys, in hexadecimal.
    pub definition_sha256: String,
    /// `containerizer,PROTOCOL`.
    pub pair: String,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it ended so, where the verdict leaves that open.
    pub reason: Option<EndReason>,
    /// Why, in one sentence; empty when it passed.
    pub why: String,
    /// The process's exit code for this run.
    pub exit: u8,
    /// The last target of the plan.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub target: u64,
    /// The largest target that was reached.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub reached: u64,
    /// What made the checks unreliable, the reason first.
    pub degraded: Vec<Degradation>,
    /// The most likely causes, the first is the most confident; empty when nothing was wrong.
    pub diagnosis: Vec<Cause>,
    /// What became of each threshold.
    pub thresholds: Vec<Judged>,
    /// Counts of the last sample.
    pub last: Counts,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Samples on disk.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub samples: u64,
    /// Polls that came too late to be made.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub missed_polls: u64,
    /// Seconds from the first sample to the last.
    pub seconds: f64,
    /// Tasks that had a bad result at any time.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub sick_tasks: u64,
    /// Tasks whose only bad results came within their grace period: `"alive": false`, and no failure is counted.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub grace_tasks: u64,
    /// Tasks that ended during the run, whatever the cause.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub ended_tasks: u64,
    /// `complete`, or what is left.
    #[schemars(with = "String")]
    pub clean_up: CleanUp,
    /// What was measured over the whole run; absent when the run was killed before it could be written.
    pub measures: Option<Totals>,
    /// The limit, if the run searched for it and found it.
    pub limit: Option<Limit>,
    /// What went wrong on the way to the cluster and was survived.
    pub incidents: Vec<Incident>,
    /// How busy the rig's own machine was during the run (median); absent where it was not recorded.
    pub machine: Option<Machine>,
}

impl Summary {
    /// Completed by what made the checks unreliable: a run that has passed otherwise is degraded by it.
    #[must_use]
    pub fn with_degraded(mut self, degraded: Vec<Degradation>, allowed: bool) -> Self {
        if let (Some(first), Verdict::Passed) = (degraded.first(), self.verdict) {
            self.verdict = Verdict::Degraded;
            self.reason = Some(first.weakness.into());
            let sentences: Vec<String> = degraded.iter().map(Degradation::to_string).collect();
            self.why = sentences.join("; and ");
            // What went wrong beside it, such as an incomplete clean-up, has a code of its own.
            if self.exit == Code::Passed.status() {
                self.exit = self.verdict.code(allowed).status();
            }
        }
        self.degraded = degraded;
        self
    }
}

/// `summary.json` over the runs of several pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Combined {
    /// Version of the format.
    pub format: u32,
    /// Where the runs came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// Passed if all passed, else the most severe.
    pub verdict: Verdict,
    /// `6 of 6 pairs healthy at target`.
    pub sentence: String,
    /// The process's exit code.
    pub exit: u8,
    /// How many passed.
    #[serde(deserialize_with = "harness::record::json::count")]
    pub held: u64,
    /// The runs' folders, in order.
    pub folders: Vec<String>,
    /// Their summaries, in the same order.
    pub runs: Vec<Summary>,
}

/// Builds steps and counters from samples, in one pass and with flat memory.
#[derive(Debug, Default)]
pub struct Tally {
    /// Steps so far.
    pub steps: Vec<Step>,
    /// The last sample's counts.
    pub last: Counts,
    /// Samples so far.
    pub samples: u64,
    step: usize,
    first_t: Option<f64>,
    last_t: f64,
}

impl Tally {
    /// Takes one more sample into account.
    pub fn add<T>(&mut self, sample: &Sample<T>) {
        self.samples += 1;
        self.last = sample.counts;
        let before = std::mem::replace(&mut self.last_t, sample.t);
        let first_t = *self.first_t.get_or_insert(sample.t);
        let began = sample.step != std::mem::replace(&mut self.step, sample.step);
        if began || self.steps.last().is_none_or(|step| step.target != u64::from(sample.target)) {
            // A new target shows in the poll after the one that found the old target reached: it was asked for when
            // the sample before was taken, and that sample is what ended the step before.
            let asked_at = if self.steps.is_empty() { first_t } else { before };
            // Where samples bear their step, one that ended before it was reached is no guess either.
            if let (Some(step), 0) = (self.steps.last_mut(), sample.step) {
                step.reached_after.get_or_insert((before - step.asked_at).max(0.0));
            }
            self.steps.push(Step {
                target: sample.target.into(),
                request: sample.request,
                asked_at,
                ..Step::default()
            });
        }
        if let Some(step) = self.steps.last_mut() {
            step.worst_unhealthy = step.worst_unhealthy.max(sample.counts.unhealthy);
            let all = sample.counts.healthy >= step.target && sample.counts.unhealthy == 0;
            if all && step.reached_after.is_none() {
                step.reached_after = Some((sample.t - step.asked_at).max(0.0));
            }
        }
    }

    /// Seconds from the first sample to the last.
    pub fn seconds(&self) -> f64 {
        (self.last_t - self.first_t.unwrap_or(self.last_t)).max(0.0)
    }

    /// Fills in what each step's tasks went through.
    pub fn with_lives(mut self, lives: &TaskLives) -> Self {
        let starts: Vec<f64> = self.steps.iter().map(|step| step.asked_at).collect();
        let mut waits: Vec<Vec<f64>> = vec![Vec::new(); starts.len()];
        for life in lives.all() {
            if let Some(wait) = life.seconds_to_healthy {
                let step = starts.partition_point(|start| *start <= life.first_seen).saturating_sub(1);
                if let Some(slot) = waits.get_mut(step) {
                    slot.push(wait);
                }
            }
        }
        for (step, mut waits) in self.steps.iter_mut().zip(waits) {
            waits.sort_by(f64::total_cmp);
            step.tasks = waits.len() as u64;
            step.task_p50 = percentile(&waits, 50.0);
            step.task_p99 = percentile(&waits, 99.0);
            step.task_max = waits.last().copied();
        }
        // The same fold counted while the run went on; a run that was killed could not write that down.
        if lives.steps().len() == self.steps.len() {
            for (step, seen) in self.steps.iter_mut().zip(lives.steps()) {
                step.time_to_healthy = seen.times_to_healthy.quantiles();
                step.time_to_unhealthy = seen.times_to_unhealthy.quantiles();
                (step.flips, step.kills, step.losses) = (seen.tally.flips, seen.tally.kills, seen.tally.losses);
            }
        }
        self
    }
}

/// The nearest-rank percentile of sorted values.
pub fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let rank = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::upgrade::upgraded;

    fn sample(request: u64, t: f64, target: u32, healthy: u64, unhealthy: u64) -> Sample {
        Sample { request, t, target, counts: Counts { healthy, unhealthy, ..Counts::default() }, ..Sample::default() }
    }

    #[test]
    fn a_step_is_reached_when_all_are_healthy_for_the_first_time() {
        let mut tally = Tally::default();
        for s in [
            sample(1, 0.0, 1, 0, 0),
            sample(2, 2.0, 1, 1, 0),
            sample(3, 4.0, 11, 1, 0),
            sample(4, 6.0, 11, 11, 1),
            sample(5, 8.0, 11, 11, 0),
        ] {
            tally.add(&s);
        }
        let reached: Vec<_> = tally.steps.iter().map(|s| (s.target, s.request, s.reached_after)).collect();
        assert_eq!(reached, [(1, 1, Some(2.0)), (11, 3, Some(6.0))]);
        assert_eq!((tally.steps[1].worst_unhealthy, tally.seconds()), (1, 8.0));
    }

    #[test]
    fn a_new_step_may_have_the_old_target() {
        let mut tally = Tally::default();
        for (request, step) in [(1, 1), (2, 2), (3, 2)] {
            tally.add(&Sample { step, ..sample(request, request as f64, 5, 5, 0) });
        }
        assert_eq!(tally.steps.iter().map(|s| s.request).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn summaries_of_before_the_measures_are_read() {
        let old = r#"{"format": 1, "pair": "mesos,TCP", "verdict": "held", "steps": [{"target": 1}], "later": true}"#;
        let summary: Summary = serde_json::from_value(upgraded(serde_json::from_str(old).unwrap())).unwrap();
        assert_eq!((summary.verdict, summary.steps[0].target, summary.measures), (Verdict::Passed, 1, None));
    }

    #[test]
    fn only_a_run_that_passed_is_degraded() {
        let stale = Degradation {
            weakness: harness::record::Weakness::StaleResults,
            periods: 1,
            from: 1.0,
            to: 14.0,
            bound: 3.0,
            oldest: Some(15.8),
        };
        let of = |verdict: Verdict, allowed| {
            let summary = Summary { verdict, exit: verdict.code(false).status(), ..Summary::default() };
            summary.with_degraded(vec![stale], allowed)
        };
        let degraded = of(Verdict::Passed, false);
        assert_eq!((degraded.verdict, degraded.reason), (Verdict::Degraded, Some(EndReason::StaleResults)));
        assert!(degraded.exit == 3 && degraded.why.contains("the oldest 15.8 s"), "{degraded:?}");
        let allowed = of(Verdict::Passed, true);
        assert_eq!((allowed.verdict, allowed.exit), (Verdict::Degraded, 0));
        assert_eq!(allowed.clone().with_degraded(vec![stale], true), allowed, "a reader comes to the same");
        let failed = of(Verdict::Failed, false);
        assert_eq!((failed.verdict, failed.degraded.len()), (Verdict::Failed, 1));
        let well = Summary { verdict: Verdict::Passed, ..Summary::default() };
        assert_eq!(well.clone().with_degraded(Vec::new(), false), well);
    }

    #[test]
    fn what_the_driver_knows_wins_over_what_the_samples_show() {
        let report = StepReport { target: 5, asked_at: 1.0, reached_at: Some(7.0), kills: 2, ..StepReport::default() };
        let seen = Step { target: 5, request: 3, reached_after: Some(5.0), worst_unhealthy: 1, ..Step::default() };
        let step = Step::default().with_report(&report).with_samples(&seen);
        assert_eq!((step.request, step.reached_after, step.kills, step.worst_unhealthy), (3, Some(6.0), 2, 1));
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!((percentile(&values, 50.0), percentile(&values, 99.0)), (Some(50.0), Some(99.0)));
        assert_eq!((percentile(&[], 50.0), percentile(&[3.0], 99.0)), (None, Some(3.0)));
    }
}
