//! `hc-rig why`: explains a run, or an app that is watched for it.

use std::{path::Path, time::Duration};

use clap::Args;
use harness::record::{json, read::Scanned};

use crate::{
    arguments::Output,
    exit::{Code, Completion, Failure},
    flags::values::duration,
    folder::{RunFolder, locate},
    results::{actions, render::warn_of_left_out},
    run::{DEGRADED_AFTER, Interrupt, reach::Reach, watch::Terms},
    terminal::{
        diagnosis::{Detail, render},
        layout::field,
        progress::Progress,
    },
    watch::{Watching, select::Selection},
    why::Diagnosis,
};

/// Arguments of `hc-rig why`.
#[derive(Args, Clone, Debug)]
pub struct WhyArgs {
    /// The run: its folder, its name, or nothing for the latest; or an app such as /prod/api, which is watched first
    #[arg(value_name = "RUN|/APP")]
    pub run: Option<String>,
    /// How long an app is watched
    #[arg(long = "for", default_value = "30s", value_parser = duration, value_name = "TIME")]
    pub span: Duration,
    /// Which cluster, for an app.
    #[command(flatten)]
    pub reach: Reach,
    /// Describe every affected task in full, not only one of each cause
    #[arg(long)]
    pub all: bool,
    /// The same as JSON: an array with an object a run
    #[arg(long)]
    pub json: bool,
}

/// Interval of two polls of an app.
const POLL: Duration = Duration::from_secs(1);

/// The explanation of one run, of every run in a folder of runs, or of an app after a short watch.
///
/// # Errors
/// There is no run, no sample of it and no such app, or it cannot be read.
pub async fn run(args: &WhyArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    match args.run.as_deref().filter(|named| is_id(named)) {
        Some(id) => app(args, id, &interrupt).await,
        None => {
            let explained = explain(&locate::path(args.run.as_deref())?)?;
            RunFolder::any_sample(explained.iter().map(|run| (&run.folder, run.scanned.samples > 0)))?;
            tell(args, &explained)
        }
    }
}

/// Whether it is the id of an app or group: absolute, and no folder.
fn is_id(named: &str) -> bool {
    named.starts_with('/') && !Path::new(named).exists()
}

/// Watches the app, and explains what was found. The exit code is not about the app.
async fn app(args: &WhyArgs, id: &str, interrupt: &Interrupt) -> Result<Completion, Failure> {
    let (progress, path) = (Progress::new(args.json), Output::default().folder("why"));
    let named = [id.to_owned()];
    let watching = Watching {
        selection: Selection { named: &named, label: None },
        terms: Terms {
            span: args.span,
            poll: POLL,
            thresholds: Vec::new(),
            degraded_after: DEGRADED_AFTER,
            allow_degraded: false,
        },
        alert: false,
        path: &path,
    };
    let mut gathered = watching.run(&args.reach, &progress, interrupt).await.map_err(|failure| match failure.code {
        Code::Usage => Failure::usage(format!("{id} is no run folder, and no app can be watched: {failure}")),
        _ => failure,
    })?;
    locate::mark_latest(&path);
    gathered.draw_over(&path);
    let mut end = tell(args, &explain(&path)?)?;
    if !args.json {
        end.text.push('\n');
        field(&mut end.text, "Watched", format_args!("for {:?}; nothing was changed", args.span));
        field(&mut end.text, "Report", format_args!("{}/report.html   (opens offline)", path.display()));
    }
    let explained = [Code::Passed, Code::Failed].contains(&gathered.end.code);
    if let (false, Some(problem)) = (explained, gathered.end.problem) {
        end.worsen(Failure::new(gathered.end.code, problem));
    }
    // JSON has stdout for itself.
    Ok(if args.json { end } else { actions::of_runs(&path, &gathered.runs, end) })
}

/// A run that was read and explained.
struct Explained {
    folder: RunFolder,
    scanned: Scanned,
    diagnosis: Diagnosis,
}

/// Reads the run in a folder, or one after the other those below it.
fn explain(path: &Path) -> Result<Vec<Explained>, Failure> {
    let explained = RunFolder::find(path)?.into_iter().map(|folder| {
        let run = folder.read()?;
        Ok(Explained { folder, scanned: run.scanned, diagnosis: Diagnosis::of(&run) })
    });
    explained.collect()
}

fn tell(args: &WhyArgs, explained: &[Explained]) -> Result<Completion, Failure> {
    for run in explained {
        warn_of_left_out(run.folder.path(), &run.scanned);
    }
    if args.json {
        let diagnoses: Vec<&Diagnosis> = explained.iter().map(|run| &run.diagnosis).collect();
        let json = json::pretty(&diagnoses).map_err(|error| Failure::new(Code::Internal, error.to_string()))?;
        return Ok(Completion::passed(json));
    }
    let detail = if args.all { Detail::All } else { Detail::Examples };
    let texts = explained.iter().map(|run| render(&run.diagnosis, &run.folder.path().display().to_string(), detail));
    let texts: Vec<String> = texts.collect();
    Ok(Completion::passed(texts.join("\n")))
}
