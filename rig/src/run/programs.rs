//! Which programs and images the agents have, found by short tasks.

use std::time::Duration;

use fixtures::{AgentPrograms, Medium, WorkloadTools};
use futures::future::try_join_all;
use harness::{
    Client,
    cluster::{ClusterError, DockerSupport, Lease, LeaseOptions, Preflight, endings},
};

use crate::{
    exit::{Code, Failure},
    run::{Interrupt, reach},
};

/// Timeout of a probe task, which may have to pull an image first.
const PROBE_TIMEOUT: Duration = Duration::from_secs(120);

/// Timeout of removing the probe tasks.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(60);

/// Agents that are probed at most: on a large cluster they are alike.
const AGENTS: usize = 20;

/// Starts a short task for each image on every agent, reads how it ends, and removes it.
///
/// # Errors
/// The tasks are refused, could not be removed (6), or were stopped by the user (130).
pub async fn probe(
    client: &Client,
    tools: &WorkloadTools,
    seen: &Preflight,
    interrupt: Interrupt,
) -> Result<AgentPrograms, Failure> {
    let docker = seen.docker() != DockerSupport::No;
    let lease = Lease::take(client, LeaseOptions::default());
    let agents = seen.agents.len().clamp(1, AGENTS);
    let probes = try_join_all(Medium::all(docker).iter().map(async |medium| {
        Ok::<_, ClusterError>((*medium, endings(&lease, &tools.probe(*medium, agents), PROBE_TIMEOUT).await?))
    }));
    let answers = tokio::select! {
        answers = probes => Some(answers),
        () = interrupt.stop.cancelled() => None,
    };
    lease.release(CLEAN_UP_TIMEOUT).await.map_err(|error| reach::clean_up_failure(&error))?;
    let answers = answers.ok_or_else(|| Failure::new(Code::Stopped, "stopped; the probe tasks are removed"))?;
    let mut found = AgentPrograms::default();
    for (medium, endings) in answers.map_err(|error| reach::deploy_failure(&error, "a probe task"))? {
        let by_host = endings.by_host.iter().map(|(host, status)| (host.as_str(), *status));
        found.take(medium, by_host, endings.failure.as_deref());
    }
    Ok(found)
}
