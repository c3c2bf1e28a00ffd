//! Which executor runs which task: asked from the agents while the tasks still run, kept in `events.jsonl`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use harness::Client;
use serde_json::json;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::folder::{
    event::{EXECUTOR, EventLine},
    lines::Lines,
};

/// Two rounds of questions are at least this far apart: the agents have other work.
const APART: Duration = Duration::from_secs(4);

/// How long the last round, before clean-up, may take.
const LAST_ROUND: Duration = Duration::from_secs(10);

/// Asks for the executors of one app's tasks.
#[derive(Debug)]
pub struct Executors {
    client: Client,
    /// What the ids of the app's tasks begin with.
    prefix: String,
    events: Arc<Mutex<Lines>>,
    start: Instant,
    known: BTreeSet<(String, u32)>,
}

impl Executors {
    /// For the tasks of `app` (its id); `start` is the origin of the samples' clock.
    pub fn new(client: Client, app: &str, events: Arc<Mutex<Lines>>, start: Instant) -> Self {
        // Marathon: `/hc-rig/kx3f/hc` names its tasks `hc-rig_kx3f_hc.instance-…`.
        let prefix = format!("{}.", app.trim_start_matches('/').replace('/', "_"));
        Self { client, prefix, events, start, known: BTreeSet::new() }
    }

    /// Asks whenever `wake` says that there may be something new, until `done`; then once more.
    pub async fn follow(mut self, wake: Arc<Notify>, done: CancellationToken) {
        loop {
            tokio::select! {
                () = done.cancelled() => break,
                () = wake.notified() => self.ask().await,
            }
            tokio::select! {
                () = done.cancelled() => break,
                () = tokio::time::sleep(APART) => {}
            }
        }
        // What is not known by then stays unknown, and the explanation says so.
        let _ = tokio::time::timeout(LAST_ROUND, self.ask()).await;
    }

    /// One round. Agents that do not answer are left out.
    async fn ask(&mut self) {
        let Ok(state) = self.client.mesos_state().await else { return };
        for agent in state.agents.iter().filter(|agent| agent.active) {
            let Ok(containers) = self.client.agent_containers(agent).await else { continue };
            for container in containers {
                let Some(pid) = container.status.executor_pid else { continue };
                let task = if container.source.is_empty() { &container.executor_id } else { &container.source };
                if !task.starts_with(&self.prefix) || !self.known.insert((task.clone(), pid)) {
                    continue;
                }
                let fields = json!({
                    "task": task,
                    "agent": agent.id,
                    "host": agent.hostname,
                    "executor_pid": pid,
                    "container": container.container_id,
                });
                let line = EventLine::new(self.start.elapsed().as_secs_f64(), EXECUTOR, fields);
                // A full disk shows at the next sample; this here is an extra.
                let _ = self.events.lock().unwrap_or_else(PoisonError::into_inner).push(&line);
            }
        }
    }
}
