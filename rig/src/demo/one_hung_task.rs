//! One hung task among many: sixty healthy tasks, and later one that accepts connections and never answers.

use std::time::Duration;

use fixtures::{App, Pair, secs};
use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName},
    scale::{Advance, Plan},
};
use tokio::time::sleep;

use crate::{
    arguments::Degraded,
    exit::{Code, Failure},
    folder::{RunFolder, manifest::Cluster},
    run::{self, Definition, Interrupt, Job, Outcome, Scaled, reach},
    terminal::progress::RunProgress,
};

/// Healthy tasks, as in the recording.
pub const HEALTHY_TASKS: u32 = 60;
/// Timeout of the hung task's check, as in the recording.
const TIMEOUT: Duration = secs(20);
/// Time before the task hangs.
const BEFORE: Duration = secs(6);
/// Time after it hangs: two standstills of the results.
const AFTER: Duration = secs(56);
/// Name of the group of the healthy tasks.
const RUN: &str = "one-hung-task";
/// Name of the group of the hung task.
const HUNG: &str = "one-hung-task-hung";

/// Where and how the demo runs.
#[derive(Clone, Debug)]
pub struct Setup {
    /// A pair with an HTTP check.
    pub pair: Pair,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// Where the results go; made and empty.
    pub folder: RunFolder,
    /// The command that repeats it.
    pub command: String,
    /// When the run is degraded.
    pub degraded: Degraded,
}

/// What the demo measured.
#[derive(Debug)]
pub struct Measured {
    /// The run of the healthy tasks.
    pub outcome: Outcome,
    /// Whether the hung task was deployed and removed.
    pub hung: Result<(), Failure>,
}

/// Measures a run of the healthy tasks, with a hung task of another app beside it.
///
/// # Errors
/// Nothing could be deployed.
pub async fn measure(
    client: &Client,
    setup: Setup,
    progress: RunProgress,
    interrupt: &Interrupt,
) -> Result<Measured, Failure> {
    let well = App::of(setup.pair).id("/well").instances(HEALTHY_TASKS);
    let definition = Definition::parse("the demo", &well.to_json().to_string())?;
    let id = format!("/hc-rig/{RUN}/well");
    let job = Job {
        definition,
        scaled: scaled(setup.degraded)?,
        id_as_is: false,
        run: Some(RUN.to_owned()),
        neighbour: Some(format!("/hc-rig/{HUNG}/hung")),
        cluster: setup.cluster,
        side_by_side: 1,
        command: setup.command,
        folder: setup.folder,
        continues: None,
    };
    let lease =
        Lease::take(client, LeaseOptions { run: Some(RunName::known(HUNG)), ..LeaseOptions::of_user(client).await });
    let mut hung = Err(Failure::new(Code::Internal, "the run ended before the hung task was deployed"));
    let outcome = {
        let beside = async {
            hung = hang(client, &lease, setup.pair, &id).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            outcome = run::measure(client, job, progress, interrupt) => outcome,
            () = beside => unreachable!("it never ends"),
        }
    };
    if let Err(left) = lease.release(secs(60)).await {
        hung = hung.and(Err(reach::clean_up_failure(&left)));
    }
    Ok(Measured { outcome: outcome?, hung })
}

fn scaled(degraded: Degraded) -> Result<Scaled, Failure> {
    Ok(Scaled {
        plan: Plan::list(HEALTHY_TASKS, &[HEALTHY_TASKS])
            .map_err(|error| Failure::new(Code::Internal, error.to_string()))?,
        advance: Advance::WhenReached,
        poll: Duration::from_millis(500),
        step_within: secs(300),
        hold: BEFORE + AFTER,
        thresholds: Vec::new(),
        search: None,
        degraded_after: degraded.degraded_after,
        allow_degraded: degraded.allow_degraded,
    })
}

/// Deploys the hung task once the others are healthy.
async fn hang(client: &Client, lease: &Lease, pair: Pair, well: &str) -> Result<(), Failure> {
    loop {
        if client.app(well).await.is_ok_and(|app| app.tasks_healthy >= u64::from(HEALTHY_TASKS)) {
            break;
        }
        sleep(secs(1)).await;
    }
    sleep(BEFORE).await;
    // With so many failures allowed, nobody kills it.
    let hung = App::of(pair).id("/hung").hangs_after(secs(1)).timeout(TIMEOUT).max_consecutive_failures(100_000);
    lease.deploy(&hung.to_json()).await.map(drop).map_err(|error| reach::deploy_failure(&error, "the hung task"))
}
