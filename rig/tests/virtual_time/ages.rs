//! One hung task under Marathon's checks, held to a recording of the real thing.

use std::time::Duration;

use fake_marathon::FakeMarathon;
use fixtures::{App, Check, Containerizer, secs};
use harness::{
    model::Kind,
    scale::{Drive, MarathonApp, Plan, RunReport},
};
use hc_rig::demo::recording;
use serde_json::Value;

use crate::environment::{Environment, KeptSamples};

/// Recorded from Marathon 1.11.26: 60 healthy tasks checked each second, one hung task with a timeout of 20 s, 256 slots;
/// (seconds since the first sample, median age, oldest).
fn recorded() -> Vec<(f64, f64, f64)> {
    let text = fixtures::ONE_HUNG_TASK;
    let all: Value = serde_json::from_str(text).expect("the recording");
    let runs = all["runs"].as_array().expect("runs");
    let run = runs.iter().find(|run| run["max_concurrent_marathon_health_checks"] == 256).expect("the default");
    let rows = run["with_one_hung_task"].as_array().expect("rows");
    let oldest = rows.iter().map(|row| row["max_age_s"].as_f64().expect("a number"));
    recording::ages().into_iter().zip(oldest).map(|((t, median), oldest)| (t, median, oldest)).collect()
}

/// From one of our samples to the next, in seconds.
const POLL: f64 = 0.1;

/// How far our ages lie from the recorded ones, with the pairs; the recording begins at our sample `first`.
fn apart(ours: &[(f64, f64, f64)], real: &[(f64, f64, f64)], first: usize) -> (f64, String) {
    let pairs = real.iter().map(|row| (ours[first + (row.0 / POLL).round() as usize], row));
    let apart = |(mine, theirs): ((f64, f64, f64), &(f64, f64, f64))| {
        let worst = (mine.1 - theirs.1).abs().max((mine.2 - theirs.2).abs());
        (worst, format!("{worst:.1} s apart: {mine:?} for {theirs:?}\n"))
    };
    pairs.map(apart).fold((0.0, String::new()), |(worst, said), (one, line)| (one.max(worst), said + &line))
}

async fn sixty_and_a_hung_one(check: Check) -> (RunReport, Vec<(f64, f64, f64)>) {
    let environment = Environment::start(FakeMarathon::builder()).await;
    let healthy =
        App::listener(Containerizer::Mesos, check).id("/many").instances(60).interval(secs(1)).timeout(secs(5));
    let many = environment.deploy(healthy).await;
    let hung = App::listener(Containerizer::Mesos, check).id("/hung").hangs_after(secs(10)).timeout(secs(20));
    environment.deploy(hung.interval(secs(1)).max_consecutive_failures(0)).await;
    let plan = Plan::list(60, &[60]).expect("a plan");
    let drive = Drive { hold: Duration::from_secs(90), poll: text::duration::from_seconds(POLL), ..Drive::new(plan) };
    let mut kept = KeptSamples::default();
    let report = drive.run(&mut MarathonApp::new(environment.client.clone(), Kind::App, &many), &mut kept).await;
    let ages = kept.samples.iter().filter_map(|sample| Some((sample.t, sample.age?.p50, sample.age?.max)));
    let rows = ages.collect();
    environment.fake.shutdown().await;
    (report, rows)
}

#[tokio::test(start_paused = true)]
async fn one_hung_task_ages_everybody_as_on_the_real_one() {
    let (report, ours) = sixty_and_a_hung_one(Check::Http).await;
    assert!(report.outcome.held(), "nothing is called unhealthy: {}", report.outcome);
    assert!(!report.totals.age_of_changes_only);
    let real = recorded();
    // When the recorder took its first sample is chance: the recording is laid where it fits best.
    let length = (real[real.len() - 1].0 / POLL).round() as usize;
    let fits = (0..ours.len() - length).map(|first| apart(&ours, &real, first));
    let (worst, pairs) = fits.min_by(|a, b| a.0.total_cmp(&b.0)).expect("watched long enough");
    assert!(worst <= 2.0, "{pairs}");
    let worst = report.totals.age.expect("ages").max;
    assert!((14.0..19.0).contains(&worst), "{worst}");
}

#[tokio::test(start_paused = true)]
async fn under_native_checks_the_age_of_the_last_check_cannot_be_known() {
    let (report, ours) = sixty_and_a_hung_one(Check::MesosHttp).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    assert!(report.totals.age_of_changes_only, "they tell changes only");
    let (t, age, _) = *ours.last().expect("samples");
    assert!(age > t - 30.0, "the last change is that to healthy: {age} s ago at {t} s");
}
