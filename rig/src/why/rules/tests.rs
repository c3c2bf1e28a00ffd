//! Every rule on made-up facts, and on what a real Marathon was recorded to say.

use rstest::rstest;
use serde_json::json;

use harness::record::{Counts, End, Sickness, TaskLife};

use crate::{
    folder::{
        evidence::{Answer, Census, Evidence, Machine, Probe, Suspect, Waiting},
        manifest::{Manifest, Plan},
    },
    why::{
        Conclusion, Confidence, Facts, Reason,
        rules::{Found, TABLE, conclude, result_age::head_of_line},
        stall::tests::recorded,
    },
};

fn manifest(protocol: &str) -> Manifest {
    Manifest {
        definition: json!({"id": "/hc", "healthChecks": [{"protocol": protocol, "gracePeriodSeconds": 20,
            "intervalSeconds": 1, "timeoutSeconds": 5, "maxConsecutiveFailures": 3}]}),
        plan: Plan { targets: vec![60], poll_seconds: 2.0, ..Plan::default() },
        ..Manifest::default()
    }
}

fn story(n: u64) -> TaskLife {
    TaskLife {
        id: format!("hc.instance-{n}._app.1"),
        host: "127.0.0.1".to_owned(),
        ports: vec![31_000 + n],
        state: "TASK_RUNNING".to_owned(),
        ..TaskLife::default()
    }
}

fn sick(n: u64, cause: &str, was_healthy: bool) -> TaskLife {
    let sickness = Sickness { t: 10.0, failures: 3, cause: cause.to_owned(), was_healthy, ..Sickness::default() };
    TaskLife { sickness: Some(sickness), ..story(n) }
}

fn ended(n: u64, life: u64, state: &str, story: TaskLife) -> TaskLife {
    let end = End { t: 20.0, state: state.to_owned(), message: "Command exited with status 3".to_owned() };
    TaskLife { id: format!("hc.instance-{n}._app.{life}"), end: Some(end), ..story }
}

fn probe(n: u64, answer: Answer, ms: f64) -> Probe {
    let task = format!("hc.instance-{n}._app.1");
    Probe { t: 12.0, task, answer, ms, address: format!("127.0.0.1:{}", 31_000 + n), ..Probe::default() }
}

fn conclusions(protocol: &str, stories: &[TaskLife], probes: Vec<Probe>) -> Vec<Conclusion> {
    let evidence = Evidence { probes, ..Evidence::default() };
    conclude(&Facts::new(&manifest(protocol), stories.iter().collect(), &evidence, Counts::default()))
}

fn first(protocol: &str, stories: &[TaskLife], probes: Vec<Probe>) -> (Reason, Confidence) {
    let found = conclusions(protocol, stories, probes);
    let first = found.first().unwrap_or_else(|| panic!("nothing concluded of {stories:?}"));
    (first.reason, first.confidence)
}

const REFUSED: &str = "ConnectException: Connection refused";
const IDLE: &str = "TCP idle-timeout encountered on connection to [127.0.0.1/<unresolved>:33176], no bytes passed in the last 2 seconds";

#[rstest]
#[case::down("HTTP", REFUSED, true, Answer::Refused, 1.0, Reason::AppDown)]
#[case::never("TCP", REFUSED, false, Answer::Refused, 1.0, Reason::NeverListened)]
#[case::wrong_path("HTTP", "404 Not Found", false, Answer::Wrong, 2.0, Reason::WrongAnswer)]
#[case::hung("HTTP", IDLE, true, Answer::Silent, 10_000.0, Reason::Hung)]
#[case::hung_native("MESOS_HTTP", "", true, Answer::Silent, 10_000.0, Reason::Hung)]
#[case::slow("HTTP", IDLE, true, Answer::Good, 7_000.0, Reason::TimeoutTooShort)]
#[case::late("MESOS_TCP", "", true, Answer::Good, 3.0, Reason::CheckerLate)]
#[case::late_marathon("HTTP", IDLE, true, Answer::Good, 3.0, Reason::CheckerLate)]
#[case::grace("HTTP", REFUSED, false, Answer::Good, 3.0, Reason::GraceTooShort)]
fn a_task_is_diagnosed_by_its_results_and_by_probing_it(
    #[case] protocol: &str,
    #[case] cause: &str,
    #[case] was_healthy: bool,
    #[case] answer: Answer,
    #[case] ms: f64,
    #[case] reason: Reason,
) {
    let stories = [sick(1, cause, was_healthy), story(2)];
    assert_eq!(first(protocol, &stories, vec![probe(1, answer, ms)]), (reason, Confidence::High));
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
    assert_eq!(first(protocol, &[sick(1, cause, true)], Vec::new()), (reason, confidence));
}

