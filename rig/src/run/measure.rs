//! The life of one run, from the empty folder to the verdict.

use std::{sync::PoisonError, time::Duration};

use harness::{
    Client,
    cluster::{ClusterError, Lease, LeaseOptions, RunName, time_to_kill},
    marathon::events::EventStream,
    model::{App, EventKind},
    record::{EventRecord, event::Remark},
    scale::{Before, Drive, Limit, MarathonApp, RunReport, Search},
};
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::{
    exit::Failure,
    folder::{
        RunFolder, incident,
        manifest::{self, Cluster, ClusterKind, Manifest, Mode, Rig},
        moment,
        secrets::without_secrets,
    },
    run::{
        Definition, Interrupt, Outcome, Scaled,
        continued::{self, Continued},
        embedded::TaskKind,
        judge::judge,
        observers::{Observed, Observers},
        reach,
        sink::FolderSink,
    },
    terminal::progress::RunProgress,
};

/// Timeout of removing the app and its last task, beside the time to kill many.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(120);

/// Clean-up waits no longer than this for the events that count its progress.
const COUNT_WITHIN: Duration = Duration::from_secs(2);

/// Everything that one run needs.
#[derive(Debug)]
pub struct Job {
    /// What to run.
    pub definition: Definition,
    /// How it is scaled, polled and judged.
    pub scaled: Scaled,
    /// Deploy under the definition's own id.
    pub id_as_is: bool,
    /// The run's name.
    pub run: Option<String>,
    /// Another app whose unhealthy tasks are probed as well, by its absolute id.
    pub neighbour: Option<String>,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// How many runs go on at the same time on this machine.
    pub side_by_side: u64,
    /// The command that repeats it.
    pub command: String,
    /// Where the results go: created and empty, or that of the run that continues.
    pub folder: RunFolder,
    /// What an earlier process left of this run, if it continues.
    pub continues: Option<Continued>,
}

/// Runs the job to its end. Samples are on disk before clean-up begins; clean-up is always tried.
///
/// # Errors
/// Only what comes before anything is deployed: the folder cannot be written, or the definition is refused.
pub async fn measure(
    client: &Client,
    job: Job,
    mut progress: RunProgress,
    interrupt: &Interrupt,
) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let run = job.run.as_deref().map(RunName::known);
    let lease = Lease::take(client, LeaseOptions { run, ..LeaseOptions::of_user(client).await });
    let app = app_id(&job, &lease)?;
    let before = job.continues.as_ref().map(|continued| continued.before).unwrap_or_default();
    if job.continues.is_none() {
        // The journal of what is to be deployed, on disk before it is deployed.
        job.folder.write_json("run.json", &manifest_of(&job, lease.run().as_str(), &app))?;
    }
    let _occupied = job.folder.occupy()?;
    let reserve = job.folder.reserve()?;
    let steps = job.scaled.search.is_none().then(|| before.steps + job.scaled.plan.steps());
    let mut sink = FolderSink::open(&job.folder, progress.clone(), steps)?;

    let deployed = match deploy(&job, &lease).await {
        Ok(deployed) => deployed,
        Err(error) => {
            // A lost answer may still have deployed it.
            let _ = lease.release(CLEAN_UP_TIMEOUT).await;
            progress.finish("refused");
            return Err(reach::deploy_failure(&error, &job.definition.named));
        }
    };
    continued::record_app(&sink.events(), &job, &deployed, before.elapsed.as_secs_f64());
    tracing::info!(app, run = lease.run().as_str(), "deployed");

    // The origin of the samples' clock, which continues where an earlier process stopped.
    let start = Instant::now().checked_sub(before.elapsed).unwrap_or_else(Instant::now);
    let observed = Observed { app: &app, kind: deployed.kind, neighbour: job.neighbour.as_deref(), start };
    let observers = Observers::spawn(client, &sink, observed);
    let subject = MarathonApp::new(client.clone(), deployed.kind, &app);
    let (limit, report) = drive(&job, before, interrupt, subject, &mut sink).await;
    let machine = observers.finish(&report, interrupt).await;

    tracing::info!(group = lease.group(), outcome = %report.outcome, "cleaning up");
    mark_clean_up(&sink, &lease.group(), start);
    let synced = sink.sync().err();
    progress.poll(&sink.last_poll());
    let left = clean_up(&job, &lease, interrupt, &mut progress).await.err();

    let incidents = incident::reported(&client.incidents(), begun, start);
    let mut outcome = judge(&report, limit, &job, sink.broken().cloned().or(synced));
    outcome.cleaned_up(left);
    Ok(outcome.conclude(incidents, machine.await.ok().flatten(), reserve, progress))
}

