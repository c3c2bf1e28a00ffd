//! Where the views of apps and tasks come from, and how a wait for one is begun.

use std::time::Duration;

use super::{
    event_log::EventLog,
    view::{AppView, Events, TaskView},
};
use crate::{
    marathon::{Client, Error, Result},
    model::{Kind, Task, TaskState},
    wait::{AttemptError, Condition, Evidence, Probe, Wait, wait_for},
};

/// Begins waits on one Marathon: its client, its events if they are followed, and the timeout factor.
#[derive(Clone, Debug)]
pub struct Watch {
    client: Client,
    events: Option<EventLog>,
    timeout_factor: f64,
    evidence: Evidence,
}

/// A pod by its absolute id, as something that can be waited for. Its instances are observed as tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodId(pub String);

/// Something that can be waited for: an app by its id, a pod by its [`PodId`], a task.
pub trait Watchable {
    /// How it is observed.
    type Probe: Probe + 'static;

    /// A probe for one wait.
    fn probe(&self, watch: &Watch) -> Self::Probe;

    /// Its name in a report.
    fn name(&self) -> String;

    /// Requests that show it, as paths below the base URL.
    fn paths(&self) -> Vec<String>;
}

impl Watch {
    /// Waits on this Marathon, without events and with the given times as they are.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, events: None, timeout_factor: 1.0, evidence: Evidence::default() }
    }

    /// Follows the events too: waits observe sooner and know more.
    #[must_use]
    pub fn with_events(self, events: EventLog) -> Self {
        Self { events: Some(events), ..self }
    }

    /// The factor by which all times are stretched.
    #[must_use]
    pub fn with_timeout_factor(self, timeout_factor: f64) -> Self {
        Self { timeout_factor, ..self }
    }

    /// What every failure reports besides what was observed; the requests to repeat are added to it.
    #[must_use]
    pub fn with_evidence(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    /// The client that observes.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Begins a wait. The caller's place in the source goes into a failure.
    #[track_caller]
    pub fn wait_for<'a, W, C>(&self, subject: &W, condition: C) -> Wait<'a, W::Probe, C>
    where
        W: Watchable + ?Sized,
        C: Condition<<W::Probe as Probe>::View> + Send + 'a,
    {
        let mut evidence = self.evidence.clone();
        evidence.by_hand.extend(self.by_hand(&subject.paths()));
        let wait = wait_for(subject.name(), subject.probe(self), condition)
            .timeout_factor(self.timeout_factor)
            .evidence(evidence);
        match &self.events {
            Some(events) => wait.hastened_by(events.listener()),
            None => wait,
        }
    }
}

impl Watch {
    /// The requests to repeat by hand. A server in the test's own process is gone with it, and had no socket.
    fn by_hand(&self, paths: &[String]) -> Vec<String> {
        if self.client.is_in_process() {
            return vec!["(none: the server ran in the test's own process; see the evidence)".to_owned()];
        }
        paths.iter().map(|path| self.curl(path)).collect()
    }

    /// The command that repeats a `GET`. Behind DC/OS the reader's own token is taken from the environment.
    fn curl(&self, path: &str) -> String {
        let base = self.client.url().as_str().trim_end_matches('/');
        let login = if base.contains("/service/") { r#"-H "Authorization: token=$DCOS_ACS_TOKEN" "# } else { "" };
        format!("curl {login}{base}{path}")
    }
}

impl Watchable for str {
    type Probe = AppProbe;

    fn probe(&self, watch: &Watch) -> AppProbe {
        AppProbe::new(watch, Kind::App, self)
    }

    fn name(&self) -> String {
        self.to_owned()
    }

    fn paths(&self) -> Vec<String> {
        paths_of(Kind::App, self)
    }
}

impl Watchable for PodId {
    type Probe = AppProbe;

    fn probe(&self, watch: &Watch) -> AppProbe {
        AppProbe::new(watch, Kind::Pod, &self.0)
    }

    fn name(&self) -> String {
        self.0.clone()
    }

    fn paths(&self) -> Vec<String> {
        paths_of(Kind::Pod, &self.0)
    }
}

fn paths_of(kind: Kind, id: &str) -> Vec<String> {
    vec![kind.path(id), "/v2/deployments".to_owned(), "/v2/queue".to_owned()]
}

impl Watchable for Task {
    type Probe = TaskProbe;

    fn probe(&self, watch: &Watch) -> TaskProbe {
        TaskProbe { id: self.id.to_string(), app: AppProbe::new(watch, self.kind(), &self.app_id) }
    }

    fn name(&self) -> String {
        format!("task {}", self.id)
    }

    fn paths(&self) -> Vec<String> {
        vec![self.kind().path(&self.app_id), "/v2/deployments".to_owned()]
    }
}

/// Observes an app or a pod. It is always asked for itself, deployments and queue only when they can explain something.
#[derive(Clone, Debug)]
pub struct AppProbe {
    client: Client,
    events: Option<EventLog>,
    since: Duration,
    kind: Kind,
    id: String,
}

impl AppProbe {
    fn new(watch: &Watch, kind: Kind, id: &str) -> Self {
        let since = watch.events.as_ref().map(EventLog::now).unwrap_or_default();
        Self { client: watch.client.clone(), events: watch.events.clone(), since, kind, id: id.to_owned() }
    }

    async fn look(&self) -> Result<AppView> {
        let app = self.client.find_opt(self.kind, &self.id).await?;
        let mut view = AppView { id: self.id.clone(), app, ..AppView::default() };
        // The deletion of an app that is gone may still be in progress.
        if view.app.as_ref().is_none_or(|app| !app.deployments.is_empty()) {
            let mut deployments = self.client.deployments().await?;
            deployments.retain(|deployment| deployment.affects(&self.id));
            view.deployments = deployments;
        }
        if view.count(TaskState::Scheduled) > 0 || view.count(TaskState::Killing) > 0 {
            view.queue = self.client.queue().await?.into_iter().find(|entry| entry.app_id == self.id);
        }
        // Read last, so that the events explain what the answers show.
        view.events = self.events.as_ref().map_or_else(Events::default, |events| Events {
            all: events.of_app(&self.id),
            since: self.since,
            on: true,
        });
        view.now = self.client.server_time();
        Ok(view)
    }
}

impl Probe for AppProbe {
    type View = AppView;

    async fn observe(&mut self) -> std::result::Result<AppView, AttemptError> {
        self.look().await.map_err(attempt_error)
    }
}

/// Observes one task, which may have ended.
#[derive(Clone, Debug)]
pub struct TaskProbe {
    id: String,
    app: AppProbe,
}

impl Probe for TaskProbe {
    type View = TaskView;

    async fn observe(&mut self) -> std::result::Result<TaskView, AttemptError> {
        let app = self.app.look().await.map_err(attempt_error)?;
        Ok(TaskView { id: self.id.clone(), app })
    }
}

fn attempt_error(error: Error) -> AttemptError {
    let is_transient = error.is_transient();
    AttemptError::new(error, is_transient)
}
