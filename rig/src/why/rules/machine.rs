//! Rules about the machine: with the embedded fake, tasks, checks, Marathon and the rig share one, which can be what fails.

use crate::why::{
    conclusion::{Conclusion, Confidence, Reason, number},
    facts::Facts,
    rules::{
        Found,
        lateness::{LatePolls, check_rate, probes_of_others},
    },
};

/// A machine whose median load is at least this has no capacity left for what is measured.
const BUSY: f64 = 0.95;

/// A table of connections that is at least this full can overflow between two samples.
const FULL: f64 = 0.99;

/// A poll or a check that begins this late, in seconds, was not run in time: a timer on an idle machine is late by milliseconds.
const LATE: f64 = 0.5;

/// The processors of the machine that everything runs on are fully used, and lateness was measured: of check results, of the
/// fake's checks, of a checker that calls tasks unhealthy which answer, or of the rig's own polls.
pub fn busy(facts: &Facts<'_>, found: &Found) -> Option<Conclusion> {
    let late = LatePolls::of(facts);
    let within = late.map_or(0.0..=facts.until, |late| late.from..=late.until);
    let machine = facts.evidence.busy(within).filter(|machine| facts.here && machine.busy >= BUSY)?;
    let symptoms = [Reason::ChecksLate, Reason::CheckerLate, Reason::TimeoutTooShort, Reason::Unjudged];
    let symptom = found.any(&symptoms) || found.any_up_to(Reason::HeadOfLine, Confidence::Low);
    let unexplained = found.is_empty() && facts.failed;
    // A full load alone is no cause: a machine that is used well and in time is busy, too.
    let (own, checks) = (own_lateness(facts), late_checks(facts));
    let measured = late.is_some() || own.is_some() || checks.is_some() || found.any(&[Reason::CheckerLate]);
    if !measured || !(unexplained || symptom) {
        return None;
    }
    let mut evidence = vec![machine.words()];
    evidence.extend(own);
    evidence.extend(checks);
    let (effect, confidence) = if let Some(late) = late {
        evidence.insert(0, late.sentence(facts));
        evidence.extend(probes_of_others(facts));
        let (rate, worst) = (number(check_rate(facts)), late.worst);
        let effect = format!(
            "so checks were late: Marathon has to make {rate} checks/s, and the median result was up to {worst:.1} s old"
        );
        (effect, Confidence::High)
    } else if found.any(&[Reason::CheckerLate]) {
        ("so checks were late: tasks that answer were called unhealthy".to_owned(), Confidence::High)
    } else {
        ("so everything was late".to_owned(), Confidence::Medium)
    };
    let cores = machine.processors();
    Some(Conclusion {
        reason: Reason::MachineBusy,
        title: format!("This machine's {cores} had no capacity left"),
        text: format!(
            "Tasks, checks, Marathon and the rig share this machine, and its {cores} were {:.0} % busy, {effect}. This is \
             the limit of this machine; it says little about the limit of a cluster.",
            machine.busy * 100.0
        ),
        evidence,
        confidence,
        tasks: Vec::new(),
        next: vec![
            "run fewer tasks or pairs at once (--target, --pair), or one after the other: hc-rig matrix".to_owned(),
            if cfg!(debug_assertions) {
                "or run an optimised build, which needs less: cargo run --release --package hc-rig -- …".to_owned()
            } else {
                "or run it on a machine with more processors".to_owned()
            },
        ],
    })
}

/// Checks that the fake began late, by its own measure.
fn late_checks(facts: &Facts<'_>) -> Option<String> {
    let late = facts.checks_late.filter(|late| late.max_seconds >= LATE)?;
    Some(format!(
        "the fake's own checks began up to {:.1} s late (99 of 100 within {:.1} s)",
        late.max_seconds, late.p99_seconds
    ))
}

/// Polls of the rig itself that began late, if there were many.
fn own_lateness(facts: &Facts<'_>) -> Option<String> {
    let polls = &facts.evidence.late;
    let late: Vec<f64> = polls.iter().map(|poll| poll.late).filter(|late| *late >= LATE).collect();
    let worst = late.iter().copied().fold(0.0, f64::max);
    (late.len() >= 3 && late.len() * 10 >= polls.len()).then(|| {
        format!(
            "{} of {} of the rig's own began {LATE} s late or later, at worst {worst:.1} s",
            late.len(),
            text::count(polls.len(), "poll")
        )
    })
}

/// The table of connections was full, and checks ended by their timeout or without a cause: a kernel that tracks
/// connections, as it does for Docker or a firewall, then drops the packets of new ones.
pub fn connections_full(facts: &Facts<'_>, found: &Found) -> Option<Conclusion> {
    let machine = facts.evidence.busy(0.0..=facts.until).filter(|_| facts.here)?;
    let full = machine.connections.filter(|share| *share >= FULL)?;
    let unhealthy = found.any(&[Reason::CheckerLate, Reason::TimeoutTooShort, Reason::Unknown, Reason::Hung]);
    if !unhealthy && !found.any(&[Reason::ChecksLate, Reason::MachineBusy]) {
        return None;
    }
    let mut evidence = vec![format!("the table was up to {:.0} % full", full * 100.0)];
    if unhealthy {
        evidence.push("tasks were called unhealthy without a problem of their own (below)".to_owned());
    }
    Some(Conclusion {
        reason: Reason::ConnectionsFull,
        title: "This machine's table of connections was full".to_owned(),
        text: "The kernel keeps a table of connections (nf_conntrack, for Docker or a firewall), and each closed connection \
               stays in it for another two minutes. Every check is a connection. When the table was full, the kernel \
               dropped the packets of new connections, so checks of healthy tasks ended by their timeout."
            .to_owned(),
        evidence,
        // Where checks were only late, the processors alone may explain it.
        confidence: if unhealthy { Confidence::High } else { Confidence::Medium },
        tasks: Vec::new(),
        next: vec![
            "make the table larger: sysctl net.netfilter.nf_conntrack_max=1048576".to_owned(),
            "or check less often, or run fewer tasks at once".to_owned(),
        ],
    })
}

/// What a busy machine of the rig itself has to do with late checks of a Marathon elsewhere.
pub(super) fn of_the_rig(facts: &Facts<'_>, late: LatePolls) -> Option<String> {
    let machine = facts.evidence.busy(late.from..=late.until).filter(|machine| !facts.here && machine.busy >= BUSY)?;
    Some(format!("{}: its own polls were late", machine.words()))
}
