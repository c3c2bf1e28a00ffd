//! Rules about unhealthy tasks: each task has one diagnosis, by its results and by the rig's own probe of it.

use std::collections::BTreeMap;

use harness::record::{CheckFailure, TaskLife};
use text::count;

use crate::{
    folder::{
        checks::CheckFacts,
        evidence::{Answer, Occasion, Probe},
    },
    why::{
        conclusion::{Conclusion, Confidence, Reason},
        facts::{Cause, Facts},
        groups::Groups,
        rules::{Found, Place, Rule},
    },
};

/// A task whose health changed more often than this is flapping.
const FLAPS: u64 = 3;

/// Tasks that are named in the evidence.
const NAMED: usize = 3;

/// A row of the table for the tasks with one diagnosis.
macro_rules! rule {
    ($reason:ident, $name:literal, $explains:literal, $describe:path) => {
        Rule {
            name: $name,
            explains: $explains,
            outranks: &[],
            place: Place::Tasks,
            conclude: |facts, _| conclude(facts, Reason::$reason, $describe),
        }
    };
}

/// See [`Reason::WrongAnswer`].
pub const WRONG_ANSWER: Rule =
    rule!(WrongAnswer, "wrong_answer", "the task answers with a status that counts as a failure", wrong_answer);
/// See [`Reason::NeverListened`].
pub const NEVER_LISTENED: Rule =
    rule!(NeverListened, "never_listened", "nothing ever listened on the checked port", never_listened);
/// See [`Reason::AppDown`].
pub const APP_DOWN: Rule = rule!(AppDown, "app_down", "nothing listens on the checked port any more", app_down);
/// See [`Reason::Hung`].
pub const HUNG: Rule = rule!(Hung, "hung", "the task accepts connections and does not answer", hung);
/// See [`Reason::TimeoutTooShort`].
pub const TIMEOUT_TOO_SHORT: Rule =
    rule!(TimeoutTooShort, "timeout_too_short", "the task answers later than the check's timeout", timeout_too_short);
/// See [`Reason::GraceTooShort`].
pub const GRACE_TOO_SHORT: Rule =
    rule!(GraceTooShort, "grace_too_short", "the task became healthy after its grace period", grace_too_short);
/// See [`Reason::CheckerLate`].
pub const CHECKER_LATE: Rule =
    rule!(CheckerLate, "checker_late", "the task answers the rig in time, and its checker fails", checker_late);
/// See [`Reason::Flapping`].
pub const FLAPPING: Rule = rule!(Flapping, "flapping", "the task turns healthy and unhealthy in turns", flapping);
/// See [`Reason::Unreachable`].
pub const UNREACHABLE: Rule = rule!(Unreachable, "unreachable", "the rig cannot reach the task's host", unreachable);
/// Tasks without any other diagnosis.
pub const UNKNOWN: Rule = Rule {
    name: "undiagnosed",
    explains: "nothing: tasks without any of the diagnoses above",
    outranks: &[],
    place: Place::Unexplained,
    conclude: |facts, _| conclude(facts, Reason::Unknown, undiagnosed),
};

/// The diagnosis of a task, by the most telling observation first.
pub fn diagnose(check: &CheckFacts, life: &TaskLife, check_failure: &CheckFailure, probe: Option<&Probe>) -> Reason {
    let answer = probe.map_or(Answer::NotAsked, |probe| probe.answer);
    let cause = Cause::of(&check_failure.cause);
    let ms = probe.map_or(0.0, |probe| probe.ms);
    match (answer, cause) {
        _ if life.flips > FLAPS => Reason::Flapping,
        _ if check_failure.recovered && !check_failure.was_healthy => Reason::GraceTooShort,
        (Answer::Wrong, _) | (_, Cause::Status(_)) => Reason::WrongAnswer,
        (Answer::Good, _) if ms > check.timeout as f64 * 1e3 => Reason::TimeoutTooShort,
        // The rig finds it healthy, and its checker has not yet had a good result.
        (Answer::Good, Cause::Refused) if !check_failure.was_healthy => Reason::GraceTooShort,
        (Answer::Good, _) => Reason::CheckerLate,
        (Answer::Silent, _) | (_, Cause::TimedOut) => Reason::Hung,
        (Answer::Refused, _) | (_, Cause::Refused) if check_failure.was_healthy => Reason::AppDown,
        (Answer::Refused, _) | (_, Cause::Refused) => Reason::NeverListened,
        (Answer::Unreachable, _) => Reason::Unreachable,
        (Answer::NotAsked, Cause::Reset | Cause::Other | Cause::Unreported) => Reason::Unknown,
    }
}

