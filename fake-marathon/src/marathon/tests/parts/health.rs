//! Health checks alone: ticks, outcomes and statuses in, probes, records and kills out.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    super::rig::{START, checked},
    fixtures::{app, changed, instances, launched, root, running},
};
use crate::{
    app::AppDefinition,
    checkers::{Probe, ProbeKind, ProbeOutcome},
    clock::Time,
    ids::PathId,
    marathon::{
        health::{Due, Event, Health},
        instances::{Instances, Slot},
        probe_ids::ProbeIds,
    },
    tuning::Tuning,
};

fn tcp(max_failures: u32) -> Value {
    json!({"protocol": "TCP", "intervalSeconds": 2, "gracePeriodSeconds": 0, "maxConsecutiveFailures": max_failures})
}

/// Health checks of one app, with what they need from elsewhere.
struct Checks {
    health: Health,
    instances: Instances,
    ids: ProbeIds,
    app: Arc<AppDefinition>,
    tick: Option<Due>,
}

impl Checks {
    fn of(check: Value) -> Self {
        let tuning = Tuning { result_lookup: Duration::ZERO, max_checks: 2, ..Tuning::default() };
        let (mut health, app) = (Health::new(Arc::new(tuning), START), app(&checked("/a", 1, check)));
        let tick = health.add(START, &app).into_iter().find_map(|event| match event {
            Event::Timer(_, due) => Some(due),
            _ => None,
        });
        Self { health, instances: instances(), ids: ProbeIds::default(), app, tick }
    }

    /// The probes of one tick.
    fn tick(&mut self, now: Time) -> Vec<Probe> {
        drop(self.health.due(now, self.tick.clone().expect("it ticks"), &self.instances));
        let events = self.health.start_probes(now, &self.instances, &mut self.ids);
        let probe = |event| match event {
            Event::Probe(probe) => Some(probe),
            _ => None,
        };
        events.into_iter().filter_map(probe).collect()
    }

    /// One tick of one instance, whose probe comes to this.
    fn probe(&mut self, now: Time, outcome: &ProbeOutcome) -> Vec<Event> {
        let probes = self.tick(now);
        let [probe] = &probes[..] else { panic!("{probes:?}") };
        self.health.probed(now, probe.id, outcome, &self.instances).expect("a health check's")
    }

    fn records(&self, slot: Slot) -> Vec<(bool, u32)> {
        let views = self.instances.get(slot).map(|instance| self.health.views(instance)).unwrap_or_default();
        views.iter().map(|view| (view.alive, view.consecutive_failures)).collect()
    }
}

fn published(events: &[Event]) -> Vec<&'static str> {
    let kind = |event: &Event| match event {
        Event::Publish(event) => Some(event.kind),
        _ => None,
    };
    events.iter().filter_map(kind).collect()
}

fn kills(events: &[Event]) -> Vec<Slot> {
    let kill = |event: &Event| match event {
        Event::Kill(slot) => Some(*slot),
        _ => None,
    };
    events.iter().filter_map(kill).collect()
}

#[test]
fn a_tick_probes_the_running_instances_while_the_funnel_has_room() {
    let mut checks = Checks::of(tcp(3));
    let app = checks.app.clone();
    launched(&mut checks.instances, &app);
    let tasks: Vec<_> = (0..3).map(|_| running(&mut checks.instances, &app).1).collect();
    let probes = checks.tick(START);
    assert_eq!(probes.iter().map(|probe| &probe.task).collect::<Vec<_>>(), [&tasks[0], &tasks[1]]);
    assert!(probes.iter().all(|probe| probe.kind == ProbeKind::Tcp && probe.port == 33_000));
    drop(checks.health.probed(START, probes[0].id, &ProbeOutcome::Ok, &checks.instances));
    let next = checks.health.start_probes(START, &checks.instances, &mut checks.ids);
    assert!(matches!(&next[..], [Event::Probe(probe)] if probe.task == tasks[2]), "{next:?}");
}

