//! Failures during a run, in virtual time: the run continues, each failure is reported, and nothing counts as lost
//! that was not.

#![expect(clippy::unwrap_used, reason = "the set-up of a test may fail loudly")]

use std::{io, time::Duration};

use fake_marathon::{
    Builder, FakeMarathon,
    fault::{Action, DeploymentAction, Fault, FaultGuard, HttpAction, Match, QueueAction, Rule},
    tuning::Tuning,
};
use fixtures::{App, Check, Containerizer};
use harness::{
    Transport,
    cluster::{Lease, LeaseOptions},
    dcos::Credentials,
    marathon::Client,
    record::{EventRecord, PolledSample, StepReport},
    scale::{Drive, MarathonApp, Plan, RunReport, Sink},
    settings::{Access, Settings},
};
use http::{Method, StatusCode};
use rstest::rstest;

/// Longer than any poll of these runs waits for an answer by itself.
const SLOW: Duration = Duration::from_secs(5);

/// Keeps nothing: the tests read the report.
struct Nowhere;

impl Sink for Nowhere {
    fn on_sample(&mut self, _: &PolledSample) -> io::Result<()> {
        Ok(())
    }
    fn on_event(&mut self, _: &EventRecord) -> io::Result<()> {
        Ok(())
    }
    fn on_step(&mut self, _: &StepReport) -> io::Result<()> {
        Ok(())
    }
}

fn credentials() -> Credentials {
    Credentials::Password { uid: "me".to_owned(), password: "hunter2".into() }
}

struct Environment {
    fake: FakeMarathon,
    client: Client,
}

impl Environment {
    async fn new(builder: Builder, credentials: Option<Credentials>) -> Self {
        let fake = builder.prompt_offers().start().await.unwrap();
        let access = match credentials {
            Some(credentials) => Access::dcos(fake.url(), credentials),
            None => Access::marathon(&fake.urls().join(",")),
        };
        let client = Settings::from(access.unwrap()).connect_over(Transport::in_process(fake.service())).unwrap();
        Self { fake, client }
    }

    /// Ten tasks, then twenty, then thirty, each held for 20 s; `trouble` begins after 15 s.
    async fn run(&self, trouble: impl AsyncFnOnce(&FakeMarathon)) -> RunReport {
        let app = App::listener(Containerizer::Mesos, Check::MesosTcp).instances(10).to_json();
        let lease = Lease::take(&self.client, LeaseOptions::default());
        let app = lease.deploy(&app).await.unwrap();
        let drive = Drive {
            hold: Duration::from_secs(20),
            started: self.client.server_time().unwrap().now,
            ..Drive::new(Plan::linear(10, std::num::NonZeroU32::new(10).unwrap(), 30).unwrap())
        };
        let mut subject = MarathonApp::new(self.client.clone(), app.kind, &app.id);
        let mut sink = Nowhere;
        let (report, ()) = tokio::join!(drive.run(&mut subject, &mut sink), async {
            tokio::time::sleep(Duration::from_secs(15)).await;
            trouble(&self.fake).await;
        });
        lease.release(Duration::from_secs(120)).await.unwrap();
        report
    }

    fn incidents(&self) -> Vec<(String, u64)> {
        self.client.incidents().into_iter().map(|incidents| (incidents.name, incidents.count)).collect()
    }
}

#[track_caller]
fn nothing_is_lost(report: &RunReport) {
    assert!(report.outcome.held(), "{}", report.outcome);
    assert_eq!(report.steps.iter().map(|step| step.target).collect::<Vec<_>>(), [10, 20, 30]);
    assert_eq!(report.steps.iter().map(|step| step.kills + step.losses).sum::<u64>(), 0);
}

fn rule(act: HttpAction, method: Option<Method>, prefix: &str) -> Rule {
    let method = method.map(|method| method.to_string());
    Rule::new(Match { method, path: Some(prefix.to_owned()), ..Match::default() }, Action::Http(act))
}

fn answers(status: StatusCode, message: &str) -> HttpAction {
    HttpAction::Status { code: status.as_u16(), message: message.to_owned() }
}

/// Keeps rules in force for this long.
async fn strike(fake: &FakeMarathon, rules: Vec<Rule>, lasting: Duration) {
    let faults = fake.faults();
    let guards: Vec<FaultGuard> = rules.into_iter().map(|rule| faults.install(rule)).collect();
    tokio::time::sleep(lasting).await;
    drop(guards);
}

