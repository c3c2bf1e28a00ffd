//! Deployments alone: plans and changes of instances in, launches and decommissions out.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;

use super::{
    super::rig::{START, checked, plain},
    fixtures::{app, changed, instances, report, root, running},
};
use crate::{
    app::AppDefinition,
    fault::Faults,
    ids::DeploymentId,
    marathon::{
        command::Refused,
        deployment::{Deployments, Event, Next, plan::Plan},
        instances::{Changed, Event as InstanceEvent, Healthy, Instances, Slot},
    },
    tree::Root,
    tuning::Tuning,
    wire::TaskState,
};

fn deployments() -> Deployments {
    Deployments::new(Arc::new(Tuning::default()), Faults::none())
}

fn plan(name: &str, from: &Root, to: &Root) -> Plan {
    let (from, to) = (Arc::new(from.clone()), Arc::new(to.clone()));
    Plan::between(DeploymentId::new(name), &from, &to, START, &BTreeMap::new()).expect("no cycle")
}

/// Adds a plan and advances it once.
fn start(deployments: &mut Deployments, plan: Plan, instances: &Instances) -> (DeploymentId, Vec<String>, Next) {
    let id = plan.id.clone();
    assert_eq!(deployments.admit(START, &plan, false), Ok(Vec::new()));
    deployments.add(plan);
    let (events, next) = deployments.advance(START, &id, instances);
    (id, names(&events), next)
}

/// The names of events, with what tells them apart.
fn names(events: &[Event]) -> Vec<String> {
    let name = |event: &Event| match event {
        Event::Publish(event) => event.kind.to_owned(),
        Event::Launch { count, .. } => format!("Launch {count}"),
        Event::Decommission(Slot(slot)) => format!("Decommission {slot}"),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    };
    events.iter().map(name).collect()
}

fn scaled(app: &AppDefinition, instances: u32) -> Arc<AppDefinition> {
    Arc::new(AppDefinition { instances, ..app.clone() })
}

/// What changed by these events, as the router passes it on.
fn changes(events: Vec<InstanceEvent>) -> Vec<Changed> {
    let change = |event| match event {
        InstanceEvent::Changed(changed) => Some(changed),
        _ => None,
    };
    events.into_iter().filter_map(change).collect()
}

#[test]
fn a_new_app_is_done_when_exactly_its_instances_run() {
    let (mut deployments, mut all, app) = (deployments(), instances(), app(&plain("/a", 1)));
    let plan = plan("d", &root(&[]), &root(&[&app]));
    let (id, events, next) = start(&mut deployments, plan, &all);
    let expected = [
        "deployment_info",
        "AddChecks",
        "deployment_step_success",
        "deployment_info",
        "AddChecks",
        "Launch 1",
        "Timer",
    ];
    assert_eq!((events, next), (expected.map(str::to_owned).to_vec(), Next::Advance));
    assert_eq!(deployments.advance(START, &id, &all), (Vec::new(), Next::Wait));
    assert!(deployments.is_locked(&app.id));
    let (slot, _) = running(&mut all, &app);
    let instance = all.get(slot).expect("it runs");
    let changed = Changed {
        slot,
        id: instance.id.clone(),
        app: app.id.clone(),
        version: app.version,
        condition: instance.condition,
        goal: instance.goal,
        expunged: false,
    };
    assert_eq!(deployments.changing(&app.id), std::slice::from_ref(&id));
    assert!(deployments.instance_changed(START, &id, &changed, &all).is_empty());
    let (events, next) = deployments.advance(START, &id, &all);
    assert_eq!(names(&events), ["deployment_step_success", "deployment_success"]);
    assert_eq!((next, deployments.is_locked(&app.id)), (Next::Wait, false));
}

#[test]
fn what_goes_missing_while_a_scale_action_waits_is_launched() {
    let (mut deployments, mut all, app) = (deployments(), instances(), app(&plain("/a", 2)));
    let plan = plan("d", &root(&[]), &root(&[&app]));
    let id = plan.id.clone();
    deployments.add(plan);
    let (events, _) = deployments.advance(START, &id, &all);
    let Some(Event::Timer(_, due)) = events.last() else { panic!("{events:?}") };
    running(&mut all, &app);
    assert_eq!(names(&deployments.top_up(START, due.clone(), &all)), ["Launch 1", "Timer"]);
    drop(deployments.cancel(START, &id));
    assert!(deployments.top_up(START, due.clone(), &all).is_empty(), "the deployment is over");
}