#[test]
fn a_probe_after_the_recovery_says_nothing_about_the_cause() {
    let mut story = sick(1, REFUSED, true);
    story.sickness.as_mut().unwrap().recovered = true;
    story.sickness.as_mut().unwrap().recovered_at = Some(11.0);
    assert_eq!(first("HTTP", &[story], vec![probe(1, Answer::Good, 3.0)]), (Reason::AppDown, Confidence::Medium));
}

#[test]
fn a_task_that_recovered_by_itself_had_too_short_a_grace_period() {
    let mut story = sick(1, REFUSED, false);
    story.seconds_to_healthy = Some(26.5);
    story.sickness.as_mut().unwrap().recovered = true;
    let found = conclusions("HTTP", &[story], Vec::new());
    assert_eq!(found[0].reason, Reason::GraceTooShort);
    assert!(found[0].text.contains("26.5 s") && found[0].text.contains("20 s"), "{}", found[0].text);
}

#[test]
fn an_unreachable_task_is_not_called_down() {
    let stories = [sick(1, "", true), story(2)];
    let nowhere = vec![probe(1, Answer::Unreachable, 3e3), probe(2, Answer::Unreachable, 3e3)];
    let found = conclusions("MESOS_TCP", &stories, nowhere);
    assert_eq!((found[0].reason, found[0].confidence), (Reason::Unreachable, Confidence::Low));
    assert!(found[0].text.contains("the state of the apps is unknown"), "{}", found[0].text);
    let others = vec![probe(1, Answer::Unreachable, 3e3), probe(2, Answer::Good, 1.0)];
    let found = conclusions("MESOS_TCP", &stories, others);
    assert!(found[0].text.contains("hosts or the network to them are down"), "{}", found[0].text);
}

#[test]
fn a_pattern_of_agents_ports_and_time_is_named() {
    let mut stories: Vec<TaskLife> = (0..4).map(|n| sick(n, "", true)).collect();
    let mut well = story(9);
    "127.0.0.2".clone_into(&mut well.host);
    stories.push(well);
    let probes = (0..4).map(|n| probe(n, Answer::Good, 4.0)).collect();
    let found = &conclusions("MESOS_TCP", &stories, probes)[0];
    let told = found.evidence.join("\n");
    for part in ["all 4 are on 127.0.0.1, one of the 2", "31000 to 31003", "all since 10.0 s", "no cause reported"] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
}

#[test]
fn under_native_checks_only_the_hung_task_is_affected() {
    let mut stories: Vec<TaskLife> = (2..62).map(story).collect();
    stories.push(sick(1, "", true));
    let found = conclusions("MESOS_HTTP", &stories, vec![probe(1, Answer::Silent, 1e4)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].text.contains("only the hung one is affected: the other 60 tasks"), "{}", found[0].text);
}

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
    Census { t: 110.0, apps: 2, tasks: 61, checks_per_second: 61.0, age: Some(9.8), suspects: vec![suspect] }
}

fn silent() -> Probe {
    let task = "hung.instance-1._app.1".to_owned();
    let address = "127.0.0.1:31999".to_owned();
    Probe { t: 112.0, task, address, path: "/".to_owned(), answer: Answer::Silent, ms: 10_000.0, ..Probe::default() }
}

