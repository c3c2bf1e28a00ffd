//! Agents: what they have free and how the master sees them.

use std::time::Duration;

use crate::{
    mesos::{
        AgentConfig, Due,
        agents::{Agents, Link},
        tests::cluster::START,
    },
    timers::Timers,
};

const TIMEOUT: Duration = Duration::from_secs(75);

fn agents(n: usize) -> (Agents, Timers<Due>) {
    (Agents::new((0..n).map(AgentConfig::nth).collect(), TIMEOUT, "master", START), Timers::default())
}

#[test]
fn refused_resources_are_offerable_after_their_filter_or_once_more_is_free() {
    let (mut agents, _) = agents(1);
    let until = START + Duration::from_secs(5);
    let mut all = agents.take_free(0);
    let mut one_port = agents[0].total().clone();
    one_port.ports = [31_000..=31_000].into_iter().collect();
    (one_port.cpus, one_port.mem, one_port.disk) = (0, 0, 0);
    assert!(all.take(&one_port));
    agents.refuse(0, until, all.clone());
    agents.release(0, all);
    assert!(agents.offerable(START).is_empty(), "refused");
    assert_eq!(agents.offerable(until), [0], "the filter is over");
    agents.release(0, one_port);
    assert_eq!(agents.offerable(START), [0], "more is free than was refused");
}

#[test]
fn a_silent_agent_is_given_up_once_and_comes_back_once() {
    let (mut agents, mut timers) = agents(1);
    assert!(agents.lose(START, 0, &mut timers));
    assert!(!agents.lose(START, 0, &mut timers), "it is lost already");
    assert_eq!(timers.next(), Some(START + TIMEOUT));
    assert!(agents.offerable(START).is_empty());
    assert!(agents.give_up(0));
    assert!(!agents.give_up(0), "it is given up already");
    assert_eq!(agents.restore(0, &mut timers), Some(Link::Unreachable));
    assert_eq!(agents.restore(0, &mut timers), None, "it is up already");
    assert_eq!(agents.offerable(START), [0]);
}

#[test]
fn an_agent_that_comes_back_in_time_is_not_given_up() {
    let (mut agents, mut timers) = agents(1);
    assert!(agents.lose(START, 0, &mut timers));
    assert_eq!(agents.restore(0, &mut timers), Some(Link::Silent));
    assert_eq!(timers.next(), None, "its deadline is cancelled");
}

#[test]
fn a_removed_agent_is_gone_for_good() {
    let (mut agents, mut timers) = agents(2);
    assert!(agents.lose(START, 1, &mut timers));
    assert!(agents.remove(1, &mut timers));
    assert!(!agents.remove(1, &mut timers));
    assert_eq!((timers.next(), agents.restore(1, &mut timers)), (None, None));
    assert_eq!((agents.has(0), agents.has(1), agents.len()), (true, false, 2));
}

#[test]
fn an_agent_that_does_not_exist_changes_nothing() {
    let (mut agents, mut timers) = agents(1);
    assert!(!agents.lose(START, 1, &mut timers) && !agents.give_up(1) && !agents.remove(1, &mut timers));
    assert_eq!((agents.restore(1, &mut timers), timers.next()), (None, None));
}
