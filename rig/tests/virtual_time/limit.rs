//! The search for the limit on the fake.

use std::time::Duration;

use fake_marathon::FakeMarathon;
use fixtures::{App, Check, Containerizer};
use harness::scale::{Drive, Limit, MarathonApp, Plan, Search};
use rstest::rstest;

use crate::stage::{Kept, Stage};

/// Searches up to 400 tasks, each of which needs a tenth of a CPU, on one agent that has room for `n`.
async fn search(n: u32, check: Check, precision: f64) -> Limit {
    let cpus = f64::from(n) * 0.1 + 0.05;
    let stage = Stage::start(FakeMarathon::builder().agent_cpus(cpus).agent_mem(1e6)).await;
    let app = stage.deploy(App::listener(Containerizer::Mesos, check).id("/hc").instances(1).cpus(0.1)).await;
    let plan = Plan::exponential(1, 2, 400).expect("a plan");
    let drive = Drive {
        hold: Duration::from_secs(30),
        step_deadline: Duration::from_secs(60),
        thresholds: vec!["killed > 0".parse().expect("a threshold")],
        ..Drive::new(plan.clone())
    };
    let mut subject = MarathonApp::new(stage.client.clone(), &app);
    let (limit, report) = drive.find_limit(Search::new(&plan, precision, 1), &mut subject, &mut Kept::default()).await;
    stage.fake.shutdown().await;
    limit.unwrap_or_else(|| panic!("no limit: {}", report.outcome))
}

#[rstest]
#[tokio::test(start_paused = true)]
async fn what_the_agents_have_room_for_is_found_within_one_per_cent(
    #[values(3, 64, 137)] n: u32,
    #[values(Check::Tcp, Check::MesosTcp)] check: Check,
) {
    let limit = search(n, check, 0.01).await;
    let gap = (f64::from(n) * 0.01).max(1.0);
    assert!(limit.holds <= n && f64::from(n - limit.holds) < gap, "{limit:?}");
    assert!(limit.breaks.is_some_and(|breaks| breaks > n), "{limit:?}");
}
