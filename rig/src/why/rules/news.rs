//! Rules about the age of everybody's news under checks that Marathon makes itself.

use text::{count, decimal, times};

use crate::{
    folder::evidence::{Answer, Probe, Suspect},
    why::{
        conclusion::{Conclusion, Reason, Sureness, some},
        facts::{Cause, Facts},
        finding::CAPTURE,
        rules::machine,
        stall::{Stalls, late_from, stalls},
    },
};

/// Marathon's default for `--max_concurrent_marathon_health_checks`; the API does not tell it.
pub const SLOTS: f64 = 256.0;

/// A task that may be what holds up the others.
struct Culprit<'a> {
    suspect: Suspect,
    probe: Option<&'a Probe>,
}

impl Culprit<'_> {
    fn silent(&self) -> bool {
        self.probe.is_some_and(|probe| probe.answer == Answer::Silent)
    }

    /// How much speaks against it: our own question was not answered, its checks end by their time-out, or both.
    fn weight(&self) -> u8 {
        2 * u8::from(self.silent()) + u8::from(self.suspect.timed_out)
    }
}

/// One hung task at the head of Marathon's ordered funnel (golden `one-hung-task`).
///
/// Marathon passes the probes of all apps through one `mapAsync(256)`, which gives slots back in order: a probe that
/// does not end keeps those behind it from being given back. So the sign is that the news of *all* grow old together
/// while nobody is called unhealthy, and that one task has no news at all or fails by its time-out.
pub fn head_of_line(facts: &Facts<'_>) -> Option<Conclusion> {
    if facts.check.is_native() || facts.check.protocol == "no check" {
        return None;
    }
    let found = stalls(&facts.evidence.ages, facts.check.interval as f64);
    if found.count == 0 || found.unhealthy > found.healthy {
        return None;
    }
    let mut culprits = culprits(facts);
    let heaviest = culprits.iter().map(Culprit::weight).max().unwrap_or(0);
    culprits.retain(|culprit| culprit.weight() == heaviest);
    if heaviest == 0 {
        return None;
    }
    Some(explain(facts, &found, &culprits, heaviest))
}

/// Those that the rig found among all apps on the cluster, and this run's own tasks whose checks time out.
fn culprits<'a>(facts: &Facts<'a>) -> Vec<Culprit<'a>> {
    let mut suspects: Vec<Suspect> = Vec::new();
    for suspect in facts.evidence.censuses.iter().rev().flat_map(|census| &census.suspects) {
        match suspects.iter_mut().find(|known| known.task == suspect.task) {
            // An earlier look may have caught the time-out that a later one no longer shows.
            Some(known) => known.timed_out |= suspect.timed_out,
            None => suspects.push(suspect.clone()),
        }
    }
    for (story, sickness) in facts.sick() {
        if Cause::of(&sickness.cause) == Cause::TimedOut && !suspects.iter().any(|known| known.task == story.id) {
            suspects.push(Suspect {
                task: story.id.clone(),
                protocol: facts.check.protocol.clone(),
                interval: facts.check.interval as f64,
                timeout: facts.check.timeout as f64,
                timed_out: true,
                cause: sickness.cause.clone(),
                ..Suspect::default()
            });
        }
    }
    suspects.into_iter().map(|suspect| Culprit { probe: facts.evidence.probe_of(&suspect.task), suspect }).collect()
}

