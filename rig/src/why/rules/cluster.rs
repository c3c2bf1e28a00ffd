//! Rules about launching and losing tasks.

use std::collections::{BTreeMap, BTreeSet};

use text::{count, count_irregular};

use harness::model::TaskStatus;

use crate::{
    folder::{evidence::Waiting, story::Story},
    why::{
        conclusion::{Conclusion, Reason, Sureness, some},
        facts::Facts,
    },
};

/// Instances wait in the launch queue: what Marathon says of the offers that it declined.
pub fn no_offers(facts: &Facts<'_>) -> Option<Conclusion> {
    if facts.last.scheduled == 0 || !facts.failed {
        return None;
    }
    let waiting = facts.evidence.waiting.iter().rev().find(|waiting| waiting.count > 0);
    let missing = facts.last.scheduled;
    let (text, sure) = match waiting {
        Some(waiting) if !waiting.refusals.is_empty() => (
            format!("Marathon looked at {} and declined the last ones for: {}.", offers(waiting), reasons(waiting)),
            Sureness::High,
        ),
        Some(waiting) if waiting.delay_seconds > 0 => (
            format!(
                "Marathon backs off: the next launch may come in {} s, because tasks of this app ended too often.",
                waiting.delay_seconds
            ),
            Sureness::High,
        ),
        Some(waiting) if waiting.offers == 0 => (
            "Marathon has seen no offer for it: Mesos offers it nothing, as when all agents are full or the role gets \
             nothing."
                .to_owned(),
            Sureness::Medium,
        ),
        _ => ("The launch queue was not asked or gave no reason.".to_owned(), Sureness::Low),
    };
    Some(Conclusion {
        reason: Reason::NoOffers,
        title: format!("{} not launched for lack of offers that fit", waits(missing as usize)),
        text: format!("{} of {} asked for never launched. {text}", missing, count(facts.target, "task")),
        evidence: waiting
            .map(|waiting| {
                format!("GET /v2/queue at {:.1} s: {} waiting; {}", waiting.t, waiting.count, reasons(waiting))
            })
            .into_iter()
            .collect(),
        sure,
        tasks: Vec::new(),
        next: vec![
            "ask for less (cpus, mem, ports, constraints), or for fewer tasks; hc-rig login shows what is free"
                .to_owned(),
        ],
    })
}

fn waits(n: usize) -> String {
    count_irregular(n, "task was", "tasks were")
}

fn offers(waiting: &Waiting) -> String {
    count(waiting.offers, "offer")
}

fn reasons(waiting: &Waiting) -> String {
    if waiting.refusals.is_empty() {
        return "no refusal named".to_owned();
    }
    let named: Vec<String> = waiting.refusals.iter().map(|(reason, n)| format!("{reason} ({n})")).collect();
    named.join(", ")
}

/// Tasks whose agent was out of Mesos's sight, or that went with it.
pub fn agent_lost(facts: &Facts<'_>) -> Option<Conclusion> {
    let is_lost = |state: &str| TaskStatus::parse(state).is_some_and(TaskStatus::is_lost);
    let lost = |story: &&&Story| story.was_unreachable || story.end.as_ref().is_some_and(|end| is_lost(&end.state));
    let lost: Vec<&Story> = facts.tasks.iter().filter(lost).copied().collect();
    if lost.is_empty() {
        return None;
    }
    let hosts: BTreeSet<&str> = lost.iter().map(|story| story.host.as_str()).collect();
    let stayed =
        facts.tasks.iter().filter(|s| hosts.contains(s.host.as_str()) && s.end.is_none() && !s.was_unreachable);
    let stayed = stayed.count();
    let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
    let whole = stayed == 0;
    Some(Conclusion {
        reason: Reason::AgentLost,
        title: format!("{} lost with the agent {}", waits(lost.len()), some(&hosts)),
        text: format!(
            "Mesos lost sight of {} on {}{}. That is the agent or the way to it, not the tasks: Marathon keeps their last \
             check results, so that they may still be called healthy meanwhile.",
            count(lost.len(), "task"),
            some(&hosts),
            if whole { ", and no other task of this run is left there" } else { "" },
        ),
        evidence: lost
            .iter()
            .take(3)
            .map(|story| {
                let end =
                    story.end.as_ref().map_or("unreachable".to_owned(), |end| format!("{} {}", end.state, end.message));
                format!("{} on {}: {}", story.id, story.host, end.trim_end())
            })
            .collect(),
        sure: if whole { Sureness::High } else { Sureness::Medium },
        tasks: ids(&lost),
        next: vec!["look at the agent's process and network; hc-rig login lists the agents that Mesos has".to_owned()],
    })
}

