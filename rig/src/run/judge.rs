//! The verdict on what the driver reports, and the sentence beside it.

use harness::scale::{self, Crossing, DriveError, Limit, Metric, RunReport, Threshold, Totals};

use crate::{
    exit::{Code, Failure},
    folder::{
        summary::{Step, Summary},
        upgrade::VERDICT_FORMAT,
    },
    run::{Job, Outcome, reach},
    verdict::{EndReason, Verdict},
};

/// `137 tasks stay healthy for 30s, 138 do not (killed > 0 was crossed at 61.0 s: 1); 17 tries`.
fn limit_sentence(limit: &Limit, breaks: u32, report: &RunReport, job: &Job) -> String {
    let broke = report.steps.iter().rfind(|step| step.target == breaks).and_then(|step| step.why.as_deref());
    let tries: u32 = limit.tries.values().map(|tries| tries.held + tries.broke).sum();
    let (broke_at, held_at) = limit.spread;
    let spread = match broke_at {
        Some(broke_at) if broke_at <= held_at => format!("; results vary from {broke_at} to {held_at} tasks"),
        Some(_) | None => String::new(),
    };
    format!(
        "{} stay healthy for {:?}, {breaks} do not{}; {}{spread}",
        text::count(limit.holds, "task"),
        job.scaled.hold,
        broke.map(|why| format!(" ({why})")).unwrap_or_default(),
        text::count_irregular(tries, "try", "tries"),
    )
}

/// The threshold that the limit crosses, if one does. Where nothing broke, the limit is at least what was tried.
fn beyond(limit: &Limit, thresholds: &[Threshold]) -> Option<String> {
    let found = f64::from(limit.holds);
    let crossed = |threshold: &&Threshold| threshold.metric() == Metric::Limit && threshold.is_crossed_by(found);
    thresholds.iter().find(crossed).map(|threshold| format!("{threshold} was crossed: {}", limit.holds))
}

/// What was measured, with the limit held against its bounds, which the driver cannot do before the search is over.
fn measured(report: &RunReport, limit: Option<&Limit>, thresholds: &[Threshold]) -> Totals {
    let mut totals = report.totals.clone();
    let Some(limit) = limit else { return totals };
    let value = f64::from(limit.holds);
    let judged = totals.thresholds.iter_mut().zip(thresholds);
    for (judgement, threshold) in judged.filter(|(_, threshold)| threshold.metric() == Metric::Limit) {
        let (found, at) = (threshold.in_words(value), totals.seconds);
        judgement.worst = Some(value);
        judgement.found = Some(found.clone());
        judgement.worst_at = Some(at);
        judgement.crossed = threshold.is_crossed_by(value).then(|| Crossing {
            threshold: threshold.to_string(),
            bound: threshold.bound(),
            value,
            found,
            since: at,
            at,
        });
    }
    totals
}

/// Verdict, reason and sentence.
type Judged = (Verdict, Option<EndReason>, String);

/// How the driver ended. A failure of the program itself is kept in `failure`, unless there was one before.
fn ended(report: &RunReport, limit: Option<&Limit>, job: &Job, failure: &mut Option<Failure>) -> Judged {
    match &report.outcome {
        scale::Outcome::Held => match limit.and_then(|limit| Some((limit, limit.breaks?))) {
            None => (Verdict::Passed, None, String::new()),
            Some((limit, breaks)) => (Verdict::Limit, None, limit_sentence(limit, breaks, report, job)),
        },
        scale::Outcome::NotReached { step, target, why } => {
            let place = match job.scaled.plan.steps() {
                1 => String::new(),
                steps => format!("step {step} of {steps} to "),
            };
            let why = format!("{place}{}: {why}", text::count(*target, "task"));
            (Verdict::Failed, Some(EndReason::NotReached), why)
        }
        scale::Outcome::Crossed(crossing) => (Verdict::Failed, Some(EndReason::Crossed), crossing.to_string()),
        scale::Outcome::Interrupted => (Verdict::Stopped, None, "stopped by the user".to_owned()),
        scale::Outcome::Failed(DriveError::Marathon(error)) => {
            let ended = match error.downcast_ref::<harness::Error>() {
                Some(error) => reach::failure(error),
                None => Failure::new(Code::Unreachable, error.to_string()),
            };
            if ended.code == Code::Usage {
                // The app is deployed: what Marathon refuses now is a target.
                (Verdict::Failed, Some(EndReason::NotReached), format!("Marathon refuses the step: {}", ended.message))
            } else {
                failure.get_or_insert(ended);
                (Verdict::Error, Some(EndReason::Cluster), error.to_string())
            }
        }
        scale::Outcome::Failed(DriveError::Write(error)) => {
            failure.get_or_insert_with(|| Failure::results(&job.folder.file("samples.jsonl"), error));
            (Verdict::Error, Some(EndReason::Results), format!("a result could not be written: {error}"))
        }
    }
}

/// The verdict on what the driver reports.
pub fn judge(report: &RunReport, limit: Option<Limit>, job: &Job, unwritten: Option<Failure>) -> Outcome {
    let mut failure = unwritten;
    let (verdict, reason, why) = ended(report, limit.as_ref(), job, &mut failure);
    let low = limit.as_ref().and_then(|limit| beyond(limit, &job.scaled.thresholds));
    let (verdict, reason, why) = match (low, verdict) {
        (Some(low), Verdict::Passed | Verdict::Limit) => {
            (Verdict::Failed, Some(EndReason::Crossed), format!("{low}; {why}"))
        }
        (Some(_) | None, verdict) => (verdict, reason, why),
    };
    // A run whose results are not safe has not passed.
    let (verdict, reason) = match (&failure, verdict) {
        (Some(_), Verdict::Passed) => (Verdict::Error, Some(EndReason::Results)),
        (Some(_) | None, verdict) => (verdict, reason),
    };
    let summary = Summary {
        format: VERDICT_FORMAT,
        pair: job.definition.pair.clone(),
        verdict,
        reason,
        why,
        target: u64::from(job.scaled.plan.target()),
        reached: limit.as_ref().map_or(report.reached(), |limit| Some(limit.holds)).map_or(0, u64::from),
        samples: report.totals.samples,
        missed_polls: report.totals.missed_ticks,
        seconds: report.totals.seconds,
        steps: report.steps.iter().map(|step| Step::default().with_report(step)).collect(),
        measures: Some(measured(report, limit.as_ref(), &job.scaled.thresholds)),
        limit,
        ..Summary::default()
    };
    Outcome { summary, failure, folder: job.folder.clone(), allow_degraded: job.scaled.allow_degraded }
}
