//! The order of rules, their windows, probabilities and holds.

use std::time::Duration;

use super::*;
use crate::fault::{HttpAction, Match};

const NOW: Time = Time::from_micros(1_000_000);
const ALL: Capabilities = Capabilities { agents: 3, simulated: true };

fn unavailable() -> Action {
    Action::Http(HttpAction::Status { code: 503, message: String::from("try again") })
}

fn reset() -> Action {
    Action::Http(HttpAction::Reset)
}

fn request(method: &'static str, path: &'static str) -> Target<'static> {
    Target { method: Some(method), path: Some(path), ..Target::default() }
}

#[test]
fn the_first_matching_rule_decides_until_it_is_exhausted() {
    let faults = Faults::new(1, ALL);
    let gets = Match { method: Some("GET".into()), path: Some("/v2/apps".into()), ..Match::default() };
    let _first = faults.install(Rule::new(gets, unavailable()).times(2));
    let _second = faults.install(Rule::new(Match::default(), reset()));
    let get = || faults.trigger(NOW, InjectionPoint::Http, &request("GET", "/v2/apps/hc"));
    assert_eq!([get(), get(), get()], [Some(unavailable()), Some(unavailable()), Some(reset())]);
    assert_eq!(faults.trigger(NOW, InjectionPoint::Http, &request("PUT", "/v2/apps/hc")), Some(reset()));
    assert_eq!(faults.trigger(NOW, InjectionPoint::Offers, &Target::default()), None, "another point");
}

#[test]
fn a_rule_is_removed_with_its_guard_and_is_in_force_in_its_window_only() {
    let faults = Faults::new(1, ALL);
    let (second, two) = (Duration::from_secs(1), Duration::from_secs(2));
    let guard = faults.install(Rule::new(Match::default(), reset()).within(second, two));
    faults.due(NOW, |_| true);
    let at = |time| faults.trigger(time, InjectionPoint::Http, &request("GET", "/ping")).is_some();
    assert!(!at(NOW) && at(NOW + second) && !at(NOW + two));
    drop(guard);
    assert!(!at(NOW + second) && !faults.has_rules_at(InjectionPoint::Http));
}

#[test]
fn only_the_nth_match_triggers() {
    let faults = Faults::new(1, ALL);
    let _third = faults.install(Rule::new(Match { nth: Some(3), ..Match::default() }, reset()));
    let triggered = [(); 5].map(|()| faults.trigger(NOW, InjectionPoint::Http, &request("GET", "/")).is_some());
    assert_eq!(triggered, [false, false, true, false, false]);
    assert_eq!(faults.list().first().map(|rule| (rule.matched, rule.triggered)), Some((5, 1)));
}

#[test]
fn probabilities_repeat_with_the_seed() {
    let triggers = |seed| {
        let faults = Faults::new(seed, ALL);
        let _half = faults.install(Rule::new(Match::default(), reset()).probability(0.5));
        [(); 200].map(|()| faults.trigger(NOW, InjectionPoint::Http, &request("GET", "/")).is_some())
    };
    assert_eq!(triggers(3), triggers(3));
    assert_ne!(triggers(3), triggers(4));
    let triggered = triggers(3).into_iter().filter(|triggered| *triggered).count();
    assert!((70..130).contains(&triggered), "{triggered} of 200");
}

#[test]
fn a_limit_lets_older_tasks_answer_and_noise_varies_it() {
    let hold = |noise, older| {
        let faults = Faults::new(1, ALL);
        let _hold = faults.install(Rule::hold_at_most(10, noise));
        let target = Target { older, ..Target::default() };
        (0..100).filter(|_| faults.trigger(NOW, InjectionPoint::Checks, &target).is_some()).count()
    };
    assert_eq!([hold(0.0, 9), hold(0.0, 10)], [0, 100]);
    assert!((1..100).contains(&hold(0.2, 10)), "the first above the limit sometimes answers");
    assert_eq!([hold(0.2, 7), hold(0.2, 12)], [0, 100], "outside the noise nothing varies");
}

#[test]
fn a_name_is_used_once() {
    let faults = Faults::new(1, ALL);
    let rule = || Rule::new(Match::default(), reset());
    assert_eq!(faults.add(Some("cut".into()), rule()), Ok("cut".into()));
    assert_eq!(faults.add(Some("cut".into()), rule()), Err(RuleError::NameInUse("cut".into())));
    assert!(faults.remove("cut") && !faults.remove("cut"));
}

