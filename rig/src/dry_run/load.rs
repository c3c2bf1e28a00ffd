//! What runs ask of a cluster: checks a second and who makes them, CPUs, memory and ports.

use harness::{cluster::Preflight, marathon::mesos::Free};

use super::Planned;
use crate::{
    folder::{checks::check_facts, spec},
    run::embedded::Size,
    terminal::layout::field,
};

/// What runs at the same time ask of a cluster, each at its last target.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// Tasks, CPUs and memory.
    pub(super) size: Size,
    ports: u64,
    /// Checks a second that Marathon makes itself.
    by_marathon: f64,
    /// Checks a second that executors make, a process each, on the agents.
    by_agents: f64,
    protocols: Vec<String>,
}

impl Load {
    /// Of batches one after the other.
    pub(super) fn heaviest(batches: &[Vec<Planned>]) -> Self {
        batches.iter().map(|batch| Self::of(batch)).fold(Self::default(), Self::or_more)
    }

    fn of(runs: &[Planned]) -> Self {
        let size = Size::of(runs.iter().map(|one| (&one.definition, one.scaled.plan.target())));
        runs.iter().map(Self::of_one).fold(Self { size, ..Self::default() }, |mut all, one| {
            all.ports += one.ports;
            all.by_marathon += one.by_marathon;
            all.by_agents += one.by_agents;
            all.name(one.protocols);
            all
        })
    }

    /// Without the size, which counts all runs together.
    fn of_one(Planned { definition, scaled, .. }: &Planned) -> Self {
        let checks = spec::health_checks(&definition.json).len();
        let target = scaled.plan.target();
        let tasks = f64::from(target);
        let facts = check_facts(&definition.json);
        let mut load = Self { ports: u64::from(target) * definition.ports(), ..Self::default() };
        if checks > 0 && facts.interval > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a handful of checks, seconds of an interval")]
            let rate = tasks * checks as f64 / facts.interval as f64;
            *if facts.is_native() { &mut load.by_agents } else { &mut load.by_marathon } = rate;
            load.protocols = vec![facts.protocol.to_string()];
        }
        load
    }

    /// The larger of both in each resource: what is needed at any time.
    fn or_more(mut self, other: Self) -> Self {
        self.size = self.size.or_more(other.size);
        self.ports = self.ports.max(other.ports);
        self.by_marathon = self.by_marathon.max(other.by_marathon);
        self.by_agents = self.by_agents.max(other.by_agents);
        self.name(other.protocols);
        self
    }

    fn name(&mut self, protocols: Vec<String>) {
        for protocol in protocols {
            if !self.protocols.contains(&protocol) {
                self.protocols.push(protocol);
            }
        }
    }

    /// The lines `Checks`, `Needs` and `Free`.
    pub(super) fn render(&self, text: &mut String, cluster: Option<&Preflight>) {
        let rate = self.by_marathon + self.by_agents;
        if rate > 0.0 {
            let agents = cluster.map(|found| found.agents.len()).filter(|agents| *agents > 0);
            #[expect(clippy::cast_precision_loss, reason = "agents of a cluster")]
            let per_agent = agents.map_or_else(String::new, |agents| {
                format!("; {:.1} checks/s for the tasks of each of {agents} agents", rate / agents as f64)
            });
            let protocols = self.protocols.join(", ");
            field(text, "Checks", format_args!("{rate:.1} checks/s ({protocols}): {}{per_agent}", self.checkers()));
        }
        let Self { size: Size { cpus, mem, .. }, ports, .. } = self;
        field(text, "Needs", format_args!("{cpus:.3} CPUs, {mem:.0} MB, {ports} ports"));
        if let Some(found) = cluster.filter(|found| found.mesos.is_ok()) {
            let Free { cpus, mem, ports } = found.free();
            let agents = text::count(found.agents.len(), "agent");
            field(text, "Free", format_args!("{cpus:.1} CPUs, {mem:.0} MB, {ports} ports on {agents}"));
        }
    }

    fn checkers(&self) -> String {
        if self.by_agents == 0.0 {
            "all by Marathon itself".to_owned()
        } else if self.by_marathon == 0.0 {
            "all by executors on the agents".to_owned()
        } else {
            format!("{:.1} by Marathon itself, {:.1} by executors on the agents", self.by_marathon, self.by_agents)
        }
    }
}