#[rstest]
#[case::unavailable(answers(StatusCode::SERVICE_UNAVAILABLE, "no leader"), "answer 503")]
#[case::bad_gateway(answers(StatusCode::BAD_GATEWAY, "no leader"), "answer 502")]
#[case::resets(HttpAction::Reset, "connection broke")]
#[case::cut_short(HttpAction::Truncate(10), "connection broke")]
#[case::no_json(HttpAction::Malformed, "unreadable answer")]
#[case::slow(HttpAction::Delay(SLOW), "slow answer")]
#[case::no_answer(HttpAction::Delay(Duration::from_secs(40)), "no answer in time")]
#[tokio::test(start_paused = true)]
async fn requests_that_fail_or_drag_are_survived_and_named(#[case] action: HttpAction, #[case] name: &str) {
    let environment = Environment::new(FakeMarathon::builder(), None).await;
    let report = environment
        .run(async |fake| {
            let rules = vec![rule(action, None, "/v2/apps")];
            // The second step's request falls into it as well as polls do.
            strike(fake, rules, Duration::from_secs(20)).await;
        })
        .await;
    nothing_is_lost(&report);
    let incidents = environment.incidents();
    assert!(incidents.iter().any(|(named, count)| named == name && *count >= 1), "{incidents:?}");
    environment.fake.shutdown().await;
}

/// The second step begins while deployments are stuck, and ends once they continue.
#[rstest]
#[case::deployments_that_are_stuck(Action::Deployments(DeploymentAction::Stuck))]
#[case::a_queue_that_holds_launches_back(Action::Queue(QueueAction::Delay(Duration::from_secs(3600))))]
#[tokio::test(start_paused = true)]
async fn a_step_that_drags_is_waited_for(#[case] act: Action) {
    let environment = Environment::new(FakeMarathon::builder(), None).await;
    let rules = vec![Rule::new(Match::default(), act)];
    let report = environment.run(async |fake| strike(fake, rules, Duration::from_secs(30)).await).await;
    nothing_is_lost(&report);
    let lasted = report.steps.iter().map(|step| step.reached_at.unwrap() - step.asked_at).collect::<Vec<_>>();
    assert!(lasted[0] < 10.0 && lasted[1] > 15.0 && lasted[2] < 10.0, "{lasted:?}");
    environment.fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_lost_is_replaced_by_a_standby_and_named() {
    let environment = Environment::new(FakeMarathon::builder().standbys(2), None).await;
    let report = environment.run(async |fake| fake.admin().inject(Fault::LeaderAbdicates).await.unwrap()).await;
    nothing_is_lost(&report);
    let incidents = environment.incidents();
    for name in ["another server answered", "another leader", "event stream lost", "event stream back"] {
        assert!(incidents.iter().any(|(named, _)| named == name), "{name}: {incidents:?}");
    }
    environment.fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_event_stream_is_opened_again_and_named() {
    let tuning = Tuning { lone_restart: Duration::ZERO, ..Tuning::default() };
    let environment = Environment::new(FakeMarathon::builder().tuning(tuning), None).await;
    let report = environment
        .run(async |fake| {
            // The leader is elected again at once: only the stream is lost. It stays away for a while.
            fake.admin().inject(Fault::LeaderAbdicates).await.unwrap();
            let away = answers(StatusCode::SERVICE_UNAVAILABLE, "");
            strike(fake, vec![rule(away, Some(Method::GET), "/v2/events")], Duration::from_secs(5)).await;
        })
        .await;
    nothing_is_lost(&report);
    let incidents = environment.incidents();
    assert_eq!(
        incidents.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["event stream lost", "event stream back"]
    );
    assert_eq!(report.totals.event_gaps, 1);
    environment.fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_is_renewed_and_named() {
    let builder = FakeMarathon::builder().user("me", "hunter2").token_ttl(Duration::from_secs(30));
    let environment = Environment::new(builder, Some(credentials())).await;
    let report = environment.run(async |_| ()).await;
    nothing_is_lost(&report);
    let incidents = environment.incidents();
    assert!(
        incidents.iter().any(|(name, count)| name == "token renewed before it expired" && *count >= 2),
        "{incidents:?}"
    );
    environment.fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_renewed_once_and_named() {
    let builder = FakeMarathon::builder().user("me", "hunter2");
    let environment = Environment::new(builder, Some(credentials())).await;
    let report = environment
        .run(async |fake| {
            let refused = answers(StatusCode::UNAUTHORIZED, "");
            strike(fake, vec![rule(refused, None, "/service/marathon/v2/apps").times(1)], SLOW).await;
        })
        .await;
    nothing_is_lost(&report);
    assert_eq!(environment.incidents(), [("token refused and renewed".to_owned(), 1)]);
    environment.fake.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_truly_lost_is_reported_as_lost() {
    let environment = Environment::new(FakeMarathon::builder(), None).await;
    let report = environment
        .run(async |fake| {
            let unavailable = answers(StatusCode::SERVICE_UNAVAILABLE, "");
            let victim = environment.client.apps().await.unwrap().apps[0].tasks[0].id.to_string();
            fake.admin().inject(Fault::TaskExits { task: victim, status: 1 }).await.unwrap();
            strike(fake, vec![rule(unavailable, None, "/v2/apps")], SLOW).await;
        })
        .await;
    assert!(report.outcome.held(), "{}", report.outcome);
    assert_eq!(report.steps.iter().map(|step| step.losses).sum::<u64>(), 1);
    assert!(environment.incidents().iter().any(|(name, _)| name == "answer 503"));
    environment.fake.shutdown().await;
}
