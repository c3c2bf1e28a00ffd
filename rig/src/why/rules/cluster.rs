//! Rules about launching and losing tasks.

use std::collections::{BTreeMap, BTreeSet};

use harness::{model::TaskStatus, record::TaskLife};
use text::count;

use crate::{
    folder::evidence::Waiting,
    why::{
        conclusion::{Conclusion, Confidence, Reason, some},
        facts::Facts,
        rules::Found,
    },
};

/// Instances that ran, ended and have not been launched again.
fn between_two_lives(facts: &Facts<'_>) -> u64 {
    let ended = |life: &&&TaskLife| life.scaled_down.is_none() && life.end.is_some() && life.successor.is_none();
    facts.tasks.iter().filter(ended).count() as u64
}

/// Instances wait in the launch queue, and Marathon reports why it declined offers. One that was launched before, and about
/// which Marathon says nothing, merely waits for the next offer.
pub fn no_offers(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    if facts.last.scheduled == 0 || !facts.failed {
        return None;
    }
    let waiting = facts.evidence.waiting.iter().rev().find(|waiting| waiting.count > 0);
    let missing = facts.last.scheduled;
    let again = between_two_lives(facts) >= missing;
    let says_why = waiting.is_some_and(|waiting| !waiting.refusals.is_empty() || waiting.delay_seconds > 0);
    if again && !says_why {
        return None;
    }
    let (text, confidence) = match waiting {
        Some(waiting) if !waiting.refusals.is_empty() => (
            format!(
                "Marathon processed {} and declined the last ones because of {}.",
                offers(waiting),
                reasons(waiting)
            ),
            Confidence::High,
        ),
        Some(waiting) if waiting.delay_seconds > 0 => (
            format!(
                "Marathon backs off because tasks of this app ended too often: the next launch is in {} s.",
                waiting.delay_seconds
            ),
            Confidence::High,
        ),
        Some(waiting) if waiting.offers == 0 => (
            "Marathon has seen no offer for it: all agents are full, or the role gets no offers.".to_owned(),
            Confidence::Medium,
        ),
        _ => ("The launch queue was not read or gave no reason.".to_owned(), Confidence::Low),
    };
    Some(Conclusion {
        reason: Reason::NoOffers,
        title: format!("{} not launched for lack of matching offers", were(missing as usize)),
        text: format!(
            "{missing} of {} were {}. {text}",
            count(facts.target as usize, "task"),
            if again { "not launched again" } else { "never launched" },
        ),
        evidence: waiting
            .map(|waiting| {
                format!("GET /v2/queue at {:.1} s: {} waiting; {}", waiting.t, waiting.count, reasons(waiting))
            })
            .into_iter()
            .collect(),
        confidence,
        tasks: Vec::new(),
        next: vec![
            "ask for less (cpus, mem, ports, constraints), or for fewer tasks; hc-rig login shows what is free"
                .to_owned(),
        ],
    })
}

fn were(n: usize) -> String {
    text::count_irregular(n, "task was", "tasks were")
}

fn offers(waiting: &Waiting) -> String {
    count(waiting.offers as usize, "offer")
}

fn reasons(waiting: &Waiting) -> String {
    if waiting.refusals.is_empty() {
        return "no reason given".to_owned();
    }
    let named: Vec<String> = waiting.refusals.iter().map(|(reason, n)| format!("{reason} ({n})")).collect();
    named.join(", ")
}

/// Tasks whose agent was unreachable, or that were lost with it.
pub fn agent_lost(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    let is_lost = |state: &str| TaskStatus::parse(state).is_some_and(TaskStatus::is_lost);
    let lost = |life: &&&TaskLife| life.was_unreachable || life.end.as_ref().is_some_and(|end| is_lost(&end.state));
    let lost: Vec<&TaskLife> = facts.tasks.iter().filter(lost).copied().collect();
    if lost.is_empty() {
        return None;
    }
    let hosts: BTreeSet<&str> = lost.iter().map(|life| life.host.as_str()).collect();
    let stayed =
        facts.tasks.iter().filter(|s| hosts.contains(s.host.as_str()) && s.end.is_none() && !s.was_unreachable);
    let stayed = stayed.count();
    let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
    let whole = stayed == 0;
    Some(Conclusion {
        reason: Reason::AgentLost,
        title: format!("{} lost with the agent {}", were(lost.len()), some(&hosts)),
        text: format!(
            "Mesos lost contact with {} on {}{}. The cause is the agent or the network to it, not the tasks: Marathon keeps \
             their last check results, so they may still be reported healthy.",
            count(lost.len(), "task"),
            some(&hosts),
            if whole { ", and no other task of this run is left on it" } else { "" },
        ),
        evidence: lost
            .iter()
            .take(3)
            .map(|life| {
                let end =
                    life.end.as_ref().map_or("unreachable".to_owned(), |end| format!("{} {}", end.state, end.message));
                format!("{} on {}: {}", life.id, life.host, end.trim_end())
            })
            .collect(),
        confidence: if whole { Confidence::High } else { Confidence::Medium },
        tasks: ids(&lost),
        next: vec!["check the agent's process and network; hc-rig doctor lists the agents that Mesos knows".to_owned()],
    })
}

