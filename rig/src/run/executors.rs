//! Which executor runs which task: read from the agents while the tasks run, kept in `events.jsonl`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use harness::{
    Client,
    marathon::mesos::Agent,
    model::{TaskId, TaskStatus},
    record::{EventRecord, Lines, Sample, Task, event::Remark},
};
use serde_json::json;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::folder::moment;

/// Minimum distance of two rounds: the agents have other work.
const MIN_INTERVAL: Duration = Duration::from_secs(4);

/// Minimum distance of two rounds in multiples of the time that the first took: an agent reports all its containers, and
/// the rig must not become its load.
const LOAD_FACTOR: u32 = 10;

/// Maximum distance of rounds without new results, which doubles each time.
const MAX_INTERVAL: Duration = Duration::from_secs(60);

/// Timeout of the last round, before clean-up.
const LAST_ROUND: Duration = Duration::from_secs(10);

/// The app's running tasks, and which of them have an executor that is not known yet.
#[derive(Debug, Default)]
pub struct NewTasks {
    tasks: Mutex<Tasks>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Tasks {
    known: BTreeSet<String>,
    /// With their agents' ids.
    unknown: BTreeMap<String, String>,
}

impl NewTasks {
    /// Takes a poll into account.
    pub fn sample<T: Task>(&self, sample: &Sample<T>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        for gone in &sample.gone {
            tasks.known.remove(gone);
            tasks.unknown.remove(gone);
        }
        for task in &sample.tasks {
            let task = task.listed();
            if TaskStatus::parse(task.state()) == Some(TaskStatus::Running) && !tasks.known.contains(task.id()) {
                tasks.unknown.insert(task.id().to_owned(), task.agent().to_owned());
            }
        }
        if !tasks.unknown.is_empty() {
            self.wake.notify_one();
        }
    }

    /// The agents of those whose executor is not known.
    fn agents(&self) -> BTreeSet<String> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).unknown.values().cloned().collect()
    }

    /// The task of a pod's instance that has this executor, whichever life of it that is: that of `hc.instance-<uuid>` is
    /// `instance-hc.<uuid>` (`Instance.scala`).
    fn of_pod(&self, executor: &str) -> Option<String> {
        let (app, uuid) = executor.strip_prefix("instance-")?.rsplit_once('.')?;
        let is = |task: &&String| TaskId::instance_of(task) == format!("{app}.instance-{uuid}");
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.unknown.keys().find(is).cloned()
    }

    /// Whether the executor of this task was not known until now.
    fn resolve(&self, task: &str) -> bool {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.unknown.remove(task).is_some() && tasks.known.insert(task.to_owned())
    }
}

/// Reads the executors of one app's tasks from their agents.
#[derive(Debug)]
pub struct Executors {
    client: Client,
    new_tasks: Arc<NewTasks>,
    events: Arc<Mutex<Lines>>,
    start: Instant,
    /// As Mesos last reported them.
    agents: Vec<Agent>,
}

impl Executors {
    /// For these tasks; `start` is the origin of the samples' clock.
    pub fn new(client: Client, new_tasks: Arc<NewTasks>, events: Arc<Mutex<Lines>>, start: Instant) -> Self {
        Self { client, new_tasks, events, start, agents: Vec::new() }
    }

    /// Reads them whenever there is a new task, until `done`; then once more.
    pub async fn follow(mut self, done: CancellationToken) {
        let new_tasks = Arc::clone(&self.new_tasks);
        let mut fruitless = MIN_INTERVAL;
        loop {
            tokio::select! {
                () = done.cancelled() => break,
                () = new_tasks.wake.notified() => {}
            }
            let begun = Instant::now();
            let met = tokio::select! {
                () = done.cancelled() => break,
                met = self.ask() => met,
            };
            fruitless = if met > 0 { MIN_INTERVAL } else { MAX_INTERVAL.min(fruitless * 2) };
            tokio::select! {
                () = done.cancelled() => break,
                () = tokio::time::sleep(fruitless.max(begun.elapsed() * LOAD_FACTOR)) => {}
            }
        }
        // What is not known by then stays unknown, and the explanation says so.
        let _ = tokio::time::timeout(LAST_ROUND, self.ask()).await;
    }