/// The absolute id under which the app is deployed.
fn app_id(job: &Job, lease: &Lease) -> Result<String, Failure> {
    if let Some(continued) = &job.continues {
        return Ok(continued.app.id.clone());
    }
    let id = job.definition.json.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    if job.id_as_is {
        return Ok(format!("/{}", id.trim_matches('/')));
    }
    lease.id_of(id).ok_or_else(|| Failure::usage(format!("{}: its id has no name", job.definition.named)))
}

/// Deploys the app, or adopts the one of the run that continues.
async fn deploy(job: &Job, lease: &Lease) -> Result<App, ClusterError> {
    if let Some(continued) = &job.continues {
        lease.adopt(&continued.app).map(|()| continued.app.clone())
    } else if job.id_as_is {
        lease.deploy_as_is(&job.definition.json).await
    } else {
        lease.deploy(&job.definition.json).await
    }
}

/// Scales the app through its plan, or searches for the limit.
async fn drive(
    job: &Job,
    before: Before,
    interrupt: &Interrupt,
    mut subject: MarathonApp,
    sink: &mut FolderSink,
) -> (Option<Limit>, RunReport) {
    let drive = Drive {
        spare_the_server: is_to_be_spared(&job.cluster),
        cancel: interrupt.stop.clone(),
        before,
        ..job.scaled.drive()
    };
    match job.scaled.search {
        None => (None, drive.run(&mut subject, sink).await),
        Some(settings) => {
            let search = Search::new(&job.scaled.plan, settings.precision, settings.repeats);
            drive.find_limit(search, &mut subject, sink).await
        }
    }
}

/// Whether the rig polls less often where answers are large: the embedded fake serves nobody else, but with light tasks it
/// makes checks by the ten thousand on the processors that it shares with the rig.
fn is_to_be_spared(cluster: &Cluster) -> bool {
    cluster.kind != ClusterKind::Embedded || cluster.tasks.as_deref() == Some(TaskKind::Light.as_str())
}

/// Marks in `events.jsonl` where clean-up begins.
fn mark_clean_up(sink: &FolderSink, group: &str, start: Instant) {
    let marker = EventRecord::remark(
        moment::now(),
        start.elapsed().as_secs_f64(),
        Remark::CleanUp.as_str(),
        json!({"group": group}),
    );
    let marked = sink.events().lock().unwrap_or_else(PoisonError::into_inner).push(&marker);
    // Only the report of the kills that follow depends on the marker; `FolderSink::sync` reports a full disk.
    drop(marked);
}

/// Removes the run's group.
///
/// # Errors
/// What is left, and the command that finishes it.
async fn clean_up(job: &Job, lease: &Lease, interrupt: &Interrupt, progress: &mut RunProgress) -> Result<(), String> {
    progress.deleting(0);
    // Open before anything is deleted, so that no task is missed.
    let events = task_events(lease, progress).await;
    // Runs side by side end together when they are stopped, and Marathon kills their tasks one after the other.
    let neighbours = job.side_by_side.saturating_sub(1) * u64::from(job.scaled.plan.target());
    tokio::select! {
        released = lease.release(CLEAN_UP_TIMEOUT + time_to_kill(neighbours)) => {
            released.map(drop).map_err(|error| reach::unfinished(&error))
        }
        () = interrupt.quit.cancelled() => Err(format!(
            "clean-up of {} was cut short by a second Ctrl-C; to finish it: hc-rig clean {}",
            lease.group(),
            lease.run()
        )),
        () = count_deleted(lease, progress, events) => unreachable!("it never ends"),
    }
}

/// The events of tasks, if somebody wants them counted and the server sends them soon.
async fn task_events(lease: &Lease, progress: &RunProgress) -> Option<EventStream> {
    if !progress.counts_deleted() {
        return None;
    }
    timeout(COUNT_WITHIN, lease.client().events(&[EventKind::StatusUpdate])).await.ok()?.ok()
}

/// Counts the tasks of the run whose end Marathon reports, for the progress line. Never ends.
async fn count_deleted(lease: &Lease, progress: &mut RunProgress, events: Option<EventStream>) {
    if let Some(mut events) = events {
        let inside = format!("{}/", lease.group());
        let mut deleted = 0;
        while let Some(item) = events.next_item().await {
            let Some(event) = item.event() else { continue };
            if event.terminal_status().is_some() && event.app_id().is_some_and(|id| id.starts_with(&inside)) {
                deleted += 1;
                progress.deleting(deleted);
            }
        }
    }
    std::future::pending().await
}

/// What `run.json` says of a job.
pub(super) fn manifest_of(job: &Job, run: &str, app: &str) -> Manifest {
    Manifest {
        format: manifest::FORMAT,
        run: run.to_owned(),
        mode: Mode::Scale,
        pair: job.definition.pair.clone(),
        started_at: moment::now(),
        command: job.command.clone(),
        app: app.to_owned(),
        definition: without_secrets(&job.definition.json),
        cluster: job.cluster.clone(),
        plan: job.scaled.manifest(),
        rig: Rig::here(job.side_by_side),
    }
}
