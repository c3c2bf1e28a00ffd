//! The settings before and after the patch, replayed on the fake in virtual time: minutes in seconds, the same each time.

use std::{io, time::Duration};

use fake_marathon::{FakeMarathon, Tasks, tuning::Tuning};
use fixtures::{App, Behaviour, Check, Pair, secs};
use harness::{
    Client, Transport,
    model::{Kind, TaskStatus},
    record::{EventRecord, PolledSample, StepReport},
    scale::{Drive, MarathonApp, Plan, RunReport, Sink},
};
use serde::Serialize;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    advise::{
        Advice,
        facts::{CheckSettings, Facts},
    },
    exit::{Code, Failure},
};

/// Tasks of the other apps and of the app itself that are replayed at most, each; more would take too long.
const MOST: u32 = 400;
/// How long a hung task is waited for until it is killed.
const UNTIL_KILLED: Duration = secs(1_200);
/// When the hung task begins to hang, after it runs.
const HANGS_AFTER: Duration = secs(1);

/// What the replay showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// The largest median age of the check results of all other tasks while one task hangs, in seconds; none where Mesos makes
    /// their checks.
    pub oldest: Option<f64>,
    /// Seconds from the first unanswered request to the kill of the hung task; none if it was not killed.
    pub killed_after: Option<f64>,
    /// Tasks killed while they were starting, with the start-up that was measured on the cluster.
    pub killed_starting: Option<u64>,
}

/// The same app before and after.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// With its present settings.
    pub before: Measured,
    /// With the better ones.
    pub after: Measured,
    /// Checks per second of the other apps that were replayed.
    pub others_per_second: u32,
}

/// Replays both.
///
/// # Errors
/// The fake refuses the definition, or does not start.
pub async fn prove(advice: &Advice) -> Result<Proof, Failure> {
    let after = Facts::of(&advice.better()?, advice.facts.slots, advice.facts.cluster.clone());
    let before = advice.facts.clone();
    let others = others(&before);
    // Virtual time needs a runtime of its own, and a thread that has none yet.
    let replay = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        let runtime = runtime.map_err(|error| internal("cannot start", &error))?;
        runtime.block_on(async {
            Ok(Proof { before: measure(&before).await?, after: measure(&after).await?, others_per_second: others })
        })
    };
    let (done, proof) = oneshot::channel();
    std::thread::spawn(move || drop(done.send(replay())));
    // Nothing is sent where the replay panics, which is a bug.
    proof.await.unwrap_or_else(|error| Err(internal("the replay broke off", &error)))
}

fn internal(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Code::Internal, format!("{what}: {error}"))
}

/// Checks per second of the other apps, as far as they are replayed: a task each.
fn others(facts: &Facts) -> u32 {
    let rate = facts.cluster.as_ref().map_or(0.0, |load| load.others_per_second);
    (rate.round() as u32).min(MOST)
}

async fn measure(facts: &Facts) -> Result<Measured, Failure> {
    let Some(check) = facts.checks.first() else { return Ok(Measured::default()) };
    let (oldest, killed_after) = hang(facts, check).await?;
    let start_up = facts.cluster.as_ref().and_then(|load| load.start_up);
    let killed_starting = match start_up {
        Some(seconds) => Some(start(facts, check, text::duration::from_seconds(seconds)).await?),
        None => None,
    };
    Ok(Measured { oldest, killed_after, killed_starting })
}

/// A fake with simulated tasks, and a client of it.
async fn fake(facts: &Facts) -> Result<(FakeMarathon, Client), Failure> {
    let tuning = Tuning { max_checks: facts.slots as usize, ..Tuning::default() };
    let builder = FakeMarathon::builder().tasks(Tasks::Simulated).agents(5).agent_cpus(10_000.0).tuning(tuning);
    let fake = builder.prompt_offers().start().await.map_err(|error| internal("the fake did not start", &error))?;
    let client = Client::in_process(Transport::in_process(fake.service()));
    Ok((fake, client))
}

/// The app with these settings and tasks of this behaviour.
fn app(facts: &Facts, check: &CheckSettings, behaviour: Behaviour) -> Result<App, Failure> {
    let pair = format!("{},{}", facts.containerizer, check.protocol.as_str());
    let pair: Pair = pair.parse().map_err(|error| internal("the check cannot be replayed", &error))?;
    let timing = check.timing();
    Ok(App::of(pair)
        .behaviour(behaviour)
        .grace(timing.grace)
        .interval(timing.interval.max(secs(1)))
        .timeout(timing.timeout)
        .max_consecutive_failures(timing.max_consecutive_failures)
        .delay(timing.delay))
}

async fn deploy(client: &Client, app: App) -> Result<(), Failure> {
    client.create_app(&app.to_json()).await.map(drop).map_err(|error| internal("the fake refuses the app", &error))
}

