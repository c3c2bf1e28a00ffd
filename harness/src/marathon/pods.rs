//! The endpoints of pods, and those of apps and pods alike.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json, value::to_raw_value};

use super::{
    Client, Error, Result,
    ask::{Ask, Target},
    client::{Kill, absent},
};
use crate::model::{App, Deployment, DeploymentResult, Kind, listing::Tasks, tasks_of};

/// Where Marathon puts the id of the deployment that a change of a pod starts.
const DEPLOYMENT: &str = "marathon-deployment-id";

impl Client {
    /// `GET /v2/pods/{id}::status` and `GET /v2/deployments`: the pod with its instances and the deployments that act on it.
    ///
    /// # Errors
    /// 404 if there is no such pod.
    pub async fn pod(&self, id: &str) -> Result<App> {
        let (url, body, status) = self.pod_status(id).await?;
        let pod = App::from_pod_status(status).map_err(|error| no_pod(&url, &error, &body))?;
        self.with_deployments(pod).await
    }

    /// The same for who polls a pod of many instances: `tasks` makes something of each task as [`App::from_pod_status`] writes it,
    /// and the pod has none of them.
    async fn pod_and<T: Tasks>(&self, id: &str, tasks: &mut T) -> Result<(App, Vec<T::Made>)> {
        let (url, body, status) = self.pod_status(id).await?;
        // Every tree of values can be written.
        tasks.begin();
        let listed = tasks_of(&status, id);
        let made = listed.iter().filter_map(|task| to_raw_value(task).ok()).map(|task| tasks.read(&task)).collect();
        let mut pod = App::from_pod_status(status).map_err(|error| no_pod(&url, &error, &body))?;
        pod.tasks.clear();
        Ok((self.with_deployments(pod).await?, made))
    }

    async fn pod_status(&self, id: &str) -> Result<(String, Bytes, Value)> {
        let (url, _, body) = self.connection.fetch(Ask::get(of_pod(id, "status"))).await?;
        let status = self.connection.parse(&Method::GET, &url, &body)?;
        Ok((url, body, status))
    }

    async fn with_deployments(&self, mut pod: App) -> Result<App> {
        note_deployments(std::slice::from_mut(&mut pod), &self.deployments().await?);
        Ok(pod)
    }

    /// `GET /v2/pods/{id}`: the definition of a pod, defaults filled in.
    ///
    /// # Errors
    /// 404 if there is no such pod.
    pub async fn pod_definition(&self, id: &str) -> Result<Value> {
        self.read(Ask::get(Target::path("v2/pods").then(id))).await
    }

    /// `GET /v2/pods/::status` and, if there are any, `GET /v2/deployments`: all pods with their instances and the deployments
    /// that act on them; none where Marathon does not know pods, before 1.4.
    ///
    /// # Errors
    /// As every method: see [`Error`]. A pod that cannot be read is left out and logged.
    pub async fn pods(&self) -> Result<Vec<App>> {
        let all = absent(self.read(Ask::get(Target::path("v2/pods").then("::status"))).await)?;
        let all: Vec<Value> = all.unwrap_or_default();
        let read = all.into_iter().map(App::from_pod_status);
        let read = read.filter_map(|pod| pod.inspect_err(|why| tracing::warn!(%why, "a pod could not be read")).ok());
        let mut pods: Vec<App> = read.collect();
        if !pods.is_empty() {
            note_deployments(&mut pods, &self.deployments().await?);
        }
        Ok(pods)
    }

    async fn create_pod(&self, definition: &Value) -> Result<App> {
        let ask = Ask::new(Method::POST, Target::path("v2/pods")).json(definition);
        let (url, headers, body) = self.connection.fetch(ask).await?;
        let created = self.connection.parse(&Method::POST, &url, &body)?;
        let mut pod = App::from_pod(created).map_err(|error| no_pod(&url, &error, &body))?;
        pod.deployments.extend(deployment_of(&headers));
        Ok(pod)
    }

    /// `PUT /v2/pods/{id}`: replaces the definition of a pod as a whole.
    ///
    /// # Errors
    /// [`Error::is_locked`] while a deployment touches the pod and `force` is not set.
    pub async fn replace_pod(&self, id: &str, definition: &Value, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/pods").then(id).flag("force", force);
        let (url, headers, body) = self.connection.fetch(Ask::new(Method::PUT, target).json(definition)).await?;
        let changed: Value = self.connection.parse(&Method::PUT, &url, &body)?;
        let version = changed["version"].as_str().unwrap_or_default().to_owned();
        Ok(DeploymentResult { version, deployment_id: deployment_of(&headers).unwrap_or_default() })
    }

