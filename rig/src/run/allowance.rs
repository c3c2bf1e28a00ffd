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
    /// Allow more than --max-tasks, --max-cpus and --max-mem, more than is free, and steps above 1000 tasks
    #[arg(long, hide_short_help = true)]
    pub yes: bool,
}

/// Tasks that one step may add on a cluster without --yes. One POST with 5,000 instances of an app that fit nowhere ended a
/// real Marathon 1.11.26 with a `StackOverflowError`.
const STEP: u32 = 1_000;

impl Allowance {
    /// Whether no step adds more tasks at once than a Marathon bears; `targets` in their order, from nothing.
    ///
    /// # Errors
    /// Exit code 2: the step, with the reason and what to do.
    pub fn check_steps(&self, targets: &[u32]) -> Result<(), Failure> {
        let before = std::iter::once(0).chain(targets.iter().copied());
        let largest = targets.iter().zip(before).map(|(target, before)| target.saturating_sub(before)).max();
        match largest.filter(|largest| *largest > STEP && !self.yes) {
            None => Ok(()),
            Some(largest) => Err(Failure::usage(format!(
                "a step of {largest} tasks is above {STEP}: thousands of waiting instances of one app have ended a real \
                 Marathon (StackOverflowError); use smaller steps or --yes"
            ))),
        }
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        allowance: Allowance,
    }

    #[test]
    fn a_step_above_a_thousand_needs_a_yes() {
        let allowance = |line: &str| Line::parse_from(line.split_whitespace()).allowance;
        let plain = allowance("hc-rig --max-tasks 9000");
        for (targets, largest) in [(&[1, 1_001, 2_001][..], None), (&[1, 5_000], Some(4_999)), (&[1_001], Some(1_001))]
        {
            let refused = plain.check_steps(targets).err().map(|failure| failure.message);
            let expected = largest.map(|n: u32| format!("a step of {n} tasks is above 1000: "));
            assert_eq!(refused.is_some(), expected.is_some(), "{targets:?}");
            assert!(refused.zip(expected).is_none_or(|(refused, start)| refused.starts_with(&start)), "{targets:?}");
            assert!(allowance("hc-rig --yes").check_steps(targets).is_ok(), "{targets:?}");
        }
    }
}
