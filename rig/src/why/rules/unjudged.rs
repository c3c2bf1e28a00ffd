//! Rules about tasks that run and that no check has judged when the run fails: within its grace period a failure does not
//! count, and a native check does not even report it.

use harness::record::TaskLife;
use text::count;

use crate::{
    folder::evidence::{Answer, Probe},
    why::{
        conclusion::{Conclusion, Confidence, Reason},
        facts::Facts,
        groups::Groups,
        rules::{Found, tasks::probe_sentence},
    },
};

/// Tasks that ran until a first result was due, or failed within their grace period, and had no result that counts.
pub fn without_a_result(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    // The longest time to a first result: the delay, a check up to its timeout, and two polls.
    let due = facts.check.delay.unwrap_or(0) as f64 + facts.check.timeout as f64 + 2.0 * facts.poll;
    unjudged(facts, due)
}

/// The same for a run that ended before the first results were due, if nothing else explains it.
pub fn too_early(facts: &Facts<'_>, found: &Found) -> Option<Conclusion> {
    if found.is_empty() { unjudged(facts, 0.0) } else { None }
}

/// Tasks that ran for `due` seconds or failed within their grace period, and had no result that counts.
fn unjudged(facts: &Facts<'_>, due: f64) -> Option<Conclusion> {
    let there = |life: &TaskLife| life.scaled_down.unwrap_or(facts.until) - life.first_seen;
    let waits = |life: &&TaskLife| life.is_unjudged() && (life.failed_in_grace.is_some() || there(life) >= due);
    let lives: Vec<&TaskLife> = facts.tasks.iter().copied().filter(waits).collect();
    if !facts.failed || lives.is_empty() || !facts.has_check() {
        return None;
    }
    let reported = lives.iter().filter(|life| life.failed_in_grace.is_some()).count();
    let longest = lives.iter().map(|life| there(life)).fold(0.0, f64::max);
    let probes: Vec<&Probe> = lives.iter().filter_map(|life| facts.probe(life)).collect();
    let n = count(lives.len(), "task");
    let mut evidence = Groups::of(&lives, &facts.tasks, facts.poll).sentences();
    evidence.push(probe_sentence(&probes));
    Some(Conclusion {
        reason: Reason::Unjudged,
        title: if reported > 0 {
            format!("{n} failed within the grace period, where failures do not count")
        } else {
            format!("{n} ran without a result")
        },
        text: format!("{}{}{}", observed(facts, reported), ended(facts, longest), answered(&probes)),
        evidence,
        confidence: match (reported, probes.len()) {
            (0, 0) => Confidence::Low,
            (0, _) | (_, 0) => Confidence::Medium,
            (1.., 1..) => Confidence::High,
        },
        tasks: lives.iter().map(|life| life.id.clone()).collect(),
        next: next(facts, longest),
    })
}

fn observed(facts: &Facts<'_>, reported: usize) -> String {
    let grace = facts.check.grace;
    if reported > 0 {
        format!(
            "Marathon reports \"alive\": false for {} and counts no failure: their checks fail, but within the grace period of \
             {grace} s failures neither count nor kill.",
            count(reported, "task")
        )
    } else if facts.check.is_native() {
        format!(
            "No check has reported a result for them. A native check that fails within the grace period of {grace} s reports \
             nothing, so either the checks fail, or none was made."
        )
    } else {
        "Marathon reports no result for them, not even a failure: none of their checks has finished.".to_owned()
    }
}

fn ended(facts: &Facts<'_>, longest: f64) -> String {
    if longest < facts.check.grace as f64 {
        format!(" They ran for {longest:.1} s at most, less than their grace period of {} s.", facts.check.grace)
    } else {
        String::new()
    }
}

/// What the rig's own probes add, if they agree.
fn answered(probes: &[&Probe]) -> &'static str {
    let Some(first) = probes.first() else { return "" };
    if probes.iter().any(|probe| probe.answer != first.answer) {
        return " They answered the rig differently (see below).";
    }
    match first.answer {
        Answer::Good => " They gave the rig a good answer: the apps are up, and their checker is the problem.",
        Answer::Wrong => " They answered the rig with a failure, too: the check is wrong, or the apps are unhealthy.",
        Answer::Refused => " Nothing listens on the checked port.",
        Answer::Silent => " They accepted the rig's connection and did not answer: they hang.",
        Answer::Unreachable => " The rig cannot reach them either.",
        Answer::NotAsked => "",
    }
}

fn next(facts: &Facts<'_>, longest: f64) -> Vec<String> {
    let grace = facts.check.grace as f64;
    if longest < grace {
        // They may have begun late in their step.
        let enough = (facts.step + grace - longest).max(grace).ceil();
        vec![format!(
            "give the step more time than the grace period of its tasks (--step-timeout above {enough}s), so that failures \
             count and report a cause"
        )]
    } else {
        vec!["look at the executor's stderr in the task's sandbox".to_owned()]
    }
}
