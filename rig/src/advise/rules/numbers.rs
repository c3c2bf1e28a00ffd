//! Rules about the five numbers of a check.

use super::{Finding, finding};
use crate::advise::facts::{CheckSettings, Facts};

/// Failures in a row that kill, where nothing speaks for another number: Marathon's default.
const FAILURES: u32 = 3;
/// Seconds between two checks, where there are none.
const INTERVAL: u32 = 10;
/// Seconds until a probe has failed, where there is no limit; at most the interval.
const TIMEOUT: u32 = 5;

/// A probe that never ends.
pub(super) fn no_timeout(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if check.timeout > 0 {
        return None;
    }
    let who = if check.is_native() {
        "Mesos waits for an answer for ever"
    } else {
        "Marathon waits as long as the connection does"
    };
    finding(
        "a probe has no time limit",
        format!("With timeoutSeconds {} {who}, so a hung task is never found unhealthy.", check.timeout),
        vec![check.set("timeoutSeconds", TIMEOUT.min(check.interval.max(1)))],
    )
}

/// Marathon's own checks never kill with 0.
pub(super) fn never_kills(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if check.is_native() || check.failures > 0 {
        return None;
    }
    finding(
        "an unhealthy task is never killed",
        "maxConsecutiveFailures 0 means never for a check that Marathon makes (and the first failure for one that Mesos makes), so \
         a broken task stays until somebody looks."
            .to_owned(),
        vec![check.set("maxConsecutiveFailures", FAILURES)],
    )
}

/// Mesos kills at the first failure.
pub(super) fn one_failure_kills(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if !check.is_native() || check.failures > 1 {
        return None;
    }
    finding(
        "one lost probe kills the task",
        format!("Mesos kills at failure number {} in a row; a busy agent is enough for one.", check.failures.max(1)),
        vec![check.set("maxConsecutiveFailures", FAILURES)],
    )
}

/// Tasks took longer to start than they are given.
pub(super) fn grace_too_short(facts: &Facts, check: &CheckSettings) -> Option<Finding> {
    let load = facts.cluster.as_ref()?;
    let start_up = load.start_up?;
    if start_up <= f64::from(check.grace) {
        return None;
    }
    let better = (2.0 * start_up).ceil() as u32;
    finding(
        format!("the grace period of {} s is shorter than the start", check.grace),
        format!(
            "The slowest of {} took {start_up:.1} s from running to its first good result. What fails after {} s counts, and can kill \
             a task that is only starting.",
            text::count(load.measured, "task"),
            check.grace
        ),
        vec![check.set("gracePeriodSeconds", better)],
    )
}

/// A task that never starts is noticed long after it should have.
pub(super) fn grace_too_long(facts: &Facts, check: &CheckSettings) -> Option<Finding> {
    let load = facts.cluster.as_ref()?;
    let start_up = load.start_up?;
    let (grace, better) = (f64::from(check.grace), (3.0 * start_up).ceil().max(10.0));
    if grace <= 10.0 * start_up || grace - better < 60.0 {
        return None;
    }
    finding(
        format!("a task that never starts is given {} s", check.grace),
        format!(
            "The slowest of {} was healthy after {start_up:.1} s. Until the grace period is over no failure counts, so a task that \
             cannot start is replaced minutes too late.",
            text::count(load.measured, "task"),
        ),
        vec![check.set("gracePeriodSeconds", better as u32)],
    )
}

/// The first native probe comes after the grace period.
pub(super) fn delay_outlasts_grace(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if !check.is_native() || check.delay < check.grace || check.grace == 0 {
        return None;
    }
    finding(
        format!("the grace period of {} s is over before the first check", check.grace),
        format!(
            "Mesos makes the first check {} s after the start (delaySeconds), so the grace period of {} s has no effect and the first \
             failure counts.",
            check.delay, check.grace
        ),
        vec![check.set("gracePeriodSeconds", check.delay.saturating_add(check.interval.max(1)))],
    )
}

/// A check without a pause.
pub(super) fn no_interval(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    if check.interval > 0 {
        return None;
    }
    finding(
        "checks have no interval",
        "Marathon accepts intervalSeconds 0 and then checks without a pause.".to_owned(),
        vec![check.set("intervalSeconds", INTERVAL)],
    )
}