/// An unhealthy task with what is known of it.
struct Affected<'a> {
    life: &'a TaskLife,
    check_failure: &'a CheckFailure,
    probe: Option<&'a Probe>,
}

/// The words of a diagnosis.
struct Description {
    /// The headline, with the number of tasks before it.
    title: &'static str,
    text: String,
    next: &'static str,
}

/// The tasks with one diagnosis as a conclusion.
fn conclude(
    facts: &Facts<'_>,
    reason: Reason,
    describe: fn(&Facts<'_>, &[Affected<'_>], &str) -> Description,
) -> Option<Conclusion> {
    let affected: Vec<Affected<'_>> = facts
        .unhealthy()
        .map(|(life, check_failure)| Affected { life, check_failure, probe: facts.probe(life) })
        .filter(|task| diagnose(&facts.check, task.life, task.check_failure, task.probe) == reason)
        .collect();
    if affected.is_empty() {
        return None;
    }
    let n = count(affected.len(), "task");
    let Description { title, text, next } = describe(facts, &affected, &n);
    let lives: Vec<&TaskLife> = affected.iter().map(|task| task.life).collect();
    let mut evidence = Groups::of(&lives, &facts.tasks, facts.poll).sentences();
    evidence.push(probe_sentence(&affected.iter().filter_map(|task| task.probe).collect::<Vec<_>>()));
    evidence.extend(affected.iter().take(NAMED).map(failures));
    Some(Conclusion {
        reason,
        title: format!("{n} {title}"),
        text,
        evidence,
        confidence: confidence(facts, reason, &affected),
        tasks: lives.iter().map(|life| life.id.clone()).collect(),
        next: vec![next.to_owned()],
    })
}

fn confidence(facts: &Facts<'_>, reason: Reason, affected: &[Affected<'_>]) -> Confidence {
    let probed = affected.iter().any(|task| task.probe.is_some());
    // Native checks report no cause, so there the rig's own probe is the one observation.
    let reported = affected.iter().any(|task| Cause::of(&task.check_failure.cause) != Cause::Unreported);
    if matches!(reason, Reason::Unknown | Reason::Unreachable) {
        Confidence::Low
    } else if reason != Reason::Flapping && probed && (reported || facts.check.is_native()) {
        Confidence::High
    } else {
        Confidence::Medium
    }
}

fn wrong_answer(_: &Facts<'_>, affected: &[Affected<'_>], _: &str) -> Description {
    let first = &affected[0];
    let status = match (first.probe.and_then(|probe| probe.status), Cause::of(&first.check_failure.cause)) {
        (_, Cause::Status(status)) | (Some(status), _) => format!("HTTP status {status}"),
        (None, Cause::Refused | Cause::TimedOut | Cause::Reset | Cause::Other | Cause::Unreported) => {
            "something that is not HTTP".to_owned()
        }
    };
    let path = first.probe.map_or("the check's path", |probe| probe.path.as_str());
    Description {
        title: "answered with a status that counts as a failure",
        text: format!(
            "The app is up and answers {path} with {status}; only 200 to 399 count as healthy. So the path or the port of \
             the check is wrong, or the app reports a problem of its own."
        ),
        next: "compare the check's path and port with what the app serves",
    }
}