/// Tasks that end by themselves, at least three of them or one instance twice. Without samples nothing is concluded.
pub fn crash_loop(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    let is_own_end = |state: &str| TaskStatus::parse(state).is_some_and(TaskStatus::is_own_end);
    let ended: Vec<&TaskLife> = facts
        .tasks
        .iter()
        .filter(|life| life.scaled_down.is_none() && life.end.as_ref().is_some_and(|end| is_own_end(&end.state)))
        .copied()
        .collect();
    let again = ended.iter().any(|life| life.life().1 > 1 || life.successor.is_some());
    if ended.len() < 3 && !again || ended.is_empty() || !facts.sampled {
        return None;
    }
    let mut messages: BTreeMap<&str, usize> = BTreeMap::new();
    for life in &ended {
        *messages.entry(life.end.as_ref().map_or("", |end| end.message.as_str())).or_default() += 1;
    }
    let (message, n) = messages.into_iter().max_by_key(|(_, n)| *n).unwrap_or_default();
    let unhealthy = ended.iter().filter(|life| life.check_failure.is_some()).count();
    Some(Conclusion {
        reason: Reason::CrashLoop,
        title: format!("{} ended by themselves", count(ended.len(), "task")),
        text: format!(
            "The command exits, it is not killed: {} ended, {n} of them with \"{message}\", and Marathon launches successors \
             with increasing back-off. The health check is not the cause: {unhealthy} of them had a bad result before.",
            count(ended.len(), "task")
        ),
        evidence: ended.iter().take(3).map(|life| end(life)).collect(),
        confidence: if unhealthy == 0 { Confidence::High } else { Confidence::Medium },
        tasks: ids(&ended),
        next: vec!["look at stderr in the task's sandbox".to_owned()],
    })
}

/// An instance whose tasks were killed for bad results at least twice.
pub fn kill_loop(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    let mut kills: BTreeMap<&str, Vec<&TaskLife>> = BTreeMap::new();
    for life in &facts.tasks {
        let killed = life.end.as_ref().is_some_and(|end| TaskStatus::parse(&end.state) == Some(TaskStatus::Killed));
        if killed && (life.check_failure.is_some() || life.kill_reason.is_some()) {
            kills.entry(life.life().0).or_default().push(life);
        }
    }
    kills.retain(|_, lives| lives.len() >= 2);
    if kills.is_empty() {
        return None;
    }
    let all: Vec<&TaskLife> = kills.values().flatten().copied().collect();
    Some(Conclusion {
        reason: Reason::KillLoop,
        title: format!("{} killed again and again", count(kills.len(), "instance")),
        text: format!(
            "Killing does not help: {} lost {} to their health checks, and the successors fail in the same way. Marathon does \
             not back off after such a kill, so it repeats forever.",
            count(kills.len(), "instance"),
            count(all.len(), "task")
        ),
        evidence: all.iter().take(3).map(|life| end(life)).collect(),
        confidence: Confidence::High,
        tasks: ids(&all),
        next: vec![
            "set maxConsecutiveFailures to 0 on a Marathon-level check to keep an unhealthy task for inspection"
                .to_owned(),
        ],
    })
}

fn end(life: &TaskLife) -> String {
    let end =
        life.end.as_ref().map(|end| format!("{} at {:.1} s {}", end.state, end.t, end.message)).unwrap_or_default();
    format!("{}: {}", life.id, end.trim_end())
}

fn ids(lives: &[&TaskLife]) -> Vec<String> {
    lives.iter().map(|life| life.id.clone()).collect()
}
