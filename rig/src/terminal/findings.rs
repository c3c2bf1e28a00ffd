//! What `hc-rig doctor` and `hc-rig login` found: lines of text, or for `doctor` one JSON object with the same facts.

use harness::{
    cluster::{DockerSupport, Leases, Preflight},
    marathon::mesos,
};
use serde::Serialize;

use crate::terminal::layout::field;

/// Everything that matters for a run on this cluster. The fields are those of `--json`; CPUs are counted, memory is in MB.
#[derive(Debug, Serialize)]
pub struct Findings {
    settings: Vec<Setting>,
    /// The user as the server knows it; none if it needs no login.
    identity: Option<String>,
    dcos: Option<String>,
    marathon: Marathon,
    mesos: Mesos,
    /// The active agents; empty if Mesos cannot be asked.
    agents: Vec<Agent>,
    /// A line for each image or agent that was probed for programs; absent with `--no-probe`.
    programs: Option<Vec<String>>,
    /// Deployments in progress, of anybody.
    deployments: usize,
    /// Groups of hc-rig.
    runs: Vec<Run>,
    /// Apps below `/hc-rig` without the labels of hc-rig.
    not_ours: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Setting {
    name: &'static str,
    value: String,
    from: String,
}

#[derive(Debug, Serialize)]
struct Marathon {
    /// Absent if this user may not read it.
    version: Option<String>,
    leader: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Mesos {
    Known { version: String, free: Free },
    Unknown { unknown_because: String },
}

#[derive(Debug, Serialize)]
struct Agent {
    hostname: String,
    /// Whether it runs Docker containers; absent if it does not report it.
    docker: Option<bool>,
    free: Free,
}

#[derive(Debug, Serialize)]
struct Free {
    cpus: f64,
    mem: f64,
    ports: u64,
}

#[derive(Debug, Serialize)]
struct Run {
    group: String,
    owner: String,
    expires: String,
    expired: bool,
}

/// Marathon's version and leader.
fn leader(version: Option<&str>, leader: Option<&str>) -> String {
    match version {
        Some(version) => format!("{version}, leader {}", leader.unwrap_or("none at the moment")),
        None => "version and leader unknown: this user may not read /v2/info".to_owned(),
    }
}

/// The facts of `hc-rig login`; `settings` are name, value and origin.
pub fn of_login(settings: &[(&'static str, String, String)], found: &Preflight) -> String {
    let mut text = String::new();
    for (name, value, origin) in settings {
        field(&mut text, name, format_args!("{value}   (from {origin})"));
    }
    field(&mut text, "Marathon", leader(found.marathon.known_version(), found.marathon.leader.as_deref()));
    match &found.mesos {
        Ok(version) => {
            let (agents, free) = (text::count(found.agents.len(), "agent"), Free::from(found.free()));
            field(&mut text, "Mesos", format_args!("{version}, {agents}, {}", free.text()));
        }
        Err(why) => field(&mut text, "Mesos", format_args!("cannot be asked: {why}")),
    }
    field(&mut text, "deployments", format_args!("{} in progress", found.deployments));
    text
}

impl Findings {
    /// `settings` with name, value and origin.
    pub fn new(
        settings: Vec<(&'static str, String, String)>,
        seen: &Preflight,
        programs: Option<Vec<String>>,
        ours: &Leases,
    ) -> Self {
        let run = |expired| {
            move |lease: &harness::cluster::RunGroup| Run {
                group: lease.group.clone(),
                owner: lease.ownership.owner.clone(),
                expires: lease.ownership.expires_text(),
                expired,
            }
        };
        Self {
            settings: settings.into_iter().map(|(name, value, from)| Setting { name, value, from }).collect(),
            identity: seen.identity.clone(),
            dcos: seen.dcos.clone(),
            marathon: Marathon {
                version: seen.marathon.known_version().map(str::to_owned),
                leader: seen.marathon.leader.clone(),
            },
            mesos: match &seen.mesos {
                Ok(version) => Mesos::Known { version: version.clone(), free: seen.free().into() },
                Err(why) => Mesos::Unknown { unknown_because: why.clone() },
            },
            agents: seen
                .agents
                .iter()
                .map(|agent| Agent {
                    hostname: agent.hostname.clone(),
                    docker: match agent.docker {
                        DockerSupport::Yes => Some(true),
                        DockerSupport::No => Some(false),
                        DockerSupport::Unknown => None,
                    },
                    free: agent.free.into(),
                })
                .collect(),
            programs,
            deployments: seen.deployments,
            runs: ours.current.iter().map(run(false)).chain(ours.expired.iter().map(run(true))).collect(),
            not_ours: ours.foreign.clone(),
        }
    }

    /// A line a fact.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut fact = |name: &str, value: String| field(&mut text, name, value);
        for Setting { name, value, from } in &self.settings {
            fact(name, format!("{value}   (from {from})"));
        }
        let nobody = "nobody: this server needs no login";
        fact("user", self.identity.as_deref().unwrap_or(nobody).to_owned());
        fact("DC/OS", self.dcos.as_deref().unwrap_or("no, or not reported").to_owned());
        fact("Marathon", leader(self.marathon.version.as_deref(), self.marathon.leader.as_deref()));
        match &self.mesos {
            Mesos::Known { version, free } => {
                fact("Mesos", format!("{version}, {}, {}", text::count(self.agents.len(), "agent"), free.text()));
            }
            Mesos::Unknown { unknown_because: why } => {
                fact("Mesos", format!("cannot be asked, so free resources are unknown: {why}"));
            }
        }
        for agent in &self.agents {
            let docker = match agent.docker {
                Some(true) => "docker and mesos",
                Some(false) => "mesos only",
                None => "containerizers unknown",
            };
            fact("agent", format!("{}: {docker}, {}", agent.hostname, agent.free.text()));
        }
        match &self.programs {
            None => fact("programs", "not probed (--no-probe)".to_owned()),
            Some(lines) => lines.iter().for_each(|line| fact("programs", line.clone())),
        }
        fact("deployments", format!("{} in progress", self.deployments));
        for Run { group, owner, expires, expired } in &self.runs {
            let until =
                if *expired { "expired: hc-rig sweep removes it".to_owned() } else { format!("until {expires}") };
            fact("runs", format!("{group} of {owner}, {until}"));
        }
        for app in &self.not_ours {
            fact("not ours", format!("{app} is below /hc-rig without hc-rig's labels; it is left alone"));
        }
        text
    }
}

impl From<mesos::Free> for Free {
    fn from(mesos::Free { cpus, mem, ports }: mesos::Free) -> Self {
        Self { cpus, mem, ports }
    }
}

impl Free {
    fn text(&self) -> String {
        format!("free: {:.1} CPUs, {:.0} MB, {} ports", self.cpus, self.mem, self.ports)
    }
}
