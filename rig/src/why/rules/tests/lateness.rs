//! Rules about the checks of all tasks: one hung task, a busy machine, a full table of connections.

use harness::record::{Counts, TaskLife};
use rstest::rstest;

use super::{IDLE, REFUSED, manifest, probe, running, unhealthy};
use crate::{
    folder::{
        evidence::{Answer, Census, Evidence, LatePoint, Machine, Probe, Suspect},
        manifest::ChecksLate,
    },
    why::{
        Confidence, Facts, Reason,
        rules::{Found, conclude, result_age::head_of_line},
        stall::tests::recorded,
    },
};

fn hung(timed_out: bool, age: Option<f64>) -> Census {
    let suspect = Suspect {
        task: "hung.instance-1._app.1".to_owned(),
        app: "/hung".to_owned(),
        protocol: "HTTP".to_owned(),
        interval: 1.0,
        timeout: 20.0,
        age,
        timed_out,
        cause: if timed_out { IDLE.to_owned() } else { String::new() },
    };
    Census {
        t: 110.0,
        apps: 2,
        tasks: 61,
        checks_per_second: 61.0,
        age: Some(9.8),
        suspects: vec![suspect],
        ..Census::default()
    }
}

fn silent() -> Probe {
    let task = "hung.instance-1._app.1".to_owned();
    let address = "127.0.0.1:31999".to_owned();
    Probe { t: 112.0, task, address, path: "/".to_owned(), answer: Answer::Silent, ms: 10_000.0, ..Probe::default() }
}

#[test]
fn one_hung_task_is_named_as_the_cause_of_old_results() {
    let lives: Vec<TaskLife> = (0..60).map(running).collect();
    let mut probes: Vec<Probe> = (0..3).map(|n| probe(n, Answer::Good, 1.0)).collect();
    probes.push(silent());
    let evidence = Evidence { ages: recorded(), probes, censuses: vec![hung(false, None)], ..Evidence::default() };
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&facts);
    assert_eq!((found.len(), found[0].reason, found[0].confidence), (1, Reason::HeadOfLine, Confidence::High));
    assert_eq!(found[0].tasks, ["hung.instance-1._app.1"]);
    for part in [
        "256 / 61 = 4.2 s",
        "20 − 4.2 = 15.8 s",
        "timeout of 20 s",
        "up to 16.2 s old",
        "60 of these tasks were called healthy",
    ] {
        assert!(found[0].text.contains(part), "{part} is missing in:\n{}", found[0].text);
    }
    let evidence = found[0].evidence.join("\n");
    for part in ["2 times", "did not answer in 10.0 s", "of 3 probes", "they agree"] {
        assert!(evidence.contains(part), "{part} is missing in:\n{evidence}");
    }
}

#[test]
fn hung_tasks_alone_are_hung_and_delay_nobody() {
    let lives: Vec<TaskLife> = (0..2).map(|n| unhealthy(n, IDLE, true)).collect();
    let probes = (0..2).map(|n| Probe { t: 15.0, ..probe(n, Answer::Silent, 10_000.0) }).collect();
    let evidence = Evidence { ages: recorded(), probes, ..Evidence::default() };
    let manifest = manifest("HTTP");
    let of = |lives: &[TaskLife]| {
        let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
        conclude(&facts).iter().map(|found| found.reason).collect::<Vec<_>>()
    };
    assert_eq!(of(&lives)[0], Reason::Hung);
    assert!(!of(&lives).contains(&Reason::HeadOfLine), "{:?}", of(&lives));
    let with_others: Vec<TaskLife> = lives.into_iter().chain((2..9).map(running)).collect();
    assert!(of(&with_others).contains(&Reason::HeadOfLine), "{:?}", of(&with_others));
}

