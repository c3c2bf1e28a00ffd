//! `hc-rig replay`: plays a run again from its samples, at any speed.

use std::{io, time::Duration};

use clap::Args;
use harness::record::read::{self, Scanned};
use tokio::time::{Instant, sleep_until};

use crate::{
    exit::{Completion, Failure},
    flags::values::speed,
    folder::{RunFolder, locate},
    results::render::warn_of_left_out,
    run::Interrupt,
    terminal::progress::{Poll, Progress, RunProgress},
};

/// The longest replay. Times beyond it are no times of a run.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

/// Arguments of `hc-rig replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// The run: its folder, its name, or nothing for the latest
    pub run: Option<String>,
    /// How many times faster than real time
    #[arg(long, default_value_t = 10.0, value_name = "N", value_parser = speed)]
    pub speed: f64,
}

/// The line of one run and the last target that was printed.
struct Line {
    progress: RunProgress,
    pair: String,
    target: u32,
}

/// Plays the run in a folder, or all runs below it side by side. Complete lines of a run that was killed, or that is
/// still going on, are played like any other.
///
/// # Errors
/// There is no run or no sample of it, or its samples cannot be read.
pub async fn run(args: &ReplayArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let path = locate::path(args.run.as_deref())?;
    let (mut runs, mut polls) = (Vec::new(), Vec::new());
    for (run, folder) in RunFolder::find(&path)?.into_iter().enumerate() {
        let manifest = folder.manifest()?;
        let samples = folder.file("samples.jsonl");
        let scanned = match read::samples(&samples, |sample| polls.push((run, Poll::from(sample)))) {
            Ok(scanned) => scanned,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Scanned::default(),
            Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", samples.display()))),
        };
        runs.push((folder, manifest, scanned));
    }
    RunFolder::any_sample(runs.iter().map(|(folder, _, scanned)| (folder, scanned.samples > 0)))?;
    let progress = Progress::new(false);
    let lines = runs.into_iter().map(|(folder, manifest, scanned)| {
        warn_of_left_out(folder.path(), &scanned);
        let target = manifest.plan.targets.iter().max().copied().unwrap_or(1);
        Line { progress: progress.run(&manifest.pair, saturated(target)), pair: manifest.pair, target: 0 }
    });
    let mut lines: Vec<Line> = lines.collect();
    polls.sort_by(|(_, a), (_, b)| a.t.total_cmp(&b.t));
    if let Some((_, last)) = polls.last() {
        after(last, args.speed)?;
    }
    let start = Instant::now();
    for (run, poll) in &polls {
        let at = start + after(poll, args.speed)?;
        tokio::select! {
            () = sleep_until(at) => {}
            () = interrupt.stop.cancelled() => return Ok(Completion::passed("")),
        }
        let line = &mut lines[*run];
        line.progress.poll(poll);
        // Without a terminal, a line for each new target shows the course of the run.
        if line.target != poll.target {
            line.target = poll.target;
            let target = text::count(poll.target, "task");
            progress.note(&format!("{:>7.1} s  {}  target {target}", poll.t, line.pair));
        }
    }
    for line in &mut lines {
        line.progress.finish("end of the samples");
    }
    progress.keep();
    Ok(Completion::passed(format!("{} of {}\n", text::count(polls.len(), "sample"), path.display())))
}

/// When it is shown, from the start on.
fn after(poll: &Poll, speed: f64) -> Result<Duration, Failure> {
    let after = Duration::try_from_secs_f64(poll.t.max(0.0) / speed).ok().filter(|after| *after <= LONGEST);
    after.ok_or_else(|| {
        let why =
            format!("a sample is {:e} s after the start, which takes longer than a year at --speed {speed}", poll.t);
        Failure::usage(why)
    })
}

fn saturated(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
