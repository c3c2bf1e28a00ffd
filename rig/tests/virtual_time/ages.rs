//! One hung task under Marathon's checks, held to a recording of the real thing.

use std::time::Duration;

use fake_marathon::FakeMarathon;
use fixtures::{App, Check, Containerizer, secs};
use harness::scale::{Drive, MarathonApp, Plan, RunReport};
use serde_json::Value;

use crate::stage::{Kept, Stage};

/// Recorded from Marathon 1.11.26: 60 well tasks checked each second, one hung task with a time-out of 20 s, 256 slots;
/// (t, median age, oldest) every two seconds.
fn recorded() -> Vec<(f64, f64, f64)> {
    let text = fixtures::ONE_HUNG_TASK;
    let all: Value = serde_json::from_str(text).expect("the recording");
    let runs = all["runs"].as_array().expect("runs");
    let run = runs.iter().find(|run| run["max_concurrent_marathon_health_checks"] == 256).expect("the default");
    let rows = run["with_one_hung_task"].as_array().expect("rows");
    let number = |row: &Value, key: &str| row[key].as_f64().expect("a number");
    rows.iter().map(|row| (number(row, "t"), number(row, "median_age_s"), number(row, "max_age_s"))).collect()
}

/// Where the ages fall back: the first row after one above ten seconds that is below five.
fn fallen(rows: &[(f64, f64, f64)]) -> usize {
    1 + rows.windows(2).position(|pair| pair[0].1 > 10.0 && pair[1].1 < 5.0).expect("the ages fall back")
}

async fn sixty_and_a_hung_one(check: Check) -> (RunReport, Vec<(f64, f64, f64)>) {
    let stage = Stage::start(FakeMarathon::builder()).await;
    let well = App::listener(Containerizer::Mesos, check).id("/many").instances(60).interval(secs(1)).timeout(secs(5));
    let many = stage.deploy(well).await;
    let hung = App::listener(Containerizer::Mesos, check).id("/hung").hangs_after(secs(10)).timeout(secs(20));
    stage.deploy(hung.interval(secs(1)).max_consecutive_failures(0)).await;
    let plan = Plan::list(60, &[60]).expect("a plan");
    let drive = Drive { hold: Duration::from_secs(90), ..Drive::new(plan) };
    let mut kept = Kept::default();
    let report = drive.run(&mut MarathonApp::new(stage.client.clone(), &many), &mut kept).await;
    let ages = kept.samples.iter().filter_map(|sample| Some((sample.t, sample.age?.p50, sample.age?.max)));
    let rows = ages.collect();
    stage.fake.shutdown().await;
    (report, rows)
}

#[tokio::test(start_paused = true)]
async fn one_hung_task_ages_everybody_as_on_the_real_one() {
    let (report, ours) = sixty_and_a_hung_one(Check::Http).await;
    assert!(report.outcome.held(), "nothing is called unhealthy: {}", report.outcome);
    assert!(!report.totals.age_of_changes_only);
    let real = recorded();
    let (here, there) = (fallen(&ours), fallen(&real));
    let before = there.min(here);
    for step in 0..(real.len() - there + before) {
        let (mine, theirs) = (ours[here - before + step], real[there - before + step]);
        let apart = (mine.1 - theirs.1).abs().max((mine.2 - theirs.2).abs());
        assert!(apart <= 2.0, "{apart:.1} s apart: {mine:?} for {theirs:?}\nours {ours:?}");
    }
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
