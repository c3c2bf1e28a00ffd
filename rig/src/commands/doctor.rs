//! `hc-rig doctor`: whether this cluster is ready for a run.

use clap::Args;
use fixtures::WorkloadTools;
use harness::{
    Clock,
    cluster::{DockerSupport, leases, preflight},
};

use crate::{
    exit::{Code, Completion, Failure},
    run::{
        Interrupt, programs,
        reach::{self, Reach},
    },
    settings::Sources,
    terminal::findings::Findings,
};

/// Arguments of `hc-rig doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// Start no tasks; programs and images on the agents stay unknown
    #[arg(long)]
    pub no_probe: bool,
    /// The same facts as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Checks, and without `--no-probe` starts a short task for each image on every agent, which is removed at once.
///
/// # Errors
/// The settings are incomplete (2), the login or certificate is refused (4), the cluster cannot be reached (5), a probe
/// task could not be removed (6).
pub async fn run(args: &DoctorArgs, sources: &Sources, interrupt: Interrupt) -> Result<Completion, Failure> {
    let settings = args.reach.settings().await?;
    let tools =
        WorkloadTools::resolve(harness::environment::variable).map_err(|error| Failure::usage(error.to_string()))?;
    let client = reach::client(&settings)?;
    let seen = preflight(&client).await.map_err(|error| reach::failure(&error))?;
    let docker = seen.docker() != DockerSupport::No;
    let found = if args.no_probe { None } else { Some(programs::probe(&client, &tools, &seen, interrupt).await?) };
    let ours = leases(&client, Clock::System).await.map_err(|error| reach::failure(&error))?;

    let programs = found.map(|found| found.lines(&tools, docker));
    let findings = Findings::new(args.reach.describe(&settings, sources), &seen, programs, &ours);
    if args.json {
        let json =
            serde_json::to_string_pretty(&findings).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        return Ok(Completion::passed(format!("{json}\n")));
    }
    Ok(Completion::passed(findings.text()))
}
