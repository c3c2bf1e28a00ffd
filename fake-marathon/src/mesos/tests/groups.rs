//! Tasks of one group: they start together and end together (`launcher/default_executor.cpp`).

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use rstest::rstest;

use super::cluster::*;
use crate::{
    checkers::ProbeKind,
    clock::Time,
    mesos::AgentConfig,
    tuning::Tuning,
    wire::{ExecutorInfo, FetchedFile, Reason, TaskCommand, TaskInfo, TaskState, ToMesos},
};

const MISSING: &str = "file:///none/x.tar.gz";

fn file(uri: &str) -> FetchedFile {
    FetchedFile { uri: uri.to_owned(), extract: true, executable: false, cache: false, dest_path: None }
}

/// Two tasks of one group on one agent; returns when they were launched.
fn launch_two(cluster: &mut Cluster, adjust: impl FnOnce(&mut TaskInfo, &mut TaskInfo)) -> Time {
    cluster.call(ToMesos::Revive);
    let offer = cluster.offers.pop_front().expect("an offer after a revive");
    let executor = Some(Arc::new(ExecutorInfo {
        id: String::from("instance-p.1"),
        cpus: 0.1,
        mem: 32.0,
        disk: 10.0,
        ports: Vec::new(),
        labels: Vec::new(),
    }));
    let container = |n: u32, name: &str| TaskInfo {
        id: crate::ids::TaskId::new(format!("p.instance-1.{name}.1")),
        name: name.to_owned(),
        ports: Vec::new(),
        executor: executor.clone(),
        command: TaskCommand::Shell(String::from("sleep 1000")),
        ..task(&offer, n)
    };
    let (mut first, mut second) = (container(1, "first"), container(2, "second"));
    adjust(&mut first, &mut second);
    let launched = cluster.now;
    cluster.call(ToMesos::Accept { offer: offer.id, launch: vec![first, second], refuse: Duration::from_secs(5) });
    cluster.call(ToMesos::Suppress);
    launched
}

/// Container, state without its prefix, message.
fn story(cluster: &Cluster) -> Vec<(String, &str, &str)> {
    let updates = cluster.statuses.iter().map(|status| {
        let container = status.task.container_name().unwrap_or_default().to_owned();
        let state = status.state.name().trim_start_matches("TASK_");
        (container, state, status.message.as_deref().unwrap_or_default())
    });
    updates.collect()
}

