//! The tree of groups and apps alone: requests in, proposals and plans out.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::rig::{START, plain},
    fixtures::app,
};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::{PathId, Rng},
    marathon::{
        command::{Done, Refused},
        deployment::plan::Plan,
        group_manager::{AppUpdates, GroupManager, Proposal},
    },
    tuning::Tuning,
};

fn id(path: &str) -> PathId {
    PathId::new(path)
}

fn manager(tuning: Tuning) -> GroupManager {
    GroupManager::new(Arc::new(tuning), START)
}

/// Makes a proposal the present tree.
fn adopt(groups: &mut GroupManager, proposal: Proposal) -> Result<Plan, Refused> {
    let plan = groups.plan(&proposal.change, proposal.target?, &mut Rng::seeded(1))?;
    groups.adopt(plan.target.clone());
    Ok(plan)
}

fn create(groups: &mut GroupManager, body: &Value) -> Result<Plan, Refused> {
    let (proposal, _) = groups.create_app(START, AppDefinition::clone(&app(body)), false);
    adopt(groups, proposal)
}

fn update(groups: &mut GroupManager, path: &str, body: Value) -> Result<Plan, Refused> {
    let bodies = [(id(path), body)];
    let updates = AppUpdates { bodies: &bodies, partial: true, create: false, bulk: false };
    let proposal = groups.update_apps(START, updates, false)?;
    adopt(groups, proposal)
}

fn steps(plan: &Plan) -> Vec<Vec<&str>> {
    plan.steps.iter().map(|actions| actions.iter().map(|action| action.name()).collect()).collect()
}

fn version(groups: &GroupManager, path: &str) -> Time {
    groups.root().apps[&id(path)].version
}

#[test]
fn a_new_app_is_started_then_scaled_and_cannot_be_created_twice() {
    let mut groups = manager(Tuning::default());
    let plan = create(&mut groups, &plain("/g/a", 2)).expect("it is new");
    assert_eq!(steps(&plan), [["StartApplication"], ["ScaleApplication"]]);
    assert!(groups.root().groups.contains_key(&id("/g")), "its group comes with it");
    assert!(groups.take_stale().contains(&id("/g/a")) && groups.take_stale().is_empty());
    assert_eq!(create(&mut groups, &plain("/g/a", 2)).err(), Some(Refused::AppExists(id("/g/a"))));
}

#[test]
fn versions_go_up_and_service_ports_stay() {
    let mut groups = manager(Tuning::default());
    let body = json!({"id": "/a", "cmd": "serve", "portDefinitions": [{"port": 0}]});
    create(&mut groups, &body).expect("it is new");
    let (first, ports) = (version(&groups, "/a"), groups.root().apps[&id("/a")].port_definitions[0].port);
    assert!((10_000..=20_000).contains(&ports));
    let scaled = update(&mut groups, "/a", json!({"instances": 3})).expect("it exists");
    assert_eq!(steps(&scaled), [["ScaleApplication"]]);
    let changed = update(&mut groups, "/a", json!({"cmd": "serve more"})).expect("it exists");
    assert_eq!(steps(&changed), [["RestartApplication"]]);
    assert!(version(&groups, "/a") > first, "two changes of one moment get two versions");
    assert_eq!(groups.versions_of(&id("/a")).map(|versions| versions.len()), Some(3));
    assert_eq!(groups.root().apps[&id("/a")].port_definitions[0].port, ports);
    assert!(
        steps(&update(&mut groups, "/a", json!({"cmd": "serve more"})).expect("it exists")).is_empty(),
        "nothing changed"
    );
}

#[test]
fn unknown_apps_and_groups_are_refused() {
    let mut groups = manager(Tuning::default());
    let unknown = Refused::UnknownApp(id("/a"));
    assert_eq!(update(&mut groups, "/a", plain("/a", 1)).err(), Some(unknown.clone()));
    assert_eq!(groups.delete_app(START, &id("/a"), false).target.err(), Some(unknown.clone()));
    assert_eq!(groups.restart_app(START, &id("/a"), false).target.err(), Some(unknown.clone()));
    assert_eq!(groups.known_app(&id("/a")), Err(unknown));
    assert_eq!(groups.delete_group(START, &id("/g"), false).target.err(), Some(Refused::UnknownGroup(id("/g"))));
    assert_eq!(groups.patch_group(&id("/g"), true), Err(Refused::UnknownGroup(id("/g"))));
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut groups = manager(Tuning::default());
    let body = json!({"apps": [plain("a", 1)]});
    let request = groups.read_group(START, &id("/g"), &body, true).expect("a good group");
    let answer = groups.dry_run(&request, &mut Rng::seeded(1));
    let Ok(Done::Plan(plan)) = answer else { panic!("{answer:?}") };
    assert_eq!(plan["steps"][0]["actions"][0], json!({"action": "StartApplication", "app": "/g/a"}));
    assert!(groups.root().apps.is_empty());
    let proposal = groups.put_group(&request, false).expect("well placed");
    assert!(proposal.created);
    adopt(&mut groups, proposal).expect("it is new");
    assert!(groups.root().apps.contains_key(&id("/g/a")));
    let again = groups.read_group(START, &id("/g"), &body, true);
    assert!(matches!(again, Err(Refused::Conflict(_))), "{again:?}");
}

#[test]
fn a_plan_is_reverted_where_nothing_else_changed() {
    let mut groups = manager(Tuning::default());
    create(&mut groups, &plain("/a", 1)).expect("it is new");
    let plan = update(&mut groups, "/a", json!({"cmd": "serve more"})).expect("it exists");
    create(&mut groups, &plain("/b", 1)).expect("it is new");
    let proposal = groups.revert(&plan);
    assert!(proposal.change.force);
    adopt(&mut groups, proposal).expect("the way back");
    assert_eq!(version(&groups, "/a"), START, "the way back has the version of Marathon's own start");
    assert_eq!(groups.root().apps[&id("/a")].cmd.as_deref(), Some("sleep 1000"));
    assert!(groups.root().apps.contains_key(&id("/b")));
}

#[test]
fn the_history_keeps_a_limited_number_of_trees() {
    let mut groups = manager(Tuning { max_versions: 3, ..Tuning::default() });
    for n in 0..5 {
        create(&mut groups, &plain(&format!("/a{n}"), 1)).expect("it is new");
    }
    assert_eq!(groups.history().len(), 3);
    assert!(groups.history().contains_key(&groups.root().version));
}
