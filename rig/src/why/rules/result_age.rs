//! Rules about old check results under checks that Marathon makes itself.

use harness::{model::Protocol, record::TaskLife};
use text::count;

use crate::{
    folder::evidence::{Answer, Probe, Suspect},
    why::{
        conclusion::{Conclusion, Confidence, Reason, number, some},
        facts::{Cause, Facts},
        finding::CAPTURE,
        rules::{
            Found,
            lateness::{LatePolls, check_rate, probes_of_others},
            machine,
        },
        stall::{Stalls, stalls},
    },
};

/// Marathon's default for `--max_concurrent_marathon_health_checks`; the API does not tell it.
pub const SLOTS: f64 = 256.0;

/// A task that may delay the others.
struct Culprit<'a> {
    suspect: Suspect,
    probe: Option<&'a Probe>,
}

impl Culprit<'_> {
    fn silent(&self) -> bool {
        self.probe.is_some_and(|probe| probe.answer == Answer::Silent)
    }

    /// The evidence against it: the rig's own probe was not answered, its checks end by their timeout, or both.
    fn weight(&self) -> u8 {
        2 * u8::from(self.silent()) + u8::from(self.suspect.timed_out)
    }
}

/// One hung task at the head of Marathon's ordered queue of checks (golden case `one-hung-task`).
///
/// Marathon passes the probes of all apps through one `mapAsync(256)`, which frees slots in order: a probe that does not
/// end keeps the slots behind it. The evidence is that the results of *all* tasks age together while none is called
/// unhealthy, and that one task has no result at all or fails by its timeout.
pub fn head_of_line(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    if !facts.is_checked_by_marathon() {
        return None;
    }
    let measured = stalls(&facts.evidence.ages, facts.check.interval as f64);
    if measured.count == 0 || measured.unhealthy > measured.healthy {
        return None;
    }
    let mut culprits = culprits(facts);
    let heaviest = culprits.iter().map(Culprit::weight).max().unwrap_or(0);
    culprits.retain(|culprit| culprit.weight() == heaviest);
    // Where every task of the app hangs itself, nobody of them is delayed by another.
    let is_culprit = |life: &TaskLife| culprits.iter().any(|culprit| culprit.suspect.task == life.id);
    if heaviest == 0 || facts.tasks.iter().all(|life| is_culprit(life)) {
        return None;
    }
    Some(explain(facts, &measured, &culprits, heaviest))
}

/// The suspects among all apps of the cluster, and this run's own tasks whose checks time out.
fn culprits<'a>(facts: &Facts<'a>) -> Vec<Culprit<'a>> {
    let mut suspects: Vec<Suspect> = Vec::new();
    for suspect in facts.evidence.censuses.iter().rev().flat_map(|census| &census.suspects) {
        match suspects.iter_mut().find(|known| known.task == suspect.task) {
            // An earlier census may have seen the timeout that a later one no longer shows.
            Some(known) => known.timed_out |= suspect.timed_out,
            None => suspects.push(suspect.clone()),
        }
    }
    for (life, check_failure) in facts.unhealthy() {
        if Cause::of(&check_failure.cause) == Cause::TimedOut && !suspects.iter().any(|known| known.task == life.id) {
            suspects.push(Suspect {
                task: life.id.clone(),
                protocol: facts.check.protocol.to_string(),
                interval: facts.check.interval as f64,
                timeout: facts.check.timeout as f64,
                timed_out: true,
                cause: check_failure.cause.clone(),
                ..Suspect::default()
            });
        }
    }
    suspects.into_iter().map(|suspect| Culprit { probe: facts.evidence.probe_of(&suspect.task), suspect }).collect()
}

/// What head-of-line blocking would do at the rate of checks and with the timeout of the hung task.
struct Arithmetic {
    rate: f64,
    timeout: f64,
    /// Seconds until the slots are full.
    fill: f64,
    /// Seconds without checks out of every timeout.
    still: f64,
    /// The largest median age that follows.
    age: f64,
    /// Whether the measured ages agree with it.
    agrees: bool,
}

