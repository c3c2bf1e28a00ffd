//! Whether a run can begin on a cluster, from what `hc-rig doctor` found.

use fixtures::{AgentPrograms, Containerizer, Pair, WorkloadTools};
use harness::cluster::{DockerSupport, Preflight};

use crate::{run::Definition, terminal::findings::Readiness};

/// The least that one task of the procedure needs: CPUs, memory (MB) and ports.
const ONE_TASK: (f64, f64, u64) = (0.001, 16.0, 1);

/// Judges what was found; without programs nobody looked for them.
pub fn readiness(seen: &Preflight, tools: &WorkloadTools, found: Option<&AgentPrograms>) -> Readiness {
    match obstacle(seen, tools, found) {
        Some(why) => Readiness { go: false, why },
        None => Readiness { go: true, why: prospects(seen, tools, found) },
    }
}

/// What is in the way of every run.
fn obstacle(seen: &Preflight, tools: &WorkloadTools, found: Option<&AgentPrograms>) -> Option<String> {
    if seen.marathon.known_version().is_some() && seen.marathon.leader.is_none() {
        return Some("Marathon has no leader at the moment; try again when it has one".to_owned());
    }
    if seen.mesos.is_ok() {
        if seen.agents.is_empty() {
            return Some("Mesos has no active agent; start one".to_owned());
        }
        let (cpus, mem, ports) = ONE_TASK;
        let has_room =
            |free: harness::marathon::mesos::Free| free.cpus >= cpus && free.mem >= mem && free.ports >= ports;
        if !seen.agents.iter().any(|agent| has_room(agent.free)) {
            return Some("no agent has room for one task; scale something down, or add an agent".to_owned());
        }
    }
    let lacking = lacking(seen, tools, found);
    let first = lacking.first().filter(|_| lacking.len() == Pair::PROCEDURE.len())?;
    Some(format!("no pair of the procedure can run; {}: {}", first.0, first.1))
}

/// What can run, and what is not known.
fn prospects(seen: &Preflight, tools: &WorkloadTools, found: Option<&AgentPrograms>) -> String {
    let lacking = lacking(seen, tools, found);
    let all = Pair::PROCEDURE.len();
    let mut why = match (lacking.first(), found) {
        (Some((pair, why)), _) => {
            format!("{} of {all} pairs of the procedure can run (not {pair}: {why})", all - lacking.len())
        }
        (None, Some(_)) => format!("all {all} pairs of the procedure can run"),
        (None, None) => "Marathon answers; nobody looked for programs and images".to_owned(),
    };
    if seen.mesos.is_err() {
        why.push_str("; Mesos does not answer, so nobody knows what is free");
    }
    if seen.deployments > 0 {
        why.push_str("; deployments of others are in progress");
    }
    why
}

/// The pairs of the procedure that cannot run, with the reason.
fn lacking(seen: &Preflight, tools: &WorkloadTools, found: Option<&AgentPrograms>) -> Vec<(Pair, String)> {
    let why = |pair: Pair| {
        if pair.containerizer == Containerizer::Docker && seen.docker() == DockerSupport::No {
            return Some("no agent has the docker containerizer".to_owned());
        }
        let mut definition = Definition::load(&pair.to_string()).ok()?;
        tools.adapt(&mut definition.json, Some(found?)).err().map(|lacks| lacks.to_string())
    };
    Pair::PROCEDURE.into_iter().filter_map(|pair| Some((pair, why(pair)?))).collect()
}

#[cfg(test)]
mod tests {
    use harness::{cluster::AgentSummary, marathon::mesos::Free, model::Info};

    use super::*;

    fn agent(cpus: f64, docker: DockerSupport) -> AgentSummary {
        let free = Free { cpus, mem: 1000.0, ports: 100 };
        AgentSummary { id: String::new(), hostname: "a".to_owned(), free, docker }
    }

    fn seen(agents: Vec<AgentSummary>) -> Preflight {
        let marathon = Info { version: "1.11.26".to_owned(), leader: Some("a:8080".to_owned()), ..Info::default() };
        Preflight {
            identity: None,
            dcos: None,
            marathon,
            mesos: Ok("1.12.0".to_owned()),
            agents,
            server_time: None,
            deployments: 0,
        }
    }

    #[test]
    fn a_run_can_begin_unless_every_run_would_fail() {
        let tools = WorkloadTools::resolve(|_| None).unwrap();
        let of = |seen: &Preflight| readiness(seen, &tools, None);
        let well = seen(vec![agent(4.0, DockerSupport::Yes)]);
        assert!(of(&well).go, "{:?}", of(&well));
        let no_docker = of(&seen(vec![agent(4.0, DockerSupport::No)]));
        assert!(no_docker.go && no_docker.why.starts_with("2 of 6 pairs"), "{no_docker:?}");
        for (seen, why) in [
            (seen(vec![]), "no active agent"),
            (seen(vec![agent(0.0, DockerSupport::Yes)]), "no agent has room"),
            (Preflight { marathon: Info { leader: None, ..well.marathon.clone() }, ..well.clone() }, "no leader"),
        ] {
            let found = of(&seen);
            assert!(!found.go && found.why.contains(why), "{found:?}");
        }
        let unknown = of(&Preflight { mesos: Err("403".to_owned()), agents: vec![], ..well });
        assert!(unknown.go && unknown.why.contains("nobody knows what is free"), "{unknown:?}");
    }
}
