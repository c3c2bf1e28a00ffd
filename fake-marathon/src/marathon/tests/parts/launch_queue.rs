//! The launch queue alone: demand, offers and results of launches in, calls and delays out.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{
    super::rig::{START, plain},
    fixtures::{app, instances, launched, offer, on_ports, root, scheduled},
};
use crate::{
    app::AppDefinition,
    clock::Time,
    fault::Faults,
    ids::Rng,
    marathon::{
        command::Refused,
        instances::{Condition, Instances, Slot},
        launch_queue::{Due, Event, LaunchQueue},
    },
    tuning::Tuning,
    wire::ToMesos,
};

fn queue(tuning: Tuning) -> LaunchQueue {
    LaunchQueue::new(Arc::new(tuning), Faults::none(), START)
}

fn waiting(queue: &mut LaunchQueue, all: &mut Instances, app: &Arc<AppDefinition>) -> Slot {
    let slot = scheduled(all, app);
    queue.update_demand(START, slot, all);
    slot
}

/// Matches an offer; returns the calls and how many launches the offer got.
fn match_offer(queue: &mut LaunchQueue, all: &mut Instances, now: Time) -> (Vec<Event>, usize) {
    let mut rng = Rng::seeded(1);
    let mut round = queue.begin_round(now, offer(1), all);
    let mut launches = 0;
    while let Some(found) = queue.next_match(&mut round, all, &mut rng) {
        let (infos, spec, _) = all.provision(now, found.slot, round.offer(), on_ports(&found.ports)).expect("it waits");
        round.launch(infos, spec);
        launches += 1;
    }
    (queue.end_round(now, round), launches)
}

/// Recorded in `waiting.mended_cpus`: the mended definition is launched past the one that fits nowhere.
#[test]
fn an_instance_that_fits_nowhere_does_not_hold_up_a_mended_one() {
    let mut all = instances();
    let mut queue = queue(Tuning::default());
    let mut body = plain("/a", 1);
    body["cpus"] = json!(1000);
    waiting(&mut queue, &mut all, &app(&body));
    body["cpus"] = json!(0.1);
    waiting(&mut queue, &mut all, &app(&body));
    let (events, launches) = match_offer(&mut queue, &mut all, START);
    assert_eq!((launches, refusal(&events)), (1, Some(Duration::ZERO)));
}

fn refusal(events: &[Event]) -> Option<Duration> {
    events.iter().find_map(|event| match event {
        Event::Call(ToMesos::Accept { refuse, .. }) => Some(*refuse),
        _ => None,
    })
}

#[test]
fn the_first_demand_takes_the_suppression_back_and_the_last_brings_it_again() {
    let (mut queue, mut all, app) = (queue(Tuning::default()), instances(), app(&plain("/a", 1)));
    assert!(queue.evaluate(START, &all).is_empty());
    let slot = waiting(&mut queue, &mut all, &app);
    let events = queue.evaluate(START, &all);
    assert_eq!(events.first(), Some(&Event::Call(ToMesos::Unsuppress)));
    queue.remove_demand(slot);
    let events = queue.evaluate(START, &all);
    let [Event::Timer(at, Due::Evaluation)] = events[..] else { panic!("{events:?}") };
    assert_eq!(at, START + Tuning::default().min_revive_interval + Tuning::default().ticker_slack);
    assert_eq!(queue.evaluate(at, &all).first(), Some(&Event::Call(ToMesos::Suppress)), "only after the interval");
}

