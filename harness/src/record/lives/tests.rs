use serde_json::json;

use super::*;
use crate::record::Tally;

fn sample(request: u64, tasks: Vec<Value>) -> Sample {
    Sample { request, t: request as f64 * 2.0, tasks, ..Sample::default() }
}

/// The recorded shape of a unhealthy task (case `fails_after_healthy.http`), shortened.
fn task(alive: bool, failures: u64) -> Value {
    json!({
        "id": "hc.instance-10dc._app.1", "host": "127.0.0.1", "ports": [33001], "slaveId": "c239-S0", "state": "TASK_RUNNING",
        "stagedAt": "2026-11-22T16:59:25.317Z", "startedAt": "2026-11-22T16:59:25.509Z",
        "healthCheckResults": [{
            "alive": alive, "consecutiveFailures": failures, "firstSuccess": "2026-11-22T16:59:25.818Z",
            "lastSuccess": "2026-11-22T16:59:32.909Z", "lastFailure": if alive { None } else { Some("2026-11-22T16:59:33.920Z") },
            "lastFailureCause": if alive { None } else { Some("Connection refused") },
        }],
    })
}

fn status(t: f64, task: &str, state: &str, message: &str) -> EventRecord {
    let fields = json!({"taskId": task, "taskStatus": state, "message": message, "ports": []});
    EventRecord::remark("", t, "status_update_event", fields)
}

fn step(t: f64, step: usize, target: u32) -> EventRecord {
    EventRecord::remark("", t, Remark::Step.as_str(), json!({"step": step, "target": target}))
}

#[test]
fn an_unhealthy_task_keeps_its_port_and_cause_after_its_end() {
    let mut lives = Lives::keeping_all();
    lives.sample(&sample(1, vec![task(true, 0)]));
    let executor = json!({"task": "hc.instance-10dc._app.1", "executor_pid": 6930});
    lives.event(&EventRecord::remark("", 2.5, Remark::Executor.as_str(), executor));
    lives.sample(&sample(2, vec![task(false, 1)]));
    lives.sample(&sample(3, vec![task(false, 2)]));
    lives.event(&status(9.0, "hc.instance-10dc._app.1", "TASK_KILLED", "Command terminated with signal Terminated"));
    let lives = lives.finish();
    let troubled = lives.troubled();
    let life = troubled[0];
    let check_failure = life.check_failure.as_ref().unwrap();
    assert_eq!(
        (check_failure.request, check_failure.failures, check_failure.cause.as_str()),
        (2, 2, "Connection refused")
    );
    assert_eq!(check_failure.since, "2026-11-22T16:59:33.920Z");
    assert_eq!((life.ports.as_slice(), life.executor_pid, life.flips), ([33001].as_slice(), Some(6930), 1));
    assert_eq!(life.end.as_ref().unwrap().message, "Command terminated with signal Terminated");
    assert_eq!(life.seconds_to_healthy, Some(0.501));
}

#[test]
fn a_task_that_only_its_executor_names_is_known_to_readers_and_counts_nowhere() {
    let executor = json!({"task": "hc.instance-10dc._app.1", "executor_pid": 6930, "agent": "c239-S0"});
    let mut lives = Lives::keeping_all();
    lives.event(&EventRecord::remark("", 1.0, Remark::Executor.as_str(), executor));
    let lives = lives.finish();
    let life = lives.all().next().expect("the task");
    assert_eq!((life.executor_pid, life.agent.as_str(), life.first_seen), (Some(6930), "c239-S0", 1.0));
    assert!(lives.steps().is_empty() && lives.troubled().is_empty());
}

#[test]
fn a_successor_is_not_unhealthy_because_of_its_predecessor() {
    let mut successor = task(false, 3);
    successor["id"] = json!("hc.instance-10dc._app.2");
    successor["stagedAt"] = json!("2026-11-22T16:59:40.000Z");
    let mut lives = Lives::keeping_all();
    lives.sample(&sample(1, vec![successor]));
    assert!(lives.finish().troubled().is_empty());
}