/// Tasks that end by themselves, at least three of them or one instance twice.
pub fn crash_loop(facts: &Facts<'_>) -> Option<Conclusion> {
    let is_own_end = |state: &str| TaskStatus::parse(state).is_some_and(TaskStatus::is_own_end);
    let ended: Vec<&Story> = facts
        .tasks
        .iter()
        .filter(|story| story.end.as_ref().is_some_and(|end| is_own_end(&end.state)))
        .copied()
        .collect();
    let again = ended.iter().any(|story| story.life().1 > 1 || story.successor.is_some());
    if ended.len() < 3 && !again || ended.is_empty() {
        return None;
    }
    let mut messages: BTreeMap<&str, usize> = BTreeMap::new();
    for story in &ended {
        *messages.entry(story.end.as_ref().map_or("", |end| end.message.as_str())).or_default() += 1;
    }
    let (message, n) = messages.into_iter().max_by_key(|(_, n)| *n).unwrap_or_default();
    let sick = ended.iter().filter(|story| story.sickness.is_some()).count();
    Some(Conclusion {
        reason: Reason::CrashLoop,
        title: format!("{} ended by themselves", count(ended.len(), "task")),
        text: format!(
            "The command itself ends, it is not killed: {} ended, {n} of them with \"{message}\", and Marathon starts \
             others with a growing delay. The health check has no part in it: {sick} of them had a bad result before.",
            count(ended.len(), "task")
        ),
        evidence: ended.iter().take(3).map(|story| end(story)).collect(),
        sure: if sick == 0 { Sureness::High } else { Sureness::Medium },
        tasks: ids(&ended),
        next: vec!["look at stderr in the task's sandbox".to_owned()],
    })
}

/// An instance whose tasks were killed for bad results at least twice.
pub fn kill_loop(facts: &Facts<'_>) -> Option<Conclusion> {
    let mut kills: BTreeMap<&str, Vec<&Story>> = BTreeMap::new();
    for story in &facts.tasks {
        let killed = story.end.as_ref().is_some_and(|end| end.state == "TASK_KILLED");
        if killed && (story.sickness.is_some() || story.kill_reason.is_some()) {
            kills.entry(story.life().0).or_default().push(story);
        }
    }
    kills.retain(|_, stories| stories.len() >= 2);
    if kills.is_empty() {
        return None;
    }
    let all: Vec<&Story> = kills.values().flatten().copied().collect();
    Some(Conclusion {
        reason: Reason::KillLoop,
        title: format!("{} killed again and again", count(kills.len(), "instance")),
        text: format!(
            "Killing does not help: {} lost {} to their health checks, and the successors fail in the same way. Marathon does \
             not slow down after such a kill, so this goes on for ever.",
            count(kills.len(), "instance"),
            count(all.len(), "task")
        ),
        evidence: all.iter().take(3).map(|story| end(story)).collect(),
        sure: Sureness::High,
        tasks: ids(&all),
        next: vec![
            "set maxConsecutiveFailures to 0 on a Marathon-level check to keep a sick task for a look".to_owned(),
        ],
    })
}

fn end(story: &Story) -> String {
    let end =
        story.end.as_ref().map(|end| format!("{} at {:.1} s {}", end.state, end.t, end.message)).unwrap_or_default();
    format!("{}: {}", story.id, end.trim_end())
}

fn ids(stories: &[&Story]) -> Vec<String> {
    stories.iter().map(|story| story.id.clone()).collect()
}
