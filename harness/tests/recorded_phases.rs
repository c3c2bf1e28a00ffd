//! The phases of tasks against recorded polls and events of a real Marathon.

mod recorded;

use harness::record::{PhaseTracker, Tally, TaskPhases};
use harness::scale::Comparer;
use harness::watch::concerns;
use recorded::rows;
use rstest::rstest;
use serde_json::Value;

/// Feeds a case up to `until` seconds, and returns the tally and all records.
fn follow(case: &str, polls: bool, events: bool, until: f64) -> (Tally, Vec<TaskPhases>) {
    let mut phases = PhaseTracker::default();
    phases.begin_step(1, 0.3, false);
    for row in rows(case) {
        let t = row["t"].as_f64().expect("a time");
        if t > until {
            break;
        }
        let event = &row["event"];
        if events && concerns(event, "/hc") {
            phases.on_event(event, t);
        }
        if polls && row["get"] == "/v2/apps/hc" && row["status"] == 200 {
            phases.on_tasks(row["body"]["app"]["tasks"].as_array().map(Vec::as_slice).unwrap_or_default(), t);
        }
    }
    let tally = phases.tally();
    let mut records = phases.finish();
    records.sort_by(|a, b| a.staged.total_cmp(&b.staged));
    (tally, records)
}

/// Until the first task has died and its successor is well: before the recorder deleted the app.
const SECOND_LIFE: f64 = 20.0;

#[test]
fn events_and_polls_tell_the_whole_life_of_a_task() {
    let (tally, tasks) = follow("fails_after_healthy.tcp", true, true, SECOND_LIFE);
    assert_eq!(tally, Tally { flips: 1, kills: 1, losses: 0 });
    let [first, second] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!((first.staged, first.running, first.first_healthy), (3.834, Some(3.847), Some(4.396)));
    assert_eq!(first.flips, [(12.551, false)]);
    assert_eq!((first.killed, first.ended), (Some(15.577), Some(15.601)));
    assert_eq!(first.end_state.as_deref(), Some("TASK_KILLED"));
    assert_eq!(first.cause.as_deref(), Some("ConnectException: Connection refused"));
    assert_eq!(
        (first.host.as_str(), &first.ports[..]),
        ("127.0.0.1", &[34210][..]),
        "kept though the end forgets them"
    );
    assert_eq!(first.successor.as_ref(), Some(&second.id));
    assert_eq!(second.first_healthy, Some(16.586));
}

#[rstest]
#[case::marathons_check("fails_after_healthy.tcp")]
#[case::a_native_check("fails_after_healthy.mesos_tcp")]
fn each_source_alone_finds_the_kill(
    #[case] case: &str,
    #[values((true, false), (false, true), (true, true))] (polls, events): (bool, bool),
) {
    let (tally, tasks) = follow(case, polls, events, SECOND_LIFE);
    assert_eq!((tally.kills, tally.losses), (1, 0), "{tasks:?}");
    assert_eq!(tasks.len(), 2, "{tasks:?}");
    assert!(tasks[0].killed.is_some() && tasks[1].killed.is_none());
    assert!(tasks[1].first_healthy.is_some());
}

#[test]
fn a_record_inherited_from_the_predecessor_is_no_flip() {
    // Native: the successor shows its predecessor's bad record for a second before its own first success.
    let (_, tasks) = follow("fails_after_healthy.mesos_tcp", true, true, SECOND_LIFE);
    assert_eq!(tasks[1].flip_count, 0, "{:?}", tasks[1]);
    assert!(tasks[1].first_healthy.is_some_and(|t| t > 18.1));
}

#[test]
fn native_events_that_tell_a_change_twice_are_one_flip() {
    let (tally, tasks) = follow("fails_after_healthy.mesos_http", false, true, SECOND_LIFE);
    assert_eq!(tasks[0].flip_count, 1, "{:?}", tasks[0]);
    assert_eq!(tally.flips, 1);
}

#[test]
fn a_crash_is_a_loss() {
    let mut phases = PhaseTracker::default();
    phases.begin_step(1, 0.0, false);
    let crashes = |row: &&Value| row["event"]["taskStatus"] == "TASK_FAILED";
    let rows = rows("crash_loop");
    let crashes = rows.iter().filter(crashes).count() as u64;
    for row in &rows {
        phases.on_event(&row["event"], row["t"].as_f64().expect("a time"));
    }
    assert!(crashes >= 3, "the case has crashes");
    // The last end is the deletion's kill of a task that ran.
    assert_eq!((phases.tally().losses - crashes, phases.tally().kills), (0, 0), "{:?}", phases.tally());
}

#[rstest]
fn on_a_real_marathon_polls_and_events_agree(
    #[values("fails_after_healthy.tcp", "fails_after_healthy.mesos_tcp", "never_healthy.tcp", "hangs.http")] case: &str,
) {
    // The recorder polled once a change was told and else each second.
    let mut comparer = Comparer::new(2.0);
    for row in rows(case).into_iter().take_while(|row| row["t"].as_f64() < Some(SECOND_LIFE)) {
        let t = row["t"].as_f64().expect("a time");
        comparer.on_event(&row["event"], t);
        if row["get"] == "/v2/apps/hc" {
            comparer.on_tasks(row["body"]["app"]["tasks"].as_array().map(Vec::as_slice).unwrap_or_default(), t);
        }
    }
    let agreement = comparer.agreement();
    assert_eq!((agreement.unseen_by_polls, agreement.untold_by_events), (0, 0), "{agreement:?}");
    assert!(agreement.agreed >= 1, "{agreement:?}");
}
