//! Which executor runs which task: asked from the agents while the tasks still run, kept in `events.jsonl`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use harness::Client;
use serde_json::json;
use tokio::{sync::Notify, time::Instant};

use crate::folder::{
    event::{EXECUTOR, EventLine},
    lines::Lines,
};

/// Two rounds of questions are at least this far apart: the agents have other work.
const APART: Duration = Duration::from_secs(4);

/// Asks the agents for ever, whenever `wake` says that there may be something new. Agents that do not answer are left
/// out: the explanation then says that the pid is not known. `app` is the app's id; only its tasks are noted.
pub async fn follow(client: Client, app: String, wake: Arc<Notify>, events: Arc<Mutex<Lines>>, start: Instant) {
    let mut known = BTreeSet::new();
    // Marathon: `/hc-rig/kx3f/hc` names its tasks `hc-rig_kx3f_hc.instance-…`.
    let prefix = format!("{}.", app.trim_start_matches('/').replace('/', "_"));
    loop {
        wake.notified().await;
        if let Ok(state) = client.mesos_state().await {
            for agent in state.agents.iter().filter(|agent| agent.active) {
                let Ok(containers) = client.agent_containers(agent).await else { continue };
                for container in containers {
                    let Some(pid) = container.status.executor_pid else { continue };
                    let task = if container.source.is_empty() { &container.executor_id } else { &container.source };
                    if !task.starts_with(&prefix) || !known.insert((task.clone(), pid)) {
                        continue;
                    }
                    let fields = json!({
                        "task": task,
                        "agent": agent.id,
                        "host": agent.hostname,
                        "executor_pid": pid,
                        "container": container.container_id,
                    });
                    let line = EventLine::new(start.elapsed().as_secs_f64(), EXECUTOR, fields);
                    // A full disk shows at the next sample; this here is an extra.
                    let _ = events.lock().unwrap_or_else(PoisonError::into_inner).push(&line);
                }
            }
        }
        tokio::time::sleep(APART).await;
    }
}
