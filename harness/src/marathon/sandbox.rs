//! From a task to its files: its agent's `/state` says where the sandbox is, the agent's files API shows and sends what
//! lies in it (`/files/browse`, `/files/download`; `src/files/files.cpp` in Mesos).

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Result,
    ask::{Ask, Target},
    client::Client,
    mesos::{Agent, MesosState},
};
use crate::{model::TaskId, transport::ByteStream};

/// The sandbox of a task, while its agent still has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sandbox {
    /// The agent.
    pub agent: Agent,
    /// The framework's id.
    pub framework: String,
    /// The executor, which for a command task has the task's id.
    pub executor: String,
    /// The container's id.
    pub container: String,
    /// The folder on the agent.
    pub directory: String,
    /// Whether the executor has ended.
    pub ended: bool,
}

/// An entry of a folder, as `/files/browse` shows it.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct FileInfo {
    /// The whole path on the agent.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Such as `-rw-r--r--`.
    pub mode: String,
    /// When it was changed last, in seconds since 1970.
    pub mtime: f64,
    /// The user.
    pub uid: String,
    /// The group.
    pub gid: String,
}

impl FileInfo {
    /// Whether it is a folder.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.mode.starts_with('d')
    }
}

/// The master's `/state`, as far as it tells where tasks run.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tasks {
    frameworks: Vec<Framework>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Framework {
    completed_tasks: Vec<Place>,
    unreachable_tasks: Vec<Place>,
    tasks: Vec<Place>,
}

#[derive(Debug, Deserialize)]
struct Place {
    id: Option<String>,
    slave_id: Option<String>,
}

impl Tasks {
    /// Each task with the id of its agent.
    fn places(self) -> BTreeMap<String, String> {
        let lists = |framework: Framework| [framework.completed_tasks, framework.unreachable_tasks, framework.tasks];
        let all = self.frameworks.into_iter().flat_map(lists).flatten();
        all.filter_map(|place| Some((place.id?, place.slave_id?))).collect()
    }
}

impl Client {
    /// The state of the leading master, and the tasks that it remembers, running and ended, with the ids of their agents.
    ///
    /// # Errors
    /// As [`Client::mesos_state`].
    pub async fn mesos_state_and_tasks(&self) -> Result<(MesosState, BTreeMap<String, String>)> {
        let (url, body) = self.mesos_state_body().await?;
        let tasks: Tasks = self.connection.parse(&Method::GET, &url, &body)?;
        Ok((self.connection.parse(&Method::GET, &url, &body)?, tasks.places()))
    }

    /// The sandbox of a task on this agent; `None` if the agent does not know the task (any more).
    ///
    /// # Errors
    /// If the agent cannot be reached.
    pub async fn sandbox(&self, agent: &Agent, task: &str) -> Result<Option<Sandbox>> {
        Ok(find(&self.agent_state(agent).await?, agent, task))
    }

    /// What lies in a folder of the sandbox; the sandbox itself is `""`.
    ///
    /// # Errors
    /// 404 if there is no such folder (any more); if the agent cannot be reached.
    pub async fn sandbox_files(&self, sandbox: &Sandbox, folder: &str) -> Result<Vec<FileInfo>> {
        let (base, target) = self.agent_place(&sandbox.agent, files("browse", sandbox, folder)).await?;
        let (url, _, body) = self.connection.fetch_from(Some(&base), Ask::get(target)).await?;
        self.connection.parse(&Method::GET, &url, &body)
    }

    /// The bytes of a file, as they come. Only the head of the answer has a time limit.
    ///
    /// # Errors
    /// 404 if there is no such file (any more), 400 if it is a folder or lies outside; if the agent cannot be reached.
    pub async fn sandbox_file(&self, sandbox: &Sandbox, file: &str) -> Result<ByteStream> {
        let (base, target) = self.agent_place(&sandbox.agent, files("download", sandbox, file)).await?;
        let answer = self.connection.open_from(&base, Ask::get(target).accept("*/*")).await?;
        Ok(answer.response.body)
    }

    /// The process id of the executor on its agent, as long as it runs.
    ///
    /// # Errors
    /// If the agent cannot be reached.
    pub async fn executor_pid(&self, sandbox: &Sandbox) -> Result<Option<u32>> {
        let containers = self.agent_containers(&sandbox.agent).await?;
        let own = containers.into_iter().find(|container| container.container_id == sandbox.container);
        Ok(own.and_then(|container| container.status.executor_pid))
    }
}

fn files(verb: &str, sandbox: &Sandbox, below: &str) -> Target {
    let path = format!("{}/{below}", sandbox.directory);
    Target::path("files").then(verb).query("path", path.trim_end_matches('/'))
}

/// Looks for the executor that has or had the task; the last one, should the agent remember several.
fn find(state: &Value, agent: &Agent, task: &str) -> Option<Sandbox> {
    let frameworks = each(state, "completed_frameworks").chain(each(state, "frameworks"));
    let executors = frameworks.flat_map(|framework| {
        let of = move |list, ended| each(framework, list).map(move |executor| (framework, executor, ended));
        of("completed_executors", true).chain(of("executors", false))
    });
    let has = |executor: &Value| {
        let lists = ["tasks", "queued_tasks", "completed_tasks"];
        // Of a pod's instance the containers are tasks, and they share the folder of their executor.
        let is = |id: &str| id == task || TaskId::life_of(id) == task;
        text(executor, "id").is_some_and(is)
            || lists.iter().flat_map(|list| each(executor, list)).any(|each| text(each, "id").is_some_and(is))
    };
    let (framework, executor, ended) = executors.filter(|(_, executor, _)| has(executor)).last()?;
    let own = |value, key| text(value, key).unwrap_or_default().to_owned();
    Some(Sandbox {
        agent: agent.clone(),
        framework: own(framework, "id"),
        executor: own(executor, "id"),
        container: own(executor, "container"),
        directory: text(executor, "directory").filter(|directory| !directory.is_empty())?.to_owned(),
        ended,
    })
}

fn each<'a>(value: &'a Value, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(list).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_executor_is_found_by_its_own_id_or_by_a_task_of_it_and_the_latest_wins() {
        let executor = |id: &str, container: &str, tasks: Value| json!({"id": id, "container": container, "directory": format!("/var/{container}"), "tasks": tasks});
        let state = json!({"frameworks": [{
            "id": "f",
            "executors": [executor("pod", "c3", json!([{"id": "pod.task"}])), executor("a", "c2", json!([]))],
            "completed_executors": [executor("a", "c1", json!([])), {"id": "gone"}],
        }]});
        let found = |task: &str| find(&state, &Agent::default(), task).map(|found| (found.directory, found.ended));
        assert_eq!(found("a"), Some(("/var/c2".to_owned(), false)));
        assert_eq!(found("pod.task"), Some(("/var/c3".to_owned(), false)));
        assert_eq!((found("gone"), found("other")), (None, None), "no folder, no task");

        let instance = "p.instance-435aa001-49e0-11f0-99a3-7d5757aaf520";
        let tasks = json!([{"id": format!("{instance}.web.2")}, {"id": format!("{instance}.side.2")}]);
        let state = json!({"frameworks": [{"executors": [executor(&format!("instance-{instance}"), "c4", tasks)]}]});
        let found = |life| find(&state, &Agent::default(), TaskId::of_pod(instance, life).as_str());
        assert!(found(2).is_some() && found(1).is_none());
    }
}