#[test]
fn an_offer_gets_at_most_so_many_launches_and_each_takes_a_token() {
    let tuning = Tuning { max_launches_per_offer: 2, launch_tokens: 3, ..Tuning::default() };
    let (mut queue, mut all, app) = (queue(tuning), instances(), app(&plain("/a", 9)));
    for _ in 0..9 {
        waiting(&mut queue, &mut all, &app);
    }
    let (events, launches) = match_offer(&mut queue, &mut all, START);
    assert_eq!((launches, refusal(&events)), (2, Some(Duration::ZERO)));
    assert_eq!(match_offer(&mut queue, &mut all, START).1, 1, "one token was left");
    let (events, launches) = match_offer(&mut queue, &mut all, START);
    assert_eq!((launches, refusal(&events)), (0, Some(Duration::from_secs(5))), "only tokens were missing");
    assert!(queue.condition_changed(START, &app, Condition::Running).is_none());
    assert_eq!(match_offer(&mut queue, &mut all, START).1, 1, "a task that runs gives its token back");
    let refreshed = START + Tuning::default().launch_token_refresh;
    assert_eq!(match_offer(&mut queue, &mut all, refreshed).1, 2);
}

#[test]
fn an_offer_that_nobody_can_use_is_declined_and_counted() {
    let mut body = plain("/a", 1);
    body["cpus"] = json!(1000);
    let (mut queue, mut all, app) = (queue(Tuning::default()), instances(), app(&body));
    waiting(&mut queue, &mut all, &app);
    let (events, launches) = match_offer(&mut queue, &mut all, START);
    assert_eq!((launches, refusal(&events)), (0, Some(Duration::from_secs(120))));
    let views = queue.views(START, &all, &root(&[&app]));
    assert_eq!((views[0].count, views[0].processed_offers, views[0].unused_offers), (1, 1, 1));
    let declined: Vec<_> = views[0].rejects_last_offers.iter().filter(|row| row.1 > 0).collect();
    assert_eq!(declined, [&("InsufficientCpus", 1, 1)]);
}

#[test]
fn failed_launches_are_held_back_until_the_delay_is_over_or_reset() {
    let (mut queue, mut all, app) = (queue(Tuning::default()), instances(), app(&plain("/a", 1)));
    let event = queue.condition_changed(START, &app, Condition::Failed);
    let Some(Event::Timer(until, due)) = event else { panic!("{event:?}") };
    assert_eq!(until, START + app.backoff);
    waiting(&mut queue, &mut all, &app);
    assert_eq!(queue.views(START, &all, &root(&[&app]))[0].delay_until, Some(until));
    assert_eq!(match_offer(&mut queue, &mut all, START).1, 0);
    assert!(queue.due(until, &due).is_empty());
    assert_eq!(match_offer(&mut queue, &mut all, until).1, 1);
    // A kill does not count as a failure.
    queue.reset_delay(&app);
    assert!(queue.condition_changed(START, &app, Condition::Killed).is_none());
    // What fails again waits longer.
    drop(queue.condition_changed(START, &app, Condition::Failed));
    let Some(Event::Timer(longer, _)) = queue.condition_changed(START, &app, Condition::Failed) else { panic!() };
    assert!(longer > until);
}

#[test]
fn a_delay_can_be_reset_only_while_the_app_is_in_the_queue() {
    let (mut queue, mut all, app) = (queue(Tuning::default()), instances(), app(&plain("/a", 1)));
    assert_eq!(queue.reset_delay_of(&app.id, &all), Err(Refused::NotQueued(app.id.clone())));
    drop(launched(&mut all, &app));
    assert!(queue.reset_delay_of(&app.id, &all).is_ok(), "a launch counts until its first status");
}

#[test]
fn a_restart_forgets_delays_statistics_and_demand() {
    let (mut queue, mut all, app) = (queue(Tuning::default()), instances(), app(&plain("/a", 1)));
    let slot = waiting(&mut queue, &mut all, &app);
    drop(queue.condition_changed(START, &app, Condition::Failed));
    queue.restart(START);
    assert_eq!(queue.views(START, &all, &root(&[&app]))[0].delay_until, None);
    queue.update_demand(START, slot, &all);
    assert_eq!(queue.evaluate(START, &all).first(), Some(&Event::Call(ToMesos::Unsuppress)));
}