fn explain(facts: &Facts<'_>, found: &Stalls, culprits: &[Culprit<'_>], weight: u8) -> Conclusion {
    let names: Vec<String> = culprits.iter().map(|culprit| culprit.suspect.task.clone()).collect();
    let timeout = culprits.iter().map(|culprit| culprit.suspect.timeout).fold(0.0, f64::max);
    let rate = rate(facts);
    let fill = SLOTS / rate.max(f64::EPSILON);
    let still = (timeout - fill).max(0.0);
    let fits = ((still + facts.check.interval as f64) - found.peak).abs() <= facts.poll.max(2.0) + 0.1 * timeout;
    let (who, is, it) = match &names[..] {
        [one] => (one.clone(), "hangs", "its"),
        _ => (some(&names), "hang", "their"),
    };
    let text = format!(
        "{who} {is}, and {it} hung checks hold up the checks of all others. Marathon makes the checks of all apps itself, \
         at most {SLOTS} at once (its default), and gives the slots back in order: a check without an answer at the head \
         of the line keeps the finished ones behind it in their slots until its time-out of {} s. At {} checks/s the \
         {SLOTS} slots are full after {SLOTS} / {} = {fill:.1} s; then nothing is checked for {} − {fill:.1} = {still:.1} s \
         of every {} s. Measured: the middle result was up to {:.1} s old, {} of these tasks were called healthy all the \
         while, and a real failure in that time goes unseen.",
        decimal(timeout, 2),
        decimal(rate, 2),
        decimal(rate, 2),
        decimal(timeout, 2),
        decimal(timeout, 2),
        found.peak,
        found.healthy,
    );
    let mut evidence = vec![format!(
        "the news of all tasks grew old together {}, first from {:.1} s on, up to {:.1} s in the middle; otherwise {:.1} s \
         at most; late for {:.0} % of the watched time",
        times(found.count),
        found.since,
        found.peak,
        found.otherwise,
        found.late_share * 100.0,
    )];
    for culprit in culprits.iter().take(5) {
        evidence.push(of(culprit));
    }
    evidence.extend(controls(facts));
    evidence.push(format!(
        "the arithmetic says {:.1} s at most, the ages say {:.1} s: {}",
        still + facts.check.interval as f64,
        found.peak,
        if fits {
            "they agree"
        } else {
            "they do not agree, so there may be more to it (slots set otherwise, more hung tasks)"
        }
    ));
    let most = (fill * 0.9).floor().max(1.0);
    let mut next = vec![
        format!("repair or kill {who}: the others get fresh news at once"),
        format!(
            "or give its check a time-out below {SLOTS} slots / {} checks/s = {fill:.1} s (say {most} s): the line then never stands still",
            decimal(rate, 2)
        ),
        "or let Mesos check (MESOS_HTTP, MESOS_TCP): there is no common line, only the hung task suffers".to_owned(),
    ];
    if let Some(probe) = culprits.iter().find_map(|culprit| culprit.probe.filter(|probe| !probe.path.is_empty())) {
        let (scheme, insecure) = if probe.protocol.ends_with("HTTPS") { ("https", "-k ") } else { ("http", "") };
        next.insert(0, format!("see for yourself: curl {insecure}-m 5 {scheme}://{}{}", probe.address, probe.path));
        if let Some((_, port)) = probe.address.rsplit_once(':') {
            next.push(format!(
                "to see what it does on its agent: {CAPTURE}, then sysdig -r cap.scap.gz0 fd.sport={port}"
            ));
        }
    }
    Conclusion {
        reason: Reason::HeadOfLine,
        title: format!("{} held up the checks of everybody", count(names.len(), "hung task")),
        text,
        evidence,
        sure: match (weight, fits) {
            (2.., true) => Sureness::High,
            (2.., false) | (_, true) => Sureness::Medium,
            _ => Sureness::Low,
        },
        tasks: names,
        next,
    }
}

/// What is known of one suspect, in a sentence.
fn of(culprit: &Culprit<'_>) -> String {
    let Suspect { task, app, age, cause, timed_out, timeout, .. } = &culprit.suspect;
    let mut parts = Vec::new();
    match age {
        Some(age) => parts.push(format!("its last result was {age:.1} s old")),
        None if !timed_out => parts.push("it never had a result".to_owned()),
        None => {}
    }
    if *timed_out {
        parts.push(format!("its check ends by the time-out of {} s ({cause})", decimal(*timeout, 2)));
    }
    if let Some(probe) = culprit.probe {
        parts.push(match probe.answer {
            Answer::Silent => {
                format!(
                    "asked by the rig itself at {} it took the connection and did not answer in {:.1} s",
                    probe.address,
                    probe.ms / 1e3
                )
            }
            Answer::Good => format!("asked by the rig itself it answered in {:.0} ms", probe.ms),
            _ => format!("asked by the rig itself: {}", probe.detail),
        });
    }
    let app = if app.is_empty() { String::new() } else { format!(" of {app}") };
    format!("{task}{app}: {}", parts.join("; "))
}

