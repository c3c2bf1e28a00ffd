//! Rules about sick tasks: each has one ailment, told by its results and by what it answered to the rig itself.

use std::collections::BTreeMap;

use text::count;

use crate::{
    folder::{
        evidence::{Answer, Occasion, Probe},
        manifest::CheckFacts,
        story::{Sickness, Story},
    },
    why::{
        conclusion::{Conclusion, Reason, Sureness},
        facts::{Cause, Facts},
        groups::Groups,
    },
};

/// A task that changed sides more often than this comes and goes.
const FLAPS: u64 = 3;

/// What ails a task, by the most telling observation first.
pub fn ailment(check: &CheckFacts, story: &Story, sickness: &Sickness, probe: Option<&Probe>) -> Reason {
    let answer = probe.map_or(Answer::NotAsked, |probe| probe.answer);
    let cause = Cause::of(&sickness.cause);
    let ms = probe.map_or(0.0, |probe| probe.ms);
    match (answer, cause) {
        _ if story.flips > FLAPS => Reason::Flapping,
        _ if sickness.recovered && !sickness.was_healthy => Reason::GraceTooShort,
        (Answer::Wrong, _) | (_, Cause::Status(_)) => Reason::WrongAnswer,
        (Answer::Good, _) if ms > check.timeout as f64 * 1e3 => Reason::TimeoutTooShort,
        // It is well for the rig, and its checker had no reason yet to call it well even once.
        (Answer::Good, Cause::Refused) if !sickness.was_healthy => Reason::GraceTooShort,
        (Answer::Good, _) => Reason::CheckerLate,
        (Answer::Silent, _) | (_, Cause::TimedOut) => Reason::Hung,
        (Answer::Refused, _) | (_, Cause::Refused) if sickness.was_healthy => Reason::AppDown,
        (Answer::Refused, _) | (_, Cause::Refused) => Reason::NeverListened,
        (Answer::Unreachable, _) => Reason::Unreachable,
        _ => Reason::Unknown,
    }
}

/// One conclusion an ailment, the one with the most tasks first.
pub fn by_ailment(facts: &Facts<'_>) -> Vec<Conclusion> {
    let mut ailing: BTreeMap<Reason, Vec<Patient<'_>>> = BTreeMap::new();
    for (story, sickness) in facts.sick() {
        let probe = facts.probe(story);
        let reason = ailment(&facts.check, story, sickness, probe);
        ailing.entry(reason).or_default().push(Patient { story, sickness, probe });
    }
    let mut all: Vec<_> = ailing.into_iter().collect();
    all.sort_by_key(|(_, patients)| std::cmp::Reverse(patients.len()));
    all.into_iter().map(|(reason, patients)| conclude(facts, reason, &patients)).collect()
}

/// A hung task of another app under Mesos's checks: it suffers alone.
pub fn hung_neighbour(facts: &Facts<'_>) -> Option<Conclusion> {
    if !facts.check.is_native() {
        return None;
    }
    let own = |probe: &&Probe| facts.tasks.iter().any(|story| story.id == probe.task);
    let probes = &facts.evidence.probes;
    let hung = probes
        .iter()
        .find(|probe| probe.answer == Answer::Silent && probe.occasion == Occasion::Suspect && !own(probe))?;
    let well = facts.tasks.iter().filter(|story| story.sickness.is_none()).count();
    Some(Conclusion {
        reason: Reason::Hung,
        title: "1 task of another app hung, and it suffered alone".to_owned(),
        text: format!(
            "{} at {} takes connections and does not answer. Under {} each task is checked by its own executor, so there is no \
             common line to hold up: {well} of the {} had no bad result. Under HTTP checks, which Marathon makes itself, the \
             same task would make the news of all of them old.",
            hung.task,
            hung.address,
            facts.check.protocol,
            count(facts.tasks.len(), "task")
        ),
        evidence: vec![
            format!("its executor called it unhealthy by {:.1} s", hung.t - hung.ms / 1e3),
            format!("asked by the rig itself it took the connection and did not answer in {:.1} s", hung.ms / 1e3),
        ],
        sure: Sureness::High,
        tasks: vec![hung.task.clone()],
        next: vec!["look at what the app's threads wait for".to_owned()],
    })
}

