//! The arena that a scenario gets: a group of its own, evidence of a failure, clean-up.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    path::Path,
    time::Duration,
};

use eyre::{WrapErr, ensure, eyre};
use fake_marathon::fault::{AgentAction, Fault, Rule};
use fixtures::{App, Containerizer};
use futures::FutureExt;
use harness::{
    Client,
    cluster::{CleanUpError, ClusterError, Kept, KeptGroup, Lease, LeaseOptions, RunName},
    dcos::Credentials,
    wait::{self, Condition, Probe, Wait},
    watch::{EventLog, Watch, Watchable},
};
use serde_json::Value;

use crate::{
    Deployed, Needs, NotApplicable, Result,
    environment::{Environment, Unavailable},
    evidence::Evidence,
    failure,
    name::TestName,
    needs::Outage,
    not_applicable,
    outages::{self, Outages},
};

/// The name of the rule that loses an agent of a fake.
const LOST_AGENT: &str = "lost agent";

/// Everything a scenario may use.
pub struct Arena {
    pub(crate) environment: Environment,
    pub(crate) client: Client,
    pub(crate) lease: Lease,
    watch: Watch,
    outage: Option<Outage>,
}

/// Runs one scenario on the environment that `build` makes, and cleans up whatever happens.
pub(crate) async fn run(
    name: TestName,
    needs: Needs,
    build: impl AsyncFnOnce(&Needs, &Path) -> Result<Environment, Unavailable>,
    scenario: impl AsyncFnOnce(&Arena) -> Result,
) -> Result {
    failure::print_plainly();
    not_applicable::forget(&name)?;
    let evidence = Evidence::begin(&name).wrap_err("cannot make the folder for evidence")?;
    let environment = match build(&needs, evidence.folder()).await {
        Ok(environment) => environment,
        Err(Unavailable::NotApplicable(why)) => return Ok(not_applicable::record(&name, &why)?),
        Err(Unavailable::Failed(why)) => return Err(why),
    };
    let client = environment.client.clone();
    let options = LeaseOptions {
        run: Some(RunName::known(&environment.group_name(&name))),
        clock: environment.endpoint.clock,
        suite: harness::environment::variable("NEXTEST_RUN_ID"),
        ..LeaseOptions::default()
    };
    let lease = Lease::take(&client, options);
    let mut watch = Watch::new(client.clone())
        .with_timeout_factor(environment.timeout_factor)
        .with_evidence(hints(&evidence, &environment));
    if !needs.no_events {
        watch = watch.with_events(EventLog::open(&client).await.wrap_err("cannot listen to the events")?);
    }
    let arena = Arena { lease, client, watch, environment, outage: needs.outage };

    let outcome = AssertUnwindSafe(scenario(&arena)).catch_unwind().await;
    let passed = matches!(outcome, Ok(Ok(())));
    if !passed && let Err(error) = arena.environment.write_evidence(evidence.folder()).await {
        tracing::error!("the fake cannot write_evidence: {error}");
    }
    let tidied = arena.tidy_up(passed).await;
    if !passed || tidied.is_err() {
        let kept = evidence.keep()?;
        println!("evidence: {}", kept.display());
    }
    arena.environment.shut_down().await;
    match outcome {
        Err(panic) => resume_unwind(panic),
        Ok(Err(failure)) if failure.is::<NotApplicable>() => {
            tidied?;
            Ok(not_applicable::record(&name, failure.downcast_ref().unwrap_or(&NotApplicable(String::new())))?)
        }
        // The scenario's own failure is the better story.
        Ok(Err(failure)) => Err(failure),
        Ok(Ok(())) => tidied,
    }
}

