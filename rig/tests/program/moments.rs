//! Runs that are stopped at any moment, politely or not: what they leave is removed, and nothing else.

use std::{process::Stdio, time::Duration};

use nix::sys::signal::Signal;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};
use tokio::{process::Command, task::JoinSet, time::sleep};

use crate::{
    fake::{Fake, signal},
    hc_rig::{HcRig, ends_with},
    results::{json, out},
};

/// Another one with `HC_RIG_SEED`.
const SEED: u64 = 17;

/// From before the first request to halfway through the scaling; no run has finished by then.
const LATEST: Duration = Duration::from_secs(6);

/// Ten runs at once on one Marathon, each stopped by Ctrl-C or SIGKILL at a moment of its own.
#[tokio::test]
async fn whenever_a_run_is_stopped_clean_leaves_nothing_of_it_and_everything_of_others() {
    let seed = std::env::var("HC_RIG_SEED").map_or(SEED, |text| text.parse().expect("a whole number"));
    let mut chance = SmallRng::seed_from_u64(seed);
    let fake = Fake::start(&["--agents", "3"]);
    fake.deploy_unrelated_app();
    fake.deploy_group_of_others();
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().display().to_string();

    let mut runs = JoinSet::new();
    for n in 0..10 {
        let how = if n % 2 == 0 { Signal::SIGINT } else { Signal::SIGKILL };
        let after = LATEST.mul_f64(chance.random::<f64>());
        let out = folder.path().join(format!("run-{n}")).display().to_string();
        let url = fake.url.clone();
        runs.spawn(async move {
            let arguments = ["run", "mesos,MESOS_TCP", "--url", &url, "--step", "4", "--poll", "200ms"];
            let rig = HcRig::new(&[&arguments[..], &["--target", "900", "--out", &out]].concat());
            let mut child = Command::from(rig.command()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // The moment is what this test is about: no condition tells it.
            sleep(after).await;
            signal(child.id().expect("a run to 900 tasks goes on for longer"), how);
            (n, how, after, child.wait().await.unwrap())
        });
    }
    while let Some(ended) = runs.join_next().await {
        let (n, how, after, status) = ended.unwrap();
        // Before it has taken over the signal, Ctrl-C ends the program as any other.
        let by_signal = std::os::unix::process::ExitStatusExt::signal(&status) == Some(how as i32);
        let polite = how == Signal::SIGINT && status.code() == Some(130);
        assert!(polite || by_signal, "seed {seed}, run {n}, {how} after {after:?}: {status}");
    }

    ends_with(&HcRig::new(&["clean", "--below", &below, "--url", &fake.url]).run(), 0);
    assert_eq!(fake.apps(), ["/team/web", "/unrelated"], "seed {seed}");
    assert_eq!(fake.groups_of_runs(), Vec::<String>::new(), "seed {seed}");
}

/// The tasks become healthy while the rig sleeps, as with a laptop whose lid is closed.
#[tokio::test]
async fn a_target_that_is_reached_while_the_rig_is_suspended_counts_as_reached() {
    let fake = Fake::start(&[]);
    let (_folder, run) = out();
    let arguments = ["run", "mesos,TCP", "--url", &fake.url, "--target", "1", "--poll", "200ms"];
    let rig = HcRig::new(&[&arguments[..], &["--step-timeout", "4s", "--out", &run]].concat());
    let mut command = Command::from(rig.command());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
    let pid = child.id().expect("it runs");
    while fake.apps().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    signal(pid, Signal::SIGSTOP);
    // Longer than the step's timeout: the time for which it sleeps is what this test is about.
    sleep(Duration::from_secs(5)).await;
    let app = fake.apps().pop().expect("the app of the run");
    fake.wait_until_healthy(&app, 1);
    signal(pid, Signal::SIGCONT);
    let ended = child.wait_with_output().await.expect("it ends");
    ends_with(&ended, 0);
    // Whether it has to look once more hangs on which comes first after the sleep, the answer to the last poll or the timeout.
    assert_eq!(json(&run, "summary.json")["verdict"], "passed");
}