    /// Marathon has no request that scales a pod: its definition is read, and replaced by one with another number.
    async fn scale_pod(&self, id: &str, instances: u64, force: bool) -> Result<DeploymentResult> {
        let mut definition = self.pod_definition(id).await?;
        definition["scaling"] = json!({"kind": "fixed", "instances": instances});
        self.replace_pod(id, &definition, force).await
    }

    async fn delete_pod(&self, id: &str, force: bool) -> Result<DeploymentResult> {
        let target = Target::path("v2/pods").then(id).query("force", force.to_string());
        let (_, headers, _) = self.connection.fetch(Ask::new(Method::DELETE, target)).await?;
        Ok(DeploymentResult {
            deployment_id: deployment_of(&headers).unwrap_or_default(),
            ..DeploymentResult::default()
        })
    }

    /// `DELETE /v2/pods/{id}::instances/{instance}`: the instance is killed and launched again, with `wipe` elsewhere.
    ///
    /// # Errors
    /// 404 if there is no such pod or instance.
    pub async fn kill_instance(&self, id: &str, instance: &str, kill: Kill) -> Result<()> {
        let target = kill.of(of_pod(id, "instances").then(instance));
        self.connection.fetch(Ask::new(Method::DELETE, target)).await.map(drop)
    }
}

impl Client {
    /// The app or pod of this id with its tasks: [`Client::app`] or [`Client::pod`].
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn find(&self, kind: Kind, id: &str) -> Result<App> {
        match kind {
            Kind::App => self.app(id).await,
            Kind::Pod => self.pod(id).await,
        }
    }

    /// The same; `None` if there is none.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn find_opt(&self, kind: Kind, id: &str) -> Result<Option<App>> {
        absent(self.find(kind, id).await)
    }

    /// The app or else the pod of this id; `None` if there is neither.
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn find_any(&self, id: &str) -> Result<Option<App>> {
        match self.app_opt(id).await? {
            Some(app) => Ok(Some(app)),
            None => self.find_opt(Kind::Pod, id).await,
        }
    }

    /// The same for who polls one of many tasks: see [`Client::app_and`].
    ///
    /// # Errors
    /// As every method: see [`Error`].
    pub async fn find_and<T: Tasks>(&self, kind: Kind, id: &str, tasks: &mut T) -> Result<(App, Vec<T::Made>)> {
        match kind {
            Kind::App => self.app_and(id, tasks).await,
            Kind::Pod => self.pod_and(id, tasks).await,
        }
    }

    /// `POST /v2/apps` or `POST /v2/pods`, whatever the definition is of.
    ///
    /// # Errors
    /// 409 if the id exists, 422 (or 400) with details if the definition is refused.
    pub async fn create(&self, definition: &Value) -> Result<App> {
        match Kind::of_definition(definition) {
            Kind::App => self.create_app(definition).await,
            Kind::Pod => self.create_pod(definition).await,
        }
    }

    /// Asks for so many instances. Of a pod the definition is read first, and replaced.
    ///
    /// # Errors
    /// [`Error::is_locked`] while a deployment touches it and `force` is not set.
    pub async fn scale(&self, kind: Kind, id: &str, instances: u64, force: bool) -> Result<DeploymentResult> {
        match kind {
            Kind::App => self.update_app(id, &json!({ "instances": instances }), force).await,
            Kind::Pod => self.scale_pod(id, instances, force).await,
        }
    }

    /// `DELETE /v2/apps/{id}` or `DELETE /v2/pods/{id}`. `force` is always sent, since its default differs between versions.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn delete(&self, kind: Kind, id: &str, force: bool) -> Result<DeploymentResult> {
        match kind {
            Kind::App => self.delete_app(id, force).await,
            Kind::Pod => self.delete_pod(id, force).await,
        }
    }
}

/// `v2/pods/{id}::{what}`.
fn of_pod(id: &str, what: &str) -> Target {
    Target::path("v2/pods").then(&format!("{}::{what}", id.trim_end_matches('/')))
}

/// Notes at each pod the deployments that act on it: its status does not name them.
fn note_deployments(pods: &mut [App], deployments: &[Deployment]) {
    for pod in pods {
        let own = deployments.iter().filter(|deployment| deployment.affects(&pod.id));
        pod.deployments = own.map(|deployment| deployment.id.clone()).collect();
    }
}

fn deployment_of(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(DEPLOYMENT)?.to_str().ok()?.to_owned())
}

fn no_pod(url: &str, error: &serde_json::Error, body: &[u8]) -> Error {
    Error::body(&Method::GET, url.to_owned(), format!("no pod: {}", text::plain::json(&error.to_string())), body)
}