#[rstest]
#[case::timeout_alone(hung(true, Some(12.0)), Vec::new(), Some(Confidence::Medium))]
#[case::probing_alone(hung(false, None), vec![silent()], Some(Confidence::High))]
#[case::nothing_but_an_old_result(hung(false, Some(20.0)), Vec::new(), None)]
#[case::it_answers_the_rig(hung(false, None), vec![Probe { answer: Answer::Good, ..silent() }], None)]
fn the_cause_needs_a_sign_that_the_task_hangs(
    #[case] census: Census,
    #[case] probes: Vec<Probe>,
    #[case] confidence: Option<Confidence>,
) {
    let lives: Vec<TaskLife> = (0..60).map(running).collect();
    let evidence = Evidence { ages: recorded(), probes, censuses: vec![census], ..Evidence::default() };
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    assert_eq!(head_of_line(&facts, &Found::default()).map(|found| found.confidence), confidence);
    if confidence.is_none() {
        assert_eq!(conclude(&facts)[0].reason, Reason::ChecksLate);
    }
}

#[test]
fn fresh_results_need_no_explanation() {
    let fresh = recorded().into_iter().map(|point| crate::folder::evidence::AgePoint { p50: 0.9, ..point }).collect();
    let evidence =
        Evidence { ages: fresh, probes: vec![silent()], censuses: vec![hung(true, None)], ..Evidence::default() };
    let lives = [running(1)];
    let manifest = manifest("HTTP");
    assert_eq!(conclude(&Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default())), []);
}

fn on_a_machine(busy: f64) -> Evidence {
    let machine = (0..40).map(|n| Machine { t: f64::from(n) * 5.0, busy, cores: 2, connections: Some(0.3) }).collect();
    Evidence { ages: recorded(), machine, ..Evidence::default() }
}

#[rstest]
#[case::busy(true, 0.99, Reason::MachineBusy, Confidence::High, "its 2 processors was 99 % busy")]
#[case::idle(true, 0.5, Reason::ChecksLate, Confidence::Low, "polls the median result was older")]
#[case::marathon_elsewhere(false, 0.99, Reason::ChecksLate, Confidence::Low, "its own polls were late")]
fn late_results_on_a_busy_machine_are_explained_by_it(
    #[case] here: bool,
    #[case] busy: f64,
    #[case] reason: Reason,
    #[case] confidence: Confidence,
    #[case] part: &str,
) {
    let lives: Vec<TaskLife> = (0..60).map(running).collect();
    let (manifest, evidence) = (manifest("HTTP"), on_a_machine(busy));
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here, ..facts });
    assert_eq!((found.len(), found[0].reason, found[0].confidence), (1, reason, confidence));
    assert!(found[0].evidence.iter().any(|one| one.contains(part)), "{:?}", found[0].evidence);
}

#[rstest]
#[case(0.99, 0.8, vec![], &[Reason::MachineBusy])]
#[case(0.99, 0.8, vec![running(1)], &[Reason::MachineBusy, Reason::Unjudged])]
#[case::busy_and_in_time(0.99, 0.02, vec![], &[Reason::Unknown])]
#[case::busy_and_in_time_with_a_task(0.99, 0.02, vec![running(1)], &[Reason::Unjudged])]
#[case(0.5, 0.8, vec![], &[Reason::Unknown])]
#[case(0.5, 0.8, vec![running(1)], &[Reason::Unjudged])]
#[case(0.99, 0.8, vec![unhealthy(1, REFUSED, true)], &[Reason::AppDown])]
fn a_step_that_was_not_reached_may_be_explained_by_the_machine(
    #[case] busy: f64,
    #[case] late: f64,
    #[case] lives: Vec<TaskLife>,
    #[case] reasons: &[Reason],
) {
    let late = (0..40).map(|n| LatePoint { t: 2.0 * f64::from(n), late: if n % 4 == 0 { late } else { 0.01 } });
    let (manifest, evidence) = (manifest("MESOS_HTTP"), Evidence { late: late.collect(), ..on_a_machine(busy) });
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, failed: true, until: 100.0, ..facts });
    assert_eq!(found.iter().map(|one| one.reason).collect::<Vec<_>>(), reasons);
}

