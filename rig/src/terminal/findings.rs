//! What `hc-rig doctor` and `hc-rig login` found: lines of text, or for `doctor` one JSON object with the same facts.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use fixtures::FoundPrograms;
use harness::{
    cluster::{DockerSupport, Leases, Preflight},
    marathon::mesos,
};
use serde::Serialize;

use crate::{
    command_line::without_password,
    terminal::{
        layout::{field, sentence_field},
        screen::columns_of_lines,
    },
};

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
    /// What was found on the agents and in images, a line for all that are alike; absent with `--no-probe`.
    programs: Option<Programs>,
    /// Deployments in progress, of anybody.
    deployments: usize,
    /// Groups of hc-rig.
    runs: Vec<Run>,
    /// Apps below `/hc-rig` without the labels of hc-rig.
    not_ours: Vec<String>,
    /// Whether a run can begin, and why.
    ready: Option<Readiness>,
}

/// Whether a run can begin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Readiness {
    /// Whether it can.
    pub go: bool,
    /// Why, in one sentence.
    pub why: String,
}

/// The programs that were found, with remarks. As JSON a list of lines.
#[derive(Clone, Debug, Serialize)]
#[serde(into = "Vec<String>")]
pub struct Programs {
    rows: Vec<FoundPrograms>,
    remarks: Vec<String>,
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
        field(&mut text, name, format_args!("{}   (from {origin})", without_password(value)));
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
    pub fn new(settings: Vec<(&'static str, String, String)>, seen: &Preflight, ours: &Leases) -> Self {
        let run = |expired| {
            move |lease: &harness::cluster::RunGroup| Run {
                group: lease.group.clone(),
                owner: lease.ownership.owner.clone(),
                expires: lease.ownership.expires_text(),
                expired,
            }
        };
        Self {
            settings: settings
                .into_iter()
                .map(|(name, value, from)| Setting { name, value: without_password(&value).into_owned(), from })
                .collect(),
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
            programs: None,
            deployments: seen.deployments,
            runs: ours.current.iter().map(run(false)).chain(ours.expired.iter().map(run(true))).collect(),
            not_ours: ours.foreign.clone(),
            ready: None,
        }
    }

    /// With what was found on the agents, and the verdict.
    #[must_use]
    pub fn with(self, programs: Option<Programs>, ready: Readiness) -> Self {
        Self { programs, ready: Some(ready), ..self }
    }

    /// A line a fact, tables of agents and programs, and at the end whether a run can begin.
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
        fact("deployments", format!("{} in progress", self.deployments));
        for Run { group, owner, expires, expired } in &self.runs {
            let until =
                if *expired { "expired: hc-rig sweep removes it".to_owned() } else { format!("until {expires}") };
            fact("runs", format!("{group} of {owner}, {until}"));
        }
        for app in &self.not_ours {
            fact("not ours", format!("{app} is below /hc-rig without hc-rig's labels; it is left alone"));
        }
        match &self.programs {
            None => fact("programs", "nobody looked for them (--no-probe)".to_owned()),
            Some(programs) => programs.remarks.iter().for_each(|remark| fact("programs", remark.clone())),
        }
        text.push_str(&self.agents_table());
        text.push_str(&self.programs.as_ref().map(Programs::table).unwrap_or_default());
        if let Some(Readiness { go, why }) = &self.ready {
            text.push('\n');
            sentence_field(&mut text, if *go { "GO" } else { "NO GO" }, why);
        }
        text
    }

    fn agents_table(&self) -> String {
        let mut table = table(["agent", "containerizers", "free CPUs", "free MB", "free ports"]);
        for agent in self.agents.iter().take(ROWS) {
            let docker = match agent.docker {
                Some(true) => "docker, mesos",
                Some(false) => "mesos",
                None => "unknown",
            };
            let Free { cpus, mem, ports } = agent.free;
            let host = text::visible(&agent.hostname).into_owned();
            table.add_row([host, docker.to_owned(), format!("{cpus:.1}"), format!("{mem:.0}"), ports.to_string()]);
        }
        for column in 2..5 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        rendered(&table, self.agents.len())
    }
}

/// Rows of a table that are listed.
const ROWS: usize = 20;

/// An empty table that fits the terminal.
fn table<const N: usize>(heads: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(heads);
    if columns_of_lines() < usize::from(u16::MAX) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(columns_of_lines()).unwrap_or(u16::MAX));
    }
    table
}

/// The table below an empty line, and how many rows are left out; nothing for none.
fn rendered(table: &Table, rows: usize) -> String {
    match rows {
        0 => String::new(),
        rows if rows > ROWS => format!("\n{table}\n… and {} more\n", rows - ROWS),
        _ => format!("\n{table}\n"),
    }
}

impl Programs {
    /// What was found, and what to do about it.
    pub fn new(rows: Vec<FoundPrograms>, remarks: Vec<String>) -> Self {
        Self { rows, remarks }
    }

    fn table(&self) -> String {
        let mut table = table(["programs", "agents", "there", "missing"]);
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        for row in self.rows.iter().take(ROWS) {
            let place = row.place.trim_start_matches("in the ").trim_start_matches("on the ").to_owned();
            let cells = [place, hosts(&row.hosts), list(&row.there), list(&row.missing)];
            table.add_row(cells.map(|cell| text::visible(&cell).into_owned()));
        }
        rendered(&table, self.rows.len())
    }
}

/// One host, or the first and how many are alike.
fn hosts(hosts: &[String]) -> String {
    match hosts {
        [first, _, ..] => format!("{first} and {} more", hosts.len() - 1),
        [first] => first.clone(),
        [] => String::new(),
    }
}

impl From<Programs> for Vec<String> {
    fn from(programs: Programs) -> Self {
        let list = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        let line = |row: FoundPrograms| {
            format!("{} {}: {}; missing: {}", hosts(&row.hosts), row.place, list(&row.there), list(&row.missing))
        };
        programs.rows.into_iter().map(line).chain(programs.remarks).collect()
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
