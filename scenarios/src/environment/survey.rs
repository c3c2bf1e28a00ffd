//! Probe tasks find out what the agents of a cluster have, once for all tests of a run.

use std::{
    collections::hash_map::DefaultHasher,
    fs::{self, File},
    hash::{Hash as _, Hasher as _},
    io::{Read as _, Seek as _, Write as _},
    time::{Duration, SystemTime},
};

use eyre::WrapErr as _;
use fixtures::{AgentPrograms, Medium, WorkloadTools};
use futures::future::try_join_all;
use harness::{
    Client,
    cluster::{ClusterError, Lease, LeaseOptions, Preflight, endings},
    environment::variable,
};

use crate::{Result, evidence};

/// How long a probe task may take to start and to end: an image may have to be pulled first.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A survey of an earlier run is valid for this long: agents come and go.
const VALID: Duration = Duration::from_secs(30 * 60);

/// At most this many agents are probed: on a large cluster they are alike.
const AGENTS: usize = 20;

/// The survey of this run. The first test makes it while the others wait for it; each test is a process, so it is
/// passed on in a file. `HC_RIG_PROBE=false` skips the survey and assumes that the agents have everything.
pub(super) async fn once(
    client: &Client,
    tools: &WorkloadTools,
    preflight: &Preflight,
    docker: bool,
    timeout_factor: f64,
) -> Result<Option<AgentPrograms>> {
    if variable("HC_RIG_PROBE").is_some_and(|value| ["false", "0", "no"].contains(&value.as_str())) {
        return Ok(None);
    }
    let mut file = file(client, tools)?;
    // Blocks this test's only thread, which has nothing else to do.
    file.lock().wrap_err("cannot wait for the survey of the agents")?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let fresh = file
        .metadata()?
        .modified()
        .is_ok_and(|written| SystemTime::now().duration_since(written).is_ok_and(|age| age < VALID));
    if fresh && let Ok(found) = serde_json::from_str(&text) {
        return Ok(Some(found));
    }
    let found =
        survey(client, tools, preflight.agents.len().clamp(1, AGENTS), docker, TIMEOUT.mul_f64(timeout_factor)).await?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(serde_json::to_string(&found)?.as_bytes())?;
    Ok(Some(found))
}

/// One file for each cluster, tools and run of tests.
fn file(client: &Client, tools: &WorkloadTools) -> Result<File> {
    let mut hasher = DefaultHasher::new();
    (client.url().as_str(), format!("{tools:?}"), variable("NEXTEST_RUN_ID")).hash(&mut hasher);
    let folder = evidence::root().join("survey");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{:016x}.json", hasher.finish()));
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
    file.wrap_err_with(|| format!("cannot open {}", path.display()))
}

async fn survey(
    client: &Client,
    tools: &WorkloadTools,
    agents: usize,
    docker: bool,
    limit: Duration,
) -> Result<AgentPrograms> {
    let lease = Lease::take(client, LeaseOptions::default());
    let probes = Medium::all(docker).iter().map(async |medium| {
        Ok::<_, ClusterError>((*medium, endings(&lease, &tools.probe(*medium, agents), limit).await?))
    });
    let answers = try_join_all(probes).await;
    lease.release(limit).await?;
    let mut found = AgentPrograms::default();
    for (medium, endings) in answers? {
        let by_host = endings.by_host.iter().map(|(host, status)| (host.as_str(), *status));
        found.take(medium, by_host, endings.failure.as_deref());
    }
    Ok(found)
}