    /// One round: how many executors it found. Agents that do not answer are left out.
    async fn ask(&mut self) -> usize {
        let wanted = self.new_tasks.agents();
        if wanted.iter().any(|id| !self.agents.iter().any(|agent| agent.id == *id)) {
            // All tasks of all frameworks are in this answer, so it is read once, and again only for a new agent.
            let Ok(state) = self.client.mesos_state().await else { return 0 };
            self.agents = state.agents;
        }
        let (mut met, mut silent) = (0, false);
        for agent in self.agents.iter().filter(|agent| agent.active && wanted.contains(&agent.id)) {
            let Ok(containers) = self.client.agent_containers(agent).await else {
                silent = true;
                continue;
            };
            for container in containers {
                let Some(pid) = container.status.executor_pid else { continue };
                let task = if container.source.is_empty() { &container.executor_id } else { &container.source };
                let of_pod = self.new_tasks.of_pod(&container.executor_id);
                let task = of_pod.as_ref().unwrap_or(task);
                if !self.new_tasks.resolve(task) {
                    continue;
                }
                met += 1;
                let fields = json!({
                    "task": task,
                    "agent": agent.id,
                    "host": agent.hostname,
                    "executor_pid": pid,
                    "container": container.container_id,
                });
                let line = EventRecord::remark(
                    moment::now(),
                    self.start.elapsed().as_secs_f64(),
                    Remark::Executor.as_str(),
                    fields,
                );
                // The next sample reports a full disk; this line is an extra.
                let _ = self.events.lock().unwrap_or_else(PoisonError::into_inner).push(&line);
            }
        }
        if silent {
            // It may have come back elsewhere.
            self.agents.clear();
        }
        met
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn sample(tasks: &[(&str, &str)], gone: &[&str]) -> Sample {
        let tasks: Vec<Value> = tasks
            .iter()
            .map(|(id, state)| json!({"id": id, "state": state, "slaveId": format!("agent of {id}")}))
            .collect();
        let line = json!({"v": 1, "at": "", "t": 1.0, "request": 1, "target": 2, "counts": {}, "complete": true,
            "tasks": tasks, "gone": gone});
        serde_json::from_value(line).unwrap()
    }

    #[test]
    fn an_executor_of_a_pod_is_that_of_its_instance() {
        let new_tasks = NewTasks::default();
        let id = "g_hc.instance-435aa001-49e0-11f0-99a3-7d5757aaf520._pod.2";
        new_tasks.sample(&sample(&[(id, "TASK_RUNNING")], &[]));
        let of_pod = |executor| new_tasks.of_pod(executor);
        assert_eq!(of_pod("instance-g_hc.435aa001-49e0-11f0-99a3-7d5757aaf520").as_deref(), Some(id));
        assert_eq!(of_pod("instance-g_hc.535aa001-49e0-11f0-99a3-7d5757aaf520"), None);
    }

    #[test]
    fn only_the_agents_of_new_tasks_are_asked() {
        let new_tasks = NewTasks::default();
        let agents = || new_tasks.agents().into_iter().collect::<Vec<_>>();
        new_tasks.sample(&sample(&[("a", "TASK_RUNNING"), ("b", "TASK_STAGING")], &[]));
        assert_eq!(agents(), ["agent of a"]);
        assert!(new_tasks.resolve("a") && !new_tasks.resolve("a") && !new_tasks.resolve("of another app"));
        assert!(agents().is_empty());
        // A full sample names a again, which is known, and b, which runs now.
        new_tasks.sample(&sample(&[("a", "TASK_RUNNING"), ("b", "TASK_RUNNING")], &[]));
        assert_eq!(agents(), ["agent of b"]);
        new_tasks.sample(&sample(&[], &["a", "b"]));
        assert!(agents().is_empty() && new_tasks.tasks.lock().unwrap().known.is_empty());
    }
}