/// One task of the app hangs beside the others: how old the results of all others become, and when it is killed.
async fn hang(facts: &Facts, check: &CheckSettings) -> Result<(Option<f64>, Option<f64>), Failure> {
    let (fake, client) = fake(facts).await?;
    let (others, own) = (others(facts), facts.instances.clamp(1, MOST));
    deploy(&client, app(facts, check, Behaviour::Well)?.id("/app").instances(own)).await?;
    if others > 0 {
        let well = App::of(Pair::new(fixtures::Containerizer::Mesos, Check::Http)).id("/others").instances(others);
        deploy(&client, well.interval(secs(1)).timeout(secs(1))).await?;
    }
    let timing = check.timing();
    sleep(secs(30) + 2 * timing.interval).await;
    let connects = check.check().is_some_and(Check::only_connects);
    // A task that hangs still accepts connections: a check that only connects notices nothing but a closed port.
    let broken = if connects { Behaviour::SickAfter(HANGS_AFTER) } else { Behaviour::HangsAfter(HANGS_AFTER) };
    deploy(&client, app(facts, check, broken)?.id("/hung").instances(1)).await?;
    let (id, tasks) = if others > 0 { ("/others", others) } else { ("/app", own) };
    let span = (3 * timing.timeout).clamp(secs(60), secs(300));
    let (seen, killed_after) = tokio::join!(observe(&client, id, tasks, span), until_killed(&client));
    fake.shutdown().await;
    Ok((seen?.0.oldest, killed_after))
}

/// Seconds from the moment at which the task of `/hung` hangs until it is killed.
async fn until_killed(client: &Client) -> Option<f64> {
    let mut hangs_at: Option<(String, Instant)> = None;
    let until = Instant::now() + UNTIL_KILLED;
    while Instant::now() < until {
        sleep(Duration::from_millis(100)).await;
        let Ok(app) = client.app("/hung").await else { continue };
        let Some(task) = app.tasks.first() else { continue };
        let (first, since) = match &hangs_at {
            None if task.is_running() => {
                hangs_at = Some((task.id.as_str().to_owned(), Instant::now() + HANGS_AFTER));
                continue;
            }
            None => continue,
            Some((first, since)) => (first, since),
        };
        if task.id.as_str() != first || task.state == TaskStatus::Killed.as_str() {
            return Some((*since).elapsed().as_secs_f64());
        }
    }
    None
}

/// Tasks of the app that start as slowly as was measured: how many are killed meanwhile.
async fn start(facts: &Facts, check: &CheckSettings, start_up: Duration) -> Result<u64, Failure> {
    let (fake, client) = fake(facts).await?;
    let (timing, tasks) = (check.timing(), facts.instances.clamp(1, MOST));
    deploy(&client, app(facts, check, Behaviour::StartsAfter(start_up))?.id("/app").instances(tasks)).await?;
    let span = (2 * (start_up + timing.grace) + 8 * timing.interval).clamp(secs(60), secs(900));
    let (_, report) = observe(&client, "/app", tasks, span).await?;
    fake.shutdown().await;
    Ok(report.totals.kills)
}

/// Polls an app each second.
async fn observe(client: &Client, id: &str, tasks: u32, span: Duration) -> Result<(Ages, RunReport), Failure> {
    let plan = Plan::list(tasks, &[tasks]).map_err(|error| internal("no plan", &error))?;
    let drive = Drive { poll: secs(1), step_deadline: span, ..Drive::new(plan) };
    let mut ages = Ages::default();
    let mut subject = MarathonApp::new(client.clone(), Kind::App, id);
    let report = drive.watch(&mut subject, &mut ages, &CancellationToken::new()).await;
    Ok((ages, report))
}

/// Keeps the largest median age.
#[derive(Debug, Default)]
struct Ages {
    oldest: Option<f64>,
}

impl Sink for Ages {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        if let Some(age) = sample.age.filter(|age| !age.changes_only) {
            self.oldest = Some(self.oldest.map_or(age.p50, |oldest| oldest.max(age.p50)));
        }
        Ok(())
    }

    fn on_event(&mut self, _: &EventRecord) -> io::Result<()> {
        Ok(())
    }

    fn on_step(&mut self, _: &StepReport) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::advise::facts::Load;

    #[tokio::test]
    async fn the_patch_ends_the_blindness_of_the_recorded_case_and_kills_sooner() {
        let check = json!({"protocol": "HTTP", "portIndex": 0, "gracePeriodSeconds": 20, "intervalSeconds": 10,
            "timeoutSeconds": 20, "maxConsecutiveFailures": 3});
        let others = Load { others_per_second: 60.0, ..Load::default() };
        let definition = json!({"id": "/a", "instances": 1, "healthChecks": [check]});
        let advice = Advice::of(Facts::of(&definition, 256, Some(others)));
        let Proof { before, after, others_per_second } = prove(&advice).await.unwrap();
        assert_eq!(others_per_second, 60);
        // By arithmetic 20 − 256 / 60.2 = 15.7 s and an interval of the others.
        assert!((14.0..=18.0).contains(&before.oldest.unwrap()), "{before:?}");
        assert!(after.oldest.unwrap() <= 3.0, "{after:?}");
        assert!(after.killed_after.unwrap() < before.killed_after.unwrap(), "{before:?} {after:?}");
    }

    #[tokio::test]
    async fn a_longer_grace_period_lets_slow_tasks_start() {
        let check = json!({"protocol": "MESOS_HTTP", "portIndex": 0, "gracePeriodSeconds": 5, "intervalSeconds": 2,
            "timeoutSeconds": 1, "delaySeconds": 0});
        let load = Load { start_up: Some(40.0), measured: 1, ..Load::default() };
        let definition = json!({"id": "/a", "instances": 2, "healthChecks": [check]});
        let Proof { before, after, .. } = prove(&Advice::of(Facts::of(&definition, 256, Some(load)))).await.unwrap();
        assert!(before.killed_starting.unwrap() > 0, "{before:?}");
        assert_eq!(after.killed_starting, Some(0), "{after:?}");
    }
}
