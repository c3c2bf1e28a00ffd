//! Pods of a real Marathon, read as apps: conditions and the fold of a record need nothing of their own for them.

use std::{path::Path, sync::Arc};

use harness::{
    model::{App, Event, Kind, Task, TaskState},
    record::{EventRecord, Lives, Sample, Tally, TaskLife, event::Remark},
    wait::{Condition, Look},
    watch::{
        AppView, Counted, Events, Logged, TaskView, concerns, healthy, killed_by_health_check, replaced, state_of,
    },
};
use serde_json::{Value, json};

const POD: &str = "/g2p";

/// The lines of one case of the second set.
fn rows(case: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/recorded2").join(format!("{case}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The `::status` of an answer, if it is one.
fn status(row: &Value) -> Option<App> {
    let is_status = row["request"]["path"].as_str().is_some_and(|path| path == Kind::Pod.path(POD));
    let found = is_status && row["response"]["status"] == 200;
    found.then(|| App::from_pod_status(row["response"]["json"].clone()).expect("a pod"))
}

/// The views that a wait would have observed at each recorded `::status`.
fn views(case: &str) -> Vec<AppView> {
    let mut view =
        AppView { id: POD.to_owned(), events: Events { on: true, ..Events::default() }, ..AppView::default() };
    let mut views = Vec::new();
    for row in rows(case) {
        if concerns(&row["data"], POD) {
            let at = text::duration::from_seconds(row["t"].as_f64().expect("a time"));
            view.events.all.push(Arc::new(Logged { at, what: Ok(Event::new("", row["data"].clone())) }));
        } else if let Some(pod) = status(&row) {
            view.app = Some(pod);
            views.push(view.clone());
        }
    }
    assert!(!views.is_empty(), "{case} has no status");
    views
}

/// The states that the only instance of a case is in, one after the other.
fn states(case: &str) -> Vec<Option<TaskState>> {
    let mut states: Vec<_> = views(case).iter().map(|view| view.tasks().first().map(state_of)).collect();
    states.dedup();
    states
}

#[test]
fn an_instance_is_a_task_with_the_health_of_its_containers() {
    use TaskState::{Healthy, Killing, Running, Staged, Unhealthy};
    // Before its first launch and between two lives there is no task; of the second end a poll saw the first container.
    let [staged, running, healthy] = [Some(Staged), Some(Running), Some(Healthy)];
    let [unhealthy, killing] = [Some(Unhealthy), Some(Killing)];
    let first = [None, staged, running, healthy, unhealthy, None];
    let second = [staged, running, healthy, unhealthy, killing, None];
    let third = [staged, running, healthy];
    let expected: Vec<_> = first.into_iter().chain(second).chain(third).collect();
    assert_eq!(states("pods.fails_after_healthy_http"), expected);

    let two = views("pods.two_containers");
    let tasks: Vec<&Task> = two.iter().flat_map(|view| view.tasks()).collect();
    let last = tasks.last().expect("a task");
    assert!(last.id.is_of_pod() && last.containers.len() == 2, "{last:?}");
    assert_eq!((last.id.incarnation(), last.app_id.as_str(), last.host.as_str()), (Some(1), POD, "127.0.0.1"));
}

#[test]
fn a_container_that_finishes_leaves_its_instance_running() {
    let states = states("pods.one_finishes");
    assert_eq!(states, [None, Some(TaskState::Staged), Some(TaskState::Running)]);
}

#[test]
fn an_instance_is_healthy_once_its_check_is_and_its_death_is_counted() {
    let views = views("pods.fails_after_healthy_http");
    let met = |view: &&AppView| healthy(1).look(view) == Look::Met(());
    let first = views.iter().find(met).expect("it becomes healthy").tasks()[0].clone();
    assert_eq!(first.kind(), Kind::Pod);

    let mut condition = killed_by_health_check();
    let looks = views.iter().map(|app| condition.look(&TaskView { id: first.id.to_string(), app: app.clone() }));
    let death = looks.into_iter().find_map(|look| match look {
        Look::Met(death) => Some(death),
        Look::NotYet(_) => None,
        Look::Never(reason) => panic!("{reason}"),
    });
    let death = death.expect("its check kills it");
    assert_eq!((death.failures, death.counted), (3, Counted::ByTime), "{death}");

    let mut condition = replaced(&first);
    let next = views.iter().find_map(|view| match condition.look(view) {
        Look::Met(next) => Some(next),
        Look::NotYet(_) | Look::Never(_) => None,
    });
    assert_eq!(next.expect("its instance is launched again").id.incarnation(), Some(2));
}

#[test]
fn a_crash_is_no_kill_by_a_check() {
    let views = views("pods.crash_loop");
    let first = views.iter().flat_map(|view| view.tasks()).next().expect("a task").id.to_string();
    let mut condition = killed_by_health_check();
    let looks = views.iter().map(|app| condition.look(&TaskView { id: first.clone(), app: app.clone() }));
    let never = looks.into_iter().find_map(|look| match look {
        Look::Never(reason) => Some(reason),
        Look::Met(_) | Look::NotYet(_) => None,
    });
    let never = never.expect("it cannot be");
    assert!(never.ends_with("ended as TASK_FAILED (Command exited with status 3), not by a health check"), "{never}");
    let failure = views.iter().find_map(|view| view.app.as_ref()?.last_task_failure.clone()).expect("a failure");
    assert_eq!((failure.state.as_str(), failure.task_id), ("TASK_FAILED", first));
}

#[test]
fn a_pod_is_read_with_its_checks_and_its_number() {
    let views = views("pods.health_tcp");
    let pod = views[0].app.as_ref().expect("a pod");
    let check = &pod.health_checks[0];
    assert_eq!((pod.kind, pod.instances, check.protocol.as_str()), (Kind::Pod, 2, "MESOS_TCP"));
    assert_eq!((check.port_index, check.is_native()), (Some(0), true));
    assert!(pod.raw["containers"].is_array(), "its definition is kept");
}

/// Feeds a case, and returns the tally and all lives.
fn follow(case: &str) -> (Tally, Vec<TaskLife>) {
    let mut lives = Lives::keeping_all();
    lives.event(&EventRecord::remark("", 0.0, Remark::Step.as_str(), json!({"step": 1, "target": 1})));
    for row in rows(case) {
        let t = row["t"].as_f64().expect("a time");
        if row["request"]["method"] == "DELETE" {
            break;
        }
        if concerns(&row["data"], POD) {
            lives.event(&EventRecord { t, event: row["data"].clone(), ..EventRecord::default() });
        } else if let Some(pod) = status(&row) {
            let tasks = pod.tasks.iter().map(|task| task.raw.clone()).collect();
            lives.sample(&Sample { t, complete: true, tasks, ..Sample::default() });
        }
    }
    let tally = lives.step().tally;
    let mut lives: Vec<TaskLife> = lives.finish().all().cloned().collect();
    lives.sort_by(|a, b| a.first_seen.total_cmp(&b.first_seen));
    (tally, lives)
}

#[test]
fn the_fold_of_a_record_knows_one_life_for_all_containers_of_an_instance() {
    let (tally, lives) = follow("pods.fails_after_healthy_http");
    assert_eq!(tally, Tally { flips: 2, kills: 2, losses: 0 });
    let ids: Vec<_> = lives.iter().map(|life| life.life().1).collect();
    assert_eq!(ids, [1, 2, 3], "{lives:?}");
    let end = lives[0].end.as_ref().expect("an end");
    assert_eq!(end.state, "TASK_KILLED");
    assert!(lives[0].is_killed_by_check() && lives[2].end.is_none());
    assert_eq!(lives[0].seconds_to_healthy, Some(2.772), "from its launch, which an event tells");

    let (tally, lives) = follow("pods.crash_loop");
    assert_eq!((tally.kills, tally.losses), (0, 4));
    let end = lives[0].end.as_ref().expect("an end");
    assert_eq!((end.state.as_str(), end.message.as_str()), ("TASK_FAILED", "Command exited with status 3"));

    let (tally, lives) = follow("pods.one_finishes");
    assert_eq!((tally.losses, lives.len()), (0, 1));
}
