//! What a run's folder tells of its failure, as apps that fail the same way on the fake.

use std::{collections::BTreeMap, time::Duration};

use fixtures::{App, Behaviour, Pair};
use harness::{
    model::Kind,
    record::{Happening, TaskLife},
};
use serde_json::Value;

use crate::{
    advise::facts::Facts,
    exit::Failure,
    folder::{Run, evidence::Answer, spec},
    why::facts::Cause,
};

/// Tasks that are rebuilt at most: real processes of this machine.
const MOST: usize = 200;
/// Failures in a row that a rebuilt task of another app may have: nobody killed it in the run either.
const NEVER_KILLED: u32 = 100_000;
/// A rebuilt failure is watched for as long as the run took, within these bounds.
const SPAN: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(120));

/// How long the fake's Mesos waits for an agent before it calls its tasks unreachable, as the real one does by default.
const AGENT_TIMEOUT: Duration = Duration::from_secs(75);
/// Time before an agent is lost, in which its tasks start.
const BEFORE_LOSS: Duration = Duration::from_secs(15);
/// Time for which the tasks of a lost agent are watched.
const AFTER_LOSS: Duration = Duration::from_secs(15);
/// CPUs, or memory in MB, that one task may ask of the fake.
const MOST_OF_A_TASK: f64 = 65_536.0;

/// The apps that together fail as the run did.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Each with what its tasks do and how many there are.
    pub apps: Vec<(App, Behaviour, u32)>,
    /// Agents of the run's cluster.
    pub agents: u16,
    /// When each agent whose tasks were unreachable in the run is lost, from the start on.
    pub lost: Vec<Duration>,
    /// How long it is watched.
    pub span: Duration,
}

impl Scene {
    /// Reads it from a run.
    ///
    /// # Errors
    /// Exit code 2: the run has no task, or a check that cannot be rebuilt.
    pub fn of(run: &Run) -> Result<Self, Failure> {
        let manifest = &run.manifest;
        let facts = Facts::of(&manifest.definition, 256, None);
        let pair: Pair = manifest
            .pair
            .parse()
            .map_err(|error| Failure::usage(format!("the check of {} cannot be rebuilt: {error}", manifest.name())))?;
        let mut groups: BTreeMap<String, (Behaviour, u32)> = BTreeMap::new();
        for life in run.lives.all().filter(|life| life.scaled_down.is_none()).take(MOST) {
            let behaviour = behaviour(life);
            groups.entry(behaviour.to_string()).or_insert((behaviour, 0)).1 += 1;
        }
        if groups.is_empty() {
            return Err(Failure::usage(format!("{} has no task, so there is nothing to rebuild", manifest.name())));
        }
        let with_resources = |app: App| resources(&manifest.definition, app);
        let with_checks = |app: App| match facts.checks.first() {
            Some(check) => {
                let timing = check.timing();
                app.grace(timing.grace)
                    .interval(timing.interval)
                    .timeout(timing.timeout)
                    .max_consecutive_failures(timing.max_consecutive_failures)
                    .delay(timing.delay)
            }
            None => app.unchecked(),
        };
        let rebuilt = groups.into_values().enumerate().map(|(n, (behaviour, tasks))| {
            let app = with_resources(with_checks(App::of(pair).id(format!("/like/{}-{}", word(behaviour), n + 1))));
            (app.instances(tasks).behaviour(behaviour), behaviour, tasks)
        });
        let mut apps: Vec<(App, Behaviour, u32)> = rebuilt.collect();
        apps.extend(hung_neighbours(run, pair));
        let lost = lost_agents(run.lives.all());
        let span = text::duration::from_seconds(run.summary.seconds).clamp(SPAN.0, SPAN.1);
        Ok(Self {
            apps,
            // The last agents of the fake are lost, and one stays.
            span: lost.iter().map(|lost| *lost + AGENT_TIMEOUT + AFTER_LOSS).fold(span, Duration::max),
            lost,
            agents: manifest.cluster.agents.map_or(5, |n| u16::try_from(n).unwrap_or(u16::MAX)).clamp(1, 200),
        })
    }
}

