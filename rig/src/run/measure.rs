//! The life of one run, from the empty folder to the verdict.

use std::{sync::PoisonError, time::Duration};

use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName, time_to_kill},
    record::{EventRecord, event::CLEAN_UP},
    scale::{self, Drive, DriveError, Limit, MarathonApp, RunReport, Search},
};
use serde_json::json;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    exit::{Code, Failure},
    folder::{
        RunFolder, incident,
        manifest::{self, Cluster, ClusterKind, Manifest, Rig, without_secrets},
        moment,
        summary::{CleanUp, Step, Summary},
    },
    probe::Prober,
    run::{
        Definition, Interrupt, Scaled,
        continued::{self, Continued},
        executors::Executors,
        machine, reach,
        sink::FolderSink,
    },
    terminal::progress::RunProgress,
    verdict::Verdict,
};

/// Timeout of removing the app and its last task, beside the time to kill many.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(120);

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

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    /// The verdict as it stands in `summary.json`.
    pub summary: Summary,
    /// Where the results are.
    pub folder: RunFolder,
    /// What went wrong beyond a target that was not reached: the sentence and its exit code.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// The exit code of this run.
    pub fn code(&self) -> Code {
        self.failure.as_ref().map_or_else(|| self.summary.verdict.code(), |failure| failure.code)
    }
}

/// Runs the job to its end. Samples are on disk before clean-up begins; clean-up is always tried.
///
/// # Errors
/// Only what comes before anything is deployed: the folder cannot be written, or the definition is refused.
pub async fn measure(
    client: &Client,
    job: Job,
    progress: RunProgress,
    interrupt: &Interrupt,
) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let run = job.run.as_deref().map(RunName::known);
    let lease = Lease::take(client, LeaseOptions { run, ..LeaseOptions::default() });
    let id = job.definition.json.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    let app = if let Some(continued) = &job.continues {
        continued.app.id.clone()
    } else if job.id_as_is {
        format!("/{}", id.trim_matches('/'))
    } else {
        lease.id_of(id).ok_or_else(|| Failure::usage(format!("{}: its id has no name", job.definition.named)))?
    };
    let before = job.continues.as_ref().map(|continued| continued.before).unwrap_or_default();
    if job.continues.is_none() {
        // The journal of what is to be deployed, on disk before it is deployed.
        job.folder.write_json("run.json", &manifest_of(&job, lease.run().as_str(), &app))?;
    }
    let _occupied = job.folder.occupy()?;
    let reserve = job.folder.reserve()?;
    let steps = job.scaled.search.is_none().then(|| before.steps + job.scaled.plan.steps());
    let mut sink = FolderSink::open(&job.folder, progress.clone(), steps)?;

    let deployed = if let Some(continued) = &job.continues {
        lease.adopt(&continued.app).map(|()| continued.app.clone())
    } else if job.id_as_is {
        lease.deploy_as_is(&job.definition.json).await
    } else {
        lease.deploy(&job.definition.json).await
    };
    let deployed = match deployed {
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
    let sampled = CancellationToken::new();
    let executors = Executors::new(client.clone(), sink.newcomers(), sink.events(), start);
    let follower = tokio::spawn(executors.follow(sampled.clone()));
    let prober = Prober::new(client.clone(), &app, sink.observations(), sink.events(), start)
        .with_neighbour(job.neighbour.clone());
    let prober = tokio::spawn(prober.follow(sampled.clone()));
    let machine = tokio::spawn(machine::follow(sink.events(), start, sampled.clone()));
    let drive = Drive {
        // The embedded fake serves nobody else.
        spare_the_server: job.cluster.kind != ClusterKind::Embedded,
        cancel: interrupt.stop.clone(),
        before,
        ..job.scaled.drive()
    };
    let mut subject = MarathonApp::new(client.clone(), &app);
    let (limit, report) = match job.scaled.search {
        None => (None, drive.run(&mut subject, &mut sink).await),
        Some(asked) => {
            let search = Search::new(&job.scaled.plan, asked.precision, asked.repeats);
            drive.find_limit(search, &mut subject, &mut sink).await
        }
    };
    sampled.cancel();
    tokio::select! {
        asked = async { tokio::join!(follower, last_probes(prober, &report)) } => drop(asked),
        // A second Ctrl-C does without the last process ids and probes.
        () = interrupt.quit.cancelled() => {}
    }

    tracing::info!(group = lease.group(), outcome = %report.outcome, "cleaning up");
    let marker =
        EventRecord::remark(moment::now(), start.elapsed().as_secs_f64(), CLEAN_UP, json!({"group": lease.group()}));
    let marked = sink.events().lock().unwrap_or_else(PoisonError::into_inner).push(&marker);
    // Only the report of the kills that follow depends on the marker; a full disk has shown before.
    drop(marked);
    let synced = sink.sync().err();
    // Runs side by side end together when they are stopped, and Marathon kills their tasks one after the other.
    let neighbours = job.side_by_side.saturating_sub(1) * u64::from(job.scaled.plan.target());
    let clean_up = tokio::select! {
        released = lease.release(CLEAN_UP_TIMEOUT + time_to_kill(neighbours)) => released.err().as_ref().map(reach::unfinished),
        () = interrupt.quit.cancelled() => {
            Some(format!("clean-up of {} was cut short by a second Ctrl-C; to finish it: hc-rig clean {}", lease.group(), lease.run()))
        }
    };

    let incidents = incident::reported(&client.incidents(), begun, start);
    let mut outcome = judge(&report, limit, &job, sink.broken().cloned().or(synced));
    match clean_up {
        None => outcome.summary.clean_up = CleanUp::Complete,
        Some(left) => {
            outcome.summary.clean_up = CleanUp::Incomplete(left.clone());
            outcome.failure.get_or_insert_with(|| Failure::new(Code::CleanUp, left));
        }
    }
    outcome.summary.incidents = incidents;
    outcome.summary.machine = machine.await.ok().flatten();
    outcome.summary.exit = outcome.code().status();
    progress.finish(&outcome.summary.verdict.word().to_lowercase());
    drop(reserve);
    match job.folder.conclude(outcome.summary.clone()) {
        Ok(summary) => outcome.summary = summary,
        Err(failure) => drop(outcome.failure.get_or_insert(failure)),
    }
    Ok(outcome)
}

