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
        ready::readiness,
    },
    settings::Sources,
    terminal::findings::{Findings, Programs},
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

/// Checks, and says in the last line whether a run can begin (exit code 3 if not). Without `--no-probe` it starts a short
/// task for each image on every agent, which is removed at once.
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

    let ready = readiness(&seen, &tools, found.as_ref());
    let code = if ready.go { Code::Passed } else { Code::Failed };
    let programs = found.map(|found| Programs::new(found.rows(&tools, docker), found.remarks(&tools, docker)));
    let findings = Findings::new(args.reach.describe(&settings, sources), &seen, &ours).with(programs, ready);
    let text = if args.json {
        serde_json::to_string_pretty(&findings).map_err(|error| Failure::new(Code::Internal, error.to_string()))? + "\n"
    } else {
        findings.text()
    };
    Ok(Completion { code, ..Completion::passed(text) })
}