#[test]
fn one_hung_task_is_named_as_the_cause_of_old_results() {
    let stories: Vec<TaskLife> = (0..60).map(story).collect();
    let mut probes: Vec<Probe> = (0..3).map(|n| probe(n, Answer::Good, 1.0)).collect();
    probes.push(silent());
    let evidence = Evidence { ages: recorded(), probes, censuses: vec![hung(false, None)], ..Evidence::default() };
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
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

#[rstest]
#[case::a_time_out_alone(hung(true, Some(12.0)), Vec::new(), Some(Confidence::Medium))]
#[case::asking_alone(hung(false, None), vec![silent()], Some(Confidence::High))]
#[case::nothing_but_an_old_result(hung(false, Some(20.0)), Vec::new(), None)]
#[case::it_answers_us(hung(false, None), vec![Probe { answer: Answer::Good, ..silent() }], None)]
fn the_cause_needs_a_sign_that_the_task_hangs(
    #[case] census: Census,
    #[case] probes: Vec<Probe>,
    #[case] confidence: Option<Confidence>,
) {
    let stories: Vec<TaskLife> = (0..60).map(story).collect();
    let evidence = Evidence { ages: recorded(), probes, censuses: vec![census], ..Evidence::default() };
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
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
    let stories = [story(1)];
    let manifest = manifest("HTTP");
    assert_eq!(conclude(&Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default())), []);
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

#[test]
fn loops_and_losses_are_distinguished() {
    let crash = [ended(1, 1, "TASK_FAILED", story(1)), ended(1, 2, "TASK_FAILED", story(1))];
    assert_eq!(first("HTTP", &crash, Vec::new()), (Reason::CrashLoop, Confidence::High));
    let kills =
        [ended(1, 1, "TASK_KILLED", sick(1, REFUSED, false)), ended(1, 2, "TASK_KILLED", sick(1, REFUSED, false))];
    let reasons: Vec<Reason> = conclusions("HTTP", &kills, Vec::new()).iter().map(|found| found.reason).collect();
    assert_eq!(reasons, [Reason::NeverListened, Reason::KillLoop], "the cause comes before the loop");
    let lost = [TaskLife { was_unreachable: true, ..story(1) }];
    assert_eq!(first("HTTP", &lost, Vec::new()), (Reason::AgentLost, Confidence::High));
    assert_eq!(conclusions("HTTP", &[ended(1, 1, "TASK_FAILED", story(1))], Vec::new()), [], "once is no loop");
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
#[case::shown("HTTP", Some(4.0), Some(Answer::Good), Confidence::High, "their checker is the problem")]
#[case::not_asked("TCP", Some(4.0), None, Confidence::Medium, "counts no failure")]
#[case::hidden("MESOS_TCP", None, Some(Answer::Refused), Confidence::Medium, "Nothing listens")]
#[case::unknown("MESOS_TCP", None, None, Confidence::Low, "reports nothing")]
fn a_run_that_ends_within_the_grace_period_is_recognised(
    #[case] protocol: &str,
    #[case] failed_in_grace: Option<f64>,
    #[case] answer: Option<Answer>,
    #[case] confidence: Confidence,
    #[case] says: &str,
) {
    let stories: Vec<TaskLife> = (1..=2).map(|n| TaskLife { failed_in_grace, ..story(n) }).collect();
    let probes = answer.map(|answer| probe(1, answer, 2.0)).into_iter().collect();
    let evidence = Evidence { probes, ..Evidence::default() };
    let manifest = manifest(protocol);
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
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
    let late = TaskLife { failed_in_grace: Some(20.0), first_seen: 13.0, ..story(1) };
    let mut manifest = manifest("HTTP");
    manifest.plan.step_seconds = 25.0;
    let evidence = Evidence::default();
    let facts = Facts::new(&manifest, vec![&late], &evidence, Counts::default());
    let found = conclude(&Facts { failed: true, until: 25.0, ..facts });
    assert!(found[0].next[0].contains("--step-timeout above 33s"), "{:?}", found[0].next);
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
    let stories: Vec<TaskLife> = (0..60).map(story).collect();
    let (manifest, evidence) = (manifest("HTTP"), on_a_machine(busy));
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here, ..facts });
    assert_eq!((found.len(), found[0].reason, found[0].confidence), (1, reason, confidence));
    assert!(found[0].evidence.iter().any(|one| one.contains(part)), "{:?}", found[0].evidence);
}