impl Arithmetic {
    fn of(facts: &Facts<'_>, measured: &Stalls, culprits: &[Culprit<'_>]) -> Self {
        let timeout = culprits.iter().map(|culprit| culprit.suspect.timeout).fold(0.0, f64::max);
        let rate = check_rate(facts);
        let fill = SLOTS / rate.max(f64::EPSILON);
        let still = (timeout - fill).max(0.0);
        let age = still + facts.check.interval as f64;
        let agrees = (age - measured.peak).abs() <= facts.poll.max(2.0) + 0.1 * timeout;
        Self { rate, timeout, fill, still, age, agrees }
    }
}

fn explain(facts: &Facts<'_>, measured: &Stalls, culprits: &[Culprit<'_>], weight: u8) -> Conclusion {
    let names: Vec<String> = culprits.iter().map(|culprit| culprit.suspect.task.clone()).collect();
    let arithmetic = Arithmetic::of(facts, measured, culprits);
    let who = some(&names);
    Conclusion {
        reason: Reason::HeadOfLine,
        title: format!("{} delayed the checks of all other tasks", count(names.len(), "hung task")),
        text: mechanism(&who, names.len() == 1, &arithmetic, measured),
        evidence: evidence(facts, &arithmetic, measured, culprits),
        confidence: match (weight, arithmetic.agrees) {
            (2.., true) => Confidence::High,
            (2.., false) | (_, true) => Confidence::Medium,
            (_, false) => Confidence::Low,
        },
        tasks: names,
        next: remedies(&who, &arithmetic, culprits),
    }
}

fn mechanism(who: &str, one: bool, arithmetic: &Arithmetic, measured: &Stalls) -> String {
    let (hangs, its) = if one { ("hangs", "its") } else { ("hang", "their") };
    let Arithmetic { rate, timeout, fill, still, .. } = arithmetic;
    let (rate, timeout) = (number(*rate), number(*timeout));
    format!(
        "{who} {hangs}, and {its} checks delay the checks of all other tasks. Marathon makes the checks of all apps itself, \
         at most {SLOTS} at a time (its default), and frees their slots in order: a check without an answer keeps the \
         finished checks behind it in their slots until its timeout of {timeout} s. At {rate} checks/s the {SLOTS} slots \
         are full after {SLOTS} / {rate} = {fill:.1} s; then no check is made for {timeout} − {fill:.1} = {still:.1} s of \
         every {timeout} s. Measured: the median result was up to {:.1} s old while {} of these tasks were called healthy, \
         so a real failure would go unnoticed for that long.",
        measured.peak, measured.healthy,
    )
}

fn evidence(facts: &Facts<'_>, arithmetic: &Arithmetic, measured: &Stalls, culprits: &[Culprit<'_>]) -> Vec<String> {
    let mut evidence = vec![format!(
        "the results of all tasks aged together {}, first at {:.1} s, up to a median age of {:.1} s; otherwise {:.1} s at \
         most; late for {:.0} % of the time",
        text::times(measured.count),
        measured.since,
        measured.peak,
        measured.otherwise,
        measured.late_share * 100.0,
    )];
    evidence.extend(culprits.iter().take(5).map(describe));
    evidence.extend(probes_of_others(facts));
    evidence.push(format!(
        "by arithmetic the results are {:.1} s old at most, measured are {:.1} s: {}",
        arithmetic.age,
        measured.peak,
        if arithmetic.agrees {
            "they agree"
        } else {
            "they do not agree, so there may be another cause (another number of slots, more hung tasks)"
        }
    ));
    evidence
}

