//! How late Marathon's own checks were: observations that several rules share.

use text::count;

use crate::{
    folder::evidence::{Answer, Probe},
    why::{conclusion::number, facts::Facts, stall::late_from},
};

/// Checks per second that all apps ask of Marathon: counted on the cluster, or at least those of this run.
pub fn check_rate(facts: &Facts<'_>) -> f64 {
    let counted = facts.evidence.censuses.iter().map(|census| census.checks_per_second).fold(0.0, f64::max);
    if counted > 0.0 { counted } else { facts.target as f64 / (facts.check.interval.max(1) as f64) }
}

/// Polls whose median result age was larger than checks can explain, if there were many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatePolls {
    polls: usize,
    /// Seconds on the samples' clock: the first of them.
    pub from: f64,
    /// Seconds on the samples' clock: the last of them.
    pub until: f64,
    /// The largest median age, seconds.
    pub worst: f64,
}

impl LatePolls {
    /// The late polls of a run with Marathon's own checks.
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        if !facts.is_checked_by_marathon() {
            return None;
        }
        let ages = &facts.evidence.ages;
        let late = || ages.iter().filter(|point| point.p50 > late_from(facts.check.interval as f64));
        let polls = late().count();
        // Three polls in a row can be a pause of the rig's own machine; a fifth of all polls cannot.
        let often = polls >= 3 && polls * 5 >= ages.len();
        let (from, until) = (late().next()?.t, late().next_back()?.t);
        often.then(|| Self { polls, from, until, worst: late().map(|point| point.p50).fold(0.0, f64::max) })
    }

    /// As a line of evidence.
    pub fn sentence(self, facts: &Facts<'_>) -> String {
        let interval = facts.check.interval as f64;
        format!(
            "in {} of {} polls the median result was older than {} s (the check interval is {} s), at worst {:.1} s",
            self.polls,
            facts.evidence.ages.len(),
            number(late_from(interval)),
            number(interval),
            self.worst
        )
    }
}

/// What the tasks with stale results answered to the rig's own probes.
pub fn probes_of_others(facts: &Facts<'_>) -> Option<String> {
    let suspects: Vec<&str> =
        facts.evidence.censuses.iter().flat_map(|census| &census.suspects).map(|s| s.task.as_str()).collect();
    let others: Vec<&Probe> = facts
        .evidence
        .probes
        .iter()
        .filter(|probe| probe.answer != Answer::NotAsked && facts.tasks.iter().any(|life| life.id == probe.task))
        .filter(|probe| !(suspects.contains(&probe.task.as_str()) && probe.answer == Answer::Silent))
        .collect();
    let good: Vec<f64> = others.iter().filter(|probe| probe.answer == Answer::Good).map(|probe| probe.ms).collect();
    let slowest = good.iter().copied().fold(0.0, f64::max);
    (!others.is_empty()).then(|| {
        format!(
            "of {} of tasks with stale results by the rig, {} got a good answer, the slowest in {slowest:.0} ms: these apps \
             are up, only their results are stale",
            count(others.len(), "probe"),
            good.len()
        )
    })
}
