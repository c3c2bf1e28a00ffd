//! One installed rule: its counts, its window, and what it holds.

use std::time::Duration;

use super::{
    RuleState, RuleStatus,
    action::{Action, AgentAction, CheckAction, HoldAtMost},
    hold::{Hold, Holds},
    rule::Rule,
    target::{Target, Trigger},
};
use crate::{clock::Time, ids::Rng};

#[derive(Debug)]
pub(super) struct Installed {
    name: String,
    rule: Rule,
    /// When it was installed; absent until the engine's time is known.
    since: Option<Time>,
    /// When the clock triggers it next (rules on agents and the scheduler).
    next: Option<Time>,
    pub(super) holds: Holds,
    matched: u64,
    triggered: u64,
}

impl Installed {
    pub(super) fn new(name: String, rule: Rule) -> Self {
        Self { name, rule, since: None, next: None, holds: Holds::default(), matched: 0, triggered: 0 }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn action(&self) -> &Action {
        &self.rule.action
    }

    /// Its window counts from the first time that it learns.
    pub(super) fn begin(&mut self, now: Time) {
        if self.since.is_none() {
            self.since = Some(now);
            self.next = self.rule.action.timed().map(|_| now + self.from());
        }
    }

    fn from(&self) -> Duration {
        self.rule.window.map_or(Duration::ZERO, |window| window.from)
    }

    fn start(&self) -> Option<Time> {
        Some(self.since? + self.from())
    }

    fn end(&self) -> Option<Time> {
        Some(self.since? + self.rule.window?.until?)
    }

    fn is_open(&self, now: Time) -> bool {
        self.start().is_none_or(|start| now >= start) && self.end().is_none_or(|end| now < end)
    }

    /// When it has something to do by the clock alone.
    pub(super) fn next_due(&self) -> Option<Time> {
        let end = self.end().filter(|_| !self.holds.is_empty());
        [self.next, self.holds.next_end(), end].into_iter().flatten().min()
    }

    /// The next time that the clock triggers it, if that is due; the one after it is set.
    pub(super) fn pop_due(&mut self, now: Time) -> Option<Time> {
        let at = self.next.filter(|at| *at <= now)?;
        let following = self.rule.every.map(|every| at + every);
        self.next = following.filter(|following| self.end().is_none_or(|end| *following < end));
        Some(at)
    }

    /// Releases what is over.
    pub(super) fn end_holds(&mut self, now: Time) -> impl Iterator<Item = Hold> {
        let all = self.end().is_some_and(|end| now >= end);
        self.holds.take_ended(now, all)
    }

    /// Whether its window is open and it takes effect on this target.
    pub(super) fn triggers(&mut self, now: Time, target: &Target<'_>, rng: &mut Rng) -> bool {
        self.begin(now);
        self.is_open(now) && self.takes_effect(target, rng)
    }

    /// Counts the target if it matches and decides whether the rule takes effect on it, whatever its window.
    pub(super) fn takes_effect(&mut self, target: &Target<'_>, rng: &mut Rng) -> bool {
        let Self { rule, matched, triggered, .. } = self;
        if rule.times.is_some_and(|times| *triggered >= times)
            || !rule.matches.matches(target)
            || matches!(&rule.action, Action::Checks(CheckAction::HoldAtMost(limit)) if target.older < limit.draw(rng))
        {
            return false;
        }
        *matched += 1;
        if rule.matches.nth.is_some_and(|nth| nth != *matched) {
            return false;
        }
        // A certain rule draws nothing, so that installing one does not shift what the others draw.
        let triggers = rule.probability >= 1.0 || rng.happens(rule.probability);
        *triggered += u64::from(triggers);
        triggers
    }

    /// The journal's record of taking effect on a target.
    pub(super) fn record(&self, target: &Target<'_>) -> Trigger {
        Trigger { rule: self.name.clone(), action: self.rule.action.clone(), on: target.to_json() }
    }

    pub(super) fn status(&self, now: Time) -> RuleStatus {
        let closed = self.end().is_some_and(|end| now >= end);
        let exhausted = self.rule.times.is_some_and(|times| self.triggered >= times)
            || self.rule.action.timed().is_some() && self.since.is_some() && self.next.is_none();
        let state = match () {
            () if !self.holds.is_empty() => RuleState::InForce,
            () if closed || exhausted => RuleState::Over,
            () if self.is_open(now) => RuleState::InForce,
            () => RuleState::Waiting,
        };
        RuleStatus {
            name: self.name.clone(),
            rule: self.rule.clone(),
            matched: self.matched,
            triggered: self.triggered,
            since: self.since.unwrap_or(now).iso(),
            state,
            holds: self.holds.iter().cloned().collect(),
        }
    }
}

impl AgentAction {
    /// What it holds of an agent, and until when.
    pub(super) fn hold(self, agent: usize, now: Time) -> Option<(Hold, Option<Time>)> {
        match self {
            Self::Lost => Some((Hold::Agent(agent), None)),
            Self::Out(lasts) => Some((Hold::Agent(agent), Some(now + lasts))),
            Self::Restart | Self::Gone => None,
        }
    }
}

impl HoldAtMost {
    /// The limit for one check.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a float cast saturates")]
    fn draw(self, rng: &mut Rng) -> u32 {
        if self.noise <= 0.0 {
            return self.tasks;
        }
        let per_mille = u32::try_from(rng.below(2001)).unwrap_or(0);
        let off = (f64::from(per_mille) / 1000.0 - 1.0) * self.noise;
        (f64::from(self.tasks) * (1.0 + off)).round() as u32
    }
}