#[test]
fn a_stopping_app_is_terminated_with_its_last_instance() {
    let (mut deployments, mut all, app) = (deployments(), instances(), app(&plain("/a", 2)));
    let ((one, task), (two, _)) = (running(&mut all, &app), running(&mut all, &app));
    let plan = plan("d", &root(&[&app]), &root(&[]));
    let (id, events, _) = start(&mut deployments, plan, &all);
    assert_eq!(events[2..], ["RemoveChecks", "Decommission 0", "Decommission 1"]);
    assert_eq!(deployments.stopping(one), Some(id.clone()));
    drop(all.decommission(START, one));
    drop(report(&mut all, START, &task, TaskState::Killed));
    assert!(deployments.not_awaited(START, &id, one, &all).is_empty());
    assert_eq!(names(&deployments.not_awaited(START, &id, two, &all)), ["AppStopped", "app_terminated_event"]);
    assert_eq!(deployments.stopping(two), None);
    let (events, _) = deployments.advance(START, &id, &all);
    assert_eq!(names(&events).last().map(String::as_str), Some("deployment_success"));
}

#[test]
fn surplus_instances_go_first_and_their_end_is_waited_for() {
    let (mut deployments, mut all, app) = (deployments(), instances(), app(&plain("/a", 2)));
    let ((_, _), (young, task)) = (running(&mut all, &app), running(&mut all, &app));
    let plan = plan("d", &root(&[&app]), &root(&[&scaled(&app, 1)]));
    let (id, events, next) = start(&mut deployments, plan, &all);
    assert_eq!((&events[2..], next), (&[format!("Decommission {}", young.0)][..], Next::Advance));
    assert_eq!(deployments.advance(START, &id, &all), (Vec::new(), Next::Wait));
    drop(all.decommission(START, young));
    for changed in changes(report(&mut all, START, &task, TaskState::Killed)) {
        drop(deployments.instance_changed(START, &id, &changed, &all));
    }
    let (events, _) = deployments.advance(START, &id, &all);
    assert_eq!(names(&events), ["deployment_step_success", "deployment_success"]);
}

#[test]
fn an_old_instance_goes_when_a_new_one_is_healthy() {
    let body = checked("/a", 1, json!({"protocol": "MESOS_TCP"}));
    let (mut deployments, mut all, app) = (deployments(), instances(), app(&body));
    let (old, _) = running(&mut all, &app);
    let new = changed(&app);
    let plan = plan("d", &root(&[&app]), &root(&[&new]));
    let (id, events, _) = start(&mut deployments, plan, &all);
    // An instance without a result does not count as healthy, so that nothing is taken from the old version yet.
    assert_eq!(events[2..], ["Launch 1", "ResetDelay"]);
    let (slot, _) = running(&mut all, &new);
    let instance = all.get(slot).expect("it runs").id.clone();
    let healthy = |version| Healthy { id: instance.clone(), app: app.id.clone(), version };
    assert!(deployments.instance_healthy(START, &id, &healthy(app.version), &all).is_empty(), "another version");
    let events = deployments.instance_healthy(START, &id, &healthy(new.version), &all);
    assert_eq!(names(&events), [format!("Decommission {}", old.0)]);
    assert!(deployments.instance_healthy(START, &id, &healthy(new.version), &all).is_empty(), "only once");
}

#[test]
fn a_plan_in_the_way_of_another_is_refused_or_cancels_it() {
    let (mut deployments, all, app) = (deployments(), instances(), app(&plain("/a", 1)));
    let (id, ..) = start(&mut deployments, plan("d", &root(&[]), &root(&[&app])), &all);
    let other = plan("e", &root(&[&app]), &root(&[]));
    assert_eq!(deployments.admit(START, &other, false), Err(Refused::Locked(vec![id.clone()])));
    let cancelled = deployments.admit(START, &other, true).expect("forced");
    assert_eq!(names(&cancelled), ["deployment_failed"]);
    assert!(deployments.plan(&id).is_none());
    assert_eq!(deployments.advance(START, &id, &all), (Vec::new(), Next::Wait));
}

#[test]
fn only_so_many_deployments_run_at_a_time() {
    let tuning = Tuning { max_running_deployments: 1, ..Tuning::default() };
    let mut deployments = Deployments::new(Arc::new(tuning), Faults::none());
    let (one, two) = (app(&plain("/a", 1)), app(&plain("/b", 1)));
    deployments.add(plan("d", &root(&[]), &root(&[&one])));
    let refused = deployments.admit(START, &plan("e", &root(&[]), &root(&[&two])), false);
    let Err(Refused::Message(403, text)) = refused else { panic!("{refused:?}") };
    assert!(text.starts_with("Max number (1) of running deployments is achieved."), "{text}");
}

#[test]
fn a_restart_begins_every_plan_anew() {
    let (mut deployments, all, app) = (deployments(), instances(), app(&plain("/a", 1)));
    let (id, ..) = start(&mut deployments, plan("d", &root(&[]), &root(&[&app])), &all);
    assert_eq!(deployments.views()[0].current_step, 2);
    assert_eq!(deployments.restart(), [id]);
    assert_eq!(deployments.views()[0].current_step, 1);
}
