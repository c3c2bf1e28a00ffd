//! Rules about single tasks: unhealthy, lost, not launched, not judged.

use harness::record::{Counts, TaskLife};
use rstest::rstest;

use super::{IDLE, REFUSED, conclusions, ended, first, manifest, probe, running, unhealthy};
use crate::{
    folder::evidence::{Answer, Evidence, Waiting},
    why::{Confidence, Facts, Reason, rules::conclude},
};

#[rstest]
#[case::down("HTTP", (REFUSED, true), (Answer::Refused, 1.0), Reason::AppDown)]
#[case::never("TCP", (REFUSED, false), (Answer::Refused, 1.0), Reason::NeverListened)]
#[case::wrong_path("HTTP", ("404 Not Found", false), (Answer::Wrong, 2.0), Reason::WrongAnswer)]
#[case::hung("HTTP", (IDLE, true), (Answer::Silent, 10_000.0), Reason::Hung)]
#[case::hung_native("MESOS_HTTP", ("", true), (Answer::Silent, 10_000.0), Reason::Hung)]
#[case::slow("HTTP", (IDLE, true), (Answer::Good, 7_000.0), Reason::TimeoutTooShort)]
#[case::late("MESOS_TCP", ("", true), (Answer::Good, 3.0), Reason::CheckerLate)]
#[case::late_marathon("HTTP", (IDLE, true), (Answer::Good, 3.0), Reason::CheckerLate)]
#[case::grace("HTTP", (REFUSED, false), (Answer::Good, 3.0), Reason::GraceTooShort)]
fn a_task_is_diagnosed_by_its_results_and_by_probing_it(
    #[case] protocol: &str,
    #[case] (cause, was_healthy): (&str, bool),
    #[case] (answer, ms): (Answer, f64),
    #[case] reason: Reason,
) {
    let lives = [unhealthy(1, cause, was_healthy), running(2)];
    assert_eq!(first(protocol, &lives, vec![probe(1, answer, ms)]), (reason, Confidence::High));
}

#[rstest]
#[case("HTTP", REFUSED, Reason::AppDown, Confidence::Medium)]
#[case("HTTP", "500 Internal Server Error", Reason::WrongAnswer, Confidence::Medium)]
#[case("HTTP", "something new", Reason::Unknown, Confidence::Low)]
#[case("MESOS_TCP", "", Reason::Unknown, Confidence::Low)]
fn without_a_probe_the_confidence_is_lower(
    #[case] protocol: &str,
    #[case] cause: &str,
    #[case] reason: Reason,
    #[case] confidence: Confidence,
) {
    assert_eq!(first(protocol, &[unhealthy(1, cause, true)], Vec::new()), (reason, confidence));
}

#[test]
fn a_probe_after_the_recovery_says_nothing_about_the_cause() {
    let mut life = unhealthy(1, REFUSED, true);
    life.check_failure.as_mut().unwrap().recovered = true;
    life.check_failure.as_mut().unwrap().recovered_at = Some(11.0);
    assert_eq!(first("HTTP", &[life], vec![probe(1, Answer::Good, 3.0)]), (Reason::AppDown, Confidence::Medium));
}

#[test]
fn a_task_that_recovered_by_itself_had_too_short_a_grace_period() {
    let mut life = unhealthy(1, REFUSED, false);
    life.seconds_to_healthy = Some(26.5);
    life.check_failure.as_mut().unwrap().recovered = true;
    let found = conclusions("HTTP", &[life], Vec::new());
    assert_eq!(found[0].reason, Reason::GraceTooShort);
    assert!(found[0].text.contains("26.5 s") && found[0].text.contains("20 s"), "{}", found[0].text);
}

#[test]
fn an_unreachable_task_is_not_called_down() {
    let lives = [unhealthy(1, "", true), running(2)];
    let unreachable = vec![probe(1, Answer::Unreachable, 3e3), probe(2, Answer::Unreachable, 3e3)];
    let found = conclusions("MESOS_TCP", &lives, unreachable);
    assert_eq!((found[0].reason, found[0].confidence), (Reason::Unreachable, Confidence::Low));
    assert!(found[0].text.contains("the state of the apps is unknown"), "{}", found[0].text);
    let others = vec![probe(1, Answer::Unreachable, 3e3), probe(2, Answer::Good, 1.0)];
    let found = conclusions("MESOS_TCP", &lives, others);
    assert!(found[0].text.contains("hosts or the network to them are down"), "{}", found[0].text);
}

