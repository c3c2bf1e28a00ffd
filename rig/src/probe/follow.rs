//! When the rig probes tasks itself, how often, and where the results go.
//!
//! The rig must never become the load that it measures: rounds have a minimum distance, probes are few at a time and
//! bounded in total, and a run without trouble probes nothing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use harness::{
    Client,
    model::{App, HealthCheck, Kind, Task, listing::Unread},
    record::{EventRecord, Lines, Listed, Sample},
};
use serde::Serialize;
use time::OffsetDateTime;
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    folder::{
        evidence::{Census, EvidenceKind, Occasion, Probe},
        moment,
    },
    probe::{ask::Asker, census::census, queue::waiting, readiness::not_ready, target::Target},
    why::stall::late_from,
};

/// Minimum distance of two rounds.
const APART: Duration = Duration::from_secs(5);
/// Minimum distance of two censuses of all apps.
const CENSUS_APART: Duration = Duration::from_secs(10);
/// Minimum distance of two censuses, in multiples of the time that the first took.
const CENSUS_SHARE: u32 = 20;
/// The launch queue is read when instances have waited this long: launching takes time.
const WAITS: Duration = Duration::from_secs(10);
/// Probes at the same time.
const AT_ONCE: usize = 8;
/// Unhealthy tasks probed in one round.
const UNHEALTHY: usize = 16;
/// Tasks with stale results probed in one round, and healthy ones to compare with.
const FEW: usize = 2;
/// Minimum distance of two probes of one task.
const AGAIN: Duration = Duration::from_secs(15);
/// How long the checks of an app are taken to stay as they were read: an app with thousands of tasks takes long to read.
const CHECKS_KNOWN: Duration = Duration::from_secs(60);
/// Probes in one run.
const PROBES: usize = 400;
/// Timeout of the round at the end of a failed run.
const LAST_ROUND: Duration = Duration::from_secs(15);

/// What a poll showed, as far as it decides whether the rig probes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observation {
    /// Tasks with a bad last result.
    pub unhealthy: u64,
    /// Instances that are not launched yet.
    pub scheduled: u64,
    /// Seconds since the oldest of the last results.
    pub age: Option<f64>,
}

impl<T> From<&Sample<T>> for Observation {
    fn from(sample: &Sample<T>) -> Self {
        Self {
            unhealthy: sample.counts.unhealthy + sample.counts.unhealthy_in_grace,
            scheduled: sample.counts.scheduled,
            age: sample.age.map(|age| age.max),
        }
    }
}

/// Probes the tasks of one app, and those that may delay its checks.
pub struct Prober {
    client: Client,
    kind: Kind,
    app: String,
    neighbour: Option<String>,
    observations: watch::Receiver<Observation>,
    events: Arc<Mutex<Lines>>,
    start: Instant,
    /// None where nothing can be probed: in virtual time, which a socket does not follow.
    asker: Option<Asker>,
    probed_at: BTreeMap<String, Instant>,
    probes: usize,
    waiting_since: Option<Instant>,
    next_census: Instant,
    /// The age above which results are late, and when the app's checks were read that say so.
    late_from: Option<(Instant, f64)>,
}

/// One probe to be made.
struct Question {
    task: String,
    protocol: String,
    occasion: Occasion,
    target: Result<Target, String>,
    timeout: Duration,
}

impl Prober {
    /// For the tasks of `app` (its id); `start` is the origin of the samples' clock.
    pub fn new(
        client: Client,
        app: &str,
        observations: watch::Receiver<Observation>,
        events: Arc<Mutex<Lines>>,
        start: Instant,
    ) -> Self {
        let asker = if client.is_in_process() { None } else { Asker::new().ok() };
        Self {
            client,
            kind: Kind::App,
            app: app.to_owned(),
            neighbour: None,
            observations,
            events,
            start,
            asker,
            probed_at: BTreeMap::new(),
            probes: 0,
            waiting_since: None,
            next_census: start,
            late_from: None,
        }
    }

    /// Probes the tasks of a pod instead, if it is one.
    #[must_use]
    pub fn with_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// Probes the unhealthy tasks of another app as well.
    #[must_use]
    pub fn with_neighbour(self, app: Option<String>) -> Self {
        Self { neighbour: app, ..self }
    }

    /// Probes whenever a poll shows trouble, until `done`; hands itself back for [`Self::last_round`].
    pub async fn follow(mut self, done: CancellationToken) -> Self {
        loop {
            let changed = tokio::select! {
                () = done.cancelled() => return self,
                changed = self.observations.changed() => changed,
            };
            if changed.is_err() {
                return self;
            }
            // A round that is under way when the run ends is given up: the last round probes again.
            tokio::select! {
                () = done.cancelled() => return self,
                probed = self.round() => if !probed { continue },
            }
            tokio::select! {
                () = done.cancelled() => return self,
                () = sleep(APART) => {}
            }
        }
    }