fn agent(action: ClusterAction) -> Option<usize> {
    match action {
        ClusterAction::Agent(n, _) => Some(n),
        ClusterAction::Scheduler(_) => None,
    }
}

/// What is due at each of these seconds: agents with an action and holds that ended.
fn rounds(faults: &Faults, seconds: &[u64]) -> Vec<(Vec<usize>, Vec<Hold>)> {
    let due = seconds.iter().map(|second| faults.due(NOW + Duration::from_secs(*second), |_| true));
    due.map(|due| (due.triggered.into_iter().filter_map(agent).collect(), due.released)).collect()
}

#[test]
fn a_lost_agent_is_held_until_its_rule_is_removed_or_its_window_ends() {
    let faults = Faults::new(1, ALL);
    let guard = faults.install(Rule::agent(1, AgentAction::Lost));
    assert_eq!(rounds(&faults, &[0, 50]), [(vec![1], vec![]), (vec![], vec![])]);
    assert_eq!(faults.list()[0].holds, [Hold::Agent(1)]);
    drop(guard);
    assert_eq!(rounds(&faults, &[51, 52]), [(vec![], vec![Hold::Agent(1)]), (vec![], vec![])]);

    let secs = Duration::from_secs;
    let _windowed = faults.install(Rule::agent(2, AgentAction::Lost).within(secs(5), secs(9)));
    assert_eq!(rounds(&faults, &[60]), [(vec![], vec![])]);
    assert_eq!(faults.next_due(), Some(NOW + secs(65)));
    assert_eq!(faults.list()[0].state, RuleState::Waiting);
    assert_eq!(rounds(&faults, &[65]), [(vec![2], vec![])]);
    assert_eq!((faults.next_due(), faults.list()[0].state), (Some(NOW + secs(69)), RuleState::InForce));
    assert_eq!(rounds(&faults, &[69]), [(vec![], vec![Hold::Agent(2)])]);
    assert_eq!((faults.next_due(), faults.list()[0].state), (None, RuleState::Over));
}

#[test]
fn timed_rules_repeat_within_their_limits() {
    let faults = Faults::new(1, ALL);
    let secs = Duration::from_secs;
    let all = Rule::new(Match::default(), Action::Agents(AgentAction::Out(secs(4))));
    let _all = faults.install(all.clone().every(secs(10)).times(4));
    let (all, back) = (vec![0, 1, 2], [0, 1, 2].map(Hold::Agent).to_vec());
    assert_eq!(
        rounds(&faults, &[0, 4, 10, 14]),
        [(all, vec![]), (vec![], back), (vec![0], vec![]), (vec![], vec![Hold::Agent(0)])]
    );
    assert_eq!(faults.list()[0].state, RuleState::Over);
    let _once = faults.install(Rule::agent(0, AgentAction::Out(secs(4))));
    let state = |second| (rounds(&faults, &[second]), faults.list()[1].state).1;
    assert_eq!([20, 23, 24].map(state), [RuleState::InForce, RuleState::InForce, RuleState::Over]);
    faults.clear();
    rounds(&faults, &[24]);
    let half = Rule::new(Match::default(), Action::Agents(AgentAction::Restart)).every(secs(1)).probability(0.5);
    let _half = faults.install(half);
    let triggered: usize =
        rounds(&faults, &(100..200).collect::<Vec<_>>()).iter().map(|(triggered, _)| triggered.len()).sum();
    assert!((110..190).contains(&triggered), "{triggered} of 300");
}

#[test]
fn a_rule_that_can_never_take_effect_is_refused() {
    let faults = Faults::new(1, Capabilities { agents: 1, simulated: false });
    let task = Match { task: Some("x".into()), ..Match::default() };
    for (rule, error) in [
        (Rule::new(task, reset()), "match.task: a rule on http can match method, path, app, nth only"),
        (Rule::agent(1, AgentAction::Lost), "match.agent: there is no agent 1: this fake has 1, counted from 0"),
        (Rule::new(Match::default(), reset()).times(0), "times: 0 would never take effect; use 1 or more"),
        (
            Rule::new(Match::default(), reset()).every(Duration::from_secs(1)),
            "every: only rules on agents and the scheduler can repeat",
        ),
        (
            Rule::new(Match::default(), Action::Tasks(TaskAction::Behave("hangs".into()))),
            "act.tasks.behave: only simulated tasks can change their behaviour",
        ),
    ] {
        assert_eq!(faults.add(None, rule), Err(RuleError::Invalid(error.into())));
    }
    assert!(faults.list().is_empty());
}