#[test]
fn a_pattern_of_agents_ports_and_time_is_named() {
    let mut lives: Vec<TaskLife> = (0..4).map(|n| unhealthy(n, "", true)).collect();
    let mut unaffected = running(9);
    "127.0.0.2".clone_into(&mut unaffected.host);
    lives.push(unaffected);
    let probes = (0..4).map(|n| probe(n, Answer::Good, 4.0)).collect();
    let found = &conclusions("MESOS_TCP", &lives, probes)[0];
    let evidence = found.evidence.join("\n");
    for part in ["all 4 are on 127.0.0.1, one of the 2", "31000 to 31003", "all since 10.0 s", "no cause reported"] {
        assert!(evidence.contains(part), "{part} is missing in:\n{evidence}");
    }
}

#[test]
fn under_native_checks_only_the_hung_task_is_affected() {
    let mut lives: Vec<TaskLife> = (2..62).map(running).collect();
    lives.push(unhealthy(1, "", true));
    let found = conclusions("MESOS_HTTP", &lives, vec![probe(1, Answer::Silent, 1e4)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].text.contains("only the hung one is affected: the other 60 tasks"), "{}", found[0].text);
}

#[test]
fn a_lack_of_offers_has_marathons_reasons() {
    let waiting =
        Waiting { count: 4, offers: 9, refusals: vec![("InsufficientCpus".to_owned(), 9)], ..Waiting::default() };
    let evidence = Evidence { waiting: vec![waiting], ..Evidence::default() };
    let manifest = manifest("TCP");
    let last = Counts { healthy: 6, scheduled: 4, ..Counts::default() };
    let facts = Facts { failed: true, ..Facts::new(&manifest, Vec::new(), &evidence, last) };
    let found = conclude(&facts);
    assert_eq!((found[0].reason, found[0].confidence), (Reason::NoOffers, Confidence::High));
    assert!(
        found[0].text.contains("4 of 10 tasks") && found[0].text.contains("InsufficientCpus (9)"),
        "{}",
        found[0].text
    );
    let running = Facts { failed: false, ..facts };
    assert_eq!(conclude(&running), [], "a run that reached its target does not wait");
}

/// A pod that its check killed is not listed until its next launch.
#[test]
fn an_instance_that_waits_between_two_lives_does_not_lack_offers() {
    let (manifest, silent) = (manifest("MESOS_TCP"), Evidence::default());
    let killed = ended(1, 1, "TASK_KILLED", unhealthy(1, REFUSED, true));
    let last = Counts { healthy: 1, scheduled: 1, ..Counts::default() };
    let reasons = |facts: &Facts<'_>| conclude(facts).iter().map(|found| found.reason).collect::<Vec<_>>();
    let facts = Facts { failed: true, ..Facts::new(&manifest, vec![&killed], &silent, last) };
    assert!(!reasons(&facts).contains(&Reason::NoOffers), "{:?}", conclude(&facts));
    let two = Counts { scheduled: 2, ..last };
    let facts = Facts { failed: true, ..Facts::new(&manifest, vec![&killed], &silent, two) };
    assert!(reasons(&facts).contains(&Reason::NoOffers), "another was never launched");
    let backs_off = Waiting { count: 1, delay_seconds: 8, ..Waiting::default() };
    let evidence = Evidence { waiting: vec![backs_off], ..Evidence::default() };
    let facts = Facts { failed: true, ..Facts::new(&manifest, vec![&killed], &evidence, last) };
    let found = conclude(&facts);
    let found = found.iter().find(|found| found.reason == Reason::NoOffers).expect("Marathon says why");
    assert!(found.text.starts_with("1 of 2 tasks were not launched again."), "{}", found.text);
}

