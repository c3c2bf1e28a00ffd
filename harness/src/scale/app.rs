//! An app or a pod of a real Marathon, or of anything that speaks like one, as the subject of a run.

use std::{sync::Arc, time::Duration};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::subject::{Incoming, Observation, Subject};
use crate::{
    marathon::{
        Client, Error, Tasks,
        events::{EventStream, StreamItem},
    },
    model::{EventKind, HealthCheck, Kind},
    record::{Observed, Recent},
    wait::AttemptError,
    watch::concerns,
};

/// One app or pod of a cluster. It is neither created nor deleted here.
#[derive(Clone, Debug)]
pub struct MarathonApp {
    client: Client,
    kind: Kind,
    id: String,
    with_events: bool,
    recent: Recent,
}

impl MarathonApp {
    /// The app or pod of this id, absolute.
    #[must_use]
    pub fn new(client: Client, kind: Kind, id: impl Into<String>) -> Self {
        Self { client, kind, id: id.into(), with_events: true, recent: Recent::default() }
    }

    /// The same without listening to events: the polls alone have to do.
    #[must_use]
    pub fn without_events(self) -> Self {
        Self { with_events: false, ..self }
    }
}

impl Tasks for Recent {
    type Made = Arc<Observed>;

    fn begin(&mut self) {
        Recent::begin(self);
    }

    fn foreseen(&mut self, rest: &str) -> Option<(Arc<Observed>, usize)> {
        Recent::foreseen(self, rest)
    }

    fn read(&mut self, task: &RawValue) -> Arc<Observed> {
        Recent::read(self, task)
    }
}

impl Subject for MarathonApp {
    async fn observe(&mut self) -> Result<Observation, AttemptError> {
        let observed = self.client.find_and(self.kind, &self.id, &mut self.recent).await;
        let (app, tasks) = observed.map_err(attempt_error)?;
        self.recent.settle();
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Observation {
            instances: count(app.instances),
            healthy: count(app.tasks_healthy),
            running: count(app.tasks_running),
            native: app.health_checks.iter().any(HealthCheck::is_native),
            checked: !app.health_checks.is_empty(),
            deploying: !app.deployments.is_empty(),
            tasks,
            server_time: self.client.server_time(),
        })
    }

    async fn scale(&mut self, instances: u32, force: bool) -> Result<(), AttemptError> {
        self.client.scale(self.kind, &self.id, instances.into(), force).await.map(drop).map_err(attempt_error)
    }

    fn events(&mut self) -> BoxStream<'static, Incoming> {
        if !self.with_events {
            return stream::empty().boxed();
        }
        let (client, id) = (self.client.clone(), self.id.clone());
        stream::once(open_patiently(client)).flat_map(move |opened| heard(opened, id.clone())).boxed()
    }
}

/// A lock passes with the deployment that holds it.
fn attempt_error(error: Error) -> AttemptError {
    let passes = error.is_transient() || error.is_locked();
    AttemptError::new(error, passes)
}

/// How long to wait before the stream is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

/// Opens the stream and retries transient errors: a run of hours must not go without events because there was no leader
/// in its first second.
async fn open_patiently(client: Client) -> Result<EventStream, Error> {
    loop {
        match client.events(&EventKind::ALL).await {
            Err(error) if error.is_transient() => sleep(AGAIN).await,
            opened => return opened,
        }
    }
}

fn heard(opened: Result<EventStream, Error>, id: String) -> BoxStream<'static, Incoming> {
    match opened {
        Err(error) => stream::iter([Incoming::Gap(error.to_string())]).boxed(),
        Ok(events) => events.filter_map(move |item| std::future::ready(hear(item, &id))).boxed(),
    }
}

fn hear(item: StreamItem, id: &str) -> Option<Incoming> {
    match item {
        StreamItem::Event(event) => concerns(&event.data, id).then_some(Incoming::Event(event.data)),
        // The reconnection that follows only means that the gap is over.
        StreamItem::Reconnected { .. } => None,
        StreamItem::Lost { why } => Some(Incoming::Gap(why)),
        StreamItem::Gone { error } => Some(Incoming::Gap(error.to_string())),
    }
}