/// What the tasks with old news answered to the rig.
pub(super) fn controls(facts: &Facts<'_>) -> Option<String> {
    let culprits: Vec<&str> =
        facts.evidence.censuses.iter().flat_map(|census| &census.suspects).map(|s| s.task.as_str()).collect();
    let others: Vec<&Probe> = facts
        .evidence
        .probes
        .iter()
        .filter(|probe| probe.answer != Answer::NotAsked && facts.tasks.iter().any(|story| story.id == probe.task))
        .filter(|probe| !(culprits.contains(&probe.task.as_str()) && probe.answer == Answer::Silent))
        .collect();
    let good: Vec<f64> = others.iter().filter(|probe| probe.answer == Answer::Good).map(|probe| probe.ms).collect();
    let slowest = good.iter().copied().fold(0.0, f64::max);
    (!others.is_empty()).then(|| {
        format!(
            "of {} to tasks with old news, asked by the rig itself, {} got a good answer, the slowest in {slowest:.0} ms: \
             these apps are up, only the news is old",
            count(others.len(), "question"),
            good.len()
        )
    })
}

/// Checks per second that all apps ask of Marathon: counted on the cluster, or at least those of this run.
pub(super) fn rate(facts: &Facts<'_>) -> f64 {
    let counted = facts.evidence.censuses.iter().map(|census| census.checks_per_second).fold(0.0, f64::max);
    if counted > 0.0 { counted } else { facts.target as f64 / (facts.check.interval.max(1) as f64) }
}

/// Polls that found the middle result of a check of Marathon's later than checks are made, often enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Late {
    polls: usize,
    /// Seconds on the samples' clock: the first and the last of them.
    pub(super) from: f64,
    pub(super) until: f64,
    /// The oldest middle result, seconds.
    pub(super) worst: f64,
}

impl Late {
    pub(super) fn polls(facts: &Facts<'_>) -> Option<Self> {
        if facts.check.is_native() || facts.check.protocol == "no check" {
            return None;
        }
        let ages = &facts.evidence.ages;
        let late = || ages.iter().filter(|point| point.p50 > late_from(facts.check.interval as f64));
        let polls = late().count();
        // Three polls in a row can be a pause of the rig's own machine; a fifth of all cannot.
        let often = polls >= 3 && polls * 5 >= ages.len();
        let (from, until) = (late().next()?.t, late().next_back()?.t);
        often.then(|| Self { polls, from, until, worst: late().map(|point| point.p50).fold(0.0, f64::max) })
    }

    pub(super) fn told(self, facts: &Facts<'_>) -> String {
        let interval = facts.check.interval as f64;
        format!(
            "{} of {} polls found the middle result older than {} s (checks are made every {} s), the worst {:.1} s",
            self.polls,
            facts.evidence.ages.len(),
            decimal(late_from(interval), 2),
            decimal(interval, 2),
            self.worst
        )
    }
}

/// Checks come later than the interval for everybody, and nothing shows which task it would be.
pub fn checks_late(facts: &Facts<'_>) -> Option<Conclusion> {
    if head_of_line(facts).is_some() {
        return None;
    }
    let late = Late::polls(facts)?;
    let hung = facts.sick().filter(|(_, sickness)| Cause::of(&sickness.cause) == Cause::TimedOut).count();
    let rate = rate(facts);
    let timeout = facts.check.timeout as f64;
    let mut evidence = vec![late.told(facts)];
    evidence.extend(controls(facts));
    evidence.extend(machine::own(facts, late));
    if hung > 0 {
        evidence.push(format!(
            "{} by time-out: each holds a slot for {} s, so in the worst case all share {SLOTS} / {} s = {:.1} checks/s",
            count(hung, "task fails"),
            decimal(timeout, 2),
            decimal(timeout, 2),
            SLOTS / timeout.max(1.0)
        ));
    }
    Some(Conclusion {
        reason: Reason::ChecksLate,
        title: "Marathon's checks come late for everybody".to_owned(),
        text: format!(
            "Marathon does not keep up: {} checks/s are asked of it, and the middle result was up to {:.1} s old. No \
             single task stands out as the one that holds up the line. Either Marathon's process is short of processor or \
             threads, or a task outside of what the rig could see hangs.",
            decimal(rate, 2),
            late.worst
        ),
        evidence,
        sure: if hung > 0 { Sureness::Medium } else { Sureness::Low },
        tasks: Vec::new(),
        next: vec![
            "look at the processor time and garbage collection of Marathon's leader".to_owned(),
            "compare with Mesos-native checks: hc-rig run … with MESOS_HTTP or MESOS_TCP".to_owned(),
        ],
    })
}
