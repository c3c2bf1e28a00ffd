//! What breaks a real Marathon breaks this one, and the journal says so.

use std::time::Duration;

use serde_json::{Value, json};

use super::cluster::Cluster;
use crate::{
    app,
    ids::PathId,
    marathon::command::{Command, Origin},
    tuning::Tuning,
    wire::TaskState,
};

const SECOND: Duration = Duration::from_secs(1);

fn origin() -> Origin {
    Origin { client_ip: "127.0.0.1".into(), uri: "/v2/apps".into() }
}

fn create(cluster: &mut Cluster, body: &Value) {
    let app = Box::new(app::parse::create(body).expect("a good definition"));
    cluster.command(Command::CreateApp { app, force: false, origin: origin() }).expect("created");
}

/// Why each `broken` line of the journal was written.
fn broken(cluster: &Cluster) -> Vec<String> {
    let lines = cluster.world.journal();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON Lines"));
    lines.filter(|line| line["what"] == "broken").map(|line| line["why"].as_str().unwrap_or_default().into()).collect()
}

fn states(cluster: &mut Cluster, app: &str) -> Vec<TaskState> {
    let snapshot = cluster.snapshot();
    snapshot
        .apps
        .get(&PathId::new(app))
        .map(|view| view.tasks.iter().map(|task| task.state).collect())
        .unwrap_or_default()
}

fn too_big(instances: u32) -> Value {
    json!({"id": "/big", "cmd": "sleep 1000", "cpus": 1000, "mem": 16, "instances": instances})
}

#[test]
fn thousands_of_instances_that_fit_nowhere_end_the_process_again_and_again_until_they_go() {
    let tuning = Tuning { fatal_waiting_instances: Some(50), ..Tuning::default() };
    let restart = tuning.lone_restart;
    let mut cluster = Cluster::alone(tuning);
    create(&mut cluster, &too_big(49));
    cluster.pass(20 * SECOND);
    assert_eq!(broken(&cluster), Vec::<String>::new(), "a few may wait");
    create(&mut cluster, &json!({"id": "/small", "cmd": "sleep 1000", "cpus": 0.1, "mem": 16, "instances": 60}));
    cluster.pass(60 * SECOND);
    assert_eq!(broken(&cluster), Vec::<String>::new(), "those with room do not wait");
    let update = |instances: u32| Command::UpdateApps {
        updates: vec![(PathId::new("/big"), json!({"instances": instances}))],
        force: true,
        partial: true,
        create: false,
        bulk: false,
        origin: origin(),
    };
    cluster.command(update(50)).expect("scaled");
    cluster.pass(7 * SECOND);
    let why = broken(&cluster);
    assert_eq!(why.len(), 1, "{why:?}");
    assert!(why[0].contains("50 instances of /big") && why[0].contains("StackOverflowError"), "{why:?}");
    cluster.pass(restart + 7 * SECOND);
    let deaths = broken(&cluster).len();
    assert!(deaths > 1, "the next one dies of them too");
    cluster.command(update(1)).expect("scaled");
    cluster.pass(restart + 60 * SECOND);
    assert_eq!(broken(&cluster).len(), deaths);
    assert_eq!(states(&mut cluster, "/small").len(), 60);
}

#[test]
fn the_limit_can_be_lifted() {
    let mut cluster = Cluster::alone(Tuning { fatal_waiting_instances: None, ..Tuning::default() });
    create(&mut cluster, &too_big(6000));
    cluster.pass(20 * SECOND);
    assert_eq!(broken(&cluster), Vec::<String>::new());
}

/// Recorded in `leader.abdicates`.
#[test]
fn a_lone_leader_that_abdicates_takes_nothing_in_until_it_is_back() {
    let tuning = Tuning::default();
    let away = tuning.last_answers + tuning.lone_restart;
    let mut cluster = Cluster::alone(tuning);
    create(&mut cluster, &json!({"id": "/a", "cmd": "sleep 12; exit 0", "cpus": 0.1, "mem": 16, "instances": 1}));
    cluster.pass(Duration::from_millis(7000));
    let before = states(&mut cluster, "/a");
    cluster.command(Command::Abdicate).expect("it steps down");
    cluster.take_events();
    cluster.pass(away - Duration::from_millis(1));
    assert_eq!((states(&mut cluster, "/a"), cluster.take_events().len()), (before, 0), "nobody is there");
    cluster.pass(Duration::from_millis(2));
    let kinds: Vec<&str> = cluster.take_events().iter().map(|event| event.kind).collect();
    assert!(kinds.contains(&"status_update_event"), "what Mesos sent meanwhile arrives: {kinds:?}");
}

#[test]
fn a_check_with_a_command_line_is_reported_when_it_spoils_the_lists() {
    let mut cluster = Cluster::alone(Tuning::default());
    let check = json!({"exec": {"command": {"argv": ["true"]}}});
    create(&mut cluster, &json!({"id": "/argv", "cmd": "sleep 1000", "instances": 0, "check": check}));
    let why = broken(&cluster);
    assert!(why.len() == 1 && why[0].contains("every list with /argv answers 500"), "{why:?}");
}
