//! What `hc-rig doctor` found: lines for people, or one JSON object with the same facts as numbers and names.

use std::fmt::Write as _;

use harness::cluster::{DockerSupport, Leases, Preflight};
use serde::Serialize;
use text::count;

/// Everything that stands for or against a run. The fields are those of `--json`; CPUs are counted, memory is in MB.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    settings: Vec<Setting>,
    /// Who the server takes us for; nobody where it asks for no login.
    identity: Option<String>,
    dcos: Option<String>,
    marathon: Marathon,
    mesos: Mesos,
    /// The active agents, none if Mesos cannot be asked.
    agents: Vec<Agent>,
    /// A line for each place that programs were looked for in; absent if they were not.
    programs: Option<Vec<String>>,
    /// Anybody's that are under way.
    deployments: usize,
    /// Groups of ours.
    runs: Vec<Run>,
    /// Apps below `/hc-rig` without our labels.
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
    /// Unknown where this user may not see it.
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
    /// Whether it runs Docker containers; absent where it does not tell.
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
pub(super) fn leader_in_words(version: Option<&str>, leader: Option<&str>) -> String {
    match version {
        Some(version) => format!("{version}, leader {}", leader.unwrap_or("none at the moment")),
        None => "version and leader unknown: this user may not see /v2/info".to_owned(),
    }
}

impl Findings {
    /// `settings` with name, value and origin.
    pub(super) fn new(
        settings: Vec<(&'static str, String, String)>,
        seen: &Preflight,
        programs: Option<Vec<String>>,
        ours: &Leases,
    ) -> Self {
        let free = |harness::marathon::mesos::Free { cpus, mem, ports }| Free { cpus, mem, ports };
        let run = |expired| {
            move |lease: &harness::cluster::Found| Run {
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
                version: seen.marathon.told_version().map(str::to_owned),
                leader: seen.marathon.leader.clone(),
            },
            mesos: match &seen.mesos {
                Ok(version) => Mesos::Known { version: version.clone(), free: free(seen.free()) },
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
                    free: free(agent.free),
                })
                .collect(),
            programs,
            deployments: seen.deployments,
            runs: ours.current.iter().map(run(false)).chain(ours.expired.iter().map(run(true))).collect(),
            not_ours: ours.foreign.clone(),
        }
    }

    /// A line a fact.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut fact = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<12} {value}");
        };
        for Setting { name, value, from } in &self.settings {
            fact(name, format!("{value}   (from {from})"));
        }
        let nobody = "nobody: this server asks for no login";
        fact("who am I", self.identity.as_deref().unwrap_or(nobody).to_owned());
        fact("DC/OS", self.dcos.as_deref().unwrap_or("none, or it does not tell").to_owned());
        fact("Marathon", leader_in_words(self.marathon.version.as_deref(), self.marathon.leader.as_deref()));
        match &self.mesos {
            Mesos::Known { version, free } => {
                fact("Mesos", format!("{version}, {}, {}", count(self.agents.len(), "agent"), free.text()));
            }
            Mesos::Unknown { unknown_because: why } => {
                fact("Mesos", format!("cannot be asked ({why}); free resources are unknown"));
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
            None => fact("programs", "not looked for (--no-probe)".to_owned()),
            Some(lines) => lines.iter().for_each(|line| fact("programs", line.clone())),
        }
        fact("deployments", format!("{} under way", self.deployments));
        for Run { group, owner, expires, expired } in &self.runs {
            let until =
                if *expired { "expired: hc-rig sweep removes it".to_owned() } else { format!("until {expires}") };
            fact("runs", format!("{group} of {owner}, {until}"));
        }
        for app in &self.not_ours {
            fact("not ours", format!("{app} lies below /hc-rig without our labels; it is left alone"));
        }
        text
    }
}

impl Free {
    fn text(&self) -> String {
        format!("free: {:.1} CPUs, {:.0} MB, {} ports", self.cpus, self.mem, self.ports)
    }
}
