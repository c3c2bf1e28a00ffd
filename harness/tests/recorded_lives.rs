//! The lives of tasks against recorded polls and events of a real Marathon.

mod recorded;

use harness::{
    record::{EventRecord, Lives, Observed, Sample, Tally, TaskLife, event::Remark},
    scale::Comparer,
    watch::concerns,
};
use recorded::rows;
use rstest::rstest;
use serde_json::{Value, json};

/// Feeds a case up to `until` seconds, and returns the tally and all lives.
fn follow(case: &str, polls: bool, events: bool, until: f64) -> (Tally, Vec<TaskLife>) {
    let mut lives = Lives::keeping_all();
    lives.event(&EventRecord::remark("", 0.3, Remark::Step.as_str(), json!({"step": 1, "target": 1})));
    for row in rows(case) {
        let t = row["t"].as_f64().expect("a time");
        if t > until {
            break;
        }
        let event = &row["event"];
        if events && concerns(event, "/hc") {
            lives.event(&EventRecord { t, event: event.clone(), ..EventRecord::default() });
        }
        if polls && row["get"] == "/v2/apps/hc" && row["status"] == 200 {
            let tasks = row["body"]["app"]["tasks"].as_array().cloned().unwrap_or_default();
            lives.sample(&Sample { t, complete: true, tasks, ..Sample::default() });
        }
    }
    let tally = lives.step().tally;
    let mut lives: Vec<TaskLife> = lives.finish().all().cloned().collect();
    lives.sort_by(|a, b| a.first_seen.total_cmp(&b.first_seen));
    (tally, lives)
}

/// Until the first task has died and its successor is well: before the recorder deleted the app.
const SECOND_LIFE: f64 = 20.0;

#[test]
fn events_and_polls_tell_the_whole_life_of_a_task() {
    let (tally, tasks) = follow("fails_after_healthy.tcp", true, true, SECOND_LIFE);
    assert_eq!(tally, Tally { flips: 1, kills: 1, losses: 0 });
    let [first, second] = &tasks[..] else { panic!("{tasks:?}") };
    assert_eq!((first.first_seen, first.running, first.first_healthy), (3.834, Some(3.847), Some(4.396)));
    assert_eq!((first.flips, first.first_unhealthy), (1, Some(12.551)));
    let end = first.end.as_ref().expect("an end");
    assert_eq!((first.killed, end.t, end.state.as_str()), (Some(15.577), 15.601, "TASK_KILLED"));
    assert_eq!(first.kill_reason.as_deref(), Some("ConnectException: Connection refused"));
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
fn a_record_inherited_from_the_predecessor_is_not_a_flip() {
    // Native: the successor shows its predecessor's bad record for a second before its own first success.
    let (_, tasks) = follow("fails_after_healthy.mesos_tcp", true, true, SECOND_LIFE);
    assert_eq!(tasks[1].flips, 0, "{:?}", tasks[1]);
    assert!(tasks[1].first_healthy.is_some_and(|t| t > 18.1));
}

#[test]
fn native_events_that_tell_a_change_twice_are_one_flip() {
    let (tally, tasks) = follow("fails_after_healthy.mesos_http", false, true, SECOND_LIFE);
    assert_eq!(tasks[0].flips, 1, "{:?}", tasks[0]);
    assert_eq!(tally.flips, 1);
}

#[test]
fn a_crash_is_a_loss() {
    let mut lives = Lives::default();
    let crashes = |row: &&Value| row["event"]["taskStatus"] == "TASK_FAILED";
    let rows = rows("crash_loop");
    let crashes = rows.iter().filter(crashes).count() as u64;
    for row in &rows {
        let t = row["t"].as_f64().expect("a time");
        lives.event(&EventRecord { t, event: row["event"].clone(), ..EventRecord::default() });
    }
    assert!(crashes >= 3, "the case has crashes");
    let tally = lives.step().tally;
    // The last end is the deletion's kill of a task that ran.
    assert_eq!((tally.losses - crashes, tally.kills), (0, 0), "{tally:?}");
}

#[rstest]
fn on_a_real_marathon_polls_and_events_agree(
    #[values("fails_after_healthy.tcp", "fails_after_healthy.mesos_tcp", "never_healthy.tcp", "hangs.http")] case: &str,
) {
    // The recorder polled after each reported change, and otherwise every second.
    let mut comparer = Comparer::new(2.0);
    for row in rows(case).into_iter().take_while(|row| row["t"].as_f64() < Some(SECOND_LIFE)) {
        let t = row["t"].as_f64().expect("a time");
        comparer.on_event(&row["event"], t);
        if row["get"] == "/v2/apps/hc" {
            let tasks = row["body"]["app"]["tasks"].as_array().into_iter().flatten();
            comparer.on_tasks(&tasks.map(Observed::of_value).collect::<Vec<_>>(), t);
        }
    }
    let agreement = comparer.agreement();
    assert_eq!((agreement.unseen_by_polls, agreement.untold_by_events), (0, 0), "{agreement:?}");
    assert!(agreement.agreed >= 1, "{agreement:?}");
}
