//! One hung task among many: sixty well tasks, and after a while one that takes connections and never answers.

use std::time::Duration;

use fixtures::{App, Pair, secs};
use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName},
    scale::{Advance, Plan},
};
use tokio::time::sleep;

use crate::{
    exit::{Code, Failure},
    folder::{RunFolder, manifest::Cluster},
    progress::PairProgress,
    run::{Definition, Interrupt, Job, Outcome, Scaled, measure, reach},
};

/// The recording's number of well tasks.
pub const WELL: u32 = 60;
/// The recording's time-out of the hung task's check.
const TIMEOUT: Duration = secs(20);
/// How long everything is watched before the task hangs.
const BEFORE: Duration = secs(6);
/// And afterwards: two standstills and what is between them.
const WATCH: Duration = secs(56);
/// Names of the two groups.
const RUN: &str = "one-hung-task";
/// See [`RUN`].
const HUNG: &str = "one-hung-task-hung";

/// Where it is shown.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Who checks: a pair that speaks HTTP.
    pub pair: Pair,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// Where the results go; made and empty.
    pub folder: RunFolder,
    /// The command that repeats it.
    pub command: String,
}

/// How it went.
#[derive(Debug)]
pub struct Shown {
    /// The run of the well tasks.
    pub outcome: Outcome,
    /// Whether the hung task was there.
    pub hung: Result<(), Failure>,
}

/// Shows it: a measured run of the well tasks, and a hung one of another app beside it.
///
/// # Errors
/// Nothing could be deployed.
pub async fn show(
    client: &Client,
    setting: Setting,
    progress: PairProgress,
    interrupt: &Interrupt,
) -> Result<Shown, Failure> {
    let well = App::of(setting.pair).id("/well").instances(WELL);
    let definition = Definition::parse("the demo", &well.to_json().to_string())?;
    let id = format!("/hc-rig/{RUN}/well");
    let job = Job {
        definition,
        scaled: scaled()?,
        id_as_is: false,
        run: Some(RUN.to_owned()),
        neighbour: Some(format!("/hc-rig/{HUNG}/hung")),
        cluster: setting.cluster,
        side_by_side: 1,
        command: setting.command,
        folder: setting.folder,
        continues: None,
    };
    let lease = Lease::take(client, LeaseOptions { run: Some(RunName::known(HUNG)), ..LeaseOptions::default() });
    let mut hung = Err(Failure::new(Code::Internal, "the run ended before the hung task was deployed"));
    let outcome = {
        let beside = async {
            hung = hang(client, &lease, setting.pair, &id).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            outcome = measure(client, job, progress, interrupt) => outcome,
            () = beside => unreachable!("it waits for ever"),
        }
    };
    if let Err(left) = lease.release(secs(60)).await {
        hung = hung.and(Err(reach::clean_up_failure(&left)));
    }
    Ok(Shown { outcome: outcome?, hung })
}

fn scaled() -> Result<Scaled, Failure> {
    Ok(Scaled {
        plan: Plan::list(WELL, &[WELL]).map_err(|error| Failure::new(Code::Internal, error.to_string()))?,
        advance: Advance::WhenReached,
        poll: Duration::from_millis(500),
        step_within: secs(300),
        hold: BEFORE + WATCH,
        thresholds: Vec::new(),
        search: None,
    })
}

/// Deploys the hung task once the others are well.
async fn hang(client: &Client, lease: &Lease, pair: Pair, well: &str) -> Result<(), Failure> {
    loop {
        if client.app(well).await.is_ok_and(|app| app.tasks_healthy >= u64::from(WELL)) {
            break;
        }
        sleep(secs(1)).await;
    }
    sleep(BEFORE).await;
    // So many failures are allowed that it stays, whoever counts.
    let hung = App::of(pair).id("/hung").hangs_after(secs(1)).timeout(TIMEOUT).max_consecutive_failures(100_000);
    lease.deploy(&hung.to_json()).await.map(drop).map_err(|error| reach::deploy_failure(&error, "the hung task"))
}
