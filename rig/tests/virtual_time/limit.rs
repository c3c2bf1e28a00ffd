//! The search for the limit on the fake.

use std::time::Duration;

use fake_marathon::FakeMarathon;
use fixtures::{App, Check, Containerizer};
use harness::{
    model::Kind,
    scale::{Drive, Limit, MarathonApp, Plan, Search},
};
use rstest::rstest;

use crate::environment::{Environment, KeptSamples};

/// Searches up to 400 tasks on a fake on which only the `n` oldest answer their checks, give or take `noise` at each
/// check, by the thresholds that `hc-rig try --find-limit` has unless others are given.
async fn search(n: u32, noise: f64, check: Check) -> Limit {
    let environment =
        Environment::start(FakeMarathon::builder().agent_cpus(1e6).agent_mem(1e9).hold_at_most(n, noise)).await;
    let app = environment.deploy(App::listener(Containerizer::Mesos, check).id("/hc").instances(1)).await;
    let plan = Plan::exponential(1, 2, 400).expect("a plan");
    let threshold = |text: &str| text.parse().expect("a threshold");
    let drive = Drive {
        hold: Duration::from_secs(30),
        step_deadline: Duration::from_secs(60),
        thresholds: vec![threshold("killed > 0"), threshold("unhealthy_pct > 1 for 10s")],
        ..Drive::new(plan.clone())
    };
    let mut subject = MarathonApp::new(environment.client.clone(), Kind::App, &app);
    let (limit, report) =
        drive.find_limit(Search::new(&plan, 0.01, 1), &mut subject, &mut KeptSamples::default()).await;
    environment.fake.shutdown().await;
    limit.unwrap_or_else(|| panic!("no limit: {}", report.outcome))
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn what_the_fake_holds_is_found_within_one_per_cent(
    #[values(3, 64, 137)] n: u32,
    #[values(Check::Tcp, Check::MesosTcp)] check: Check,
) {
    let limit = search(n, 0.0, check).await;
    let gap = (f64::from(n) * 0.01).max(1.0);
    assert!(limit.holds <= n && f64::from(n - limit.holds) < gap, "{limit:?}");
    assert!(limit.breaks.is_some_and(|breaks| breaks > n), "{limit:?}");
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn and_with_noise(#[values(Check::Tcp, Check::MesosTcp)] check: Check) {
    let n = 137_u32;
    let limit = search(n, 0.01, check).await;
    assert!(f64::from(limit.holds.abs_diff(n)) <= f64::from(n) * 0.01, "{limit:?}");
}