#[rstest]
#[case::late_on_a_busy_machine(
    0.99,
    9.2,
    Reason::MachineBusy,
    "This machine's 2 processors had no capacity left",
    "no target"
)]
#[case::in_time(0.99, 0.1, Reason::Unknown, "No cause found", "did not reach its target")]
#[case::at_rest(0.5, 9.2, Reason::Unknown, "No cause found", "did not reach its target")]
fn stale_results_of_a_run_that_reached_its_target_are_told_as_what_they_are(
    #[case] busy: f64,
    #[case] max_seconds: f64,
    #[case] reason: Reason,
    #[case] title: &str,
    #[case] untrue: &str,
) {
    let (manifest, evidence) = (manifest("TCP"), Evidence { ages: Vec::new(), ..on_a_machine(busy) });
    let late = Some(ChecksLate { p99_seconds: max_seconds / 2.0, max_seconds });
    let facts = Facts::new(&manifest, Vec::new(), &evidence, Counts::default());
    let found =
        conclude(&Facts { here: true, failed: true, unreliable: true, checks_late: late, until: 100.0, ..facts });
    let first = found.first().expect("a conclusion");
    assert_eq!((first.reason, first.title.as_str()), (reason, title), "{found:?}");
    assert!(!first.text.contains(untrue) && !first.text.contains("fresh"), "{}", first.text);
    let told = if reason == Reason::Unknown { &first.text } else { &first.evidence[1] };
    assert!(told.contains("only the checks were not reliable") || told.contains("up to 9.2 s late"), "{told}");
}

#[test]
fn a_late_checker_on_a_busy_machine_is_a_symptom() {
    let (manifest, lives) = (manifest("MESOS_TCP"), [unhealthy(1, "", true), running(2)]);
    let evidence = Evidence { probes: vec![probe(1, Answer::Good, 3.0)], ..on_a_machine(0.99) };
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, until: 100.0, ..facts });
    let summary: Vec<_> = found.iter().map(|one| (one.reason, one.confidence)).collect();
    assert_eq!(summary, [(Reason::MachineBusy, Confidence::High), (Reason::CheckerLate, Confidence::High)]);
}

#[rstest]
#[case::low_confidence(Vec::new(), Reason::MachineBusy)]
#[case::probed_by_the_rig(vec![silent()], Reason::HeadOfLine)]
fn one_hung_task_is_still_reported_with_more_evidence_than_its_result_age(
    #[case] probes: Vec<Probe>,
    #[case] reason: Reason,
) {
    let lives: Vec<TaskLife> = (0..60).map(running).collect();
    // At this rate the arithmetic does not agree with the ages.
    let census = Census { checks_per_second: 600.0, ..hung(true, Some(20.0)) };
    let evidence = Evidence { probes, censuses: vec![census], ..on_a_machine(0.99) };
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, ..facts });
    assert_eq!((found.len(), found[0].reason), (1, reason));
}

#[rstest]
#[case(0.5, "", Reason::CheckerLate)]
#[case(1.0, "", Reason::ConnectionsFull)]
#[case(1.0, REFUSED, Reason::AppDown)]
fn checks_that_the_kernel_drops_are_explained_by_its_table(
    #[case] full: f64,
    #[case] cause: &str,
    #[case] reason: Reason,
) {
    let (manifest, lives) = (manifest("TCP"), [unhealthy(1, cause, true), running(2)]);
    let answer = if cause == REFUSED { Answer::Refused } else { Answer::Good };
    let machine = vec![Machine { t: 10.0, busy: 0.5, cores: 2, connections: Some(full) }];
    let evidence = Evidence { probes: vec![probe(1, answer, 3.0)], machine, ..Evidence::default() };
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, until: 100.0, ..facts });
    assert_eq!(found[0].reason, reason, "{found:?}");
}

#[test]
fn a_full_table_is_reported_beside_a_busy_machine_and_claims_no_unhealthy_task() {
    let lives: Vec<TaskLife> = (0..60).map(running).collect();
    let mut evidence = on_a_machine(0.99);
    evidence.machine[25].connections = Some(1.0);
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, lives.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, until: 200.0, ..facts });
    let summary: Vec<_> = found.iter().map(|one| (one.reason, one.confidence, one.evidence.len())).collect();
    assert_eq!(summary[1], (Reason::ConnectionsFull, Confidence::Medium, 1), "{summary:?}");
    assert_eq!((summary.len(), summary[0].0), (2, Reason::MachineBusy));
}