#[test]
fn an_instance_is_killed_by_the_failure_after_the_permitted_ones() {
    let mut checks = Checks::of(tcp(2));
    let app = checks.app.clone();
    let (slot, _) = running(&mut checks.instances, &app);
    let healthy = checks.probe(START, &ProbeOutcome::Ok);
    assert_eq!(published(&healthy), ["health_status_changed_event", "instance_health_changed_event"]);
    assert!(healthy.iter().any(|event| matches!(event, Event::Healthy(healthy) if healthy.app == app.id)));
    assert!(kills(&checks.probe(START, &ProbeOutcome::Refused)).is_empty());
    assert!(kills(&checks.probe(START, &ProbeOutcome::Refused)).is_empty());
    let third = checks.probe(START, &ProbeOutcome::Refused);
    assert_eq!(kills(&third), [slot]);
    assert_eq!(published(&third), ["failed_health_check_event", "unhealthy_instance_kill_event"]);
    let failure = third.iter().find_map(|event| match event {
        Event::Failed(failure) => Some(failure.message.as_str()),
        _ => None,
    });
    let expected = "Task was killed since health check failed. Reason: ConnectException: Connection refused";
    assert_eq!(failure, Some(expected));
    assert_eq!(checks.records(slot), [(false, 3)]);
}

#[test]
fn failures_in_the_grace_period_do_not_count_before_the_first_success() {
    let mut check = tcp(1);
    check["gracePeriodSeconds"] = json!(10);
    let mut checks = Checks::of(check);
    let app = checks.app.clone();
    let (slot, _) = running(&mut checks.instances, &app);
    assert!(published(&checks.probe(START, &ProbeOutcome::Refused)).contains(&"instance_health_changed_event"));
    assert_eq!(checks.records(slot), [(false, 0)]);
    drop(checks.probe(START + Duration::from_secs(11), &ProbeOutcome::Refused));
    assert_eq!(checks.records(slot), [(false, 1)]);
}

#[test]
fn native_checks_never_tick_and_learn_from_statuses() {
    let mut checks = Checks::of(json!({"protocol": "MESOS_TCP"}));
    assert!(checks.tick.is_none());
    let app = checks.app.clone();
    let (slot, _) = running(&mut checks.instances, &app);
    let events = checks.health.native_status(START, slot, true, &checks.instances);
    assert_eq!(published(&events), ["health_status_changed_event", "instance_health_changed_event"]);
    assert_eq!(checks.records(slot), [(true, 0)]);
    drop(checks.health.native_status(START, slot, false, &checks.instances));
    assert_eq!(checks.records(slot), [(false, 1)]);
}

#[test]
fn a_result_of_a_removed_check_or_a_forgotten_instance_counts_nowhere() {
    let mut checks = Checks::of(tcp(3));
    let app = checks.app.clone();
    let (slot, _) = running(&mut checks.instances, &app);
    let probes = checks.tick(START);
    let instance = checks.instances.get(slot).expect("it runs").clone();
    drop(checks.instances.forget(slot));
    checks.health.forget(&instance);
    let events = checks.health.probed(START, probes[0].id, &ProbeOutcome::Ok, &checks.instances);
    assert_eq!(events, Some(Vec::new()));
    assert_eq!(published(&checks.health.remove(START, &app.id)), ["remove_health_check_event"]);
    assert!(checks.tick(START).is_empty());
    assert_eq!(checks.health.probed(START, probes[0].id, &ProbeOutcome::Ok, &checks.instances), None);
}

#[test]
fn a_sweep_removes_checks_of_old_versions_without_instances() {
    let mut checks = Checks::of(tcp(3));
    let new = changed(&checks.app);
    drop(checks.health.add(START, &new));
    let present = root(&[&new]);
    let (slot, _) = running(&mut checks.instances, &checks.app.clone());
    assert!(checks.health.sweep(START, &present, &checks.instances).is_empty());
    drop(checks.instances.forget(slot));
    assert_eq!(published(&checks.health.sweep(START, &present, &checks.instances)), ["remove_health_check_event"]);
    assert!(checks.health.sweep(START, &present, &checks.instances).is_empty());
    assert!(checks.health.remove(START, &PathId::new("/b")).is_empty());
}

#[test]
fn a_restart_keeps_native_results_and_loses_own_ones() {
    let mut own = Checks::of(tcp(3));
    let mut native = Checks::of(json!({"protocol": "MESOS_TCP"}));
    for (checks, kept) in [(&mut own, false), (&mut native, true)] {
        let app = checks.app.clone();
        let (slot, task) = running(&mut checks.instances, &app);
        let healthy = super::fixtures::update(START, &task, crate::wire::TaskState::Running);
        let healthy = crate::wire::StatusUpdate { healthy: Some(true), ..healthy };
        drop(checks.instances.status(START, healthy, &root(&[])));
        drop(checks.health.restart(START, &root(&[&app]), &checks.instances));
        assert_eq!(checks.records(slot), if kept { vec![(true, 0)] } else { vec![] });
    }
}
