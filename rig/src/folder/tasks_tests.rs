use serde_json::json;

use super::*;

fn sample(request: u64, tasks: Vec<Value>) -> Sample {
    Sample { request, t: request as f64 * 2.0, tasks, ..Sample::default() }
}

/// The recorded shape of a sick task (case `fails_after_healthy.http`), shortened.
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

#[test]
fn a_sick_task_keeps_its_port_and_cause_after_its_end() {
    let mut stories = Stories::default();
    stories.event(&EventLine::new(
        1.0,
        event::EXECUTOR,
        json!({"task": "hc.instance-10dc._app.1", "executor_pid": 6930}),
    ));
    stories.event(&EventLine::new(
        9.0,
        "status_update_event",
        json!({"taskId": "hc.instance-10dc._app.1", "taskStatus": "TASK_KILLED", "message": "Command terminated with signal Terminated", "ports": []}),
    ));
    stories.sample(&sample(1, vec![task(true, 0)]));
    stories.sample(&sample(2, vec![task(false, 1)]));
    stories.sample(&sample(3, vec![task(false, 2)]));
    let stories = stories.finish();
    let telling = stories.telling();
    let story = telling[0];
    let sickness = story.sickness.as_ref().unwrap();
    assert_eq!((sickness.request, sickness.failures, sickness.cause.as_str()), (2, 2, "Connection refused"));
    assert_eq!(sickness.since, "2026-11-22T16:59:33.920Z");
    assert_eq!((story.ports.as_slice(), story.executor_pid, story.flips), ([33001].as_slice(), Some(6930), 1));
    assert_eq!(story.end.as_ref().unwrap().message, "Command terminated with signal Terminated");
    assert_eq!(story.seconds_to_healthy, Some(0.501));
}

#[test]
fn a_successor_is_not_sick_because_of_its_predecessor() {
    let mut successor = task(false, 3);
    successor["id"] = json!("hc.instance-10dc._app.2");
    successor["stagedAt"] = json!("2026-11-22T16:59:40.000Z");
    let mut stories = Stories::default();
    stories.sample(&sample(1, vec![successor]));
    assert!(stories.finish().telling().is_empty());
}

#[test]
fn kills_by_clean_up_are_no_news() {
    let mut stories = Stories::default();
    stories.event(&EventLine::new(10.0, event::CLEAN_UP, json!({})));
    stories.event(&EventLine::new(
        11.0,
        "status_update_event",
        json!({"taskId": "a._app.1", "taskStatus": "TASK_KILLED"}),
    ));
    stories.sample(&sample(1, vec![task(true, 0)]));
    let stories = stories.finish();
    assert!(stories.telling().is_empty());
    assert_eq!(stories.all().count(), 1);
}

/// As a real Marathon shows it (recorded case `never_healthy.tcp`): no failure is counted in grace.
fn in_grace() -> Value {
    let mut task = task(false, 0);
    task["healthCheckResults"] =
        json!([{"alive": false, "consecutiveFailures": 0, "instanceId": "instance [hc.instance-10dc]"}]);
    task
}

#[test]
fn who_fails_in_grace_and_gets_well_was_no_trouble_and_who_does_not_is() {
    let mut stories = Stories::default();
    stories.sample(&sample(1, vec![in_grace()]));
    let unjudged = stories.telling().first().map(|story| (story.trouble_at(), story.is_unjudged()));
    assert_eq!(unjudged, Some((Some(2.0), true)));
    stories.sample(&sample(2, vec![task(true, 0)]));
    let stories = stories.finish();
    assert!(stories.telling().is_empty());
    let story = stories.all().next().unwrap();
    assert_eq!((story.failed_in_grace, story.sickness.is_none(), story.flips), (Some(2.0), true, 0));
}

#[test]
fn an_end_that_was_asked_for_is_no_trouble_and_one_more_is() {
    let mut stories = Stories::default();
    for (task, t) in [("a._app.1", 5.0), ("b._app.1", 5.5), ("c._app.1", 6.0), ("d._app.1", 1.0)] {
        stories.event(&EventLine::new(t, "status_update_event", json!({"taskId": task, "taskStatus": "TASK_KILLED"})));
    }
    for (request, target) in [(1, 5), (2, 5), (3, 3)] {
        stories.sample(&Sample { target, ..sample(request, Vec::new()) });
    }
    let stories = stories.finish();
    let troubled: Vec<&str> = stories.telling().iter().map(|story| story.id.as_str()).collect();
    assert_eq!(troubled, ["d._app.1", "c._app.1"], "two were too many, from 4 s on");
    assert_eq!(stories.all().next().unwrap().scaled_down, Some(5.0));
}
