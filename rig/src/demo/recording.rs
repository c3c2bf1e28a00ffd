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

/// Middle ages in seconds, with the seconds since the first sample.
///
/// The samples were meant to be 2 s apart. In the first standstill the clock is the only thing that moves the age, so
/// the ages themselves tell how far apart they were: that is used.
pub fn ages() -> Vec<(f64, f64)> {
    let recording: Recording = serde_json::from_str(fixtures::ONE_HUNG_TASK).unwrap_or(Recording { runs: Vec::new() });
    let run = recording.runs.into_iter().find(|run| run.max_concurrent_marathon_health_checks == 256);
    let ages: Vec<f64> =
        run.map(|run| run.with_one_hung_task.iter().map(|sample| sample.median_age_s).collect()).unwrap_or_default();
    let rising = ages.windows(2).take_while(|pair| pair[1] > pair[0]).count();
    let apart = if rising > 0 { (ages[rising] - ages[0]) / rising as f64 } else { 2.0 };
    ages.into_iter().enumerate().map(|(index, age)| (index as f64 * apart, age)).collect()
}

/// How our ages lie against the recorded ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Second of our clock at which the recording begins.
    pub begins: f64,
    /// The largest difference of a middle age, in seconds.
    pub apart: f64,
}

/// Lays the recording over our ages where it fits best. When the task began to hang is the one thing that is free; two
/// samples are compared when they lie within half a poll of each other. None if we watched for a shorter time.
pub fn fit(ours: &[AgePoint]) -> Option<Match> {
    const STEP: f64 = 0.1;
    let recorded = ages();
    let length = recorded.last()?.0;
    let (first, last) = (ours.first()?.t, ours.last()?.t);
    let begins = (0..).map(|n| first + f64::from(n) * STEP).take_while(|begins| begins + length <= last);
    let fits = begins.map(|begins| {
        let apart = recorded.iter().map(|(t, age)| (at(ours, begins + t) - age).abs()).fold(0.0, f64::max);
        Match { begins, apart }
    });
    fits.min_by(|a, b| a.apart.total_cmp(&b.apart))
}

/// Our middle age at this second: that of the nearest sample.
pub fn at(ours: &[AgePoint], t: f64) -> f64 {
    let nearest = ours.iter().min_by(|a, b| (a.t - t).abs().total_cmp(&(b.t - t).abs()));
    nearest.map_or(f64::NAN, |point| point.p50)
}
