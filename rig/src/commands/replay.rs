//! `hc-rig replay`: shows a run again as it went, from its samples, at any speed.

use std::{path::Path, time::Duration};

use harness::record::Counts;
use tokio::time::{Instant, sleep_until};

use crate::{
    commands::Done,
    exit::Failure,
    folder::{RunFolder, sample},
    progress::Progress,
    run::Interrupt,
};

/// What one poll saw, as far as the bar shows it.
struct Shown {
    run: usize,
    t: f64,
    request: u64,
    target: u32,
    counts: Counts,
    took: f64,
    late: f64,
}

/// Shows the run in a folder, or all runs below it side by side, `speed` times as fast as it went. Complete lines of a
/// run that was killed, or still goes on, are shown like any other.
///
/// # Errors
/// There is no run, or its samples cannot be read.
pub async fn run(path: &Path, speed: f64, interrupt: Interrupt) -> Result<Done, Failure> {
    let folders = RunFolder::find(path)?;
    let progress = Progress::new(false);
    let mut pairs = Vec::new();
    let mut all = Vec::new();
    for (run, folder) in folders.iter().enumerate() {
        let manifest = folder.manifest()?;
        let target = manifest.plan.targets.iter().max().copied().unwrap_or(1);
        pairs.push((progress.pair(&manifest.pair, small(target)), manifest.pair, 0));
        let samples = folder.file("samples.jsonl");
        sample::scan(&samples, |sample| {
            all.push(Shown {
                run,
                t: sample.t,
                request: sample.request,
                target: sample.target,
                counts: sample.counts,
                took: sample.took,
                late: sample.late,
            });
        })
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", samples.display())))?;
    }
    all.sort_by(|a, b| a.t.total_cmp(&b.t));
    let start = Instant::now();
    for shown in &all {
        let at = start + Duration::try_from_secs_f64(shown.t / speed).unwrap_or_default();
        tokio::select! {
            () = sleep_until(at) => {}
            () = interrupt.stop.cancelled() => return Ok(Done::well("")),
        }
        let (bar, name, last) = &mut pairs[shown.run];
        bar.show(&shown.counts, shown.target, shown.request, shown.t, shown.took, shown.late);
        // Without a terminal a line for each new target tells the course.
        if *last != shown.target {
            *last = shown.target;
            progress.say(&format!("{:>7.1} s  {name}  asked for {} tasks", shown.t, shown.target));
        }
    }
    for (bar, ..) in &pairs {
        bar.finish("end of the samples");
    }
    Ok(Done::well(format!("{} samples of {}\n", all.len(), path.display())))
}

fn small(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
