//! A fake in this process whose time stands still while anything has work to do.

use std::io;

use fake_marathon::{Builder, FakeMarathon, Tasks, clock::Time};
use fixtures::App;
use harness::{
    Client, Transport,
    record::{EventRecord, PolledSample, StepReport},
    scale::Sink,
};

/// Noon of a day in June, so that two runs are equal.
const NOON: i64 = 1_749_988_800;

/// The fake and a client of it.
pub(crate) struct Environment {
    pub(crate) fake: FakeMarathon,
    pub(crate) client: Client,
}

impl Environment {
    /// Starts it; call this on a paused runtime.
    pub(crate) async fn start(builder: Builder) -> Self {
        let epoch = Time::from_micros(NOON * 1_000_000);
        let fake = builder.tasks(Tasks::Simulated).epoch(epoch).prompt_offers().start().await.expect("the fake starts");
        let client = Client::in_process(Transport::in_process(fake.service()));
        Self { fake, client }
    }

    /// Deploys an app; answers with its id.
    pub(crate) async fn deploy(&self, app: App) -> String {
        let json = app.to_json();
        self.client.create_app(&json).await.expect("the app is accepted");
        json["id"].as_str().expect("an id").to_owned()
    }
}

/// The samples of a run.
#[derive(Default)]
pub(crate) struct KeptSamples {
    pub(crate) samples: Vec<PolledSample>,
}

impl Sink for KeptSamples {
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()> {
        // No test here reads the tasks.
        self.samples.push(sample.with_tasks(Vec::new()));
        Ok(())
    }

    fn on_event(&mut self, _: &EventRecord) -> io::Result<()> {
        Ok(())
    }

    fn on_step(&mut self, _: &StepReport) -> io::Result<()> {
        Ok(())
    }
}