struct Patient<'a> {
    story: &'a Story,
    sickness: &'a Sickness,
    probe: Option<&'a Probe>,
}

/// What is said of an ailment.
struct Said {
    title: String,
    text: String,
    next: Vec<String>,
}

fn conclude(facts: &Facts<'_>, reason: Reason, patients: &[Patient<'_>]) -> Conclusion {
    let n = count(patients.len(), "task");
    let Said { title, text, next } = say(facts, reason, patients, &n);
    let stories: Vec<&Story> = patients.iter().map(|patient| patient.story).collect();
    let groups = Groups::of(&stories, &facts.tasks, facts.poll);
    let mut evidence = groups.sentences();
    evidence.extend(asked(&patients.iter().filter_map(|patient| patient.probe).collect::<Vec<_>>()));
    evidence.extend(patients.iter().take(3).map(told));
    let asked = patients.iter().filter(|patient| patient.probe.is_some()).count();
    // Native checks name no cause, so there the rig's own question is the one observation.
    let named = patients.iter().any(|patient| Cause::of(&patient.sickness.cause) != Cause::Unsaid);
    let sure = match reason {
        Reason::Unknown | Reason::Unreachable => Sureness::Low,
        Reason::Flapping => Sureness::Medium,
        _ if asked > 0 && (named || facts.check.is_native()) => Sureness::High,
        _ => Sureness::Medium,
    };
    Conclusion { reason, title, text, evidence, sure, tasks: stories.iter().map(|s| s.id.clone()).collect(), next }
}

