//! `junit.xml`: a test suite per pair, a test case per step, as CI servers read them.
//!
//! A step that was not reached fails with the diagnosis and the ids of the tasks that are to blame in its body; one that was
//! never asked for is skipped; a threshold is a case too; clean-up is a case of its own, because what it leaves is somebody's problem.

use std::fmt::Write as _;

use harness::{
    record::{TaskLife, moment::iso},
    scale::Judgement,
};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use text::duration::from_seconds;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    exit::{Code, Failure},
    folder::{
        Run,
        clean_up::CleanUp,
        incident,
        manifest::{Cluster, NO_TLS},
        summary::Step,
    },
    report::measured::Member,
    verdict::LastStep,
    why::Diagnosis,
};

/// How many tasks a failure names.
const NAMED: usize = 200;

/// The results of these runs, a suite each.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn report(members: &[Member<'_>]) -> Result<Vec<u8>, Failure> {
    let mut report = Report::new("hc-rig");
    for Member { name, run, .. } in members {
        report.add_test_suite(suite(name, run));
    }
    let text = report.to_string().map_err(|error| Failure::new(Code::Internal, format!("junit.xml: {error}")))?;
    Ok(text.into_bytes())
}

fn suite(name: &str, run: &Run) -> TestSuite {
    let manifest = &run.manifest;
    let mut suite = TestSuite::new(name);
    let mut properties = vec![
        ("url", manifest.cluster.url.clone()),
        ("kind", manifest.cluster.kind.as_str().to_owned()),
        ("server", server(&manifest.cluster)),
        ("command", manifest.command.clone()),
        ("verdict", run.summary.verdict.word().to_owned()),
    ];
    properties.extend(run.summary.reason.map(|reason| ("reason", reason.words().to_owned())));
    let measures = run.summary.measures.iter();
    properties.extend(measures.flat_map(|all| &all.thresholds).map(|judgement| ("threshold", judgement.to_string())));
    let survived = incident::sentence(&run.summary.incidents);
    if !survived.is_empty() {
        properties.push(("survived", survived));
    }
    for (key, value) in &properties {
        suite.add_property((*key, value.as_str()));
    }
    let start = manifest.started_at.as_str();
    if !start.is_empty() {
        suite.extra.insert("timestamp".into(), start.into());
    }
    suite.set_time(from_seconds(run.summary.seconds));
    for (index, step) in run.summary.steps.iter().enumerate() {
        suite.add_test_case(case(run, name, index, step));
    }
    for (index, target) in manifest.plan.targets.iter().enumerate().skip(run.summary.steps.len()) {
        let mut status = TestCaseStatus::skipped();
        status.set_message("not asked for: the run ended before");
        suite.add_test_case(named(name, &step_name(index, *target), status));
    }
    for judgement in run.summary.measures.iter().flat_map(|all| &all.thresholds) {
        suite.add_test_case(threshold(name, judgement));
    }
    suite.add_test_case(named(name, "clean-up", clean_up(run)));
    suite
}

/// How it is known that the server is the right one.
fn server(cluster: &Cluster) -> String {
    match cluster.tls.as_str() {
        "" => "in this program".to_owned(),
        NO_TLS => format!("NOT VERIFIED: {NO_TLS}"),
        tls => tls.to_owned(),
    }
}

