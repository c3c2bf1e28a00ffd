//! The live backend: the cluster that the environment names.

use std::path::Path;

use fixtures::WorkloadTools;
use harness::{
    Clock, Transport,
    cluster::{DockerSupport, Preflight, preflight},
    dcos::Credentials,
    settings::{Access, Settings},
};

use super::{Endpoint, Environment, Unavailable, survey};
use crate::{Needs, NotApplicable, Result, outages::Outages};

/// What a task of the definitions needs beside a port: CPUs and MB.
const CPUS: f64 = 0.01;
const MEM: f64 = 64.0;

pub(crate) async fn environment(needs: &Needs, _folder: &Path) -> Result<Environment, Unavailable> {
    let settings = Settings::environment()?;
    if let Some(what) = needs.faults {
        return Err(not_applicable(format!("it {what}, which is done only to a fake in the test's own process")));
    }
    if needs.token_ttl.is_some() {
        return Err(not_applicable("the tokens of a cluster cannot be made to expire sooner"));
    }
    let outages = Outages::environment()?;
    if let Some(outage) = needs.outage {
        outages.allows(outage).map_err(Unavailable::NotApplicable)?;
    }
    let transport = Transport::sockets(&settings.trust.value)?;
    let endpoint = endpoint(&settings.access.value, transport);
    if needs.login && !matches!(endpoint.credentials, Some(Credentials::Password { .. })) {
        return Err(not_applicable("there is no login by user and password here"));
    }
    let client = settings.connect()?;
    let found = preflight(&client).await?;
    if found.agents.len() < needs.agents {
        let (wanted, there) = (needs.agents, found.agents.len());
        return Err(not_applicable(format!("it needs {wanted} agents, and the cluster shows {there}")));
    }
    if found.mesos.is_ok() {
        has_room(needs.tasks, &found)?;
    }
    let docker = found.docker() != DockerSupport::No;
    let tools = WorkloadTools::resolve(harness::environment::variable)?;
    let found = survey::once(&client, &tools, &found, docker, settings.timeout_factor.value).await?;
    Ok(Environment {
        client,
        endpoint,
        tools,
        found,
        outages,
        fake: None,
        seed: None,
        // Offers come in cycles of up to 5 s, kills wait for processes, and others use the cluster too.
        timeout_factor: 3.0 * settings.timeout_factor.value,
        docker,
        outlives_the_test: true,
        guard: None,
    })
}

fn endpoint(access: &Access, transport: Transport) -> Endpoint {
    match access {
        Access::Dcos { root, marathon, credentials } => Endpoint {
            marathon: marathon.clone(),
            dcos: Some(root.clone()),
            transport,
            clock: Clock::System,
            credentials: Some(credentials.clone()),
        },
        Access::Marathon { urls, .. } => {
            Endpoint { marathon: urls[0].clone(), dcos: None, transport, clock: Clock::System, credentials: None }
        }
    }
}

/// Refuses a scenario whose tasks need more than Mesos has free.
fn has_room(tasks: u32, found: &Preflight) -> Result<(), Unavailable> {
    let free = found.free();
    let (cpus, mem) = (CPUS * f64::from(tasks), MEM * f64::from(tasks));
    if cpus > free.cpus || mem > free.mem || u64::from(tasks) > free.ports {
        return Err(not_applicable(format!(
            "its {tasks} tasks need {cpus:.2} CPUs, {mem:.0} MB and {tasks} ports, and the cluster has {:.2} CPUs, {:.0} MB \
             and {} ports free",
            free.cpus, free.mem, free.ports
        )));
    }
    Ok(())
}

fn not_applicable(why: impl Into<String>) -> Unavailable {
    Unavailable::NotApplicable(NotApplicable(why.into()))
}
