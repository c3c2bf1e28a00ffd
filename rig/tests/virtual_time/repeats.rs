//! `hc-rig diff` on runs that were really made: five a side, each on a fake with a seed of its own.

use std::{
    path::Path,
    process::{Command, Output},
    thread,
    time::Duration,
};

use fake_marathon::FakeMarathon;
use harness::scale::{Advance, Plan};
use hc_rig::{
    folder::{
        RunFolder,
        manifest::{Cluster, ClusterKind, Search},
    },
    run::{DEGRADED_AFTER, Definition, Interrupt, Job, Scaled, measure},
    terminal::progress::Progress,
};
use serde_json::Value;

use crate::environment::Environment;

/// So many runs as `diff` asks for at least.
const REPEATS: u64 = 5;

/// Runs `--find-limit` up to 24 tasks five times, on fakes that hold `n` of them, give or take 10 % at each check.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn side(folder: &Path, n: u32, seeds: u64) -> String {
    for seed in seeds..seeds + REPEATS {
        let builder = FakeMarathon::builder().agent_cpus(1e6).agent_mem(1e9).hold_at_most(n, 0.1).seed(seed);
        let environment = Environment::start(builder).await;
        let mut definition = Definition::load("mesos,TCP").expect("a pair");
        definition.json["instances"] = 16.into();
        let job = Job {
            definition,
            scaled: scaled(),
            id_as_is: false,
            neighbour: None,
            run: Some(format!("seed-{seed}")),
            cluster: Cluster { kind: ClusterKind::Embedded, ..Cluster::default() },
            side_by_side: 1,
            command: format!("seed {seed}"),
            folder: RunFolder::create(folder.join(seed.to_string())).expect("a folder"),
            continues: None,
        };
        let bar = Progress::new(true).run("mesos,TCP", 24);
        let outcome = measure(&environment.client, job, bar, &Interrupt::default()).await.expect("the app is accepted");
        assert_eq!(outcome.failure.map(|failure| failure.message), None);
        environment.fake.shutdown().await;
    }
    folder.display().to_string()
}

fn scaled() -> Scaled {
    let threshold = |text: &str| text.parse().expect("a threshold");
    Scaled {
        plan: Plan::list(16, &[16, 24]).expect("a plan"),
        advance: Advance::WhenReached,
        poll: Duration::from_secs(1),
        step_within: Duration::from_secs(60),
        hold: Duration::from_secs(6),
        thresholds: vec![threshold("killed > 0"), threshold("unhealthy_pct > 1 for 2s")],
        search: Some(Search { precision: 0.01, repeats: 1 }),
        degraded_after: DEGRADED_AFTER,
        allow_degraded: false,
    }
}

fn diff(a: &str, b: &str) -> (Output, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_hc-rig")).args(["diff", a, b, "--json"]).output();
    let output = output.expect("the program can be started");
    let data = serde_json::from_slice(&output.stdout).expect("JSON");
    (output, data)
}

#[test]
fn other_seeds_are_no_change_and_a_limit_that_is_ten_per_cent_lower_is_found() {
    let folder = tempfile::tempdir().unwrap();
    // A thread each: every one has a virtual time of its own.
    let [before, same, lower] = thread::scope(|scope| {
        let sides = [("before", 20, 1), ("same", 20, 11), ("lower", 18, 21)];
        let path = folder.path();
        sides
            .map(|(name, n, seeds)| scope.spawn(move || side(&path.join(name), n, seeds)))
            .map(|made| made.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });

    let (output, data) = diff(&before, &same);
    let held = data["rows"][0]["a"].as_array().expect("a number a run");
    assert!(held.iter().any(|n| *n != held[0]), "the seeds made a difference, or nothing is shown: {held:?}");
    assert_eq!((output.status.code(), &data["outcome"]), (Some(0), &Value::from("no_change")), "{data:#}");
    let (output, data) = diff(&before, &lower);
    assert_eq!((output.status.code(), &data["outcome"]), (Some(3), &Value::from("worse")), "{data:#}");
    let held = &data["rows"][0];
    assert_eq!((&held["measure"], &held["outcome"]), (&Value::from("tasks_held"), &Value::from("worse")), "{held:#}");
    let (output, data) = diff(&lower, &before);
    assert_eq!((output.status.code(), &data["outcome"]), (Some(0), &Value::from("better")), "{data:#}");
}
