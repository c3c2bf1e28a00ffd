//! Marathon makes no check of its own at all any more, for no app.

use harness::record::TaskLife;

use crate::{
    folder::evidence::{Answer, Census, NoUri},
    why::{
        conclusion::{Conclusion, Confidence, Reason, some},
        facts::Facts,
        rules::{Found, lateness::probes_of_others},
        stall::late_from,
    },
};

/// Since when nothing came of any Marathon-level check.
enum Silence<'a> {
    /// The newest result is this old, in seconds.
    Since(f64),
    /// There has never been one, though this task answers the rig's own probe as a check asks for.
    Always(&'a TaskLife),
}

/// Nothing came of any Marathon-level check of the whole cluster for longer than one hung task can hold all of them up.
///
/// Seen on a real Marathon 1.11.26: a path that is no URI throws where the checks of all apps are made, and they end until
/// there is a new leader. Before a slot of Marathon's queue is kept for ever, its check times out, so a silence longer than
/// the longest timeout and two intervals is not lateness.
pub fn all_of_them(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    // Without checks of its own the run cannot see that others have none.
    if !facts.is_checked_by_marathon() {
        return None;
    }
    let last = facts.evidence.censuses.last()?;
    let odd = paths(&facts.evidence.censuses);
    let silence = match last.newest {
        Some(newest) => (newest > late_from(last.due_within)).then_some(Silence::Since(newest))?,
        None => Silence::Always(good_without_a_result(facts, !odd.is_empty())?),
    };
    Some(Conclusion {
        reason: Reason::ChecksEnded,
        title: "Marathon makes no health check of its own any more, for no app".to_owned(),
        text: format!(
            "{}, while {} due. {} Tasks keep the state that they had: a failure goes unnoticed, and a new task never becomes \
             healthy. Mesos-native checks go on.",
            since(last, &silence),
            text::count_irregular(last.tasks as usize, "running task is", "running tasks are"),
            cause(&odd),
        ),
        evidence: evidence(facts, last, &silence, &odd),
        confidence: if odd.is_empty() { Confidence::Medium } else { Confidence::High },
        tasks: Vec::new(),
        next: remedies(&odd),
    })
}

/// A task without any result that answers well and has run for so long that a check would have come about. Within its grace
/// period Marathon hides failures, so that it may only fail to reach the task, unless a path that ends the checks was seen.
fn good_without_a_result<'a>(facts: &Facts<'a>, odd: bool) -> Option<&'a TaskLife> {
    let check = &facts.check;
    let due = late_from((check.interval + check.timeout) as f64) + if odd { 0.0 } else { check.grace as f64 };
    let good = |life: &TaskLife| facts.probe(life).is_some_and(|probe| probe.answer == Answer::Good);
    facts.tasks.iter().copied().find(|life| {
        life.is_unjudged() && life.failed_in_grace.is_none() && facts.until - life.first_seen >= due && good(life)
    })
}

fn since(last: &Census, silence: &Silence<'_>) -> String {
    match silence {
        Silence::Since(newest) => format!(
            "Since {} ({:.1} s of the run) no Marathon-level check of any app has had a result",
            last.newest_at,
            (last.t - newest).max(0.0)
        ),
        Silence::Always(_) => {
            "From the beginning of the run no Marathon-level check of any app has had a result".to_owned()
        }
    }
}

/// Every path that was seen in any census: its app may be gone, and the checks do not come back with that.
fn paths(censuses: &[Census]) -> Vec<&NoUri> {
    let mut seen: Vec<&NoUri> = Vec::new();
    for odd in censuses.iter().flat_map(|census| &census.no_uri) {
        if !seen.contains(&odd) {
            seen.push(odd);
        }
    }
    seen
}

fn cause(odd: &[&NoUri]) -> String {
    if odd.is_empty() {
        return "Likely causes: an app, perhaps deleted since, whose HTTP check has a path that is no URI (a blank in it); or a \
                leader that is stuck."
            .to_owned();
    }
    let apps: Vec<String> = odd.iter().map(|odd| odd.app.clone()).collect();
    format!(
        "The likely cause is the check of {}: its path {:?} is no URI, and the first attempt to ask it ends the checks of all apps.",
        some(&apps),
        odd[0].path
    )
}

fn evidence(facts: &Facts<'_>, last: &Census, silence: &Silence<'_>, odd: &[&NoUri]) -> Vec<String> {
    let apps = text::count_irregular(last.apps as usize, "app that Marathon checks", "apps that Marathon checks");
    let mut evidence = vec![match silence {
        Silence::Since(newest) => format!(
            "GET /v2/apps at {:.1} s: the newest result of {apps} was {newest:.1} s old; even with a hung task one is due within \
             {:.0} s",
            last.t, last.due_within
        ),
        Silence::Always(life) => format!(
            "GET /v2/apps at {:.1} s: {apps}, and no result; {} has run for {:.1} s and answered the rig's own probe well",
            last.t,
            life.id,
            facts.until - life.first_seen
        ),
    }];
    evidence.extend(odd.iter().take(3).map(|odd| format!("{} has a check with the path {:?}", odd.app, odd.path)));
    let newest = match silence {
        Silence::Since(newest) => *newest,
        Silence::Always(_) => f64::INFINITY,
    };
    if let Some(native) = last.native.filter(|native| *native < newest) {
        evidence
            .push(format!("a native check reported a change {native:.1} s ago: Marathon takes in what Mesos reports"));
    }
    evidence.extend(probes_of_others(facts));
    evidence
}

fn remedies(odd: &[&NoUri]) -> Vec<String> {
    let mut next = Vec::new();
    if let Some(odd) = odd.first() {
        next.push(format!(
            "correct the path of {} (hc-rig advise {} has the patch) or remove the app",
            odd.app, odd.app
        ));
    }
    next.push(
        "then let Marathon have a new leader (restart it, or DELETE /v2/leader): only that brings the checks back"
            .to_owned(),
    );
    next.push("look for `Illegal request-target` or `IllegalUriException` in the log of Marathon's leader".to_owned());
    next
}
