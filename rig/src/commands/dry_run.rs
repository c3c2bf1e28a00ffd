//! `--dry-run` of `run`, `try` and `matrix`: every request that would be made, and the load it means, before anybody
//! makes it.

use std::fmt::Write as _;

use harness::cluster::Preflight;
use http::Method;
use serde_json::Value;

use crate::{
    commands::Done,
    exit::Failure,
    folder::manifest::{check_facts, is_native, without_secrets},
    run::{
        Definition, Scaled,
        capacity::Room,
        embedded::{Embedded, EmbeddedArgs, Size},
        reach,
        rehearsal::{Rehearsed, rehearse},
    },
};

/// A run that is only thought through.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What would be run.
    pub definition: Definition,
    /// How it would be scaled.
    pub scaled: Scaled,
    /// Under the definition's own id.
    pub id_as_is: bool,
}

/// Tells all requests of these runs, which go on batch by batch, and the load of the heaviest batch against what
/// `found` has free, or that the cluster cannot be looked at.
///
/// # Errors
/// Exit code 2: a definition is none that could be deployed.
pub async fn told(batches: &[Vec<Planned>], found: Result<&Preflight, String>) -> Result<String, Failure> {
    let several = batches.iter().map(Vec::len).sum::<usize>() > 1;
    let mut text = String::new();
    for Planned { definition, scaled, id_as_is } in batches.iter().flatten() {
        let asked = rehearse(definition, scaled.plan.targets(), *id_as_is)
            .await
            .map_err(|error| reach::deploy_failure(&error, &definition.named))?;
        if several {
            let _ = writeln!(text, "{}: {scaled}", definition.pair);
        }
        text.push_str(&requests(&asked, scaled));
        if several {
            text.push('\n');
        } else {
            let _ = writeln!(text, "\nTargets      {scaled}");
        }
    }
    if let [first, _, ..] = batches {
        let _ = writeln!(text, "Order        {} after the other, {} at a time", batches.len(), first.len());
    }
    let load = Load::heaviest(batches);
    text.push_str(&load.told(found.as_ref().ok().copied()));
    if let Err(why) = found {
        let _ = writeln!(text, "Cluster      cannot be looked at, so nothing is compared: {why}");
    }
    Ok(text)
}

/// The same for runs on the embedded fake, which is started to see what it has, and ended again; and whether this machine
/// holds its tasks.
///
/// # Errors
/// As [`told`]; the fake does not start.
pub async fn on_the_fake(args: &EmbeddedArgs, batches: &[Vec<Planned>]) -> Result<Done, Failure> {
    let load = Load::heaviest(batches);
    let Embedded { fake, found, .. } = Embedded::start(args, load.size).await?;
    let text = told(batches, Ok(&found)).await;
    fake.shutdown().await;
    let mut text = text?;
    match Room::here().holds(load.size.tasks.into()) {
        Ok(()) => text.push_str("Fits         nothing was started\n"),
        Err(why) => {
            let _ = writeln!(text, "Fits         no: {why}");
        }
    }
    Ok(Done::well(text))
}

/// The writes in order with their bodies; of the reads each kind once, with how often it would be made.
fn requests(asked: &[Rehearsed], scaled: &Scaled) -> String {
    let mut text = String::new();
    let mut polled = false;
    for request in asked {
        let read = request.method == Method::GET;
        if read && (polled || !request.path.starts_with("/v2/apps")) {
            continue;
        }
        polled |= read;
        let often = if read {
            format!("   every {:?}, and once a stream of GET /v2/events", scaled.poll)
        } else {
            String::new()
        };
        let _ = writeln!(text, "{:<6} {}{often}", request.method.as_str(), request.path);
        if let Some(body) = &request.body {
            let _ = writeln!(text, "       {}", without_secrets(body));
        }
    }
    text
}

/// What a cluster would have to do for runs at the same time, each at its last target.
#[derive(Clone, Debug, Default, PartialEq)]
struct Load {
    size: Size,
    ports: u64,
    /// Checks a second that Marathon makes itself.
    by_marathon: f64,
    /// Checks a second that are a process each on the agents.
    by_agents: f64,
    protocols: Vec<String>,
}