fn never_listened(facts: &Facts<'_>, _: &[Affected<'_>], n: &str) -> Description {
    let CheckFacts { protocol, grace, .. } = &facts.check;
    Description {
        title: "never listened on the checked port",
        text: format!(
            "Nothing listens on the port of the {protocol} check, and no check of {n} ever succeeded: the app does not start \
             its server, listens on another port or address, or needs longer than the grace period of {grace} s."
        ),
        next: "compare the check's port or portIndex with the port that the app listens on ($PORT, $PORT0, …)",
    }
}

fn app_down(_: &Facts<'_>, _: &[Affected<'_>], n: &str) -> Description {
    Description {
        title: "stopped listening",
        text: format!(
            "{n} had been healthy and then refused connections while the process was still running: the app is down, and \
             the checker is right."
        ),
        next: "look at the app's own log from that time on",
    }
}

fn hung(facts: &Facts<'_>, _: &[Affected<'_>], _: &str) -> Description {
    let CheckFacts { protocol, timeout, .. } = &facts.check;
    let others = facts.tasks.iter().filter(|life| life.check_failure.is_none()).count();
    let others = if facts.check.is_native() {
        format!(
            " Under {protocol} each task is checked by its own executor, so only the hung one is affected: the other {} had \
             no bad result.",
            count(others, "task")
        )
    } else {
        String::new()
    };
    Description {
        title: "hung: connections are accepted and not answered",
        text: format!(
            "The kernel accepts the connection and the app does not answer within the timeout of {timeout} s: it is hung, \
             stopped, or overloaded.{others}"
        ),
        next: "look at what the app's threads wait for",
    }
}

fn timeout_too_short(facts: &Facts<'_>, affected: &[Affected<'_>], _: &str) -> Description {
    Description {
        title: "answered later than the check's timeout",
        text: format!(
            "The app is up and slow: it answered the rig after up to {:.1} s, and the check waits for only {} s.",
            slowest_probe(affected) / 1e3,
            facts.check.timeout
        ),
        next: "give the check a longer timeout, or the app more processor time",
    }
}

fn grace_too_short(facts: &Facts<'_>, affected: &[Affected<'_>], n: &str) -> Description {
    let slowest = affected.iter().filter_map(|task| task.life.seconds_to_healthy).fold(0.0, f64::max);
    let slowest = if slowest > 0.0 { format!(" The slowest needed {slowest:.1} s.") } else { String::new() };
    Description {
        title: "became healthy only after the grace period",
        text: format!(
            "{n} failed before the first good result and then became healthy: the start takes longer than the grace period \
             of {} s.{slowest}",
            facts.check.grace
        ),
        next: "set gracePeriodSeconds above the slowest start",
    }
}

fn checker_late(facts: &Facts<'_>, affected: &[Affected<'_>], _: &str) -> Description {
    let native = facts.check.is_native();
    let (checker, next) = if native {
        (
            "the executor on the agent; an agent with too many checks starts its helper processes late",
            "look at the load of the agent and at the children of the executor (sysdig below)",
        )
    } else {
        ("Marathon", "look at the load of Marathon's leader and at the network from it to the agent")
    };
    Description {
        title: "answered the rig in time while the checker called them unhealthy",
        text: format!(
            "The app is up: it answered the rig in at most {:.0} ms, and the check would have waited for {} s. So the \
             checker is late or has no connection. The checker is {checker}.",
            slowest_probe(affected),
            facts.check.timeout
        ),
        next,
    }
}

fn flapping(facts: &Facts<'_>, affected: &[Affected<'_>], _: &str) -> Description {
    let CheckFacts { timeout, interval, .. } = &facts.check;
    Description {
        title: "turned healthy and unhealthy in turns",
        text: format!(
            "Good and bad results alternate (up to {} changes a task): the app works at times, or it is so slow that the \
             timeout of {timeout} s and the interval of {interval} s decide by chance.",
            affected.iter().map(|task| task.life.flips).max().unwrap_or(0)
        ),
        next: "watch the app's response times over a few minutes",
    }
}