/// CPUs and memory of a task as in the run, where its folder has them; of a pod those of all its containers, since the
/// rebuilt one has one. Its command is not run here: the folder may come from anybody.
fn resources(definition: &Value, app: App) -> App {
    let of = |name: &str| definition.get(name).and_then(Value::as_f64);
    let (cpus, mem) = match Kind::of_definition(definition) {
        Kind::App => (of("cpus"), of("mem")),
        Kind::Pod => {
            let (cpus, mem) = spec::of_containers(definition);
            (Some(cpus), Some(mem))
        }
    };
    [("cpus", cpus), ("mem", mem)].into_iter().fold(app, |app, (name, amount)| match amount {
        Some(amount) if amount.is_finite() && (0.0..=MOST_OF_A_TASK).contains(&amount) => app.field(name, amount),
        Some(_) | None => app,
    })
}

/// When the agent of each host with unreachable tasks is lost: so long before its first task was unreachable as Marathon
/// needs to notice.
fn lost_agents<'a>(lives: impl Iterator<Item = &'a TaskLife>) -> Vec<Duration> {
    let mut hosts: BTreeMap<&str, f64> = BTreeMap::new();
    for life in lives {
        let unreachable = life.timeline.iter().find(|moment| moment.what == Happening::AgentUnreachable);
        if let Some(moment) = unreachable {
            let first = hosts.entry(&life.host).or_insert(moment.t);
            *first = first.min(moment.t);
        }
    }
    let latest = SPAN.1.saturating_sub(AGENT_TIMEOUT + AFTER_LOSS);
    let lost = |t: &f64| text::duration::from_seconds(*t).saturating_sub(AGENT_TIMEOUT).clamp(BEFORE_LOSS, latest);
    hosts.values().map(lost).collect()
}

/// Tasks of other apps that did not answer while everybody's results were stale.
fn hung_neighbours(run: &Run, pair: Pair) -> Option<(App, Behaviour, u32)> {
    let mut hung: BTreeMap<&str, f64> = BTreeMap::new();
    for suspect in run.evidence.censuses.iter().flat_map(|census| &census.suspects) {
        let silent = run.evidence.probe_of(&suspect.task).is_some_and(|probe| probe.answer == Answer::Silent);
        if suspect.app != run.manifest.app && (suspect.timed_out || silent) {
            hung.insert(&suspect.task, suspect.timeout);
        }
    }
    let timeout = hung.values().copied().max_by(f64::total_cmp)?;
    let behaviour = Behaviour::HangsAfter(Duration::from_secs(1));
    let tasks = u32::try_from(hung.len()).unwrap_or(u32::MAX);
    let app = App::of(pair).id("/like/others-hung").instances(tasks).behaviour(behaviour);
    let app = app.timeout(text::duration::from_seconds(timeout)).max_consecutive_failures(NEVER_KILLED);
    Some((app, behaviour, tasks))
}

/// What the task did, from its start, in whole seconds.
fn behaviour(life: &TaskLife) -> Behaviour {
    let start = life.running.unwrap_or(life.first_seen);
    let after = |t: f64| text::duration::from_seconds((t - start).round().max(1.0));
    let Some(failure) = &life.check_failure else {
        return match (life.failed_in_grace, life.first_healthy, &life.end) {
            (Some(_), Some(healthy), _) => Behaviour::StartsAfter(after(healthy)),
            (Some(_), None, _) => Behaviour::NeverHealthy,
            // It was lost with its agent.
            (None, ..) if life.was_unreachable => Behaviour::Well,
            (None, _, Some(end)) => Behaviour::CrashesAfter { after: after(end.t), status: 1 },
            (None, _, None) => Behaviour::Well,
        };
    };
    if life.first_healthy.is_none() {
        return match Cause::of(&failure.cause) {
            Cause::Status(status) => Behaviour::Answers(status),
            Cause::TimedOut => Behaviour::HangsAfter(Duration::from_secs(1)),
            Cause::Refused | Cause::Reset | Cause::Other | Cause::Unreported => Behaviour::NeverHealthy,
        };
    }
    if life.flips > 2 {
        let up = after(failure.t);
        return Behaviour::Flaps { up, down: up };
    }
    match Cause::of(&failure.cause) {
        Cause::TimedOut => Behaviour::HangsAfter(after(failure.t)),
        Cause::Status(_) | Cause::Refused | Cause::Reset | Cause::Other | Cause::Unreported => {
            Behaviour::SickAfter(after(failure.t))
        }
    }
}

