//! A run that an earlier process began and did not finish: its last state, and whether it can continue.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use harness::{
    cluster::Ownership,
    model::{App, parse_timestamp},
    record::{EventRecord, Lines, event::Remark, read},
    scale::{Before, Plan},
};
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    exit::Failure,
    folder::{
        RunFolder,
        manifest::{ClusterKind, Manifest},
        moment,
    },
    run::Job,
    verdict::Verdict,
};

/// What an earlier process left of a run.
#[derive(Clone, Debug)]
pub struct Continued {
    /// The app as it is on the cluster.
    pub app: App,
    /// Steps, samples and time of the earlier process.
    pub before: Before,
}

/// The last state of a run by its files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastState {
    /// The app's version as it was deployed; none if the run ended before Marathon had answered.
    pub version: Option<String>,
    /// Number of the last poll.
    pub request: u64,
    /// The target of the last poll.
    pub target: u64,
    /// Seconds at the last poll, on the samples' clock.
    pub t: f64,
    /// Time of day at which the samples' clock began, by the rig's clock.
    pub origin: Option<OffsetDateTime>,
}

impl LastState {
    /// Reads it from a run's folder.
    ///
    /// # Errors
    /// Exit code 2: the files cannot be read.
    pub fn of(folder: &RunFolder) -> Result<Self, Failure> {
        let mut last = Self::default();
        let unreadable = |name: &str, error: &std::io::Error| {
            Failure::usage(format!("cannot read {}: {error}", folder.file(name).display()))
        };
        read::events(&folder.file("events.jsonl"), |line| {
            if Remark::parse(line.kind()) == Some(Remark::Deployed) {
                last.version = Some(line.text("version").to_owned());
                last.origin = origin(&line.at, line.t);
            }
        })
        .map_err(|error| unreadable("events.jsonl", &error))?;
        read::samples(&folder.file("samples.jsonl"), |sample| {
            (last.request, last.target, last.t) = (sample.request, sample.target.into(), sample.t);
            last.origin = origin(&sample.at, sample.t).or(last.origin);
        })
        .map_err(|error| unreadable("samples.jsonl", &error))?;
        Ok(last)
    }

    /// The present time on the samples' clock; never before the last sample.
    pub fn elapsed(&self, now: OffsetDateTime) -> Duration {
        let by_day = self.origin.and_then(|origin| (now - origin).try_into().ok()).unwrap_or_default();
        Duration::try_from_secs_f64(self.t).unwrap_or_default().max(by_day)
    }
}

fn origin(at: &str, t: f64) -> Option<OffsetDateTime> {
    parse_timestamp(at)?.checked_sub(Duration::try_from_secs_f64(t).ok()?.try_into().ok()?)
}

/// Refuses a run that is over, or that ended with its process.
///
/// # Errors
/// Exit code 2: why it cannot continue.
pub fn check_resumable(folder: &RunFolder, manifest: &Manifest) -> Result<(), Failure> {
    let run = folder.path().display();
    if manifest.cluster.kind == ClusterKind::Embedded {
        return Err(Failure::usage(format!(
            "{run} ran on the fake inside hc-rig, which ended with the run; run `hc-rig try` again"
        )));
    }
    if manifest.is_watch() {
        return Err(Failure::usage(format!(
            "{run} is a watch of {}, which cannot be resumed; watch it again",
            manifest.app
        )));
    }
    if manifest.plan.search.is_some() {
        return Err(Failure::usage(format!(
            "{run} is a search for a limit, which cannot be resumed; clean it and search again"
        )));
    }
    let Some(summary) = folder.summary() else { return Ok(()) };
    match summary.verdict {
        Verdict::Passed | Verdict::Degraded | Verdict::Failed => {
            let verdict = summary.verdict.word().to_lowercase();
            Err(Failure::usage(format!("{run} is finished ({verdict}), so there is nothing to resume")))
        }
        Verdict::Limit | Verdict::Stopped | Verdict::Error if summary.clean_up.is_complete() => {
            Err(Failure::usage(format!("{run} was stopped and cleaned up, so its app is gone; start a new run")))
        }
        Verdict::Limit | Verdict::Stopped | Verdict::Error => Ok(()),
    }
}

/// Where the run continues: the targets that are left, beginning with the present instances of the app.
///
/// # Errors
/// Exit code 2: the app no longer belongs to the run, or is not what was deployed.
pub fn position(
    manifest: &Manifest,
    last: &LastState,
    app: &App,
    server_now: OffsetDateTime,
) -> Result<(Plan, Before), Failure> {
    let refuse = |what: String| Err(Failure::usage(format!("{} {what}", app.id)));
    let ours = Ownership::of(app).filter(|owner| owner.run == manifest.run);
    let Some(owner) = ours else {
        return refuse(format!("does not carry the labels of the run {}, so it is left alone", manifest.run));
    };
    if owner.expires <= server_now {
        return refuse(format!("has outlived its lease ({}); remove it with hc-rig clean", owner.expires_text()));
    }
    let changed = app.version_info.as_ref().and_then(|info| info.last_config_change_at);
    let deployed = last.version.as_deref().and_then(parse_timestamp);
    if let (Some(changed), Some(deployed)) = (changed, deployed)
        && changed != deployed
    {
        return refuse(
            "was changed since the run deployed it, so the results would not compare; start a new run".to_owned(),
        );
    }
    let targets = &manifest.plan.targets;
    let known = last.target.max(targets.first().copied().unwrap_or_default());
    // The next target may have been asked for when the process died, before a poll could show it.
    let at = targets.iter().position(|target| *target == app.instances && *target >= known);
    let Some(at) = at else {
        let n = app.instances;
        return refuse(format!("was scaled to {n} by somebody else; start a new run"));
    };
    let left: Vec<u32> = targets[at..].iter().map(|target| u32::try_from(*target).unwrap_or(u32::MAX)).collect();
    let plan = Plan::list(left[0], &left).map_err(|error| Failure::usage(error.to_string()))?;
    let elapsed = last.elapsed(OffsetDateTime::now_utc());
    Ok((plan, Before { steps: at, samples: last.request, elapsed }))
}

/// Records in `events.jsonl` that the app is deployed, for `hc-rig resume`.
pub(super) fn record_app(events: &Arc<Mutex<Lines>>, job: &Job, app: &App, t: f64) {
    let line = match &job.continues {
        None => EventRecord::remark(
            moment::now(),
            t,
            Remark::Deployed.as_str(),
            json!({"app": app.id, "version": app.version}),
        ),
        Some(_) => EventRecord::remark(
            moment::now(),
            t,
            Remark::Resumed.as_str(),
            json!({"app": app.id, "instances": app.instances}),
        ),
    };
    // The first sample reports a full disk.
    let _ = events.lock().unwrap_or_else(PoisonError::into_inner).push(&line);
}

#[cfg(test)]
#[path = "continued_tests.rs"]
mod tests;
