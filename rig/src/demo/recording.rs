//! What a real Marathon 1.11.26 was recorded to do with one hung task among sixty
//! (`fixtures/recorded/observed/one-hung-task.json`).

use serde::Deserialize;

use crate::folder::evidence::AgePoint;

#[derive(Deserialize)]
struct Recording {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    max_concurrent_marathon_health_checks: u32,
    with_one_hung_task: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    median_age_s: f64,
}

/// Median result ages in seconds, with the seconds since the first sample.
///
/// The samples were meant to be 2 s apart. In the first standstill the ages grow exactly with the clock, so the ages
/// themselves give the real interval.
pub fn ages() -> Vec<(f64, f64)> {
    let recording: Recording = serde_json::from_str(fixtures::ONE_HUNG_TASK).unwrap_or(Recording { runs: Vec::new() });
    let run = recording.runs.into_iter().find(|run| run.max_concurrent_marathon_health_checks == 256);
    let ages: Vec<f64> =
        run.map(|run| run.with_one_hung_task.iter().map(|sample| sample.median_age_s).collect()).unwrap_or_default();
    let rising = ages.windows(2).take_while(|pair| pair[1] > pair[0]).count();
    let interval = if rising > 0 { (ages[rising] - ages[0]) / rising as f64 } else { 2.0 };
    ages.into_iter().enumerate().map(|(index, age)| (index as f64 * interval, age)).collect()
}

/// How the measured ages fit the recorded ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Second of the samples' clock at which the recording begins.
    pub begins: f64,
    /// The largest difference of a median age, in seconds.
    pub difference: f64,
}

/// Where the recording fits the measured ages best: only the moment at which the task began to hang is free. None if
/// the run was shorter than the recording.
pub fn fit(measured: &[AgePoint]) -> Option<Match> {
    const STEP: f64 = 0.1;
    let recorded = ages();
    let length = recorded.last()?.0;
    let (first, last) = (measured.first()?.t, measured.last()?.t);
    let begins = (0..).map(|n| first + f64::from(n) * STEP).take_while(|begins| begins + length <= last);
    let fits = begins.map(|begins| {
        let differences = recorded.iter().map(|(t, age)| (at(measured, begins + t) - age).abs());
        Match { begins, difference: differences.fold(0.0, f64::max) }
    });
    fits.min_by(|a, b| a.difference.total_cmp(&b.difference))
}

/// The median age at this second: that of the nearest sample.
pub fn at(measured: &[AgePoint], t: f64) -> f64 {
    let nearest = measured.iter().min_by(|a, b| (a.t - t).abs().total_cmp(&(b.t - t).abs()));
    nearest.map_or(f64::NAN, |point| point.p50)
}