fn say(facts: &Facts<'_>, reason: Reason, patients: &[Patient<'_>], n: &str) -> Said {
    let CheckFacts { protocol, timeout, grace, interval, .. } = &facts.check;
    let native = facts.check.is_native();
    let first = &patients[0];
    let checker = if native { "the executor on the agent" } else { "Marathon" };
    let slowest = patients.iter().filter_map(|p| p.probe).map(|probe| probe.ms).fold(0.0, f64::max);
    let said = |title: &str, text: String, next: &str| Said {
        title: title.replace("{n}", n),
        text,
        next: if next.is_empty() { Vec::new() } else { vec![next.to_owned()] },
    };
    match reason {
        Reason::WrongAnswer => {
            let status = match (first.probe.and_then(|probe| probe.status), Cause::of(&first.sickness.cause)) {
                (_, Cause::Status(status)) | (Some(status), _) => format!("HTTP status {status}"),
                _ => "something that is no HTTP".to_owned(),
            };
            let path = first.probe.map_or("the check's path", |probe| probe.path.as_str());
            said(
                "{n} answered with a status that counts as a failure",
                format!(
                    "The app is up and answers {path} with {status}; only 200 to 399 count as well. So the path or the port \
                     of the check is wrong, or the app itself says that it is sick."
                ),
                "compare the check's path and port with what the app serves",
            )
        }
        Reason::NeverListened => said(
            "{n} never listened on the checked port",
            format!(
                "Nobody listens on the port that the {protocol} check asks, and no check of {n} was ever good: the app does \
                 not start its server, listens on another port or address, or needs longer than the grace period of {grace} s."
            ),
            "compare the check's port or portIndex with the port that the app listens on ($PORT, $PORT0, …)",
        ),
        Reason::AppDown => said(
            "{n} stopped listening",
            format!(
                "{n} had been well and then refused connections while the process lived on: the app is down, and the checker \
                 is right."
            ),
            "look at the app's own log from that moment on",
        ),
        Reason::Hung => {
            let others = facts.tasks.iter().filter(|story| story.sickness.is_none()).count();
            let spread = if native {
                format!(
                    " Under {protocol} each task is checked by its own executor, so only the hung one suffers: the other {} \
                     had no bad result.",
                    count(others, "task")
                )
            } else {
                String::new()
            };
            said(
                "{n} hung: connections are taken, nothing is answered",
                format!(
                    "The kernel takes the connection and the app does not answer within the time-out of {timeout} s: it is \
                     hung, stopped, or overloaded.{spread}"
                ),
                "look at what the app's threads wait for",
            )
        }
        Reason::TimeoutTooShort => said(
            "{n} answered later than the check's time-out",
            format!(
                "The app is up and slow: it answered the rig after up to {:.1} s, and the check waits {timeout} s only.",
                slowest / 1e3
            ),
            "give the check a longer time-out, or the app more processor",
        ),
        Reason::GraceTooShort => said(
            "{n} became well only after the grace period",
            format!(
                "{n} failed before the first good result and got well later by themselves: the start takes longer than the grace \
                 period of {grace} s.{}",
                slowest_start(patients)
            ),
            "set gracePeriodSeconds above the slowest start",
        ),
        Reason::CheckerLate => said(
            "{n} answered the rig in time while the checker called them sick",
            format!(
                "The app is up: it answered the rig in at most {slowest:.0} ms, and the check would have waited {timeout} s. \
                 So the checker is late or cannot get through, and that is {checker}{}.",
                if native { ": an agent with too many checks starts its helper processes late" } else { "" }
            ),
            if native {
                "look at the load of the agent and at the children of the executor (sysdig below)"
            } else {
                "look at the load of Marathon's leader and at the way from it to the agent"
            },
        ),
        Reason::Flapping => said(
            "{n} came and went",
            format!(
                "Good and bad results take turns (up to {} changes a task): an app that works at times, or one so slow that \
                 the time-out of {timeout} s and the interval of {interval} s decide by chance.",
                patients.iter().map(|patient| patient.story.flips).max().unwrap_or(0)
            ),
            "watch the app's answer times over a few minutes",
        ),
        Reason::Unreachable => {
            let control = facts.evidence.probes.iter().any(|probe| probe.answer == Answer::Good);
            said(
                "{n} cannot be reached from here",
                if control {
                    format!(
                        "The rig cannot connect to {n}, and it can to others: their hosts or the way to them are down."
                    )
                } else {
                    "The rig cannot connect to any of the tasks that it asked, well ones included, so from here nothing can \
                     be told of the apps: agents often are not reachable from outside of the cluster."
                        .to_owned()
                },
                "run hc-rig inside of the cluster's network",
            )
        }
        _ => said(
            "{n} sick, no cause found",
            if native {
                "Mesos-native checks report no cause to Marathon, and the rig did not get to ask these tasks itself. The \
                 samples do not say what it was."
                    .to_owned()
            } else {
                format!("Marathon's words fit none of the rules: \"{}\".", first.sickness.cause)
            },
            "look at the executor's stderr in the task's sandbox",
        ),
    }
}

fn slowest_start(patients: &[Patient<'_>]) -> String {
    let slowest = patients.iter().filter_map(|p| p.story.seconds_to_healthy).fold(0.0, f64::max);
    if slowest > 0.0 { format!(" The slowest needed {slowest:.1} s.") } else { String::new() }
}

/// What the rig's own questions came to.
pub(crate) fn asked(probes: &[&Probe]) -> Option<String> {
    if probes.is_empty() {
        return Some("the rig did not ask these tasks itself".to_owned());
    }
    let mut kinds: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for probe in probes {
        let words = match probe.answer {
            Answer::Good => "answered well",
            Answer::Wrong => "answered with a failure",
            Answer::Refused => "refused the connection",
            Answer::Silent => "took the connection and did not answer",
            Answer::Unreachable => "could not be reached",
            Answer::NotAsked => "were not asked",
        };
        let (n, ms) = kinds.entry(words).or_default();
        *n += 1;
        *ms = probe.ms.max(*ms);
    }
    let told: Vec<String> =
        kinds.into_iter().map(|(words, (n, ms))| format!("{n} {words} (within {ms:.0} ms)")).collect();
    Some(format!("of {} asked by the rig itself {}", count(probes.len(), "task"), told.join(", ")))
}

fn told(patient: &Patient<'_>) -> String {
    let Sickness { t, failures, cause, .. } = patient.sickness;
    let cause = if cause.is_empty() { String::new() } else { format!(": {cause}") };
    format!("{} sick from {t:.1} s on, {}{cause}", patient.story.id, count(*failures, "failure"))
}
