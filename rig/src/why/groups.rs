//! What troubled tasks have in common: the agent, the ports, the moment, the cause.

use std::collections::{BTreeMap, BTreeSet};

use harness::record::TaskLife;
use serde::Serialize;

use crate::why::facts::Cause;

/// What a set of tasks has in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Groups {
    /// How many tasks.
    pub tasks: usize,
    /// Host names with the number of troubled tasks, most first.
    pub hosts: Vec<(String, usize)>,
    /// How many hosts the run used.
    pub hosts_used: usize,
    /// First and last port, if all tasks of the run between them on these hosts are troubled.
    pub ports: Option<(u64, u64)>,
    /// First and last moment at which trouble began, seconds on the samples' clock.
    pub since: Option<(f64, f64)>,
    /// Whether it began for all of them within two polls.
    pub at_once: bool,
    /// Causes with their number, most first.
    pub causes: Vec<(String, usize)>,
}

/// From this many tasks on a pattern is worth naming.
const PATTERN: usize = 2;

impl Groups {
    /// What `tasks` have in common among `all` of the run; `poll` is the time between two polls in seconds.
    pub fn of(tasks: &[&TaskLife], all: &[&TaskLife], poll: f64) -> Self {
        let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut causes: BTreeMap<Cause, usize> = BTreeMap::new();
        for life in tasks {
            *hosts.entry(&life.host).or_default() += 1;
            if let Some(check_failure) = &life.check_failure {
                *causes.entry(Cause::of(&check_failure.cause)).or_default() += 1;
            }
        }
        let since = tasks
            .iter()
            .map(|life| life.trouble_at().unwrap_or(life.first_seen))
            .fold(None, |range: Option<(f64, f64)>, t| {
                Some(range.map_or((t, t), |(first, last)| (first.min(t), last.max(t))))
            });
        Self {
            tasks: tasks.len(),
            ports: ports(tasks, all),
            hosts_used: all.iter().map(|life| life.host.as_str()).collect::<BTreeSet<_>>().len(),
            since,
            at_once: tasks.len() >= PATTERN && since.is_some_and(|(first, last)| last - first <= 2.0 * poll),
            hosts: most_first(hosts.into_iter().map(|(host, n)| (host.to_owned(), n))),
            causes: most_first(causes.into_iter().map(|(cause, n)| (cause.words(), n))),
        }
    }

    /// The patterns in words, none where there are too few tasks for one.
    pub fn sentences(&self) -> Vec<String> {
        if self.tasks < PATTERN {
            return Vec::new();
        }
        let mut sentences = Vec::new();
        match &self.hosts[..] {
            [(host, n)] if self.hosts_used > 1 => {
                sentences.push(format!("all {n} are on {host}, one of the {} agents used", self.hosts_used));
            }
            [(host, n)] => sentences.push(format!("all {n} are on {host}, the only agent used")),
            many => {
                let named: Vec<String> = many.iter().take(5).map(|(host, n)| format!("{n} on {host}")).collect();
                let more = if many.len() > 5 {
                    format!(", and {} more", text::count(many.len() - 5, "agent"))
                } else {
                    String::new()
                };
                sentences.push(format!("on several agents: {}{more}", named.join(", ")));
            }
        }
        if let Some((from, to)) = self.ports {
            sentences.push(format!("they are all tasks on the ports {from} to {to}"));
        }
        if let Some((first, last)) = self.since {
            sentences.push(if self.at_once {
                format!("all since {first:.1} s")
            } else {
                format!("one after the other, {first:.1} s to {last:.1} s")
            });
        }
        match &self.causes[..] {
            [] => {}
            [(cause, _)] => sentences.push(format!("all with the same cause: {cause}")),
            many => {
                let named: Vec<String> = many.iter().map(|(cause, n)| format!("{n} {cause}")).collect();
                sentences.push(format!("{}: {}", text::count(many.len(), "cause"), named.join(", ")));
            }
        }
        sentences
    }
}

/// A range of ports is a pattern when unaffected tasks lie outside of it and none inside.
fn ports(tasks: &[&TaskLife], all: &[&TaskLife]) -> Option<(u64, u64)> {
    let of = |lives: &[&TaskLife]| -> BTreeSet<u64> { lives.iter().filter_map(|s| s.ports.first().copied()).collect() };
    let (theirs, everyones) = (of(tasks), of(all));
    let (first, last) = (*theirs.first()?, *theirs.last()?);
    let ids: BTreeSet<&str> = tasks.iter().map(|life| life.id.as_str()).collect();
    let unaffected = all.iter().filter(|life| !ids.contains(life.id.as_str()));
    let inside = unaffected.filter_map(|life| life.ports.first()).any(|port| (first..=last).contains(port));
    (theirs.len() >= PATTERN && everyones.len() > theirs.len() && !inside).then_some((first, last))
}

fn most_first(items: impl Iterator<Item = (String, usize)>) -> Vec<(String, usize)> {
    let mut items: Vec<_> = items.collect();
    items.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    items
}
