//! A watch: the app of somebody else is read for a time, and nothing is changed.

use std::time::Duration;

use harness::{
    Client,
    cluster::RunName,
    model::App,
    scale::{Advance, Crossing, Drive, MarathonApp, Plan, RunReport, Threshold},
};
use time::OffsetDateTime;
use tokio::{sync::mpsc::UnboundedSender, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    exit::{Code, Failure},
    folder::{
        RunFolder,
        clean_up::CleanUp,
        incident,
        manifest::{Cluster, ClusterKind, Manifest, Mode},
        secrets::of_others,
    },
    run::{
        Definition, Interrupt, Job, Outcome, Scaled,
        judge::judge,
        measure::manifest_of,
        observers::{Observed, Observers},
        sink::FolderSink,
    },
    terminal::progress::RunProgress,
};

/// What may not happen in an app that is well: the thresholds of a watch that is given none.
pub const WELL: [&str; 4] = ["unhealthy > 0", "flips > 0", "killed > 0", "lost > 0"];

/// How apps are watched.
#[derive(Clone, Debug)]
pub struct Terms {
    /// How long.
    pub span: Duration,
    /// Interval of two polls.
    pub poll: Duration,
    /// What may not happen; empty for the default.
    pub thresholds: Vec<Threshold>,
    /// How long the checks may be unreliable before the watch is degraded.
    pub degraded_after: Duration,
    /// Whether a degraded watch ends with exit code 0.
    pub allow_degraded: bool,
}

impl Terms {
    /// The same for an app of so many instances.
    fn scaled(&self, instances: u32) -> Result<Scaled, Failure> {
        let internal = |error: String| Failure::new(Code::Internal, error);
        let well = || WELL.iter().map(|text| text.parse().map_err(|error| internal(format!("{text}: {error}"))));
        Ok(Scaled {
            plan: Plan::list(instances, &[instances]).map_err(|error| internal(error.to_string()))?,
            advance: Advance::WhenReached,
            poll: self.poll,
            step_within: self.span,
            hold: self.span,
            thresholds: if self.thresholds.is_empty() {
                well().collect::<Result<_, _>>()?
            } else {
                self.thresholds.clone()
            },
            search: None,
            degraded_after: self.degraded_after,
            allow_degraded: self.allow_degraded,
        })
    }
}

/// One app to be watched.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The app as it is.
    pub app: App,
    /// How it is watched.
    pub terms: Terms,
    /// What is known of the cluster.
    pub cluster: Cluster,
    /// How many apps are watched at the same time.
    pub side_by_side: u64,
    /// The command that repeats it.
    pub command: String,
    /// Where the results go: created and empty.
    pub folder: RunFolder,
    /// Ends the watch early, with what was found until then.
    pub enough: CancellationToken,
    /// Is sent each threshold when it is first crossed.
    pub crossings: Option<UnboundedSender<Crossing>>,
}

/// Watches the app to the end of its time. The cluster is only read.
///
/// # Errors
/// The folder cannot be written.
pub async fn watch(
    client: &Client,
    watch: Watch,
    progress: RunProgress,
    interrupt: &Interrupt,
) -> Result<Outcome, Failure> {
    let (begun, kind, id) = (Instant::now(), watch.app.kind, watch.app.id.clone());
    let Watch { enough, crossings, .. } = watch.clone();
    let job = job(watch)?;
    job.folder.write_json("run.json", &manifest(&job, &id))?;
    let _occupied = job.folder.occupy()?;
    let reserve = job.folder.reserve()?;
    let mut sink = FolderSink::open(&job.folder, progress.clone(), None)?.with_crossings(crossings);
    tracing::info!(app = id, "watching");

    let observers = Observers::spawn(client, &sink, Observed { app: &id, kind, neighbour: None, start: begun });
    let drive = Drive {
        spare_the_server: job.cluster.kind != ClusterKind::Embedded,
        cancel: interrupt.stop.clone(),
        ..job.scaled.drive()
    };
    let mut subject = MarathonApp::new(client.clone(), kind, &id);
    let report = without_start_up(drive.watch(&mut subject, &mut sink, &enough).await);
    let machine = observers.finish(&report, interrupt).await;

    let unwritten = sink.sync().err();
    let incidents = incident::reported(&client.incidents(), begun, begun);
    let mut outcome = judge(&report, None, &job, sink.broken().cloned().or(unwritten));
    outcome.summary.clean_up = CleanUp::Complete;
    Ok(outcome.conclude(incidents, machine.await.ok().flatten(), reserve, progress))
}

/// The app as the job of a run that leaves it as it is.
fn job(watch: Watch) -> Result<Job, Failure> {
    let Watch { app, terms, cluster, side_by_side, command, folder, .. } = watch;
    let definition = Definition::parse(&app.id, &of_others(&app.raw).to_string())?;
    let scaled = terms.scaled(definition.instances())?;
    Ok(Job {
        definition,
        scaled,
        id_as_is: true,
        run: None,
        neighbour: None,
        cluster,
        side_by_side,
        command,
        folder,
        continues: None,
    })
}

fn manifest(job: &Job, app: &str) -> Manifest {
    let name = format!("watch-{}", RunName::new(OffsetDateTime::now_utc()));
    let mut manifest = Manifest { mode: Mode::Watch, ..manifest_of(job, &name, app) };
    manifest.plan.policy = format!("watched for {:?}", job.scaled.hold);
    manifest
}

/// The report without the times of tasks that were there before the watch began: nobody saw them start.
fn without_start_up(mut report: RunReport) -> RunReport {
    report.totals.time_to_healthy = None;
    report.steps.iter_mut().for_each(|step| step.time_to_healthy = None);
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_without_thresholds_has_those_of_an_app_that_is_well() {
        let terms = Terms {
            span: Duration::from_secs(60),
            poll: Duration::from_secs(2),
            thresholds: Vec::new(),
            degraded_after: Duration::from_secs(10),
            allow_degraded: false,
        };
        let scaled = terms.scaled(0).unwrap();
        let texts: Vec<String> = scaled.thresholds.iter().map(Threshold::to_string).collect();
        assert_eq!(texts, WELL);
        let own = Terms { thresholds: vec!["lost > 2".parse().unwrap()], ..terms };
        assert_eq!(own.scaled(3).unwrap().thresholds.len(), 1);
    }
}