    /// One more round at the end of a failed run, while the tasks are still there.
    pub async fn last_round(mut self) {
        self.probed_at.clear();
        self.waiting_since = Some(self.start);
        self.next_census = Instant::now();
        // What has no answer by then stays unknown, and the diagnosis says so.
        let _ = timeout(LAST_ROUND, async {
            self.round().await;
            self.silent().await;
        })
        .await;
    }

    /// Probes tasks that run and have no result: native checks do not report failures within the grace period.
    async fn silent(&mut self) {
        let Ok(app) = self.client.find(self.kind, &self.app).await else { return };
        if app.raw["readinessChecks"].as_array().is_some_and(|checks| !checks.is_empty()) {
            self.readiness().await;
        }
        let Some(check) = app.health_checks.first() else { return };
        let silent = app.tasks.iter().filter(|task| task.is_running() && task.health_check_results.is_empty());
        let questions: Vec<Question> =
            silent.take(UNHEALTHY).map(|task| question(&app, check, task, Occasion::Unhealthy)).collect();
        if !questions.is_empty() && !check.is_native() {
            // Whether other apps have results; their tasks are not asked.
            self.suspects().await;
        }
        self.ask(questions).await;
    }

    /// Makes the probes that the last poll gives reason for; returns whether there were any.
    async fn round(&mut self) -> bool {
        let observed = *self.observations.borrow_and_update();
        let waits = self.waits(observed.scheduled > 0);
        let late = self.is_late(observed.age).await;
        if observed.unhealthy == 0 && !late && !waits && self.neighbour.is_none() {
            return false;
        }
        // If the app cannot be read now, the next poll that shows trouble tries again.
        let Ok(app) = self.client.find(self.kind, &self.app).await else { return false };
        self.late_from = Some((Instant::now(), late_from_of(&app)));
        if waits {
            self.queue().await;
        }
        let mut questions = unhealthy(&app, Occasion::Unhealthy);
        if let Some(id) = &self.neighbour
            && let Ok(neighbour) = self.client.app(id).await
        {
            questions.extend(unhealthy(&neighbour, Occasion::Suspect));
        }
        if late {
            questions.extend(self.suspects().await);
            questions.extend(oldest(&app));
        }
        if !questions.is_empty() {
            questions.extend(controls(&app));
        }
        let any = !questions.is_empty();
        self.ask(questions).await;
        any || waits
    }

    /// Whether results of this age are late. An app that was not read lately is read for its checks first, without its tasks: with
    /// thousands of them it has tens of megabytes, and results of native checks and of long intervals may well be old.
    async fn is_late(&mut self, age: Option<f64>) -> bool {
        let known = self.late_from.filter(|(read, _)| read.elapsed() < CHECKS_KNOWN).map(|(_, late)| late);
        let Some(age) = age.filter(|age| *age > known.unwrap_or_else(|| late_from(1.0))) else { return false };
        if known.is_some() {
            return true;
        }
        let Ok((app, _)) = self.client.find_and(self.kind, &self.app, &mut Unread).await else { return false };
        let late = late_from_of(&app);
        self.late_from = Some((Instant::now(), late));
        age > late
    }

    /// Whether instances have waited so long that it is worth asking why.
    fn waits(&mut self, scheduled: bool) -> bool {
        if !scheduled {
            self.waiting_since = None;
            return false;
        }
        self.waiting_since.get_or_insert_with(Instant::now).elapsed() >= WAITS
    }

    async fn queue(&mut self) {
        let Ok(queue) = self.client.queue().await else { return };
        for entry in queue.iter().filter(|entry| entry.app_id == self.app) {
            self.note(EvidenceKind::Queue, &waiting(entry));
        }
    }

    /// Notes the readiness checks that a deployment of the app waits for, if there are any.
    async fn readiness(&self) {
        let Ok(deployments) = self.client.deployments().await else { return };
        let seen = not_ready(&deployments, &self.app);
        if !seen.not_ready.is_empty() {
            self.note(EvidenceKind::Readiness, &seen);
        }
    }

    /// Finds tasks of all apps that may delay the checks of the others.
    async fn suspects(&mut self) -> Vec<Question> {
        if Instant::now() < self.next_census {
            return Vec::new();
        }
        let begun = Instant::now();
        let Ok(apps) = self.client.apps().await else { return Vec::new() };
        self.next_census = Instant::now() + CENSUS_APART.max(begun.elapsed() * CENSUS_SHARE);
        let now = self.client.server_time().map_or_else(OffsetDateTime::now_utc, |server| server.now);
        let census: Census = census(&apps.apps, now);
        self.note(EvidenceKind::Census, &census);
        let mut questions = Vec::new();
        for suspect in &census.suspects {
            let Some(app) = apps.apps.iter().find(|app| app.id == suspect.app) else { continue };
            let check = app.health_checks.iter().find(|check| check.protocol == suspect.protocol);
            let task = app.tasks.iter().find(|task| task.id.as_str() == suspect.task);
            if let (Some(check), Some(task)) = (check, task) {
                questions.push(question(app, check, task, Occasion::Suspect));
            }
        }
        questions
    }

