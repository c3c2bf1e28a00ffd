//! A rule about the machine: on the fake inside, tasks, checks, Marathon and the rig share one, and then its processors can
//! be what breaks.

use text::decimal;

use crate::{
    folder::evidence::Machine,
    why::{
        conclusion::{Conclusion, Reason, Sureness},
        facts::Facts,
        rules::news::{self, Late},
    },
};

/// Busier than this in the middle of all looks, a machine has nothing left for what is to be measured.
const BUSY: f64 = 0.95;

/// Fuller than this, the table has no room for a connection that comes between two looks.
const FULL: f64 = 0.99;

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
        let (rate, worst) = (decimal(news::rate(facts), 2), late.worst);
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

/// Puts a full table of connections first where checks of tasks ended by time-out or without a cause: a kernel that tracks
/// connections, as it does where Docker or a firewall runs, then drops the packets of new ones.
pub fn blame_connections(facts: &Facts<'_>, found: &mut Vec<Conclusion>) {
    let machine = facts.evidence.busy(0.0..=facts.until).filter(|_| facts.here);
    let full = machine.and_then(|machine| machine.connections).filter(|share| *share >= FULL);
    let late = [Reason::ChecksLate, Reason::MachineBusy];
    let sick = [Reason::CheckerLate, Reason::TimeoutTooShort, Reason::Unknown, Reason::Hung];
    let any = |reasons: &[Reason]| found.iter().any(|one| reasons.contains(&one.reason));
    let (called_sick, came_late) = (any(&sick), any(&late));
    let Some(full) = full.filter(|_| called_sick || came_late) else { return };
    let mut evidence = vec![format!("up to {:.0} % of the table were taken", full * 100.0)];
    if called_sick {
        evidence.push("tasks were called sick whose own trouble nothing shows (below)".to_owned());
    }
    let conclusion = Conclusion {
        reason: Reason::ConnectionsFull,
        title: "This machine's table of connections was full".to_owned(),
        text: "The kernel keeps a table of connections (nf_conntrack, which Docker or a firewall brings along), with each \
               closed one in it for another two minutes. Every check is a connection. When the table was full, the packets \
               of new ones were dropped, so that checks of well tasks ended by their time-out."
            .to_owned(),
        evidence,
        // Where checks were only late, the processors may be enough of a reason.
        sure: if called_sick { Sureness::High } else { Sureness::Medium },
        tasks: Vec::new(),
        next: vec![
            "make the table larger: sysctl net.netfilter.nf_conntrack_max=1048576".to_owned(),
            "or check less often, or run fewer tasks at once".to_owned(),
        ],
    };
    found.insert(0, conclusion);
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