impl Arena {
    /// Creates the app or pod in this scenario's group. The last element of its id is kept: `/hc` becomes `/hc-rig/…/hc`.
    ///
    /// # Errors
    /// When Marathon refuses it, or when the cluster has no Docker or no program that it needs.
    pub async fn deploy(&self, app: App) -> Result<Deployed<'_>> {
        let definition = app.to_json();
        self.deploy_definition(app, definition).await
    }

    /// Creates the app from a definition that is not the builder's; `app` describes what is expected of it.
    ///
    /// # Errors
    /// As [`Self::deploy`].
    pub async fn deploy_definition(&self, app: App, mut definition: Value) -> Result<Deployed<'_>> {
        if app.pair().containerizer == Containerizer::Docker && !self.environment.docker {
            return Err(NotApplicable("no agent of this cluster has the docker containerizer".to_owned()).into());
        }
        self.environment.adapt(&mut definition)?;
        let id = self.offer(definition).await?;
        Ok(Deployed::new(&self.lease, &self.environment, id, app))
    }

    /// Begins a wait: for an app or for one of its tasks. The report of a failure names the caller's place.
    #[track_caller]
    pub fn wait_for<'a, W, C>(&self, subject: &W, condition: C) -> Wait<'a, W::Probe, C>
    where
        W: Watchable + ?Sized,
        C: Condition<<W::Probe as Probe>::View> + Send + 'a,
    {
        self.watch.wait_for(subject, condition)
    }

    /// Fails if anything still refers to the app: an app, task, deployment or queue entry with its id.
    ///
    /// # Errors
    /// What is left.
    pub async fn nothing_is_left_of(&self, app: &Deployed<'_>) -> Result {
        let id = app.id();
        ensure!(self.client.find_any(id).await?.is_none(), "{id} still exists");
        let queue = self.client.queue().await?;
        ensure!(queue.iter().all(|entry| entry.app_id != id), "{id} is still in the queue");
        let deployments = self.client.deployments().await?;
        ensure!(deployments.iter().all(|deployment| !deployment.affects(id)), "a deployment still acts on {id}");
        match self.environment.leftovers().await? {
            None => Ok(()),
            Some(left) => Err(eyre!("{id} is deleted, yet tasks are left: {left}")),
        }
    }

    /// Creates an app from any definition in this scenario's group, and returns its id.
    ///
    /// # Errors
    /// Marathon's refusal.
    pub async fn offer(&self, definition: Value) -> Result<String, harness::Error> {
        match self.lease.deploy(&definition).await {
            Ok(app) => Ok(app.id),
            Err(ClusterError::Marathon(refusal)) => Err(refusal),
            Err(other) => panic!("a scenario offers only definitions with an id: {other}"),
        }
    }

    /// The id that `id` gets in this scenario's group.
    pub fn own(&self, id: &str) -> String {
        self.lease.id_of(id).unwrap_or_else(|| panic!("`{id}` is no id"))
    }

    /// The client of the scenario's user.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A client of the same Marathon with another password.
    ///
    /// # Errors
    /// When this environment has no login; request it by `needs().a_login()`.
    pub fn client_with_password(&self, password: &str) -> Result<Client> {
        match &self.environment.endpoint.credentials {
            Some(Credentials::Password { uid, .. }) => {
                let credentials = Credentials::Password { uid: uid.clone(), password: password.into() };
                Ok(self.environment.endpoint.client(Some(credentials)))
            }
            Some(
                Credentials::ServiceAccount { .. }
                | Credentials::Token(_)
                | Credentials::TokenFile(_)
                | Credentials::TokenCommand(_),
            )
            | None => Err(eyre!("this environment has no user with a password; request one by needs().a_login()")),
        }
    }

    /// A client of the same Marathon with this token.
    pub fn client_with_token(&self, token: &str) -> Client {
        self.environment.endpoint.client(Some(Credentials::Token(token.into())))
    }

    /// A client of the same Marathon without credentials.
    pub fn client_without_login(&self) -> Client {
        self.environment.endpoint.client(None)
    }

    /// Injects a fault, once.
    ///
    /// # Errors
    /// When this environment is not a fake in this process; request it by `needs().a_fault(…)`.
    pub async fn inject(&self, fault: Fault) -> Result {
        let fake = self.environment.fake.as_ref();
        let fake = fake.ok_or_else(|| eyre!("nothing can be made to fail here; ask with needs().a_fault(…)"))?;
        Ok(fake.admin().inject(fault).await?)
    }

    /// Makes the leader abdicate by `DELETE /v2/leader`.
    ///
    /// # Errors
    /// When Marathon refuses, or the scenario has not asked for it.
    pub async fn leader_steps_down(&self) -> Result {
        ensure!(self.outage == Some(Outage::Leader), "ask with needs().a_leader_that_steps_down()");
        Ok(self.client.abdicate().await?)
    }

    /// Makes an agent unreachable.
    ///
    /// # Errors
    /// When that cannot be done here, or the scenario has not asked for it.
    pub async fn lose_an_agent(&self) -> Result {
        ensure!(self.outage == Some(Outage::Agent), "ask with needs().an_agent_to_lose()");
        let Some(fake) = &self.environment.fake else { return self.turn_agent(Outages::agent_down).await };
        fake.faults().add(Some(LOST_AGENT.to_owned()), Rule::agent(0, AgentAction::Lost))?;
        Ok(())
    }

    /// Brings the lost agent back.
    ///
    /// # Errors
    /// As [`Self::lose_an_agent`].
    pub async fn the_agent_is_back(&self) -> Result {
        ensure!(self.outage == Some(Outage::Agent), "ask with needs().an_agent_to_lose()");
        let Some(fake) = &self.environment.fake else { return self.turn_agent(Outages::agent_up).await };
        ensure!(fake.faults().remove(LOST_AGENT), "no agent was lost before");
        Ok(())
    }

    async fn turn_agent(&self, command: impl Fn(&Outages) -> Option<&str>) -> Result {
        let command = command(&self.environment.outages).ok_or_else(|| eyre!("there is no command for it"))?;
        outages::shell(command).await
    }

    /// How long a deletion may take.
    fn clean_up_timeout(&self) -> Duration {
        Duration::from_secs(60).mul_f64(self.environment.timeout_factor)
    }

    /// Deletes the group and waits until nothing of it is left, unless the group is to be kept as evidence on a cluster.
    async fn tidy_up(&self, passed: bool) -> Result {
        if !passed && self.environment.outlives_the_test {
            // At most five groups a run, so that a bad day does not fill a cluster.
            let kept = self.lease.keep(5, self.clean_up_timeout()).await;
            if let Kept::Stays(group) = kept.map_err(|error| unfinished(&error))? {
                let KeptGroup { run, group, url, expires } = group;
                println!("kept until {expires}: {group}\n  look:   {url}\n  remove: hc-rig clean {run}");
            }
            return Ok(());
        }
        let released = self.lease.release(self.clean_up_timeout()).await;
        let foreign = released.map_err(|error| unfinished(&error))?;
        ensure!(foreign.is_empty(), "somebody else has apps or pods in the scenario's group: {}", foreign.join(", "));
        ensure!(self.client.group_opt(&self.lease.group()).await?.is_none(), "{} is still listed", self.lease.group());
        match self.environment.leftovers().await? {
            None => Ok(()),
            Some(left) => Err(eyre!("everything was deleted, yet tasks are left: {left}")),
        }
    }
}

/// What a clean-up left, with the command that finishes it.
fn unfinished(error: &CleanUpError) -> eyre::Report {
    eyre!("{error}; to finish it: hc-rig clean {}", error.run)
}

/// What every failed wait reports beside its observations.
fn hints(evidence: &Evidence, environment: &Environment) -> wait::Evidence {
    let kept = evidence.kept_as();
    let mut files = vec![("log".to_owned(), kept.join("log.txt").display().to_string())];
    if environment.fake.is_some() {
        files.push(("journal".to_owned(), kept.join("journal.jsonl").display().to_string()));
    }
    wait::Evidence { files, seed: environment.seed, rerun: wait::rerun_command(), ..wait::Evidence::default() }
}