    /// Probes the tasks that were not probed lately, a few at a time.
    async fn ask(&mut self, questions: Vec<Question>) {
        let Some(asker) = self.asker.clone() else { return };
        let now = Instant::now();
        let slots = Arc::new(Semaphore::new(AT_ONCE));
        let mut running = JoinSet::new();
        for question in questions {
            let lately = self.probed_at.get(&question.task).is_some_and(|at| now - *at < AGAIN);
            if lately || self.probes >= PROBES {
                continue;
            }
            self.probed_at.insert(question.task.clone(), now);
            self.probes += 1;
            let (asker, slots) = (asker.clone(), slots.clone());
            running.spawn(async move {
                // The semaphore is never closed.
                let _slot = slots.acquire().await.ok();
                probe(&asker, question).await
            });
        }
        while let Some(probe) = running.join_next().await {
            if let Ok(probe) = probe {
                self.note(EvidenceKind::Probe, &probe);
            }
        }
    }

    fn note(&self, kind: EvidenceKind, data: &impl Serialize) {
        let fields = serde_json::to_value(data).unwrap_or_default();
        let line = EventRecord::remark(moment::now(), self.start.elapsed().as_secs_f64(), kind.as_str(), fields);
        // The next sample reports a full disk; this line is an extra.
        let _ = self.events.lock().unwrap_or_else(PoisonError::into_inner).push(&line);
    }
}

async fn probe(asker: &Asker, question: Question) -> Probe {
    let Question { task, protocol, occasion, target, timeout } = question;
    let unanswered = Probe { task, protocol, occasion, ..Probe::default() };
    match target {
        Err(detail) => Probe { detail, ..unanswered },
        Ok(target) => {
            let result = asker.ask(&target, timeout).await;
            Probe {
                address: target.address(),
                path: target.path().to_owned(),
                answer: result.answer,
                status: result.status,
                ms: (result.took.as_secs_f64() * 1e5).round() / 1e2,
                detail: result.detail,
                ..unanswered
            }
        }
    }
}

fn question(app: &App, check: &HealthCheck, task: &Task, occasion: Occasion) -> Question {
    // Longer than the check itself waits, to distinguish a slow answer from none.
    let timeout = Duration::from_secs(2 * u64::try_from(check.timeout_seconds).unwrap_or(0));
    Question {
        task: task.id.as_str().to_owned(),
        protocol: check.protocol.clone(),
        occasion,
        target: Target::of(&app.raw, check, task),
        timeout: timeout.clamp(Duration::from_secs(2), Duration::from_secs(10)),
    }
}

/// The age above which results of this app are late: never where Mesos makes all checks, which tells only changes.
fn late_from_of(app: &App) -> f64 {
    if app.health_checks.iter().all(HealthCheck::is_native) {
        return f64::INFINITY;
    }
    late_from(app.health_checks.iter().map(|check| check.interval_seconds).max().unwrap_or(0) as f64)
}

/// Tasks with a bad last result, probed as the check that failed does.
fn unhealthy(app: &App, occasion: Occasion) -> Vec<Question> {
    let failing = |task: &&Task| task.is_running() && task.is_unhealthy();
    let questions = app.tasks.iter().filter(failing).take(UNHEALTHY).filter_map(|task| {
        let failed = task.health_check_results.iter().position(|result| !result.alive)?;
        Some(question(app, app.health_checks.get(failed)?, task, occasion))
    });
    questions.collect()
}

/// The tasks with the oldest results.
fn oldest(app: &App) -> Vec<Question> {
    let Some(check) = app.health_checks.iter().find(|check| !check.is_native()) else { return Vec::new() };
    let mut tasks: Vec<(OffsetDateTime, &Task)> = app
        .tasks
        .iter()
        .filter(|task| task.is_running())
        .filter_map(|task| Listed::of(&task.raw).last_result().map(|at| (at, task)))
        .collect();
    tasks.sort_by_key(|(at, _)| *at);
    tasks.into_iter().take(FEW).map(|(_, task)| question(app, check, task, Occasion::Late)).collect()
}

/// A few healthy tasks, to see whether anything can be reached from here.
fn controls(app: &App) -> Vec<Question> {
    let Some(check) = app.health_checks.first() else { return Vec::new() };
    let healthy = app.tasks.iter().filter(|task| task.is_running() && task.is_healthy());
    healthy.rev().take(FEW).map(|task| question(app, check, task, Occasion::Control)).collect()
}