#[test]
fn kills_by_clean_up_do_not_count() {
    let mut lives = Lives::keeping_all();
    lives.sample(&sample(1, vec![task(true, 0)]));
    lives.event(&EventRecord::remark("", 10.0, Remark::CleanUp.as_str(), json!({})));
    lives.event(&status(11.0, "hc.instance-10dc._app.1", "TASK_KILLED", ""));
    let lives = lives.finish();
    assert!(lives.troubled().is_empty());
    assert_eq!(lives.all().count(), 1);
}

/// As a real Marathon shows it (recorded case `never_healthy.tcp`): no failure is counted in grace.
fn in_grace() -> Value {
    let mut task = task(false, 0);
    task["healthCheckResults"] =
        json!([{"alive": false, "consecutiveFailures": 0, "instanceId": "instance [hc.instance-10dc]"}]);
    task
}

#[test]
fn a_failure_in_grace_is_trouble_only_until_the_task_is_healthy() {
    let mut lives = Lives::keeping_all();
    lives.sample(&sample(1, vec![in_grace()]));
    let unjudged = lives.live().next().map(|life| (life.trouble_at(), life.is_unjudged()));
    assert_eq!(unjudged, Some((Some(2.0), true)));
    lives.sample(&sample(2, vec![task(true, 0)]));
    let lives = lives.finish();
    assert!(lives.troubled().is_empty());
    let life = lives.all().next().unwrap();
    assert_eq!((life.failed_in_grace, life.check_failure.is_none(), life.flips), (Some(2.0), true, 0));
}

#[test]
fn an_end_that_was_asked_for_is_no_trouble_and_one_more_is() {
    let mut lives = Lives::keeping_all();
    lives.event(&step(0.0, 1, 5));
    for task in ["a._app.1", "b._app.1", "c._app.1", "d._app.1", "e._app.1"] {
        lives.event(&status(0.5, task, "TASK_RUNNING", ""));
    }
    lives.event(&status(1.0, "d._app.1", "TASK_KILLED", ""));
    lives.event(&step(4.0, 2, 2));
    for (task, t) in [("a._app.1", 5.0), ("b._app.1", 5.5), ("c._app.1", 6.0)] {
        lives.event(&status(t, task, "TASK_KILLED", ""));
    }
    assert_eq!(lives.steps().iter().map(|step| step.tally.losses).collect::<Vec<_>>(), [1, 1]);
    let lives = lives.finish();
    let troubled: Vec<&str> = lives.troubled().iter().map(|life| life.id.as_str()).collect();
    assert_eq!(troubled, ["d._app.1", "c._app.1"], "two were too many");
    assert_eq!(lives.all().next().unwrap().scaled_down, Some(5.0));
}

#[test]
fn a_message_that_comes_after_the_absence_was_seen_is_kept_and_counts_once() {
    let mut lives = Lives::keeping_all();
    let id = "hc.instance-10dc._app.1";
    lives.sample(&Sample { complete: true, ..sample(1, vec![task(true, 0)]) });
    lives.sample(&Sample { gone: vec![id.to_owned()], ..sample(2, Vec::new()) });
    lives.event(&status(5.0, id, "TASK_FAILED", "out of memory"));
    lives.sample(&Sample { complete: true, ..sample(3, Vec::new()) });
    assert_eq!(lives.step().tally, Tally { losses: 1, ..Tally::default() });
    let lives = lives.finish();
    let end = lives.all().next().unwrap().end.clone().unwrap();
    assert_eq!((end.state.as_str(), end.message.as_str()), ("TASK_FAILED", "out of memory"));
}

#[test]
fn a_late_event_of_a_predecessor_begins_no_life() {
    let mut lives = Lives::keeping_all();
    lives.event(&status(1.0, "hc.instance-1._app.2", "TASK_RUNNING", ""));
    lives.event(&status(2.0, "hc.instance-1._app.1", "TASK_KILLED", ""));
    assert_eq!(lives.step().tally, Tally::default());
    assert_eq!(lives.finish().all().count(), 1);
}
