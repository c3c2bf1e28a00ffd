//! The offline backends: a fake in this process.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use fake_marathon::{Builder, FakeMarathon, Tasks, clock::Time, tuning::Tuning};
use harness::{Clock, Transport, tls::Trust};

use super::{Endpoint, Environment, PASSWORD, UID, Unavailable};
use crate::{Needs, Result};

/// The random seed of every fake; `HC_RIG_SEED` sets another one for a whole run.
const SEED: u64 = 1;

/// Virtual time begins at noon of a day in June, so that journals of two runs are equal.
const NOON: i64 = 1_749_988_800;

pub(crate) async fn simulated(needs: &Needs, _folder: &Path) -> Result<Environment, Unavailable> {
    let seed = seed()?;
    let start = Time::from_micros(NOON * 1_000_000);
    let fake = builder(needs, seed).tasks(Tasks::Simulated).epoch(start).start().await?;
    let transport = Transport::in_process(fake.service());
    let day = time::OffsetDateTime::from_unix_timestamp(NOON)?;
    let endpoint = Endpoint::of_fake("http://marathon.in-process/", needs, transport, Clock::anchored(day))?;
    Ok(Environment { fake: Some(fake), seed: Some(seed), ..Environment::of_fake(endpoint, 1.0) })
}

pub(crate) async fn process(task_tools: &Path, needs: &Needs, folder: &Path) -> Result<Environment, Unavailable> {
    let seed = seed()?;
    let fake = builder(needs, seed)
        .tasks(Tasks::Process)
        .task_tools(task_tools)
        .sandbox_root(folder.join("sandboxes"))
        .keep_sandboxes(true);
    on_sockets(fake, needs, seed).await
}

pub(crate) async fn light(needs: &Needs, _folder: &Path) -> Result<Environment, Unavailable> {
    let seed = seed()?;
    on_sockets(builder(needs, seed).tasks(Tasks::Light), needs, seed).await
}

async fn on_sockets(fake: Builder, needs: &Needs, seed: u64) -> Result<Environment, Unavailable> {
    let fake = fake.listen((Ipv4Addr::LOCALHOST, 0).into()).start().await?;
    let transport = Transport::sockets(&Trust::default())?;
    let endpoint = Endpoint::of_fake(fake.url(), needs, transport, Clock::System)?;
    // Two cores, and other tests beside this one.
    Ok(Environment { fake: Some(fake), seed: Some(seed), ..Environment::of_fake(endpoint, 2.0) })
}

fn builder(needs: &Needs, seed: u64) -> Builder {
    // A scenario begins to wait as soon as the leader has stepped down, and the old one would still answer for a moment;
    // how long a lone leader is away has a test in `recordings`. Tasks start as fast as on the fastest recorded machine.
    let default = Tuning::default();
    let fatal_waiting_instances = needs.fatal_waiting_instances.or(default.fatal_waiting_instances);
    let tuning = Tuning {
        lone_restart: Duration::ZERO,
        launch_latency: Duration::from_millis(160),
        fatal_waiting_instances,
        ..default
    };
    let builder = FakeMarathon::builder().tuning(tuning).seed(seed);
    let mut builder = builder.agents(needs.agents.max(1)).prompt_offers();
    if needs.login {
        builder = builder.user(UID, PASSWORD);
    }
    if let Some(ttl) = needs.token_ttl {
        builder = builder.token_ttl(ttl);
    }
    builder
}

fn seed() -> Result<u64> {
    match harness::environment::variable("HC_RIG_SEED") {
        None => Ok(SEED),
        Some(text) => text.parse().map_err(|_| eyre::eyre!("HC_RIG_SEED is `{text}`; it must be a whole number")),
    }
}
