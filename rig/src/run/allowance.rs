//! How much of a cluster one run may use.

use clap::Args;
use fixtures::Containerizer;
use harness::cluster::{Limits, Needs, Preflight, Refusal};

use crate::{exit::Failure, run::Definition};

/// The limits of one run; a run that would use more is refused before anything is deployed.
#[derive(Args, Clone, Debug)]
pub struct Allowance {
    /// Tasks that a run may have without --yes
    #[arg(long, value_name = "N", env = "HC_RIG_MAX_TASKS", default_value_t = Limits::default().tasks)]
    pub max_tasks: u64,
    /// CPUs that a run may use without --yes
    #[arg(long, value_name = "CPUS", env = "HC_RIG_MAX_CPUS", default_value_t = Limits::default().cpus)]
    pub max_cpus: f64,
    /// Memory (MB) that a run may use without --yes
    #[arg(long, value_name = "MB", env = "HC_RIG_MAX_MEM", default_value_t = Limits::default().mem)]
    pub max_mem: f64,
    /// Allow more than --max-tasks, --max-cpus and --max-mem
    #[arg(long)]
    pub yes: bool,
}

impl Allowance {
    /// Whether that many tasks of a definition fit into the cluster and into the limits.
    ///
    /// # Errors
    /// Exit code 2: the first reason against it, with what to do.
    pub fn check(&self, found: &Preflight, definition: &Definition, tasks: u64) -> Result<(), Failure> {
        let (cpus, mem) = definition.needs();
        let docker = definition.containerizer() == Containerizer::Docker;
        let needs = Needs { tasks, cpus, mem, ports: definition.ports(), docker };
        let limits = Limits { tasks: self.max_tasks, cpus: self.max_cpus, mem: self.max_mem };
        found.check(&needs, (!self.yes).then_some(&limits)).map_err(|refusal| match refusal {
            Refusal::AboveLimit { .. } => Failure::usage(format!("{refusal}; lower the target or use --yes")),
            Refusal::NoAgents | Refusal::NoRoom { .. } | Refusal::NoDocker => Failure::usage(refusal.to_string()),
        })
    }
}
