//! Offers: made, taken once, rescinded with their agent.

use std::time::Duration;

use crate::{
    ids::Rng,
    mesos::{
        AgentConfig,
        agents::Agents,
        offers::{Offered, Offers, shuffle},
        tests::cluster::START,
    },
};

fn agents() -> Agents {
    Agents::new((0..2).map(AgentConfig::nth).collect(), Duration::from_secs(75), "master", START)
}

#[test]
fn an_offer_holds_what_its_agent_had_free_and_is_taken_once() {
    let (mut agents, mut offers) = (agents(), Offers::new(String::from("master")));
    let offered = Offered { agent: 1, resources: agents.take_free(1) };
    let offer = offers.make(&agents[1], offered.clone());
    assert_eq!((offer.id.as_str(), offer.agent.as_str()), ("master-O0", "master-S1"));
    assert_eq!((offer.cpus, offer.mem, offer.ports.as_slice()), (64.0, 64_000.0, [31_000..=32_999].as_slice()));
    assert_eq!(offers.of_agent(1).as_ref(), Some(agents[1].total()));
    assert_eq!(offers.take(&offer.id), Some(offered));
    assert_eq!(offers.take(&offer.id), None);
}

#[test]
fn the_offers_of_one_agent_are_rescinded() {
    let (mut agents, mut offers) = (agents(), Offers::new(String::from("master")));
    let made: Vec<_> = (0..2)
        .map(|agent| {
            let resources = agents.take_free(agent);
            offers.make(&agents[agent], Offered { agent, resources })
        })
        .collect();
    assert_eq!(offers.rescind(0), [(made[0].id.clone(), agents[0].total().clone())]);
    assert_eq!(offers.all().map(|(id, _)| id).collect::<Vec<_>>(), [&made[1].id]);
}

#[test]
fn no_offers_are_wanted_before_a_revive_and_after_a_suppress() {
    let mut offers = Offers::new(String::from("master"));
    assert!(offers.is_suppressed());
    offers.revive();
    assert!(!offers.is_suppressed());
    offers.suppress();
    assert!(offers.is_suppressed());
}

#[test]
fn the_order_of_agents_depends_on_the_seed_and_loses_none() {
    let order = |seed| {
        let mut order: Vec<usize> = (0..20).collect();
        shuffle(&mut order, &mut Rng::seeded(seed));
        order
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
    let mut sorted = order(1);
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<_>>());
}
