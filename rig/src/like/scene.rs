//! What a run's folder tells of its failure, as apps that fail the same way on the fake.

use std::{collections::BTreeMap, time::Duration};

use fixtures::{App, Behaviour, Pair};
use harness::record::TaskLife;

use crate::{
    advise::facts::Facts,
    exit::Failure,
    folder::{Run, evidence::Answer},
    why::facts::Cause,
};

/// Tasks that are rebuilt at most: real processes of this machine.
const MOST: usize = 200;
/// Failures in a row that a rebuilt task of another app may have: nobody killed it in the run either.
const NEVER_KILLED: u32 = 100_000;
/// A rebuilt failure is watched for as long as the run took, within these bounds.
const SPAN: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(120));

/// The apps that together fail as the run did.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Each with what its tasks do and how many there are.
    pub apps: Vec<(App, Behaviour, u32)>,
    /// Agents of the run's cluster.
    pub agents: u16,
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
            let app = with_checks(App::of(pair).id(format!("/like/{}-{}", word(behaviour), n + 1)));
            (app.instances(tasks).behaviour(behaviour), behaviour, tasks)
        });
        let mut apps: Vec<(App, Behaviour, u32)> = rebuilt.collect();
        apps.extend(hung_neighbours(run, pair));
        Ok(Self {
            apps,
            agents: manifest.cluster.agents.map_or(5, |n| u16::try_from(n).unwrap_or(u16::MAX)).clamp(1, 200),
            span: text::duration::from_seconds(run.summary.seconds).clamp(SPAN.0, SPAN.1),
        })
    }
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
    use harness::record::CheckFailure;

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
}
