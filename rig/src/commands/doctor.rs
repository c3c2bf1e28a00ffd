//! `hc-rig doctor`: what stands for and against a run on this cluster, in one look.

use std::{fmt::Write as _, time::Duration};

use clap::Args;
use fixtures::{Found, Kit, Medium};
use futures::future::try_join_all;
use harness::{
    Client, Clock,
    cluster::{ClusterError, DockerSupport, Lease, LeaseOptions, Preflight, endings, leases, preflight},
};
use serde_json::{Value, json};

use crate::{
    commands::Done,
    exit::{Code, Failure},
    run::{
        Interrupt,
        reach::{self, Reach},
    },
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
pub async fn run(args: &DoctorArgs, interrupt: Interrupt) -> Result<Done, Failure> {
    let settings = args.reach.settings().await?;
    let kit = Kit::environment().map_err(|error| Failure::usage(error.to_string()))?;
    let client = reach::client(&settings)?;
    let seen = preflight(&client).await.map_err(|error| reach::failure(&error))?;
    let docker = seen.docker() != DockerSupport::No;
    let found = if args.no_probe { None } else { Some(probe(&client, &kit, &seen, docker, interrupt).await?) };
    let ours = leases(&client, Clock::System).await.map_err(|error| reach::failure(&error))?;

    let mut facts: Vec<(&str, String)> = Vec::new();
    for (name, value, origin) in settings.describe() {
        facts.push((name, format!("{value}   (from {origin})")));
    }
    facts.push((
        "who am I",
        seen.identity.clone().unwrap_or_else(|| "nobody: this server asks for no login".to_owned()),
    ));
    facts.push(("DC/OS", seen.dcos.clone().unwrap_or_else(|| "none, or it does not tell".to_owned())));
    let leader = seen.marathon.leader.as_deref().unwrap_or("none at the moment");
    facts.push(("Marathon", format!("{}, leader {leader}", seen.marathon.version)));
    match &seen.mesos {
        Ok(version) => {
            let free = seen.free();
            let agents = seen.agents.len();
            facts.push((
                "Mesos",
                format!("{version}, {agents} agents, free: {:.1} CPUs, {:.0} MB", free.cpus, free.mem),
            ));
            for agent in &seen.agents {
                let docker = match agent.docker {
                    DockerSupport::Yes => "docker and mesos",
                    DockerSupport::No => "mesos only",
                    DockerSupport::Unknown => "containerizers unknown",
                };
                let free = &agent.free;
                facts.push((
                    "agent",
                    format!("{}: {docker}, free: {:.1} CPUs, {:.0} MB", agent.hostname, free.cpus, free.mem),
                ));
            }
        }
        Err(why) => facts.push(("Mesos", format!("cannot be asked ({why}); free resources are unknown"))),
    }
    match &found {
        None => facts.push(("programs", "not looked for (--no-probe)".to_owned())),
        Some(found) => facts.extend(found.lines(&kit, docker).into_iter().map(|line| ("programs", line))),
    }
    facts.push(("deployments", format!("{} under way", seen.deployments)));
    for lease in &ours.current {
        let until = lease.ownership.expires_text();
        facts.push(("runs", format!("{} of {}, until {until}", lease.group, lease.ownership.owner)));
    }
    for lease in &ours.expired {
        facts.push(("runs", format!("{} of {}, expired: hc-rig sweep removes it", lease.group, lease.ownership.owner)));
    }
    for app in &ours.foreign {
        facts.push(("not ours", format!("{app} lies below /hc-rig without our labels; it is left alone")));
    }
    let text = if args.json { as_json(&facts) } else { as_text(&facts) };
    Ok(Done::well(text))
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
    lease.release(CLEAN_UP_WITHIN).await.map_err(|error| Failure::new(Code::CleanUp, error.to_string()))?;
    let answers = answers.ok_or_else(|| Failure::new(Code::Stopped, "stopped; the probe tasks are removed"))?;
    let mut found = Found::default();
    for (medium, endings) in answers.map_err(|error| reach::deploy_failure(&error, "a probe task"))? {
        let by_host = endings.by_host.iter().map(|(host, status)| (host.as_str(), *status));
        found.take(medium, by_host, endings.trouble.as_deref());
    }
    Ok(found)
}

fn as_text(facts: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in facts {
        let _ = writeln!(text, "{name:<12} {value}");
    }
    text
}

/// An object of arrays, since some facts come more than once.
fn as_json(facts: &[(&str, String)]) -> String {
    let mut object = serde_json::Map::new();
    for (name, value) in facts {
        let values = object.entry(name.to_lowercase().replace([' ', '/'], "_")).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(json!(value));
        }
    }
    format!("{:#}\n", Value::Object(object))
}
