//! The environment of an arena: which Marathon, which clock, how clients reach it.

#[cfg(feature = "container")]
pub(crate) mod container;
#[cfg(feature = "live-cluster")]
pub(crate) mod live;
pub(crate) mod offline;
#[cfg(feature = "live-cluster")]
mod survey;

use std::{any::Any, path::Path, sync::Arc};

use fake_marathon::FakeMarathon;
use fixtures::{AgentPrograms, WorkloadTools};
use harness::{
    Client, Clock, Transport,
    dcos::{Credentials, TokenSource},
    marathon::Auth,
};
use serde_json::Value;
use url::Url;

use crate::{Needs, NotApplicable, Result, name::TestName, outages::Outages};

/// Who may log in to a fake where a login is needed: the manual procedure's user.
pub(crate) const UID: &str = "bootstrapuser";
pub(crate) const PASSWORD: &str = "deleteme";

/// A Marathon that is ready for one scenario.
pub(crate) struct Environment {
    /// The scenario's own client.
    pub(crate) client: Client,
    /// How other clients reach it.
    pub(crate) endpoint: Endpoint,
    /// The fake, if it lives in this process.
    pub(crate) fake: Option<FakeMarathon>,
    /// The seed of a fake.
    pub(crate) seed: Option<u64>,
    /// How much slower than a fake in this process everything may be.
    pub(crate) timeout_factor: f64,
    /// The programs and images of the workloads here.
    pub(crate) tools: WorkloadTools,
    /// What probe tasks found on the agents; `None` where a fake provides everything.
    pub(crate) found: Option<AgentPrograms>,
    /// Which outages the owner of a cluster allows, and how to cause them; unused with a fake in this process.
    pub(crate) outages: Outages,
    /// Whether tasks can run in Docker; true where that cannot be known.
    pub(crate) docker: bool,
    /// Whether the Marathon outlives the test, so that a failed test can be inspected there.
    pub(crate) outlives_the_test: bool,
    /// Dropped last: stops what was started for this environment and is not listed above (a container).
    pub(crate) guard: Option<Box<dyn Any>>,
}

/// The address: for the scenario's client, and for clients with other credentials.
pub(crate) struct Endpoint {
    pub(crate) marathon: Url,
    /// The cluster's own address, when Marathon is behind DC/OS.
    pub(crate) dcos: Option<Url>,
    pub(crate) transport: Transport,
    pub(crate) clock: Clock,
    pub(crate) credentials: Option<Credentials>,
}

impl Endpoint {
    /// The endpoint of a fake at `root`. With a login, Marathon has the path that DC/OS gives it.
    pub(crate) fn of_fake(root: &str, needs: &Needs, transport: Transport, clock: Clock) -> Result<Self> {
        let root = Url::parse(root)?;
        if !needs.login {
            return Ok(Self { marathon: root, dcos: None, transport, clock, credentials: None });
        }
        let credentials = Credentials::Password { uid: UID.to_owned(), password: PASSWORD.into() };
        let marathon = root.join("/service/marathon/")?;
        Ok(Self { marathon, dcos: Some(root), transport, clock, credentials: Some(credentials) })
    }

    /// A client with these credentials, or without any.
    pub(crate) fn client(&self, credentials: Option<Credentials>) -> Client {
        let mut builder = Client::builder(self.marathon.clone());
        if let Some(root) = &self.dcos {
            builder = builder.dcos(root.clone());
            if let Some(credentials) = credentials {
                let tokens = TokenSource::new(credentials, root.clone(), self.transport.clone(), self.clock);
                builder = builder.auth(Auth::Token(Arc::new(tokens)));
            }
        }
        builder.transport(self.transport.clone())
    }
}

/// Why an environment does not start.
pub(crate) enum Unavailable {
    /// The scenario cannot be run here.
    #[cfg_attr(
        not(any(feature = "container", feature = "live-cluster")),
        expect(dead_code, reason = "a fake in this process can do everything")
    )]
    NotApplicable(NotApplicable),
    /// Starting it failed.
    Failed(eyre::Report),
}

impl<E: Into<eyre::Report>> From<E> for Unavailable {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Environment {
    /// An environment on the fake behind `endpoint`, which provides everything and ends with the test.
    pub(crate) fn of_fake(endpoint: Endpoint, timeout_factor: f64) -> Self {
        Self {
            client: endpoint.client(endpoint.credentials.clone()),
            endpoint,
            fake: None,
            seed: None,
            timeout_factor,
            tools: WorkloadTools::default(),
            found: None,
            outages: Outages::default(),
            docker: true,
            outlives_the_test: false,
            guard: None,
        }
    }

    /// The run's name for the scenario's group. A Marathon that outlives the test may have another run of it.
    pub(crate) fn group_name(&self, name: &TestName) -> String {
        if self.outlives_the_test {
            let now = time::OffsetDateTime::now_utc().unix_timestamp();
            format!("{}-{now:x}-{:x}", name.path, std::process::id())
        } else {
            name.path.clone()
        }
    }

    /// Puts the programs and images of this environment into a definition.
    ///
    /// # Errors
    /// [`NotApplicable`] when no agent has what it needs.
    pub(crate) fn adapt(&self, definition: &mut Value) -> Result<(), NotApplicable> {
        self.tools.adapt(definition, self.found.as_ref()).map_err(|lacking| NotApplicable(lacking.to_string()))
    }

    /// Writes what the fake knows about a failure into `folder`.
    pub(crate) async fn write_evidence(&self, folder: &Path) -> Result {
        if let Some(fake) = &self.fake {
            std::fs::write(folder.join("journal.jsonl"), fake.journal().await?)?;
            let inspection = serde_json::to_string_pretty(&fake.inspect().await?)?;
            std::fs::write(folder.join("inspection.json"), inspection)?;
        }
        Ok(())
    }

    /// Describes what is left although everything has been deleted; empty where that cannot be observed.
    pub(crate) async fn leftovers(&self) -> Result<Option<String>> {
        let Some(fake) = &self.fake else { return Ok(None) };
        let seen = fake.inspect().await?;
        let left = seen.bodies + seen.tasks.values().sum::<usize>();
        Ok((left > 0).then(|| format!("{:?} known to Mesos, {} still running", seen.tasks, seen.bodies)))
    }

    /// Stops the environment. A panic inside the fake is raised again here.
    pub(crate) async fn shut_down(self) {
        let Self { fake, guard, .. } = self;
        if let Some(fake) = fake {
            fake.shutdown().await;
        }
        drop(guard);
    }
}