/// At the end of a failed run, the rig probes the affected tasks once more before they are removed.
async fn last_probes(prober: JoinHandle<Prober>, report: &RunReport) {
    let failed = matches!(report.outcome, scale::Outcome::NotReached { .. } | scale::Outcome::Crossed(_));
    if let Ok(prober) = prober.await
        && failed
    {
        prober.last_round().await;
    }
}

fn manifest_of(job: &Job, run: &str, app: &str) -> Manifest {
    Manifest {
        format: manifest::FORMAT,
        run: run.to_owned(),
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

/// `137 tasks stay healthy for 30s, 138 do not (killed > 0 was crossed at 61.0 s: 1); 17 tries`.
fn limit_sentence(limit: &Limit, breaks: u32, report: &RunReport, job: &Job) -> String {
    let broke = report.steps.iter().rfind(|step| step.target == breaks).and_then(|step| step.why.as_deref());
    let tries: u32 = limit.tries.values().map(|tries| tries.held + tries.broke).sum();
    let (broke_at, held_at) = limit.spread;
    let spread = match broke_at {
        Some(broke_at) if broke_at <= held_at => format!("; results vary from {broke_at} to {held_at} tasks"),
        _ => String::new(),
    };
    format!(
        "{} stay healthy for {:?}, {breaks} do not{}; {}{spread}",
        text::count(limit.holds, "task"),
        job.scaled.hold,
        broke.map(|why| format!(" ({why})")).unwrap_or_default(),
        text::count_irregular(tries, "try", "tries"),
    )
}

/// The verdict on what the driver reports.
fn judge(report: &RunReport, limit: Option<Limit>, job: &Job, unwritten: Option<Failure>) -> Outcome {
    let mut failure = unwritten;
    let (verdict, why) = match &report.outcome {
        scale::Outcome::Held => match limit.as_ref().and_then(|limit| Some((limit, limit.breaks?))) {
            None => (Verdict::Passed, String::new()),
            Some((limit, breaks)) => (Verdict::Limit, limit_sentence(limit, breaks, report, job)),
        },
        scale::Outcome::NotReached { step, target, why } => {
            let place = match job.scaled.plan.steps() {
                1 => String::new(),
                steps => format!("step {step} of {steps} to "),
            };
            (Verdict::NotReached, format!("{place}{}: {why}", text::count(*target, "task")))
        }
        scale::Outcome::Crossed(crossing) => (Verdict::Crossed, crossing.to_string()),
        scale::Outcome::Interrupted => (Verdict::Stopped, "stopped by the user".to_owned()),
        scale::Outcome::Failed(DriveError::Marathon(error)) => {
            failure.get_or_insert_with(|| match error.downcast_ref::<harness::Error>() {
                Some(error) => reach::failure(error),
                None => Failure::new(Code::Unreachable, error.to_string()),
            });
            (Verdict::Broken, error.to_string())
        }
        scale::Outcome::Failed(DriveError::Write(error)) => {
            failure.get_or_insert_with(|| Failure::results(&job.folder.file("samples.jsonl"), error));
            (Verdict::Broken, format!("a result could not be written: {error}"))
        }
    };
    // A run whose results are not safe has not passed.
    let verdict = if failure.is_some() && verdict == Verdict::Passed { Verdict::Broken } else { verdict };
    let summary = Summary {
        format: manifest::FORMAT,
        pair: job.definition.pair.clone(),
        verdict,
        why,
        target: u64::from(job.scaled.plan.target()),
        reached: limit.as_ref().map_or(report.reached(), |limit| Some(limit.holds)).map_or(0, u64::from),
        samples: report.totals.samples,
        missed_polls: report.totals.missed_ticks,
        seconds: report.totals.seconds,
        steps: report.steps.iter().map(|step| Step::default().with_report(step)).collect(),
        measures: Some(report.totals.clone()),
        limit,
        ..Summary::default()
    };
    Outcome { summary, failure, folder: job.folder.clone() }
}