impl Load {
    /// Of batches one after the other.
    fn heaviest(batches: &[Vec<Planned>]) -> Self {
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

    /// Without the size, which is of all together.
    fn of_one(Planned { definition, scaled, .. }: &Planned) -> Self {
        let length = |key: &str| definition.json.get(key).and_then(Value::as_array).map_or(0, Vec::len);
        let target = scaled.plan.target();
        let tasks = f64::from(target);
        let facts = check_facts(&definition.json);
        let mut load = Self { ports: u64::from(target) * definition.ports(), ..Self::default() };
        if length("healthChecks") > 0 && facts.interval > 0 {
            #[expect(clippy::cast_precision_loss, reason = "a handful of checks, seconds of an interval")]
            let rate = tasks * length("healthChecks") as f64 / facts.interval as f64;
            *if is_native(&facts.protocol) { &mut load.by_agents } else { &mut load.by_marathon } = rate;
            load.protocols = vec![facts.protocol];
        }
        load
    }

    /// The larger of both in everything: what is needed at any time.
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

    fn told(&self, found: Option<&Preflight>) -> String {
        let mut text = String::new();
        let agents = found.map(|found| found.agents.len()).filter(|agents| *agents > 0);
        let rate = self.by_marathon + self.by_agents;
        if rate > 0.0 {
            let who = if self.by_agents == 0.0 {
                "all by Marathon itself".to_owned()
            } else if self.by_marathon == 0.0 {
                "a process each on the agents".to_owned()
            } else {
                format!(
                    "{:.1} by Marathon itself, {:.1} by a process each on the agents",
                    self.by_marathon, self.by_agents
                )
            };
            #[expect(clippy::cast_precision_loss, reason = "agents of a cluster")]
            let per_agent = agents.map_or_else(String::new, |agents| {
                format!(", {:.1} for tasks of each of {agents} agents", rate / agents as f64)
            });
            let protocols = self.protocols.join(", ");
            let _ = writeln!(text, "Checks       {rate:.1} a second ({protocols}), {who}{per_agent}");
        }
        let Self { size: Size { cpus, mem, .. }, ports, .. } = self;
        let _ = writeln!(text, "Needs        {cpus:.3} CPUs, {mem:.0} MB, {ports} ports");
        if let Some(found) = found.filter(|found| found.mesos.is_ok()) {
            let free = found.free();
            let agents = found.agents.len();
            let _ = writeln!(
                text,
                "Free         {:.1} CPUs, {:.0} MB, {} ports on {agents} agents",
                free.cpus, free.mem, free.ports
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness::scale::{Advance, Plan};

    use super::*;

    fn planned(pair: &str, target: u32) -> Planned {
        let definition = Definition::load(pair).unwrap();
        let scaled = Scaled {
            plan: Plan::list(1, &[target]).unwrap(),
            advance: Advance::WhenReached,
            poll: Duration::from_secs(2),
            step_within: Duration::from_secs(60),
            hold: Duration::ZERO,
            thresholds: Vec::new(),
            search: None,
        };
        Planned { definition, scaled, id_as_is: false }
    }

    #[tokio::test]
    async fn runs_side_by_side_add_up_and_those_in_turn_do_not() {
        let (tcp, native) = (planned("mesos,TCP", 30), planned("docker,MESOS_HTTP", 10));
        let [of_tcp, of_native] = [&tcp, &native].map(|planned| planned.definition.needs().0);
        let together = told(&[vec![tcp.clone(), native.clone()]], Err("nobody there".to_owned())).await.unwrap();
        let rates = "40.0 a second (TCP, MESOS_HTTP), 30.0 by Marathon itself, 10.0 by a process each on the agents\n";
        assert!(together.contains(rates), "{together}");
        assert!(together.contains(&format!("Needs        {:.3} CPUs", of_tcp * 30.0 + of_native * 10.0)), "{together}");
        assert!(together.contains("mesos,TCP: tasks 1, 30") && together.contains("docker,MESOS_HTTP: "), "{together}");
        assert_eq!(together.matches("\nPUT ").count(), 2, "one step each after the first: {together}");
        assert!(together.ends_with("so nothing is compared: nobody there\n"), "{together}");

        let in_turn = told(&[vec![tcp], vec![native]], Err(String::new())).await.unwrap();
        assert!(
            in_turn.contains(&format!("Needs        {:.3} CPUs", f64::max(of_tcp * 30.0, of_native * 10.0))),
            "{in_turn}"
        );
        assert!(in_turn.contains("Order        2 after the other, 1 at a time"), "{in_turn}");
    }
}