fn told(updates: &[(&'static str, &'static str, &'static str)]) -> Vec<(String, &'static str, &'static str)> {
    updates.iter().map(|(container, state, message)| ((*container).to_owned(), *state, *message)).collect()
}

/// Recorded in `pods.artifacts`.
#[test]
fn a_container_whose_files_cannot_be_fetched_fails_after_the_others_run_and_takes_them_along() {
    let missing = Arc::new(BTreeSet::from([String::from(MISSING)]));
    let mut cluster = Cluster::of(vec![AgentConfig { missing, ..AgentConfig::nth(0) }], Tuning::default());
    launch_two(&mut cluster, |first, second| {
        first.fetch = vec![file(MISSING)];
        second.fetch = vec![file("file:///etc/hostname")];
    });
    cluster.pass(Duration::from_secs(5));
    let expected = [
        ("first", "STARTING", ""),
        ("second", "STARTING", ""),
        ("second", "RUNNING", ""),
        ("first", "FAILED", "Command exited with status 1"),
        ("second", "KILLED", "Command terminated with signal Terminated"),
    ];
    assert_eq!(story(&cluster), told(&expected));
}

/// The executor runs as the framework's user; the agent refuses the container alone.
#[test]
fn a_container_of_an_unknown_user_fails_in_the_agent_s_words_and_takes_the_others_along() {
    let users = Some(Arc::new(BTreeSet::from([String::from("nobody")])));
    let mut cluster = Cluster::of(vec![AgentConfig { users, ..AgentConfig::nth(0) }], Tuning::default());
    launch_two(&mut cluster, |first, second| {
        first.user = Some(String::from("nobody"));
        second.user = Some(String::from("no-such-user"));
    });
    cluster.pass(Duration::from_secs(5));
    let story = story(&cluster);
    let states: Vec<_> = story.iter().map(|(container, state, _)| (container.as_str(), *state)).collect();
    let expected = [
        ("first", "STARTING"),
        ("second", "STARTING"),
        ("first", "RUNNING"),
        ("second", "FAILED"),
        ("first", "KILLED"),
    ];
    assert_eq!(states, expected);
    let message = story[3].2;
    assert!(message.starts_with("Failed to create nested sandbox '/var/lib/mesos/agent1/slaves/"), "{message}");
    assert!(message.contains("/executors/instance-p.1/runs/") && message.contains("/containers/"), "{message}");
    let ends = "': Failed to chown directory to 'no-such-user': No such user 'no-such-user'";
    assert!(message.ends_with(ends), "{message}");
}

/// A kill of the whole group does not look at the kill policies of its tasks, and after an unhealthy one all ends are
/// reported as unhealthy.
#[test]
fn a_group_is_killed_after_the_default_grace_and_reported_as_unhealthy() {
    let mut cluster = Cluster::new(1, Tuning::default());
    launch_two(&mut cluster, |first, second| {
        first.health_check = Some(check(ProbeKind::Command { shell: String::from("false") }, 0, 0));
        second.command = TaskCommand::Shell(String::from("trap '' TERM; while :; do sleep 0.2; done"));
        second.kill_grace = Some(Duration::from_secs(30));
    });
    cluster.pass(Duration::from_secs(15));
    let ends: Vec<_> = cluster.statuses.iter().filter(|status| status.state.is_terminal()).collect();
    assert_eq!(ends.iter().map(|end| end.healthy).collect::<Vec<_>>(), [Some(false), Some(false)], "{ends:?}");
    let apart = ends[1].at.since(ends[0].at).as_secs_f64();
    assert!((3.0..3.3).contains(&apart), "{apart}");
}

/// A container that ends at once was running all the same, and not before its group.
#[test]
fn a_container_that_ends_at_once_is_reported_to_run_with_its_group() {
    let mut cluster = Cluster::new(1, Tuning::default());
    launch_two(&mut cluster, |first, _| first.command = TaskCommand::Shell(String::from("exit 3")));
    cluster.pass(Duration::from_secs(5));
    let expected = [
        ("first", "STARTING", ""),
        ("second", "STARTING", ""),
        ("first", "RUNNING", ""),
        ("second", "RUNNING", ""),
        ("first", "FAILED", "Command exited with status 3"),
        ("second", "KILLED", "Command terminated with signal Terminated"),
    ];
    assert_eq!(story(&cluster), told(&expected));
}

/// The master refuses a whole group for one task (`validation::task::group::validate`).
#[rstest]
#[case::path(|second: &mut TaskInfo| {
    let kind = ProbeKind::Http { path: String::from("x"), tls: false };
    second.health_check = Some(check(kind, 0, 0));
}, "Task uses invalid health check: The path 'x' of HTTP health check must start with '/'")]
#[case::nothing(|second: &mut TaskInfo| (second.cpus, second.mem, second.disk) = (0.0, 0.0, 0.0), "Task uses no resources")]
fn an_invalid_task_is_named_and_its_whole_group_refused(#[case] spoil: fn(&mut TaskInfo), #[case] why: &str) {
    let mut cluster = Cluster::new(1, Tuning::default());
    launch_two(&mut cluster, |_, second| spoil(second));
    cluster.pass(Duration::from_secs(2));
    let message = format!("Task 'p.instance-1.second.1' is invalid: {why}");
    let seen = cluster.statuses.iter().map(|status| (status.state, status.reason, status.message.as_deref()));
    let expected = (TaskState::Error, Some(Reason::TaskGroupInvalid), Some(message.as_str()));
    assert_eq!(seen.collect::<Vec<_>>(), [expected; 2]);
}
