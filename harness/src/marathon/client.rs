//! The endpoints, one method each.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::{
    Error, Result,
    ask::{Ask, Target},
    connection::Connection,
    events::EventStream,
    incident::{IncidentKind, Incidents},
};
use crate::model::{
    App, Apps, Deployment, DeploymentResult, EventKind, Group, Info, QueueEntry, ServerTime, Task, read_each,
};

/// A client of one Marathon. Cheap to clone; clones share connections, login and clock.
///
/// Every method is one request, apart from a renewed login and a server that does not answer (see [`ClientBuilder`](super::ClientBuilder)).
/// Nothing is retried here: a wait does that, and keeps what it saw.
#[derive(Clone)]
pub struct Client {
    pub(super) connection: Arc<Connection>,
}

/// What becomes of the instance when its task is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kill {
    /// It is launched again.
    #[default]
    Replace,
    /// The app is scaled down by one.
    Scale,
    /// It is launched again and forgets volumes and reservations.
    Wipe,
}

/// The answer to a kill: the tasks as they were, or with [`Kill::Scale`] the deployment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Killed {
    /// The tasks that are being killed.
    pub tasks: Vec<Task>,
    /// The deployment that scales the app down.
    pub deployment: Option<DeploymentResult>,
}

impl Client {
    pub(super) fn over(connection: Connection) -> Self {
        Self { connection: Arc::new(connection) }
    }

    /// Whether the Marathon is in this process, so that no other process can reach it.
    #[must_use]
    pub fn is_in_process(&self) -> bool {
        self.connection.transport.is_in_process()
    }