/// A threshold: what was crossed fails, and what was never known is not passed.
fn threshold(class: &str, judgement: &Judgement) -> TestCase {
    let mut status = match (&judgement.crossed, judgement.worst) {
        (Some(_), _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        (None, Some(_)) => TestCaseStatus::success(),
        (None, None) => TestCaseStatus::skipped(),
    };
    if !matches!(status, TestCaseStatus::Success { .. }) {
        status.set_message(judgement.to_string());
    }
    let mut case = named(class, &format!("threshold {}", judgement.threshold), status);
    if let Some(at) = judgement.crossed.as_ref().map(|crossing| crossing.at).or(judgement.worst_at) {
        case.set_time(from_seconds(at));
    }
    case
}

/// So many seconds after an ISO 8601 time; nothing if that is none.
fn later(start: &str, seconds: f64) -> Option<String> {
    let start = OffsetDateTime::parse(start, &Rfc3339).ok()?;
    Some(iso(start.checked_add(from_seconds(seconds).try_into().ok()?)?))
}

fn named(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn step_name(index: usize, target: u64) -> String {
    format!("step {}: {} healthy", index + 1, text::count(target, "task"))
}

fn case(run: &Run, class: &str, index: usize, step: &Step) -> TestCase {
    let last = index + 1 == run.summary.steps.len();
    let blamed = blamed(run, index);
    let ending = if last {
        run.summary.verdict.last_step(run.summary.reason, run.manifest.plan.allow_degraded)
    } else {
        LastStep::ByTarget
    };
    let status = if step.reached_after.is_some() && ending.counts_when_reached() {
        TestCaseStatus::success()
    } else {
        let mut status = match ending {
            LastStep::Unfinished => TestCaseStatus::skipped(),
            LastStep::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
            LastStep::ByTarget | LastStep::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        let why = step.why.as_ref().unwrap_or(&run.summary.why);
        status.set_message(why.as_str()).set_type(run.summary.verdict.word());
        let diagnosis = if last { diagnosis(run) } else { String::new() };
        status.set_description(diagnosis + &body(&blamed));
        status
    };
    let succeeded = matches!(status, TestCaseStatus::Success { .. });
    let mut case = named(class, &step_name(index, step.target), status);
    let next = run.summary.steps.get(index + 1).map_or(run.summary.seconds, |next| next.asked_at);
    case.set_time(from_seconds(step.reached_after.unwrap_or(next - step.asked_at)));
    if let Some(at) = later(&run.manifest.started_at, step.asked_at) {
        case.extra.insert("timestamp".into(), at.into());
    }
    if succeeded && !blamed.is_empty() {
        case.set_system_out(body(&blamed));
    }
    case
}

/// The most likely causes with their evidence.
fn diagnosis(run: &Run) -> String {
    let mut text = String::new();
    for conclusion in Diagnosis::of(run).conclusions {
        let _ = writeln!(text, "Diagnosis: {} ({})", conclusion.title, conclusion.confidence.words());
        for evidence in conclusion.evidence {
            let _ = writeln!(text, "  {evidence}");
        }
    }
    text
}

/// The tasks whose trouble began in this step.
fn blamed(run: &Run, index: usize) -> Vec<&TaskLife> {
    let steps = &run.summary.steps;
    let of = |t: f64| steps.partition_point(|step| step.asked_at <= t).saturating_sub(1);
    run.lives.troubled().into_iter().filter(|life| life.trouble_at().is_some_and(|t| of(t) == index)).collect()
}

fn body(blamed: &[&TaskLife]) -> String {
    let mut text = String::new();
    for life in blamed.iter().take(NAMED) {
        let port = life.ports.first().map(|port| format!(":{port}")).unwrap_or_default();
        let _ = write!(text, "{} on {}{port}", life.id, life.host);
        if let Some(check_failure) = &life.check_failure {
            let cause = if check_failure.cause.is_empty() { "no cause given" } else { &check_failure.cause };
            let _ = write!(
                text,
                ": unhealthy at {:.1} s, {} failures in a row, {cause}",
                check_failure.t, check_failure.failures
            );
        }
        if let (Some(t), None) = (life.failed_in_grace, &life.check_failure) {
            let _ = write!(text, ": failed within its grace period from {t:.1} s on, and never was well");
        }
        if let Some(end) = &life.end {
            let _ = write!(text, "; {} at {:.1} s {}", end.state, end.t, end.message);
        }
        text.push('\n');
    }
    if blamed.len() > NAMED {
        let _ = writeln!(text, "and {} more, see tasks.csv", blamed.len() - NAMED);
    }
    text
}

fn clean_up(run: &Run) -> TestCaseStatus {
    let failed = |message: &str| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(message);
        status
    };
    match &run.summary.clean_up {
        CleanUp::Complete => TestCaseStatus::success(),
        CleanUp::NotReached => failed("the run ended before clean-up: hc-rig clean RUN"),
        // The run's own clean-up failed, though another command has completed it since.
        late @ (CleanUp::CompletedBy(_) | CleanUp::Incomplete(_)) => failed(&late.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_that_no_calendar_has_is_left_out() {
        assert_eq!(later("2026-11-22T17:00:00Z", 1.5).as_deref(), Some("2026-11-22T17:00:01.500Z"));
        assert_eq!(later("2026-11-22T17:00:00Z", -1e308).as_deref(), Some("2026-11-22T17:00:00.000Z"));
        assert_eq!(later("9999-12-31T23:59:59Z", 1.0), None);
        assert_eq!(later("yesterday", 1.0), None);
    }
}
