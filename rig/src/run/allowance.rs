//! How much of a cluster one run may use.

use clap::Args;
use fixtures::Containerizer;
use harness::cluster::{Limits, Needs, Preflight, Refusal};

use crate::{
    exit::Failure,
    flags::{
        LIMITS,
        values::{amount, whole},
    },
    hazards::{self, Plan},
    run::Definition,
};

/// The limits of one run; a run that would use more is refused before anything is deployed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = LIMITS)]
pub struct Allowance {
    /// Tasks that a run may have without --yes
    #[arg(long, hide_short_help = true, value_parser = whole(0, u64::MAX), value_name = "N", env = "HC_RIG_MAX_TASKS", default_value_t = Limits::default().tasks)]
    pub max_tasks: u64,
    /// CPUs that a run may use without --yes
    #[arg(long, hide_short_help = true, value_parser = amount, value_name = "CPUS", env = "HC_RIG_MAX_CPUS", default_value_t = Limits::default().cpus)]
    pub max_cpus: f64,
    /// Memory (MB) that a run may use without --yes
    #[arg(long, hide_short_help = true, value_parser = amount, value_name = "MB", env = "HC_RIG_MAX_MEM", default_value_t = Limits::default().mem)]
    pub max_mem: f64,
    /// Allow more than --max-tasks, --max-cpus and --max-mem, more than is free, and what has broken a Marathon
    ///
    /// That is a step above 1000 tasks, and a definition that ends the health checks, the lists of apps or the launches of
    /// everybody (hc-rig advise names them).
    #[arg(long, hide_short_help = true)]
    pub yes: bool,
}

impl Allowance {
    /// Whether a definition and its steps (the numbers of tasks in their order, from nothing; empty if they are not known)
    /// break no Marathon.
    ///
    /// # Errors
    /// Exit code 2: the first hazard, with the reason and what to do.
    pub fn check_hazards(&self, definition: &Definition, targets: &[u32]) -> Result<(), Failure> {
        hazards::refuse(&definition.named, Plan { definition: &definition.json, before: 0, targets }, self.yes)
    }

    /// How many tasks of a definition a run may have: what the cluster has room for, within the limits; the limits alone
    /// if the cluster was not looked at or does not tell.
    pub fn most(&self, found: Option<&Preflight>, definition: &Definition) -> u32 {
        let most = found.and_then(|found| found.most(&needs(definition, 1), self.limits().as_ref()));
        u32::try_from(most.unwrap_or(self.max_tasks)).unwrap_or(u32::MAX)
    }

    /// The limits; none with `--yes`.
    fn limits(&self) -> Option<Limits> {
        (!self.yes).then_some(Limits { tasks: self.max_tasks, cpus: self.max_cpus, mem: self.max_mem })
    }

    /// Whether that many tasks of a definition fit into the cluster and into the limits.
    ///
    /// # Errors
    /// Exit code 2: the first reason against it, with what to do.
    pub fn check(&self, found: &Preflight, definition: &Definition, tasks: u64) -> Result<(), Failure> {
        match found.check(&needs(definition, tasks), self.limits().as_ref()) {
            Ok(()) => Ok(()),
            Err(Refusal::NoRoom { .. }) if self.yes => Ok(()),
            Err(refusal @ Refusal::AboveLimit { .. }) => {
                Err(Failure::usage(format!("{refusal}; lower the target or use --yes")))
            }
            Err(refusal @ Refusal::NoRoom { .. }) => Err(Failure::usage(format!(
                "{refusal}, or use --yes: instances that wait for room by the thousand have ended a real Marathon"
            ))),
            Err(refusal @ (Refusal::NoAgents | Refusal::NoDocker)) => Err(Failure::usage(refusal.to_string())),
        }
    }
}

/// What that many tasks of a definition need.
fn needs(definition: &Definition, tasks: u64) -> Needs {
    let (cpus, mem) = definition.needs();
    let docker = definition.containerizer() == Containerizer::Docker;
    Needs { tasks, cpus, mem, ports: definition.ports(), docker }
}