    /// The address that answered last, without user and password; for messages and commands to repeat by hand.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.connection.base()
    }

    /// The server's time, learnt from its answers; `None` before the first that carries a `Date`.
    #[must_use]
    pub fn server_time(&self) -> Option<ServerTime> {
        self.connection.server_time()
    }

    /// Errors that the client recovered from.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incidents> {
        self.connection.incidents.all()
    }

    /// `GET /ping`.
    ///
    /// # Errors
    /// If Marathon does not answer with a good status.
    pub async fn ping(&self) -> Result<()> {
        self.connection.fetch(Ask::get(Target::path("ping")).accept("*/*")).await.map(drop)
    }

    /// `GET /v2/info`.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn info(&self) -> Result<Info> {
        self.read(Ask::get(Target::path("v2/info"))).await
    }

    /// `GET /v2/leader`: the leader as `host:port`.
    ///
    /// # Errors
    /// 404 during an election.
    pub async fn leader(&self) -> Result<String> {
        let answer: Value = self.read(Ask::get(Target::path("v2/leader"))).await?;
        Ok(answer.get("leader").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// `DELETE /v2/leader`: the leader steps down, and its process restarts.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn abdicate(&self) -> Result<()> {
        self.connection.fetch(Ask::new(Method::DELETE, Target::path("v2/leader"))).await.map(drop)
    }

    /// `GET /v2/apps/{id}`: the app with its tasks, counters and deployments.
    ///
    /// # Errors
    /// 404 if there is no such app.
    pub async fn app(&self, id: &str) -> Result<App> {
        let ask = Ask::get(Target::path("v2/apps").then(id));
        let (url, _, body) = self.connection.fetch(ask).await?;
        let mut answer: Value = self.connection.parse(&Method::GET, &url, &body)?;
        let app = answer.get_mut("app").map(Value::take).unwrap_or_default();
        App::from_value(app).map_err(|error| {
            let why = format!("no app: {}", text::plain::json(&error.to_string()));
            Error::body(&Method::GET, url, why, &body)
        })
    }

    /// The same; `None` if there is no such app.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn app_opt(&self, id: &str) -> Result<Option<App>> {
        absent(self.app(id).await)
    }

    /// `GET /v2/apps?embed=apps.tasks&embed=apps.counts&embed=apps.deployments&embed=apps.lastTaskFailure`.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn apps(&self) -> Result<Apps> {
        self.apps_of(Target::path("v2/apps").query("embed", "apps.tasks")).await
    }

    /// The same without their tasks, which are nearly all of such an answer, and with a selector such as `team==web` or
    /// `tier in (a, b)` only the apps whose labels it matches.
    ///
    /// # Errors
    /// 400 if Marathon cannot read the selector.
    pub async fn apps_without_tasks(&self, selector: Option<&str>) -> Result<Apps> {
        let all = Target::path("v2/apps");
        self.apps_of(selector.into_iter().fold(all, |target, selector| target.query("label", selector))).await
    }

    async fn apps_of(&self, target: Target) -> Result<Apps> {
        let target = ["apps.counts", "apps.deployments", "apps.lastTaskFailure"]
            .into_iter()
            .fold(target, |target, embed| target.query("embed", embed));
        let mut answer: Value = self.read(Ask::get(target)).await?;
        Ok(Apps::from_values(list(&mut answer, "apps")))
    }

    /// `POST /v2/apps`: creates an app from its definition.
    ///
    /// # Errors
    /// 409 if the id exists, 422 (or 400) with details if the definition is refused.
    pub async fn create_app(&self, definition: &Value) -> Result<App> {
        self.read(Ask::new(Method::POST, Target::path("v2/apps")).json(definition)).await
    }

    /// `PUT /v2/apps/{id}`: changes the fields that `change` has, and creates the app if there is none.
    ///
    /// # Errors
    /// [`Error::is_locked`] while a deployment touches the app and `force` is not set.
    pub async fn update_app(&self, id: &str, change: &Value, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/apps").then(id).flag("force", force);
        self.read(Ask::new(Method::PUT, target).json(change)).await
    }

    /// `POST /v2/apps/{id}/restart`.
    ///
    /// # Errors
    /// [`Error::is_locked`] while a deployment touches the app and `force` is not set.
    pub async fn restart(&self, id: &str, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/apps").then(id).then("restart").flag("force", force);
        self.read(Ask::new(Method::POST, target)).await
    }

    /// `DELETE /v2/apps/{id}`. `force` is always sent, since its default differs between versions.
    ///
    /// # Errors
    /// 404 if there is no such app.
    pub async fn delete_app(&self, id: &str, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/apps").then(id).query("force", force.to_string());
        self.read(Ask::new(Method::DELETE, target)).await
    }

    /// `GET /v2/apps/{id}/versions`, in no particular order.
    ///
    /// # Errors
    /// 404 if there is no such app.
    pub async fn versions(&self, id: &str) -> Result<Vec<String>> {
        let target = Target::path("v2/apps").then(id).then("versions");
        let answer: Value = self.read(Ask::get(target)).await?;
        Ok(texts(answer.get("versions")))
    }

    /// `GET /v2/apps/{id}/tasks`.
    ///
    /// # Errors
    /// 404 if there is no such app.
    pub async fn tasks(&self, id: &str) -> Result<Vec<Task>> {
        let target = Target::path("v2/apps").then(id).then("tasks");
        let mut answer: Value = self.read(Ask::get(target)).await?;
        Ok(tasks(list(&mut answer, "tasks")))
    }

    /// `DELETE /v2/apps/{id}/tasks/{task}`.
    ///
    /// # Errors
    /// 404 if there is no such app or task.
    pub async fn kill_task(&self, id: &str, task: &str, kill: Kill) -> Result<Killed> {
        let target = kill.of(Target::path("v2/apps").then(id).then("tasks").then(task));
        self.kill(Ask::new(Method::DELETE, target)).await
    }

    /// `DELETE /v2/apps/{id}/tasks`: all tasks of an app, or those on one host.
    ///
    /// # Errors
    /// 404 if there is no such app.
    pub async fn kill_app_tasks(&self, id: &str, host: Option<&str>, kill: Kill) -> Result<Killed> {
        let mut target = kill.of(Target::path("v2/apps").then(id).then("tasks"));
        if let Some(host) = host {
            target = target.query("host", host);
        }
        self.kill(Ask::new(Method::DELETE, target)).await
    }

    /// `POST /v2/tasks/delete`: tasks of any apps by their ids.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn kill_tasks(&self, tasks: &[&str], kill: Kill) -> Result<Killed> {
        let target = kill.of(Target::path("v2/tasks/delete"));
        self.kill(Ask::new(Method::POST, target).json(&json!({ "ids": tasks }))).await
    }

    async fn kill(&self, ask: Ask) -> Result<Killed> {
        let mut answer: Value = self.read(ask).await?;
        let mut killed = list(&mut answer, "tasks");
        killed.extend(answer.get_mut("task").map(Value::take));
        let deployment = answer.get("deploymentId").is_some().then(|| serde_json::from_value(answer).ok()).flatten();
        Ok(Killed { tasks: tasks(killed), deployment })
    }

    /// `GET /v2/deployments`: the deployments in progress.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn deployments(&self) -> Result<Vec<Deployment>> {
        let answer: Vec<Value> = self.read(Ask::get(Target::path("v2/deployments"))).await?;
        Ok(read_or_warn("deployment", answer))
    }

    /// `DELETE /v2/deployments/{id}`: rolls back, or with `force` stops where it is (then no result is answered).
    ///
    /// # Errors
    /// 404 if there is no such deployment.
    pub async fn cancel_deployment(&self, id: &str, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/deployments").then(id).flag("force", force);
        let (url, _, body) = self.connection.fetch(Ask::new(Method::DELETE, target)).await?;
        if body.is_empty() {
            return Ok(DeploymentResult::default());
        }
        self.connection.parse(&Method::DELETE, &url, &body)
    }

    /// `GET /v2/queue`: apps with instances that wait for an offer.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn queue(&self) -> Result<Vec<QueueEntry>> {
        let mut answer: Value = self.read(Ask::get(Target::path("v2/queue"))).await?;
        Ok(read_or_warn("queue entry", list(&mut answer, "queue")))
    }

    /// `DELETE /v2/queue/{id}/delay`: ends the app's back-off.
    ///
    /// # Errors
    /// 404 if the app is not in the queue.
    pub async fn reset_delay(&self, id: &str) -> Result<()> {
        let target = Target::path("v2/queue").then(id).then("delay");
        self.connection.fetch(Ask::new(Method::DELETE, target)).await.map(drop)
    }

    /// `GET /v2/groups/{id}`: the group with all below it, apps without tasks, pods with their instances.
    ///
    /// # Errors
    /// 404 if there is no such group.
    pub async fn group(&self, id: &str) -> Result<Group> {
        let target = Target::path("v2/groups")
            .then(id)
            .query("embed", "group.groups")
            .query("embed", "group.apps")
            .query("embed", "group.pods");
        self.read(Ask::get(target)).await
    }

    /// The same; `None` if there is no such group.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn group_opt(&self, id: &str) -> Result<Option<Group>> {
        absent(self.group(id).await)
    }

    /// `POST /v2/groups`.
    ///
    /// # Errors
    /// 409 if the group exists.
    pub async fn create_group(&self, definition: &Value) -> Result<DeploymentResult> {
        self.read(Ask::new(Method::POST, Target::path("v2/groups")).json(definition)).await
    }

    /// `DELETE /v2/groups/{id}`: the group and everything in it.
    ///
    /// # Errors
    /// 404 if there is no such group; [`Error::is_locked`] while a deployment runs in it and `force` is not set.
    pub async fn delete_group(&self, id: &str, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/groups").then(id).flag("force", force);
        self.read(Ask::new(Method::DELETE, target)).await
    }

    /// Keeps among the incidents that a group had to be deleted again.
    pub(crate) fn removes_again(&self, group: &str) {
        self.connection.incidents.note(&IncidentKind::RemovedAgain { group: group.to_owned() });
    }

    /// `GET /v2/events`: opens the event stream, of the given types or of all if there are none.
    ///
    /// When this returns, the stream is open: nothing that happens from now on is missed. It reconnects by itself
    /// and says where it may have missed something.
    ///
    /// # Errors
    /// If it cannot be opened the first time.
    pub async fn events(&self, types: &[EventKind]) -> Result<EventStream> {
        EventStream::open(self.clone(), types).await
    }

    /// `GET` of a path below the server's address, such as a certificate that DC/OS serves: the URL and the body.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<(String, Bytes)> {
        let (url, _, body) = self.connection.fetch(Ask::get(Target::path(path)).accept("*/*")).await?;
        Ok((url, body))
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, ask: Ask) -> Result<T> {
        let method = ask.method.clone();
        let (url, _, body): (String, HeaderMap, Bytes) = self.connection.fetch(ask).await?;
        self.connection.parse(&method, &url, &body)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({}, {:?})", self.url(), self.connection.transport)
    }
}

impl Kill {
    pub(super) fn of(self, target: Target) -> Target {
        target.flag("scale", self == Self::Scale).flag("wipe", self == Self::Wipe)
    }
}

pub(super) fn absent<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn list(answer: &mut Value, key: &str) -> Vec<Value> {
    match answer.get_mut(key).map(Value::take) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.map(|list| list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()).unwrap_or_default()
}

fn tasks(values: Vec<Value>) -> Vec<Task> {
    read_or_warn("task", values)
}

/// For lists without a place for what could not be read: it goes to the log.
fn read_or_warn<T: crate::model::Raw>(what: &'static str, values: Vec<Value>) -> Vec<T> {
    let mut unreadable = Vec::new();
    let read = read_each(what, values, &mut unreadable);
    for each in unreadable {
        tracing::warn!(what, why = each.why, "an element of Marathon's answer could not be read");
    }
    read
}
