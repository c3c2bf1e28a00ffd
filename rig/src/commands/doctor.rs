//! `hc-rig doctor`: what stands for and against a run on this cluster, in one look.

use std::time::Duration;

use clap::Args;
use fixtures::{Found, Kit, Medium};
use futures::future::try_join_all;
use harness::{
    Client, Clock,
    cluster::{ClusterError, DockerSupport, Lease, LeaseOptions, Preflight, endings, leases, preflight},
};

use super::findings::Findings;
use crate::{
    commands::Done,
    exit::{Code, Failure},
    run::{
        Interrupt,
        reach::{self, Reach},
    },
    settings::Sources,
};

/// How long a probe task may take to start and to end: an image may have to be pulled first.
const PROBE_WITHIN: Duration = Duration::from_secs(120);

/// How long removing the probe tasks may take.
const CLEAN_UP_WITHIN: Duration = Duration::from_secs(60);

/// At most this many agents are probed: on a large cluster they are alike.
const AGENTS: usize = 20;

/// What `doctor` can be told.
#[derive(Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// Start no tasks: then nothing is known of the programs and images on the agents
    #[arg(long)]
    pub no_probe: bool,
    /// The same facts as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Looks, and unless told otherwise starts a short task for each image on every agent, which is removed at once.
///
/// # Errors
/// The settings are incomplete (2), the login or certificate is refused (4), the cluster cannot be reached (5), a probe
/// task could not be removed (6).
pub async fn run(args: &DoctorArgs, sources: &Sources, interrupt: Interrupt) -> Result<Done, Failure> {
    let settings = args.reach.settings().await?;
    let kit = Kit::resolve(harness::environment::variable).map_err(|error| Failure::usage(error.to_string()))?;
    let client = reach::client(&settings)?;
    let seen = preflight(&client).await.map_err(|error| reach::failure(&error))?;
    let docker = seen.docker() != DockerSupport::No;
    let found = if args.no_probe { None } else { Some(probe(&client, &kit, &seen, docker, interrupt).await?) };
    let ours = leases(&client, Clock::System).await.map_err(|error| reach::failure(&error))?;

    let programs = found.map(|found| found.lines(&kit, docker));
    let findings = Findings::new(args.reach.describe(&settings, sources), &seen, programs, &ours);
    if args.json {
        let json =
            serde_json::to_string_pretty(&findings).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        return Ok(Done::well(format!("{json}\n")));
    }
    Ok(Done::well(findings.text()))
}

async fn probe(
    client: &Client,
    kit: &Kit,
    seen: &Preflight,
    docker: bool,
    interrupt: Interrupt,
) -> Result<Found, Failure> {
    let lease = Lease::take(client, LeaseOptions::default());
    let agents = seen.agents.len().clamp(1, AGENTS);
    let probes = try_join_all(Medium::all(docker).iter().map(async |medium| {
        Ok::<_, ClusterError>((*medium, endings(&lease, &kit.probe(*medium, agents), PROBE_WITHIN).await?))
    }));
    let answers = tokio::select! {
        answers = probes => Some(answers),
        () = interrupt.stop.cancelled() => None,
    };
    lease.release(CLEAN_UP_WITHIN).await.map_err(|error| reach::clean_up_failure(&error))?;
    let answers = answers.ok_or_else(|| Failure::new(Code::Stopped, "stopped; the probe tasks are removed"))?;
    let mut found = Found::default();
    for (medium, endings) in answers.map_err(|error| reach::deploy_failure(&error, "a probe task"))? {
        let by_host = endings.by_host.iter().map(|(host, status)| (host.as_str(), *status));
        found.take(medium, by_host, endings.trouble.as_deref());
    }
    Ok(found)
}