#[test]
fn loops_and_losses_are_distinguished() {
    let crash = [ended(1, 1, "TASK_FAILED", running(1)), ended(1, 2, "TASK_FAILED", running(1))];
    assert_eq!(first("HTTP", &crash, Vec::new()), (Reason::CrashLoop, Confidence::High));
    let kills = [
        ended(1, 1, "TASK_KILLED", unhealthy(1, REFUSED, false)),
        ended(1, 2, "TASK_KILLED", unhealthy(1, REFUSED, false)),
    ];
    let reasons: Vec<Reason> = conclusions("HTTP", &kills, Vec::new()).iter().map(|found| found.reason).collect();
    assert_eq!(reasons, [Reason::NeverListened, Reason::KillLoop], "the cause comes before the loop");
    let lost = [TaskLife { was_unreachable: true, ..running(1) }];
    assert_eq!(first("HTTP", &lost, Vec::new()), (Reason::AgentLost, Confidence::High));
    assert_eq!(conclusions("HTTP", &[ended(1, 1, "TASK_FAILED", running(1))], Vec::new()), [], "once is no loop");
}

/// Without samples the ends of tasks that were scaled down look like those of others.
#[test]
fn ended_tasks_are_not_explained_without_samples() {
    let crash = [ended(1, 1, "TASK_FAILED", running(1)), ended(1, 2, "TASK_FAILED", running(1))];
    let (manifest, evidence) = (manifest("HTTP"), Evidence::default());
    let facts = Facts::new(&manifest, crash.iter().collect(), &evidence, Counts::default());
    assert_eq!(conclude(&Facts { sampled: false, ..facts }), []);
}

#[test]
fn a_failed_run_without_evidence_is_unknown() {
    let evidence = Evidence::default();
    let manifest = manifest("TCP");
    let facts = Facts { failed: true, ..Facts::new(&manifest, Vec::new(), &evidence, Counts::default()) };
    assert_eq!(conclude(&facts)[0].reason, Reason::Unknown);
}

/// Tasks that fail in grace, under Marathon's checks and under native ones, when the run is over after 15 s of 20 s.
#[rstest]
#[case::reported("HTTP", Some(4.0), Some(Answer::Good), Confidence::High, "their checker is the problem")]
#[case::not_probed("TCP", Some(4.0), None, Confidence::Medium, "counts no failure")]
#[case::hidden("MESOS_TCP", None, Some(Answer::Refused), Confidence::Medium, "Nothing listens")]
#[case::unknown("MESOS_TCP", None, None, Confidence::Low, "reports nothing")]
fn a_run_that_ends_within_the_grace_period_is_recognised(
    #[case] protocol: &str,
    #[case] failed_in_grace: Option<f64>,
    #[case] answer: Option<Answer>,
    #[case] confidence: Confidence,
    #[case] says: &str,
) {
    let lives: Vec<TaskLife> = (1..=2).map(|n| TaskLife { failed_in_grace, ..running(n) }).collect();
    let probes = answer.map(|answer| probe(1, answer, 2.0)).into_iter().collect();
    let evidence = Evidence { probes, ..Evidence::default() };
    let manifest = manifest(protocol);
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    assert!(conclude(&facts).is_empty(), "tasks of a run that held are still in grace at times");
    let found = conclude(&Facts { failed: true, until: 15.0, ..facts });
    assert_eq!(
        found.iter().map(|one| (one.reason, one.confidence)).collect::<Vec<_>>(),
        [(Reason::Unjudged, confidence)]
    );
    assert!(found[0].text.contains(says), "{}", found[0].text);
    assert!(found[0].next[0].contains("--step-timeout above 20s"), "{:?}", found[0].next);
}

#[test]
fn tasks_that_began_late_in_their_step_need_a_longer_one() {
    let late = TaskLife { failed_in_grace: Some(20.0), first_seen: 13.0, ..running(1) };
    let mut manifest = manifest("HTTP");
    manifest.plan.step_seconds = 25.0;
    let evidence = Evidence::default();
    let facts = Facts::new(&manifest, vec![&late], &evidence, Counts::default());
    let found = conclude(&Facts { failed: true, until: 25.0, ..facts });
    assert!(found[0].next[0].contains("--step-timeout above 33s"), "{:?}", found[0].next);
}