fn unreachable(facts: &Facts<'_>, _: &[Affected<'_>], n: &str) -> Description {
    let others_answer = facts.evidence.probes.iter().any(|probe| probe.answer == Answer::Good);
    Description {
        title: "cannot be reached from here",
        text: if others_answer {
            format!(
                "The rig cannot connect to {n}, but it can connect to others: their hosts or the network to them are down."
            )
        } else {
            "The rig cannot connect to any task that it probed, healthy ones included, so the state of the apps is unknown \
             from here: agents are often not reachable from outside of the cluster."
                .to_owned()
        },
        next: "run hc-rig inside the cluster's network",
    }
}

fn undiagnosed(facts: &Facts<'_>, affected: &[Affected<'_>], _: &str) -> Description {
    Description {
        title: "unhealthy, no cause found",
        text: if facts.check.is_native() {
            "Mesos-native checks report no cause to Marathon, and the rig could not probe these tasks itself. The samples do \
             not show the cause."
                .to_owned()
        } else {
            format!("Marathon's message matches none of the rules: \"{}\".", affected[0].check_failure.cause)
        },
        next: "look at the executor's stderr in the task's sandbox",
    }
}

/// A hung task of another app under Mesos's checks, which affects nobody else.
pub fn hung_neighbour(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    if !facts.check.is_native() {
        return None;
    }
    let own = |probe: &&Probe| facts.tasks.iter().any(|life| life.id == probe.task);
    let probes = &facts.evidence.probes;
    let hung = probes
        .iter()
        .find(|probe| probe.answer == Answer::Silent && probe.occasion == Occasion::Suspect && !own(probe))?;
    let healthy = facts.tasks.iter().filter(|life| life.check_failure.is_none()).count();
    Some(Conclusion {
        reason: Reason::Hung,
        title: "1 task of another app hung and affected no other task".to_owned(),
        text: format!(
            "{} at {} accepts connections and does not answer. Under {} each task is checked by its own executor, so checks \
             share no queue that it could block: {healthy} of the {} had no bad result. Under HTTP checks, which Marathon \
             makes itself, the same task would delay the check results of all of them.",
            hung.task,
            hung.address,
            facts.check.protocol,
            count(facts.tasks.len(), "task")
        ),
        evidence: vec![
            format!("its executor called it unhealthy by {:.1} s", hung.t - hung.ms / 1e3),
            format!("probed by the rig, it accepted the connection and did not answer in {:.1} s", hung.ms / 1e3),
        ],
        confidence: Confidence::High,
        tasks: vec![hung.task.clone()],
        next: vec!["look at what the app's threads wait for".to_owned()],
    })
}

fn slowest_probe(affected: &[Affected<'_>]) -> f64 {
    affected.iter().filter_map(|task| task.probe).map(|probe| probe.ms).fold(0.0, f64::max)
}

/// The results of the rig's own probes.
pub fn probe_sentence(probes: &[&Probe]) -> String {
    if probes.is_empty() {
        return "the rig did not probe these tasks itself".to_owned();
    }
    let mut kinds: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for probe in probes {
        let words = match probe.answer {
            Answer::Good => "gave a good answer",
            Answer::Wrong => "answered with a failure",
            Answer::Refused => "refused the connection",
            Answer::Silent => "accepted the connection and did not answer",
            Answer::Unreachable => "could not be reached",
            Answer::NotAsked => "were not probed",
        };
        let (n, ms) = kinds.entry(words).or_default();
        *n += 1;
        *ms = probe.ms.max(*ms);
    }
    let kinds: Vec<String> =
        kinds.into_iter().map(|(words, (n, ms))| format!("{n} {words} (within {ms:.0} ms)")).collect();
    format!("of {} probed by the rig, {}", count(probes.len(), "task"), kinds.join(", "))
}

fn failures(task: &Affected<'_>) -> String {
    let CheckFailure { t, failures, cause, .. } = task.check_failure;
    let cause = if cause.is_empty() { String::new() } else { format!(": {cause}") };
    format!("{} unhealthy since {t:.1} s, {}{cause}", task.life.id, count(*failures, "failure"))
}