#[rstest]
#[case(0.99, vec![], &[Reason::MachineBusy])]
#[case(0.99, vec![story(1)], &[Reason::MachineBusy, Reason::Unjudged])]
#[case(0.5, vec![], &[Reason::Unknown])]
#[case(0.5, vec![story(1)], &[Reason::Unjudged])]
#[case(0.99, vec![sick(1, REFUSED, true)], &[Reason::AppDown])]
fn a_step_that_was_not_reached_may_be_explained_by_the_machine(
    #[case] busy: f64,
    #[case] stories: Vec<TaskLife>,
    #[case] reasons: &[Reason],
) {
    let (manifest, evidence) = (manifest("MESOS_HTTP"), on_a_machine(busy));
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, failed: true, until: 100.0, ..facts });
    assert_eq!(found.iter().map(|one| one.reason).collect::<Vec<_>>(), reasons);
}

#[test]
fn a_late_checker_on_a_busy_machine_is_a_symptom() {
    let (manifest, stories) = (manifest("MESOS_TCP"), [sick(1, "", true), story(2)]);
    let evidence = Evidence { probes: vec![probe(1, Answer::Good, 3.0)], ..on_a_machine(0.99) };
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, until: 100.0, ..facts });
    let told: Vec<_> = found.iter().map(|one| (one.reason, one.confidence)).collect();
    assert_eq!(told, [(Reason::MachineBusy, Confidence::High), (Reason::CheckerLate, Confidence::High)]);
}

#[rstest]
#[case::low_confidence(Vec::new(), Reason::MachineBusy)]
#[case::probed_by_the_rig(vec![silent()], Reason::HeadOfLine)]
fn one_hung_task_is_still_reported_with_more_evidence_than_its_result_age(
    #[case] probes: Vec<Probe>,
    #[case] reason: Reason,
) {
    let stories: Vec<TaskLife> = (0..60).map(story).collect();
    // At this rate the arithmetic does not agree with the ages.
    let census = Census { checks_per_second: 600.0, ..hung(true, Some(20.0)) };
    let evidence = Evidence { probes, censuses: vec![census], ..on_a_machine(0.99) };
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
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
    let (manifest, stories) = (manifest("TCP"), [sick(1, cause, true), story(2)]);
    let answer = if cause == REFUSED { Answer::Refused } else { Answer::Good };
    let machine = vec![Machine { t: 10.0, busy: 0.5, cores: 2, connections: Some(full) }];
    let evidence = Evidence { probes: vec![probe(1, answer, 3.0)], machine, ..Evidence::default() };
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, until: 100.0, ..facts });
    assert_eq!(found[0].reason, reason, "{found:?}");
}

#[test]
fn a_full_table_is_reported_beside_a_busy_machine_and_claims_no_unhealthy_task() {
    let stories: Vec<TaskLife> = (0..60).map(story).collect();
    let mut evidence = on_a_machine(0.99);
    evidence.machine[25].connections = Some(1.0);
    let manifest = manifest("HTTP");
    let facts = Facts::new(&manifest, stories.iter().collect(), &evidence, Counts::default());
    let found = conclude(&Facts { here: true, until: 200.0, ..facts });
    let told: Vec<_> = found.iter().map(|one| (one.reason, one.confidence, one.evidence.len())).collect();
    assert_eq!(told[1], (Reason::ConnectionsFull, Confidence::Medium, 1), "{told:?}");
    assert_eq!((told.len(), told[0].0), (2, Reason::MachineBusy));
}

#[test]
fn the_table_has_a_row_with_a_name_of_its_own_for_every_rule() {
    let names: std::collections::BTreeSet<&str> = TABLE.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), TABLE.len());
    assert!(TABLE.iter().all(|rule| !rule.explains.is_empty() && !rule.explains.ends_with('.')));
}
