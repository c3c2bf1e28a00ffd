//! Matching one offer to the instances that wait.
//!
//! Rules from Marathon's `core/matcher/manager/impl/OfferMatcherManagerActor.scala` and
//! `core/launcher/impl/InstanceOpFactoryImpl.scala`, which tries every waiting instance (recorded in `waiting.*`).

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::{Event, Failure, LaunchQueue};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::{PathId, Rng},
    marathon::{
        instances::{Instance, Instances, Slot},
        offer_matching::{self, Remaining},
    },
    wire::{Offer, TaskInfo, ToMesos},
};

/// One offer and what was launched with it so far.
#[derive(Debug)]
pub(crate) struct Round {
    now: Time,
    offer: Offer,
    remaining: Remaining,
    /// The waiting apps, in the order of their turns.
    apps: VecDeque<PathId>,
    launches: Vec<TaskInfo>,
    launched: Vec<Arc<AppDefinition>>,
    /// Whether only the lack of launch tokens ended the round.
    starved: bool,
    failure: Option<Failure>,
}

impl Round {
    pub(crate) fn offer(&self) -> &Offer {
        &self.offer
    }

    /// A match became a launch, of a pod that of all its containers.
    pub(crate) fn launch(&mut self, infos: Vec<TaskInfo>, spec: Arc<AppDefinition>) {
        self.launches.extend(infos);
        self.launched.push(spec);
    }
}

/// An instance that the offer can carry, with its host ports.
#[derive(Debug, PartialEq)]
pub(crate) struct Match {
    pub(crate) slot: Slot,
    pub(crate) ports: Vec<Option<u16>>,
}

impl LaunchQueue {
    /// Begins to match an offer; each app that waits gets its turn.
    pub(crate) fn begin_round(&mut self, now: Time, offer: Offer, instances: &Instances) -> Round {
        self.refresh_tokens(now);
        let mut apps: VecDeque<PathId> = instances.apps_waiting().into();
        if !apps.is_empty() {
            let turn = self.turn % apps.len();
            apps.rotate_left(turn);
            self.turn = self.turn.wrapping_add(1);
        }
        let remaining = Remaining::of(&offer);
        Round { now, offer, remaining, apps, launches: Vec::new(), launched: Vec::new(), starved: false, failure: None }
    }

    /// The next match of a round; the former ones have been placed by now.
    pub(crate) fn next_match(&mut self, round: &mut Round, instances: &Instances, rng: &mut Rng) -> Option<Match> {
        while let Some(app) = round.apps.pop_front().filter(|_| !self.broken && round.failure.is_none()) {
            if round.launched.len() >= self.tuning.max_launches_per_offer {
                return None;
            }
            if self.tokens == 0 {
                round.starved = true;
                return None;
            }
            let found = self.match_app(&app, round, instances, rng);
            if found.is_some() {
                self.tokens -= 1;
                round.apps.push_back(app);
                return found;
            }
        }
        None
    }

    /// The first waiting instance of an app that the offer can carry. Instances of one definition differ in nothing
    /// that counts here, so each definition is examined once.
    fn match_app(&mut self, app: &PathId, round: &mut Round, instances: &Instances, rng: &mut Rng) -> Option<Match> {
        let now = round.now;
        let mut examined: Vec<&Arc<AppDefinition>> = Vec::new();
        let mut refused = None;
        for instance in instances.waiting(app) {
            let spec = &instance.spec;
            if examined.iter().any(|known| Arc::ptr_eq(known, spec)) || !self.may_launch(now, instance) {
                continue;
            }
            examined.push(spec);
            if offer_matching::fails(spec, &round.offer) {
                // The app's launcher ends with an exception, and what was remembered for it ends too.
                self.statistics.remove(app);
                return None;
            }
            let placed = placed(instance, instances);
            match offer_matching::matches(spec, &round.offer, &round.remaining, &placed, rng) {
                // Recorded: the actor of the launch queue dies of it, and with it all launching.
                Ok(_) if spec.pod.as_ref().is_some_and(|pod| pod.breaks_the_launch_queue()) => {
                    self.broken = true;
                    let why = "unexpected combination of network mode and endpoint ports";
                    round.failure = Some(Failure::Queue(format!("{app} was matched with an offer: {why}")));
                    return None;
                }
                Ok(ports) => {
                    round.remaining.take(spec, &ports);
                    self.statistics.entry(app.clone()).or_default().used(now);
                    return Some(Match { slot: instance.slot, ports });
                }
                Err(reasons) => refused = Some(reasons),
            }
        }
        if refused.is_some() && self.is_fatal(app, instances) {
            let count = instances.waiting_count(app);
            let why =
                format!("{count} instances of {app} fit nowhere: java.lang.StackOverflowError in matchOfferRequest");
            round.failure = Some(Failure::Process(why));
        }
        if let Some(reasons) = refused {
            self.statistics.entry(app.clone()).or_default().unused(now, &round.offer, &round.remaining, reasons);
        }
        None
    }

    /// Whether so many instances of an app wait, and none has ever been placed, that matching ends the process. (On a real
    /// Marathon the waiting ones alone count.)
    fn is_fatal(&self, app: &PathId, instances: &Instances) -> bool {
        let waiting = instances.waiting_count(app);
        self.tuning.fatal_waiting_instances.is_some_and(|limit| waiting >= limit)
            && instances.instances_of(app).all(Instance::is_scheduled)
    }

    /// Uses or declines the offer.
    #[must_use]
    pub(crate) fn end_round(&mut self, now: Time, round: Round) -> Vec<Event> {
        // The rate limiter counts launches once they are stored, when the whole offer has been matched: instances whose
        // common delay is over go together.
        let mut events: Vec<Event> = round.launched.iter().filter_map(|spec| self.advance_delay(now, spec)).collect();
        let refuse = match (round.launches.is_empty(), round.starved) {
            (false, _) => Duration::ZERO,
            (true, true) => self.tuning.default_refusal,
            (true, false) => self.tuning.decline_offer_duration,
        };
        let call = ToMesos::Accept { offer: round.offer.id, launch: round.launches, refuse };
        events.push(Event::Call(call));
        events.extend(round.failure.map(Event::Failed));
        events
    }

    fn refresh_tokens(&mut self, now: Time) {
        let every = self.tuning.launch_token_refresh.as_micros().max(1);
        let rounds = u64::try_from(now.since(self.started).as_micros() / every).unwrap_or(u64::MAX);
        if rounds > self.refreshed {
            self.refreshed = rounds;
            self.tokens = self.tuning.launch_tokens;
        }
    }
}

/// The instances that constraints compare an offer with; none without constraints.
fn placed<'a>(instance: &Instance, instances: &'a Instances) -> Vec<&'a Instance> {
    if instance.spec.constraints.is_empty() {
        return Vec::new();
    }
    let is_placed = |other: &&Instance| !other.is_scheduled() && !other.condition.is_lost();
    instances.instances_of(instance.app()).filter(is_placed).collect()
}
