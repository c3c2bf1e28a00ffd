//! The executors' process ids: all are found, and agents that have nothing new to tell are left in peace.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::to_bytes,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use fake_marathon::FakeMarathon;
use fixtures::{App, Check, Containerizer};
use harness::{
    Client, Transport,
    model::Kind,
    record::{EventRecord, Lines, PolledSample, StepReport},
    scale::{Drive, MarathonApp, Plan, Sink},
};
use hc_rig::run::executors::{Executors, NewTasks};
use rstest::rstest;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::environment::Environment;

/// Passes polls on, as the sink of a run does.
struct Recorder(Arc<NewTasks>);

impl Sink for Recorder {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        self.0.sample(sample);
        Ok(())
    }

    fn on_event(&mut self, _: &EventRecord) -> io::Result<()> {
        Ok(())
    }

    fn on_step(&mut self, _: &StepReport) -> io::Result<()> {
        Ok(())
    }
}

/// What stands between the client and the fake.
#[derive(Clone, Default)]
struct Between {
    asked: Arc<Mutex<Vec<String>>>,
    /// Whether containers have pids; those of simulated tasks have none.
    pids: bool,
}

impl Between {
    fn before(&self, service: Router) -> Router {
        service.layer(from_fn_with_state(self.clone(), Self::pass))
    }

    async fn pass(State(this): State<Self>, request: Request, next: Next) -> Response {
        let path = request.uri().path().to_owned();
        this.asked.lock().expect("nobody panicked").push(path.clone());
        let answer = next.run(request).await;
        if !path.ends_with("/containers") || !this.pids {
            return answer;
        }
        let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
        let mut containers: Vec<Value> = serde_json::from_slice(&body).expect("containers");
        for container in &mut containers {
            container["status"]["executor_pid"] = 7.into();
        }
        Json(containers).into_response()
    }

    fn times(&self, end: &str) -> usize {
        self.asked.lock().expect("nobody panicked").iter().filter(|path| path.ends_with(end)).count()
    }
}

#[rstest]
#[case::found(true, 12, 6)]
#[case::in_vain(false, 0, 60)]
#[tokio::test(start_paused = true)]
async fn agents_are_asked_while_there_are_new_tasks(#[case] pids: bool, #[case] found: usize, #[case] most: usize) {
    let environment = Environment::start(FakeMarathon::builder().agents(3)).await;
    let between = Between { pids, ..Between::default() };
    let client = Client::in_process(Transport::in_process(between.before(environment.fake.service())));
    let app = environment.deploy(App::listener(Containerizer::Mesos, Check::MesosTcp).id("/many")).await;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let events = Arc::new(Mutex::new(Lines::append(&path).unwrap()));
    let new_tasks = Arc::<NewTasks>::default();
    let over = CancellationToken::new();
    let executors = Executors::new(client.clone(), Arc::clone(&new_tasks), events, Instant::now());
    let follower = tokio::spawn(executors.follow(over.clone()));
    let drive = Drive { hold: Duration::from_secs(600), ..Drive::new(Plan::list(1, &[12]).unwrap()) };
    let report = drive.run(&mut MarathonApp::new(client, Kind::App, &app), &mut Recorder(new_tasks)).await;
    assert!(report.outcome.held(), "{}", report.outcome);
    over.cancel();
    follower.await.unwrap();
    environment.fake.shutdown().await;

    let noted = std::fs::read_to_string(path).unwrap();
    assert_eq!(noted.matches("hc_rig_executor").count(), found, "{noted}");
    let questions = between.times("/containers");
    assert!((3..=most).contains(&questions), "{questions}");
    // Once to find out where Mesos is, once for its agents.
    assert_eq!(between.times("/state"), 2);
    assert!(between.times("/many") > 290, "polls go on all the while");
}
