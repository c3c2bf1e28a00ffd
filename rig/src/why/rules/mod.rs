//! The rules: each a pure function from the facts to what it concludes, or nothing.

pub mod cluster;
pub mod machine;
pub mod news;
pub mod tasks;
pub mod unjudged;

#[cfg(test)]
mod recorded_tests;
#[cfg(test)]
mod tests;

use crate::why::{
    conclusion::{Conclusion, Reason, Sureness},
    facts::Facts,
};

/// All that the rules conclude, the surest first. When there is trouble and no rule fits, that is said.
pub fn conclude(facts: &Facts<'_>) -> Vec<Conclusion> {
    let mut found: Vec<Conclusion> =
        [news::head_of_line(facts), news::checks_late(facts), cluster::no_offers(facts), cluster::agent_lost(facts)]
            .into_iter()
            .flatten()
            .collect();
    found.extend(tasks::by_ailment(facts));
    found.extend([unjudged::unjudged(facts, unjudged::due(facts)), tasks::hung_neighbour(facts)].into_iter().flatten());
    found.extend([cluster::crash_loop(facts), cluster::kill_loop(facts)].into_iter().flatten());
    // One hung task is told once: as the cause of everybody's old news, if it was that.
    if let Some(head) = found.iter().find(|one| one.reason == Reason::HeadOfLine).map(|one| one.tasks.clone()) {
        found.retain(|one| one.reason != Reason::Hung || !one.tasks.iter().all(|task| head.contains(task)));
    }
    let known: Vec<Reason> = found.iter().map(|one| one.reason).filter(|reason| *reason != Reason::Unknown).collect();
    machine::blame(facts, &mut found);
    machine::blame_connections(facts, &mut found);
    if found.is_empty() && facts.failed {
        // Where nothing else speaks, a run that ended before the first results were due is told at least.
        found.push(unjudged::unjudged(facts, 0.0).unwrap_or_else(unknown));
    }
    // Where something explains part of the trouble, what is left unexplained comes last.
    found.sort_by_key(|one| {
        (one.reason == Reason::Unknown && !known.is_empty(), one.reason == Reason::KillLoop, one.sure)
    });
    found
}

fn unknown() -> Conclusion {
    Conclusion {
        reason: Reason::Unknown,
        title: "No cause found".to_owned(),
        text: "The run did not reach its target, yet no task had a bad result, none ended unasked, the launch queue gave no \
               reason and the news were fresh. The samples do not say what it was."
            .to_owned(),
        evidence: Vec::new(),
        sure: Sureness::Low,
        tasks: Vec::new(),
        next: vec!["look at Marathon's log for the app's deployment".to_owned()],
    }
}