/// A word for the id of an app.
fn word(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::Well => "well",
        Behaviour::SickAfter(_) => "sick",
        Behaviour::NeverHealthy => "never-healthy",
        Behaviour::HangsAfter(_) => "hung",
        Behaviour::Flaps { .. } => "flapping",
        Behaviour::Slow(_) => "slow",
        Behaviour::CrashesAfter { .. } => "crashing",
        Behaviour::Answers(_) => "wrong-answer",
        Behaviour::StartsAfter(_) => "slow-start",
    }
}

#[cfg(test)]
mod tests {
    use harness::record::{CheckFailure, Moment};

    use super::*;

    fn life(cause: &str, running: f64, failed: f64, healthy: Option<f64>) -> TaskLife {
        let check_failure = Some(CheckFailure { t: failed, cause: cause.to_owned(), ..CheckFailure::default() });
        TaskLife { running: Some(running), first_healthy: healthy, check_failure, ..TaskLife::default() }
    }

    #[test]
    fn a_task_does_again_what_it_did() {
        let secs = Duration::from_secs;
        let of = |cause, healthy| behaviour(&life(cause, 2.0, 9.1, healthy));
        assert_eq!(of("ConnectException: Connection refused", Some(3.0)), Behaviour::SickAfter(secs(7)));
        assert_eq!(of("TCP idle-timeout encountered", Some(3.0)), Behaviour::HangsAfter(secs(7)));
        assert_eq!(of("404 Not Found", None), Behaviour::Answers(404));
        assert_eq!(of("", None), Behaviour::NeverHealthy);
        let flapping = TaskLife { flips: 4, ..life("", 0.0, 3.0, Some(1.0)) };
        assert_eq!(behaviour(&flapping), Behaviour::Flaps { up: secs(3), down: secs(3) });
        let slow = TaskLife {
            running: Some(1.0),
            failed_in_grace: Some(2.0),
            first_healthy: Some(11.0),
            ..TaskLife::default()
        };
        assert_eq!(behaviour(&slow), Behaviour::StartsAfter(secs(10)));
        assert_eq!(behaviour(&TaskLife::default()), Behaviour::Well);
    }

    #[test]
    fn agents_are_lost_and_tasks_ask_for_what_they_did_in_the_run() {
        let life = |n: u32, host: &str, lost: Option<f64>| {
            let moment = |t| Moment { t, what: Happening::AgentUnreachable };
            TaskLife {
                id: format!("a.instance-{n}._app.1"),
                host: host.to_owned(),
                was_unreachable: lost.is_some(),
                timeline: lost.map(moment).into_iter().collect(),
                ..TaskLife::default()
            }
        };
        let lives = [life(1, "a", Some(110.0)), life(2, "a", Some(105.0)), life(3, "b", None)];
        assert_eq!(lost_agents(lives.iter()), [Duration::from_secs(30)]);
        assert_eq!(behaviour(&lives[0]), Behaviour::Well, "it did nothing itself");
        let app = |definition: Value| resources(&definition, App::of("mesos,TCP".parse().unwrap())).to_json();
        let json = app(serde_json::json!({"cpus": 0.25, "mem": 48, "cmd": "rm -r /"}));
        assert_eq!((&json["cpus"], &json["mem"]), (&0.25.into(), &48.0.into()));
        assert!(!json["cmd"].to_string().contains("rm"), "{json}");
        assert_eq!(app(serde_json::json!({"cpus": 1e300}))["cpus"], app(serde_json::json!({}))["cpus"]);
        let container = |cpus: f64| serde_json::json!({"name": "c", "resources": {"cpus": cpus, "mem": 24}});
        let definition =
            serde_json::json!({"containers": [container(0.5), container(0.25)], "executorResources": {"cpus": 2}});
        let pod = resources(&definition, App::of("pod,MESOS_TCP".parse().unwrap())).to_json();
        let own = &pod["containers"][0]["resources"];
        assert_eq!((&own["cpus"], &own["mem"]), (&0.75.into(), &48.0.into()), "{pod}");
    }
}
