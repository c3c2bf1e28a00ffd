//! A run's own group for a limited time.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use super::{CleanUpError, ClusterError, Ownership, ROOT, RunName, id_in_group, removal::remove};
use crate::{
    clock::Clock,
    environment::variable,
    marathon::{Client, Result},
    model::{App, DeploymentResult, Kind},
};

/// How a lease is taken.
#[derive(Debug, Clone)]
pub struct LeaseOptions {
    /// The run's name; a new one if there is none.
    pub run: Option<RunName>,
    /// A person or CI job, for whoever finds the group.
    pub owner: String,
    /// How long the group may stay at most. It cannot be extended: a changed label would restart every task.
    pub lifetime: Duration,
    /// The suite that the run is a part of, so that its kept groups can be counted.
    pub suite: Option<String>,
    /// Tells the time of day, until the server's own is known.
    pub clock: Clock,
}

impl Default for LeaseOptions {
    /// Two hours, for the user of the environment, in nextest's run if there is one.
    fn default() -> Self {
        Self {
            run: None,
            owner: variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(|| "unknown".to_owned()),
            lifetime: Duration::from_secs(2 * 3600),
            suite: variable("NEXTEST_RUN_ID"),
            clock: Clock::System,
        }
    }
}

impl LeaseOptions {
    /// The default, for the user that the server knows, if there is one: on a shared cluster that is who is asked.
    pub async fn of_user(client: &Client) -> Self {
        let usual = Self::default();
        Self { owner: client.identity().await.unwrap_or(usual.owner), ..usual }
    }
}

/// The right to a group of one's own. Nothing exists before the first [`Lease::deploy`].
///
/// It does not clean up when dropped: a test that fails leaves its evidence. Call [`Lease::release`] or
/// [`Lease::keep`].
#[derive(Debug)]
pub struct Lease {
    client: Client,
    run: RunName,
    ownership: Ownership,
    /// Apps and pods that were deployed under an id of their own.
    outside: Mutex<Vec<(Kind, String)>>,
}

/// What was decided about the evidence of a failed test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The group stays until the lease expires.
    Stays(KeptGroup),
    /// There are enough kept groups of this suite; this one was removed.
    Removed,
}

/// A group that is kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptGroup {
    /// The run that owns it.
    pub run: RunName,
    /// The group's id.
    pub group: String,
    /// Where it can be looked at.
    pub url: String,
    /// When the lease expires (RFC 3339).
    pub expires: String,
}

/// How long a deployment is retried after transient errors, such as an election.
const RETRY_FOR: Duration = Duration::from_secs(30);

/// The pause between two tries.
const PAUSE: Duration = Duration::from_secs(1);

impl Lease {
    /// Takes a lease. Sends nothing.
    #[must_use]
    pub fn take(client: &Client, options: LeaseOptions) -> Self {
        let now = client.server_time().map_or_else(|| options.clock.now(), |time| time.now);
        let run = options.run.unwrap_or_else(|| RunName::new(now));
        let ownership = Ownership {
            run: run.to_string(),
            owner: options.owner,
            // The server's clock may be set to the last day of the calendar.
            expires: now.saturating_add(options.lifetime.try_into().unwrap_or(time::Duration::MAX)),
            suite: options.suite,
        };
        Self { client: client.clone(), run, ownership, outside: Mutex::new(Vec::new()) }
    }

    /// The run's name.
    #[must_use]
    pub fn run(&self) -> &RunName {
        &self.run
    }

    /// The group: `/hc-rig/<run>`.
    #[must_use]
    pub fn group(&self) -> String {
        self.run.group()
    }