fn remedies(who: &str, arithmetic: &Arithmetic, culprits: &[Culprit<'_>]) -> Vec<String> {
    let Arithmetic { rate, fill, .. } = arithmetic;
    let most = (fill * 0.9).floor().max(1.0);
    let mut next = vec![
        format!("repair or kill {who}: the results of the others are fresh at once"),
        format!(
            "or give its check a timeout below {SLOTS} slots / {} checks/s = {fill:.1} s (such as {most} s): then the slots \
             never run out",
            number(*rate)
        ),
        "or let Mesos check (MESOS_HTTP, MESOS_TCP): checks share no slots, so only the hung task is affected"
            .to_owned(),
    ];
    if let Some(probe) = culprits.iter().find_map(|culprit| culprit.probe.filter(|probe| !probe.path.is_empty())) {
        let tls = Protocol::parse(&probe.protocol).is_some_and(Protocol::is_tls);
        let (scheme, insecure) = if tls { ("https", "-k ") } else { ("http", "") };
        next.insert(0, format!("check it yourself: curl {insecure}-m 5 {scheme}://{}{}", probe.address, probe.path));
        if let Some((_, port)) = probe.address.rsplit_once(':') {
            next.push(format!(
                "to see what it does on its agent: {CAPTURE}, then sysdig -r cap.scap.gz0 fd.sport={port}"
            ));
        }
    }
    next
}

/// What is known of one suspect.
fn describe(culprit: &Culprit<'_>) -> String {
    let Suspect { task, app, age, cause, timed_out, timeout, .. } = &culprit.suspect;
    let mut parts = Vec::new();
    match age {
        Some(age) => parts.push(format!("its last result was {age:.1} s old")),
        None if !timed_out => parts.push("it never had a result".to_owned()),
        None => {}
    }
    if *timed_out {
        parts.push(format!("its check ends by its timeout of {} s ({cause})", number(*timeout)));
    }
    if let Some(probe) = culprit.probe {
        parts.push(match probe.answer {
            Answer::Silent => {
                format!(
                    "probed by the rig at {}, it accepted the connection and did not answer in {:.1} s",
                    probe.address,
                    probe.ms / 1e3
                )
            }
            Answer::Good => format!("probed by the rig, it answered in {:.0} ms", probe.ms),
            Answer::Wrong | Answer::Refused | Answer::Unreachable | Answer::NotAsked => {
                format!("probed by the rig: {}", probe.detail)
            }
        });
    }
    let app = if app.is_empty() { String::new() } else { format!(" of {app}") };
    format!("{task}{app}: {}", parts.join("; "))
}

/// The checks of all tasks are late, and no task stands out as the cause.
pub fn checks_late(facts: &Facts<'_>, found: &Found) -> Option<Conclusion> {
    if found.any(&[Reason::HeadOfLine]) {
        return None;
    }
    let late = LatePolls::of(facts)?;
    let hung =
        facts.unhealthy().filter(|(_, check_failure)| Cause::of(&check_failure.cause) == Cause::TimedOut).count();
    let rate = check_rate(facts);
    let timeout = facts.check.timeout as f64;
    let mut evidence = vec![late.sentence(facts)];
    evidence.extend(probes_of_others(facts));
    evidence.extend(machine::of_the_rig(facts, late));
    if hung > 0 {
        evidence.push(format!(
            "{} by timeout: each holds a slot for {} s, so at worst all tasks share {SLOTS} / {} s = {:.1} checks/s",
            count(hung, "task fails"),
            number(timeout),
            number(timeout),
            SLOTS / timeout.max(1.0)
        ));
    }
    Some(Conclusion {
        reason: Reason::ChecksLate,
        title: "Marathon's checks are late for all tasks".to_owned(),
        text: format!(
            "Marathon does not keep up: it has to make {} checks/s, and the median result was up to {:.1} s old. No single task \
             stands out as the cause. Either Marathon's process is short of processor time or threads, or a task that the rig \
             cannot see hangs.",
            number(rate),
            late.worst
        ),
        evidence,
        confidence: if hung > 0 { Confidence::Medium } else { Confidence::Low },
        tasks: Vec::new(),
        next: vec![
            "look at the processor time and garbage collection of Marathon's leader".to_owned(),
            "compare with Mesos-native checks: hc-rig run … with MESOS_HTTP or MESOS_TCP".to_owned(),
        ],
    })
}
