//! The settings of a fake, as plain data. [`crate::Builder`] fills them in; the parts that start read them.

use std::{collections::BTreeSet, fmt, net::SocketAddr, ops::RangeInclusive, path::PathBuf, time::Duration};

use clap::ValueEnum;

pub use crate::tasks::process::Isolator;
use crate::{clock::Time, fault::HoldAtMost, tuning::Tuning};

/// Ports for the process tasks of all fakes on a machine: 10000 to 31999, below where outgoing connections live.
pub const PROCESS_PORTS: u16 = 22_000;

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum Tasks {
    /// No process: a script decides how a task behaves (see [`crate::tasks::simulated`]).
    #[default]
    Simulated,
    /// The app's own command in a process group and sandbox of its own, checked over real sockets.
    Process,
    /// No process: the script of a simulated task, behind a listener of this process, checked over real sockets (see
    /// [`crate::tasks::light`]).
    Light,
}

/// Who advances the engine's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum ClockMode {
    /// Tokio's time: the wall clock, or virtual time in a paused runtime.
    #[default]
    Real,
    /// Only the operator, by `Admin::advance`.
    Manual,
}

/// The certificate of the fake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Generated, signed by a generated authority.
    SelfSigned,
    /// PEM files.
    Files {
        /// The certificate chain.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// A user who may log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// `uid`.
    pub uid: String,
    /// Never printed.
    pub password: String,
}

/// A service account, which logs in with a token that it signed (RS256).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAccount {
    /// `uid`.
    pub uid: String,
    /// Its public key, PEM.
    pub public_key: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("uid", &self.uid).finish_non_exhaustive()
    }
}

/// By which names and from which pages a fake may be used, beside its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// Values of `Host`, with or without a port.
    pub(crate) hosts: Vec<String>,
    /// Values of `Origin`, such as `https://ui.example`.
    pub(crate) origins: Vec<String>,
}

/// The settings of a fake. The default is a faithful one: one agent of 64 CPUs, simulated tasks, reachable in the same
/// process only.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What tasks are.
    pub(crate) tasks: Tasks,
    /// Who advances the time.
    pub(crate) clock: ClockMode,
    /// The engine's time at the start; the wall clock's when absent.
    pub(crate) epoch: Option<Time>,
    /// How many agents, at least one.
    pub(crate) agents: usize,
    /// CPUs of each agent.
    pub(crate) agent_cpus: f64,
    /// Memory of each agent in MiB.
    pub(crate) agent_mem: f64,
    /// Disk of each agent in MiB.
    pub(crate) agent_disk: f64,
    /// URIs that simulated tasks cannot fetch.
    pub(crate) missing_files: BTreeSet<String>,
    /// Ports of each agent; the default range (simulated) or leased ports (process) when absent.
    pub(crate) agent_ports: Option<RangeInclusive<u16>>,
    /// How many ports all process tasks together, or the light tasks of each agent, may have, up to [`PROCESS_PORTS`].
    pub(crate) process_ports: u16,
    /// Whether `docker` is among the containerizers of the agents.
    pub(crate) docker: bool,
    /// Users who may log in with a password; with at least one login of any kind every request needs a token.
    pub(crate) users: Vec<User>,
    /// Who may log in with a signed token.
    pub(crate) service_accounts: Vec<ServiceAccount>,
    /// The user of HTTP basic authentication, if every request needs it.
    pub(crate) basic_auth: Option<User>,
    /// PEM file of the authority that signs the certificates of TLS clients, if they need one.
    pub(crate) client_ca: Option<PathBuf>,
    /// Marathon processes beside the leader.
    pub(crate) standbys: usize,
    /// How long a token is good for; DC/OS's five days when absent.
    pub(crate) token_ttl: Option<Duration>,
    /// Certificate of the socket; plain HTTP when absent.
    pub(crate) tls: Option<Tls>,
    /// The address to listen on; no socket when absent.
    pub(crate) listen: Option<SocketAddr>,
    /// By which names and from which pages its sockets may be used.
    pub(crate) allowed: Allowed,
    /// Seed of ids, ports and phases.
    pub(crate) seed: u64,
    /// Timing and limits.
    pub(crate) tuning: Tuning,
    /// The program that calls `task_tools::main()`; process tasks need it.
    pub(crate) task_tools: Option<PathBuf>,
    /// Where process tasks get their sandboxes; the temporary directory when absent.
    pub(crate) sandbox_root: Option<PathBuf>,
    /// Whether sandboxes are left behind.
    pub(crate) keep_sandboxes: bool,
    /// The isolators of agents that make volumes for process tasks.
    pub(crate) isolation: Vec<Isolator>,
    /// Lines that the journal keeps.
    pub(crate) journal_limit: usize,
    /// A bound on the tasks of each app that answer their checks, if any.
    pub(crate) hold_at_most: Option<HoldAtMost>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tasks: Tasks::default(),
            clock: ClockMode::default(),
            epoch: None,
            agents: 1,
            agent_cpus: 64.0,
            agent_mem: 64_000.0,
            agent_disk: 100_000.0,
            missing_files: BTreeSet::new(),
            agent_ports: None,
            process_ports: 1_000,
            docker: true,
            users: Vec::new(),
            service_accounts: Vec::new(),
            basic_auth: None,
            client_ca: None,
            standbys: 0,
            token_ttl: None,
            tls: None,
            listen: None,
            allowed: Allowed::default(),
            seed: 1,
            tuning: Tuning::default(),
            task_tools: None,
            sandbox_root: None,
            keep_sandboxes: false,
            isolation: Vec::new(),
            journal_limit: 200_000,
            hold_at_most: None,
        }
    }
}
