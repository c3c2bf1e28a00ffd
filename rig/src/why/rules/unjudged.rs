//! A rule about tasks that run and that no check has judged when the run fails: within its grace period a failure does not
//! count, and of a native check it is not even shown.

use text::count;

use crate::{
    folder::{
        evidence::{Answer, Probe},
        story::Story,
    },
    why::{
        conclusion::{Conclusion, Reason, Sureness},
        facts::Facts,
        groups::Groups,
        rules::tasks::asked,
    },
};

/// How long it takes at most until a first result is seen: the delay, a check to its time-out, and two polls.
pub fn due(facts: &Facts<'_>) -> f64 {
    facts.check.delay.unwrap_or(0) as f64 + facts.check.timeout as f64 + 2.0 * facts.poll
}

/// Tasks that had been there for `patience` seconds or failed within their grace period, and had no result that counts.
pub fn unjudged(facts: &Facts<'_>, patience: f64) -> Option<Conclusion> {
    let check = &facts.check;
    let there = |story: &Story| story.scaled_down.unwrap_or(facts.until) - story.first_seen;
    let waits = |story: &&Story| story.is_unjudged() && (story.failed_in_grace.is_some() || there(story) >= patience);
    let stories: Vec<&Story> = facts.tasks.iter().copied().filter(waits).collect();
    if !facts.failed || stories.is_empty() || check.protocol == "no check" {
        return None;
    }
    let shown = stories.iter().filter(|story| story.failed_in_grace.is_some()).count();
    let longest = stories.iter().map(|story| there(story)).fold(0.0, f64::max);
    let probes: Vec<&Probe> = stories.iter().filter_map(|story| facts.probe(story)).collect();
    let n = count(stories.len(), "task");
    let mut evidence = Groups::of(&stories, &facts.tasks, facts.poll).sentences();
    evidence.extend(asked(&probes));
    Some(Conclusion {
        reason: Reason::Unjudged,
        title: if shown > 0 {
            format!("{n} failed within the grace period, where it does not count")
        } else {
            format!("{n} ran without a result")
        },
        text: format!("{}{}{}", seen(facts, shown), ended(facts, longest), answered(&probes)),
        evidence,
        sure: match (shown, probes.len()) {
            (0, 0) => Sureness::Low,
            (0, _) | (_, 0) => Sureness::Medium,
            _ => Sureness::High,
        },
        tasks: stories.iter().map(|story| story.id.clone()).collect(),
        next: next(facts, longest),
    })
}

fn seen(facts: &Facts<'_>, shown: usize) -> String {
    let grace = facts.check.grace;
    if shown > 0 {
        format!(
            "Marathon shows \"alive\": false for {} and counts no failure: their checks fail, and within the grace period of \
             {grace} s that neither counts nor kills.",
            count(shown, "task")
        )
    } else if facts.check.is_native() {
        format!(
            "No check has said anything of them. A native check that fails within the grace period of {grace} s tells nobody, \
             so either they fail, or no check was made."
        )
    } else {
        "Marathon shows no result at all for them, not even a failure: no check of theirs came to an end.".to_owned()
    }
}

fn ended(facts: &Facts<'_>, longest: f64) -> String {
    if longest < facts.check.grace as f64 {
        format!(" They were there for {longest:.1} s at most, less than that period.")
    } else {
        String::new()
    }
}

/// What the rig's own questions add, if they agree.
fn answered(probes: &[&Probe]) -> &'static str {
    let Some(first) = probes.first() else { return "" };
    if probes.iter().any(|probe| probe.answer != first.answer) {
        return " They answered the rig in different ways (see below).";
    }
    match first.answer {
        Answer::Good => " They answered the rig well: the apps are up, and it is their checker that says otherwise.",
        Answer::Wrong => {
            " They answered the rig with a failure, too: the check asks the wrong thing, or the apps are sick."
        }
        Answer::Refused => " Nobody listens where the check asks.",
        Answer::Silent => " They took the rig's connection and did not answer: they hang.",
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
            "give the step time until the grace period of its tasks is over (--step-timeout above {enough}s), so that \
             failures count and say why"
        )]
    } else {
        vec!["look at the executor's stderr in the task's sandbox".to_owned()]
    }
}
