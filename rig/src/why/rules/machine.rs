//! A rule about the machine: on the fake inside, tasks, checks, Marathon and the rig share one, and then its processors can
//! be what breaks.

use crate::{
    chart::trim,
    folder::evidence::Machine,
    why::{
        conclusion::{Conclusion, Reason, Sureness},
        facts::Facts,
        rules::news::{self, Late},
    },
};

/// Busier than this in the middle of all looks, a machine has nothing left for what is to be measured.
const BUSY: f64 = 0.95;

/// Puts a machine without time first where what was found only says that something came late, or where nothing was found
/// for a run that failed. What it explains altogether goes.
pub fn blame(facts: &Facts<'_>, found: &mut Vec<Conclusion>) {
    let late = Late::polls(facts);
    let within = late.map_or(0.0..=facts.until, |late| late.from..=late.until);
    let Some(machine) = facts.evidence.busy(within).filter(|machine| facts.here && machine.busy >= BUSY) else {
        return;
    };
    let guess = |one: &Conclusion| one.reason == Reason::HeadOfLine && one.sure == Sureness::Low;
    let symptom = |one: &Conclusion| {
        let reasons = [Reason::ChecksLate, Reason::CheckerLate, Reason::TimeoutTooShort, Reason::Unjudged];
        reasons.contains(&one.reason) || guess(one)
    };
    let checked_late = found.iter().any(|one| one.reason == Reason::CheckerLate);
    let unexplained = found.is_empty() && facts.failed;
    if !unexplained && !found.iter().any(symptom) {
        return;
    }
    let mut evidence = vec![machine.words()];
    let (what, sure) = if let Some(late) = late {
        evidence.insert(0, late.told(facts));
        evidence.extend(news::controls(facts));
        let (rate, worst) = (trim(news::rate(facts)), late.worst);
        let asked = format!("{rate} checks/s are asked of Marathon, and the middle result was up to {worst:.1} s old");
        (format!("so checks came late: {asked}"), Sureness::High)
    } else if checked_late {
        let what = "so checks came late: tasks that answer were called sick";
        (what.to_owned(), Sureness::High)
    } else {
        ("so nothing came in its time".to_owned(), Sureness::Medium)
    };
    found.retain(|one| one.reason != Reason::ChecksLate && !guess(one));
    found.insert(0, conclusion(machine, &what, evidence, sure));
}

/// What the rig's own machine may have to do with the late checks of a Marathon elsewhere.
pub(super) fn own(facts: &Facts<'_>, late: Late) -> Option<String> {
    let machine = facts.evidence.busy(late.from..=late.until).filter(|machine| !facts.here && machine.busy >= BUSY)?;
    Some(format!("{}: its own looks were late", machine.words()))
}

fn conclusion(machine: Machine, what: &str, evidence: Vec<String>, sure: Sureness) -> Conclusion {
    let cores = machine.processors();
    Conclusion {
        reason: Reason::MachineBusy,
        title: format!("This machine's {cores} had nothing left"),
        text: format!(
            "Tasks, checks, Marathon and the rig itself share this machine here, and its {cores} were {:.0} % busy, {what}. \
             This is how much this machine holds; it says little about how much such checks hold on a cluster.",
            machine.busy * 100.0
        ),
        evidence,
        sure,
        tasks: Vec::new(),
        next: vec![
            "run fewer tasks or pairs at once (--target, --pair), or one after the other: hc-rig matrix".to_owned(),
            if cfg!(debug_assertions) {
                "or run an optimised build, which does more of it: cargo run --release --package hc-rig -- …".to_owned()
            } else {
                "or run it on a machine with more processors".to_owned()
            },
        ],
    }
}