    /// The labels that mark what is ours.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        self.ownership.labels()
    }

    /// When the lease ends.
    #[must_use]
    pub fn expires(&self) -> OffsetDateTime {
        self.ownership.expires
    }

    /// The client that the lease acts through.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The id that a definition's id gets in the group: `/hc` becomes `/hc-rig/<run>/hc`.
    #[must_use]
    pub fn id_of(&self, id: &str) -> Option<String> {
        id_in_group(&self.group(), id)
    }

    /// Deploys the definition of an app or a pod in the group, with the labels. Returns it as created, with its new id.
    ///
    /// # Errors
    /// If the definition is of neither, or Marathon refuses it.
    pub async fn deploy(&self, definition: &Value) -> Result<App, ClusterError> {
        let (mut definition, id) = app_definition(definition)?;
        let id = self.id_of(&id).ok_or_else(|| ClusterError::Definition(format!("has an id without a name: {id}")))?;
        definition.insert("id".to_owned(), Value::String(id));
        self.create(definition).await
    }

    /// Deploys a definition under its own id, with the labels. Marathon refuses it if the id is taken.
    ///
    /// # Errors
    /// If the definition is no app, or Marathon refuses it.
    pub async fn deploy_as_is(&self, definition: &Value) -> Result<App, ClusterError> {
        let (definition, id) = app_definition(definition)?;
        // Noted before the request: if its answer is lost, the app may be there all the same. What another owner
        // has under this id is safe, since only apps with our label are removed.
        let absolute = format!("/{}", id.trim_matches('/'));
        self.outside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((Kind::of_definition(&Value::Object(definition.clone())), absolute));
        self.create(definition).await
    }

    /// Takes over an app that an earlier process of the same run deployed; it goes when the lease is released.
    ///
    /// # Errors
    /// If the app does not carry this run's label.
    pub fn adopt(&self, app: &App) -> Result<(), ClusterError> {
        if !self.owns(app) {
            return Err(ClusterError::NotOurs { id: app.id.clone() });
        }
        if !app.id.starts_with(&format!("{}/", self.group())) {
            self.outside.lock().unwrap_or_else(PoisonError::into_inner).push((app.kind, app.id.clone()));
        }
        Ok(())
    }

    async fn create(&self, mut definition: Map<String, Value>) -> Result<App, ClusterError> {
        self.ownership.mark(&mut definition)?;
        let id = definition.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let definition = Value::Object(definition);
        let until = Instant::now() + RETRY_FOR;
        let mut again = false;
        loop {
            let error = match self.client.create(&definition).await {
                Ok(app) => return Ok(app),
                Err(error) => error,
            };
            // A request whose answer was lost may have been obeyed; the next is then refused because of ours.
            let obeyed = again && error.status_code() == Some(StatusCode::CONFLICT);
            if obeyed {
                let found = self.client.find_opt(Kind::of_definition(&definition), &id).await?;
                if let Some(app) = found.filter(|app| self.owns(app)) {
                    return Ok(app);
                }
            }
            if !error.is_transient() || Instant::now() >= until {
                return Err(error.into());
            }
            again = true;
            sleep(PAUSE).await;
        }
    }

    /// Changes an app of ours, or replaces a pod of ours as a whole. Labels in the change get ours added, so that it stays
    /// ours.
    ///
    /// # Errors
    /// If the app is not ours, or Marathon refuses the change.
    pub async fn update(&self, id: &str, change: &Value, force: bool) -> Result<DeploymentResult, ClusterError> {
        let kind = Kind::of_definition(change);
        if !self.owns(&self.client.find(kind, id).await?) {
            return Err(ClusterError::NotOurs { id: id.to_owned() });
        }
        let mut change = change.clone();
        if let Some(fields) = change.as_object_mut()
            && (kind == Kind::Pod || fields.contains_key("labels"))
        {
            self.ownership.mark(fields)?;
        }
        Ok(match kind {
            Kind::App => self.client.update_app(id, &change, force).await?,
            Kind::Pod => self.client.replace_pod(id, &change, force).await?,
        })
    }

    /// True if the app carries this run's label.
    #[must_use]
    pub fn owns(&self, app: &App) -> bool {
        Ownership::of(app).is_some_and(|ownership| ownership.run == self.ownership.run)
    }

    /// Removes everything of the run and waits until it is gone. Returns what in the group is not ours and stays.
    ///
    /// # Errors
    /// If something is left after `timeout` and [`time_to_kill`](super::time_to_kill) of our tasks; the lease can be
    /// released again.
    pub async fn release(&self, timeout: Duration) -> Result<Vec<String>, CleanUpError> {
        let outside = self.outside.lock().unwrap_or_else(PoisonError::into_inner).clone();
        remove(&self.client, &self.group(), &outside, self.run.as_str(), timeout).await
    }

    /// Keeps the group as evidence until the lease expires, unless the suite has kept `at_most` others already.
    ///
    /// # Errors
    /// If one too many cannot be removed.
    pub async fn keep(&self, at_most: usize, timeout: Duration) -> Result<Kept, CleanUpError> {
        // Groups of tests that are still running count as well: they may yet fail, and the limit must hold then.
        let others = match self.client.group_opt(ROOT).await {
            Ok(Some(root)) => root.groups.iter().filter(|group| self.is_of_this_suite(group)).count(),
            Ok(None) | Err(_) => 0,
        };
        if others >= at_most {
            self.release(timeout).await?;
            return Ok(Kept::Removed);
        }
        let (group, base) = (self.group(), self.client.url());
        let url = format!("{base}v2/groups{group}");
        Ok(Kept::Stays(KeptGroup { run: self.run.clone(), expires: self.ownership.expires_text(), group, url }))
    }

    fn is_of_this_suite(&self, group: &crate::model::Group) -> bool {
        let same_suite = |ownership: Ownership| {
            ownership.run != self.ownership.run
                && ownership.suite == self.ownership.suite
                && ownership.owner == self.ownership.owner
        };
        group.all().iter().filter_map(Ownership::of).any(same_suite)
    }
}

/// An object with an id that is a text.
fn app_definition(definition: &Value) -> Result<(Map<String, Value>, String), ClusterError> {
    let object =
        definition.as_object().ok_or_else(|| ClusterError::Definition("is not a JSON object".to_owned()))?.clone();
    match object.get("id") {
        Some(Value::String(id)) if !id.trim_matches('/').is_empty() => {
            let id = id.clone();
            Ok((object, id))
        }
        _ => Err(ClusterError::Definition("has no `id`".to_owned())),
    }
}
