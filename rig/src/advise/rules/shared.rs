//! Rules about what the app does to the checks of all others.

use super::{Finding, finding};
use crate::advise::facts::{CheckSettings, Facts};

/// One hung task would blind everybody: its timeout is longer than the slots last.
pub(super) fn blinds_all(facts: &Facts, check: &CheckSettings) -> Option<Finding> {
    let found = facts.blinding(check)?;
    if found.blind <= 0.0 {
        return None;
    }
    let (rate, slots, timeout, fill) = (found.rate, facts.slots, check.timeout, found.fill);
    let text = format!(
        "Marathon makes {rate:.1} checks/s for all apps, at most {slots} at a time and in order. One hung task of this app keeps \
         the slots behind it until its timeout: they are full after {slots} / {rate:.1} = {fill:.1} s, and then no app is checked \
         for {timeout} − {fill:.1} = {:.1} s of every {timeout} s.",
        found.blind
    );
    let better = facts.timeout_that_lasts().map(|lasts| lasts.min(i64::from(check.interval.max(1))));
    match better {
        Some(better) => finding(
            format!("one hung task would blind the checks of all apps for {:.1} s of every {timeout} s", found.blind),
            format!("{text} With a timeout of {better} s the slots last."),
            vec![check.set("timeoutSeconds", better)],
        ),
        None => finding(
            format!("one hung task would blind the checks of all apps for {:.1} s of every {timeout} s", found.blind),
            format!("{text} No timeout of whole seconds is short enough; let Mesos make the check."),
            vec![check.set("protocol", check.native().as_str())],
        ),
    }
}

/// Several probes of one task are under way at the same time, each in a slot of its own.
pub(super) fn checks_overlap(_: &Facts, check: &CheckSettings) -> Option<Finding> {
    let interval = i64::from(check.interval.max(1));
    if check.is_native() || check.timeout <= interval {
        return None;
    }
    let most = (check.timeout + interval - 1) / interval;
    finding(
        format!("a hung task is probed up to {most} times at once"),
        format!(
            "Marathon starts a probe every {interval} s, whether the one before has ended or not. With a timeout of {} s a hung task \
             holds up to {most} of the slots that all apps share.",
            check.timeout
        ),
        vec![check.set("timeoutSeconds", interval)],
    )
}
