//! An app or a pod that a scenario has deployed.

use std::time::Duration;

use eyre::eyre;
use fixtures::App;
use harness::{
    Client,
    cluster::Lease,
    marathon::Kill,
    model::{self, Kind},
    watch::{AppProbe, PodId, Watch, Watchable},
};

use crate::{Result, environment::Environment};

/// An app or a pod in the scenario's group.
pub struct Deployed<'a> {
    client: &'a Client,
    lease: &'a Lease,
    environment: &'a Environment,
    id: String,
    app: App,
}

impl Watchable for Deployed<'_> {
    type Probe = AppProbe;

    fn probe(&self, watch: &Watch) -> AppProbe {
        match self.kind() {
            Kind::App => self.id.as_str().probe(watch),
            Kind::Pod => PodId(self.id.clone()).probe(watch),
        }
    }

    fn name(&self) -> String {
        self.id.clone()
    }

    fn paths(&self) -> Vec<String> {
        match self.kind() {
            Kind::App => self.id.as_str().paths(),
            Kind::Pod => PodId(self.id.clone()).paths(),
        }
    }
}

impl<'a> Deployed<'a> {
    pub(crate) fn new(lease: &'a Lease, environment: &'a Environment, id: String, app: App) -> Self {
        Self { client: &environment.client, lease, environment, id, app }
    }

    /// Its id in Marathon.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it is a pod.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if self.app.pair().containerizer.is_pod() { Kind::Pod } else { Kind::App }
    }

    /// The requested app.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The app at this moment, read from Marathon.
    ///
    /// # Errors
    /// When Marathon does not answer, or the app is gone.
    pub async fn now(&self) -> Result<model::App, harness::Error> {
        self.client.find(self.kind(), &self.id).await
    }

    /// The task that was started first.
    ///
    /// # Errors
    /// When there is none, or Marathon does not answer.
    pub async fn oldest_task(&self) -> Result<model::Task> {
        let mut tasks = self.now().await?.tasks;
        tasks.sort_by_key(|task| (task.started_at.is_none(), task.started_at, task.id.clone()));
        tasks.into_iter().next().ok_or_else(|| eyre!("{} has no task", self.id))
    }

    /// Requests this many instances.
    ///
    /// # Errors
    /// Marathon's refusal, for example because a deployment is under way.
    pub async fn scale_to(&self, instances: u64) -> Result<(), harness::Error> {
        self.client.scale(self.kind(), &self.id, instances, false).await.map(drop)
    }

    /// Requests this many instances with `force`.
    ///
    /// # Errors
    /// Marathon's refusal.
    pub async fn scale_by_force_to(&self, instances: u64) -> Result<(), harness::Error> {
        self.client.scale(self.kind(), &self.id, instances, true).await.map(drop)
    }

    /// Replaces the definition.
    ///
    /// # Errors
    /// Marathon's refusal.
    pub async fn change_to(&mut self, app: App) -> Result {
        let mut definition = app.to_json();
        self.environment.adapt(&mut definition)?;
        definition["id"] = self.id.clone().into();
        self.lease.update(&self.id, &definition, false).await?;
        self.app = app;
        Ok(())
    }

    /// All its tasks.
    ///
    /// # Errors
    /// When Marathon does not answer, or the app is gone.
    pub async fn tasks(&self) -> Result<Vec<model::Task>> {
        Ok(self.now().await?.tasks)
    }

    /// Kills a task; another one is started in its place.
    ///
    /// # Errors
    /// When Marathon does not know it.
    pub async fn kill(&self, task: &model::Task) -> Result {
        match self.kind() {
            Kind::App => drop(self.client.kill_task(&self.id, task.id.as_str(), Kill::Replace).await?),
            Kind::Pod => self.client.kill_instance(&self.id, task.id.instance(), Kill::Replace).await?,
        }
        Ok(())
    }

    /// Kills a task and requests one instance less; Marathon cannot do that with a pod.
    ///
    /// # Errors
    /// When Marathon does not know it among the tasks of apps.
    pub async fn kill_and_scale_down(&self, task: &model::Task) -> Result {
        self.client.kill_task(&self.id, task.id.as_str(), Kill::Scale).await?;
        Ok(())
    }

    /// Cancels the deployments of the app; Marathon rolls back.
    ///
    /// # Errors
    /// Marathon's refusal.
    pub async fn cancel_deployments(&self) -> Result {
        for deployment in self.now().await?.deployments {
            self.client.cancel_deployment(&deployment, false).await?;
        }
        Ok(())
    }

    /// Deletes the app.
    ///
    /// # Errors
    /// Marathon's refusal.
    pub async fn delete(&self) -> Result {
        self.client.delete(self.kind(), &self.id, false).await?;
        Ok(())
    }

    /// Deletes the app with `force`.
    ///
    /// # Errors
    /// Marathon's refusal.
    pub async fn delete_by_force(&self) -> Result {
        self.client.delete(self.kind(), &self.id, true).await?;
        Ok(())
    }

    /// The longest time from Running until an unhealthy task is killed. See [`App::time_to_kill`].
    ///
    /// # Errors
    /// When no task of this app is ever killed by its check: the scenario asks for something that cannot happen.
    pub fn time_to_kill(&self) -> Result<Duration> {
        self.app.time_to_kill().ok_or_else(|| eyre!("no health check ever kills a task of this app: {:?}", self.app))
    }

    /// No task is killed before this time after it runs. See [`App::earliest_kill`].
    ///
    /// # Errors
    /// When no task of this app is ever killed by its check.
    pub fn earliest_kill(&self) -> Result<Duration> {
        self.app.earliest_kill().ok_or_else(|| eyre!("no health check ever kills a task of this app: {:?}", self.app))
    }
}
