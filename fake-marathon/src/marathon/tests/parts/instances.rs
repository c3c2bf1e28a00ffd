//! Instances alone: statuses and requests in, events out.

use std::time::Duration;

use super::{
    super::rig::{START, checked, plain},
    fixtures::{app, instances, launched, report, root, running, scheduled, update},
};
use crate::{
    clock::Time,
    ids::{InstanceId, TaskId},
    marathon::instances::{Changed, Condition, Event, Goal},
    wire::{StatusUpdate, TaskState},
};

/// The names of events, with what tells them apart.
fn names(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| match event {
        Event::Publish(event) => event.kind.trim_end_matches("_event").to_owned(),
        Event::Changed(Changed { condition, expunged, .. }) => {
            format!("Changed {}{}", condition.name(), if *expunged { ", expunged" } else { "" })
        }
        Event::Kill { task, .. } | Event::KillUnknown(task) | Event::TaskEnded(task) => {
            let variant = format!("{event:?}");
            format!("{} {}", variant.split([' ', '(']).next().unwrap_or_default(), task.incarnation())
        }
        other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
    };
    events.iter().map(name).collect()
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn a_first_status_is_stored_published_and_passed_on_in_marathons_order() {
    let (mut all, app) = (instances(), app(&plain("/a", 1)));
    let (slot, task) = launched(&mut all, &app);
    let events = report(&mut all, START, &task, TaskState::Running);
    let expected =
        ["status_update", "instance_changed", "ConditionChanged", "Demand", "Changed Running", "StatusApplied"];
    assert_eq!(names(&events), expected);
    assert_eq!(all.get(slot).map(|own| own.condition), Some(Condition::Running));
    assert_eq!(all.running(&app.id, app.version), [slot]);
    assert!(report(&mut all, START, &task, TaskState::Running).is_empty(), "the same again changes nothing");
}

#[test]
fn a_task_that_ends_by_itself_waits_for_its_next_incarnation() {
    let (mut all, app) = (instances(), app(&plain("/a", 1)));
    let (slot, task) = running(&mut all, &app);
    let events = names(&report(&mut all, START, &task, TaskState::Failed));
    assert_eq!(events[0], "TaskEnded 1");
    assert!(events.contains(&"Failed".to_owned()) && events.contains(&"Scale".to_owned()), "{events:?}");
    assert!(all.get(slot).is_some_and(|own| own.is_scheduled()));
    let (infos, ..) =
        all.provision(START, slot, &super::fixtures::offer(1), super::fixtures::on_ports(&[])).expect("it waits");
    assert_eq!(infos[0].id.incarnation(), 2);
    assert!(names(&report(&mut all, START, &task, TaskState::Running)).contains(&"KillUnknown 1".to_owned()));
}

#[test]
fn an_unwanted_instance_is_forgotten_when_its_task_has_ended() {
    let (mut all, app) = (instances(), app(&plain("/a", 1)));
    let (slot, task) = running(&mut all, &app);
    let events = all.decommission(START, slot);
    assert_eq!(names(&events), ["instance_changed", "Changed Running", "NoDemand", "Kill 1"]);
    assert_eq!(all.get(slot).map(|own| own.goal), Some(Goal::Decommissioned));
    let events = names(&report(&mut all, START, &task, TaskState::Killed));
    assert_eq!(events[..3], ["TaskEnded 1", "Forgotten", "status_update"], "forgotten before the bus hears of it");
    assert!(all.get(slot).is_none() && all.slots_of(&app.id).is_empty());
}

#[test]
fn an_instance_without_a_task_is_forgotten_at_once() {
    let (mut all, app) = (instances(), app(&plain("/a", 1)));
    let slot = scheduled(&mut all, &app);
    assert_eq!(all.launching(&app.id), 1);
    assert_eq!(names(&all.decommission(START, slot)), ["Forgotten", "instance_changed", "Changed Scheduled, expunged"]);
    assert_eq!(all.launching(&app.id), 0);
    assert!(all.kill(START, slot).is_empty(), "nothing is left to kill");
}

#[test]
fn a_kill_of_an_unreachable_instance_decommissions_it() {
    let mut body = plain("/a", 1);
    body["unreachableStrategy"] = serde_json::json!({"inactiveAfterSeconds": 10, "expungeAfterSeconds": 400});
    let (mut all, app) = (instances(), app(&body));
    let (slot, task) = running(&mut all, &app);
    drop(report(&mut all, START, &task, TaskState::Unreachable));
    let events = names(&all.kill(START, slot));
    assert_eq!(events.last().map(String::as_str), Some("NotAwaited"), "{events:?}");
    assert!(all.kill(START, slot).is_empty(), "it is not wanted any more already");
    let back = names(&report(&mut all, START, &task, TaskState::Running));
    assert!(back.contains(&"Kill 1".to_owned()), "killed when it is back: {back:?}");
}

#[test]
fn inactive_instances_are_swept_once_their_time_is_over() {
    let mut body = plain("/a", 1);
    body["unreachableStrategy"] = serde_json::json!({"inactiveAfterSeconds": 10, "expungeAfterSeconds": 400});
    let (mut all, app) = (instances(), app(&body));
    let (slot, task) = running(&mut all, &app);
    let lost = |all: &mut _, now: Time| report(all, now, &task, TaskState::Unreachable);
    drop(lost(&mut all, START));
    let events = names(&lost(&mut all, START + secs(11)));
    assert!(events.contains(&"Timer".to_owned()), "a sweep is due: {events:?}");
    assert_eq!(all.get(slot).map(|own| own.condition), Some(Condition::UnreachableInactive));
    assert!(all.overdue(START + secs(300)).is_empty());
    assert!(all.sweep_again(START + secs(300)).is_some(), "one is left for the next sweep");
    assert_eq!(all.overdue(START + secs(401)), [slot]);
    assert_eq!(names(&all.expunge(START + secs(401), slot)).first().map(String::as_str), Some("Forgotten"));
    assert!(all.sweep_again(START + secs(401)).is_none());
}

#[test]
fn unknown_tasks_are_killed_or_reported_with_their_app() {
    let (mut all, app) = (instances(), app(&plain("/g/a", 1)));
    let task = InstanceId::new("g_a.instance-9").task(1);
    assert_eq!(names(&report(&mut all, START, &task, TaskState::Running)), ["KillUnknown 1"]);
    let events = all.status(START, update(START, &task, TaskState::Failed), &root(&[&app]));
    let [Event::TaskEnded(_), Event::Publish(published)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(published.data()["runSpecId"], "/g/a");
    assert!(report(&mut all, START, &TaskId::new("x"), TaskState::Unreachable).is_empty());
}

#[test]
fn a_changed_native_result_is_passed_on() {
    let (mut all, app) = (instances(), app(&checked("/a", 1, serde_json::json!({"protocol": "MESOS_TCP"}))));
    let (slot, task) = running(&mut all, &app);
    let healthy = |healthy| StatusUpdate { healthy: Some(healthy), ..update(START, &task, TaskState::Running) };
    let events = all.status(START, healthy(true), &root(&[]));
    let expected = ["status_update", "NativeHealth", "instance_health_changed", "Healthy", "Demand", "StatusApplied"];
    assert_eq!(names(&events), expected);
    assert!(all.status(START, healthy(true), &root(&[])).is_empty());
    assert_eq!(all.get(slot).and_then(|own| own.healthy), Some(true));
}

#[test]
fn only_confirmed_launches_are_left_alone() {
    let (mut all, app) = (instances(), app(&plain("/a", 2)));
    let ((slot, launched), (_, confirmed)) = (launched(&mut all, &app), running(&mut all, &app));
    assert_eq!(all.unconfirmed(&launched), Some(slot));
    assert_eq!(all.unconfirmed(&confirmed), None);
    assert_eq!(all.reported_tasks(), [confirmed]);
}
