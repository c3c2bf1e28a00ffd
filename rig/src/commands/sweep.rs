//! `hc-rig sweep`: removes the groups of runs whose lease has expired, whoever made them.

use std::time::Duration;

use clap::Args;
use harness::{
    Client, Clock,
    cluster::{leases, sweep},
};

use crate::{
    exit::{Completion, Failure},
    run::reach::{self, Reach},
    terminal::leases::{swept, would_sweep},
};

/// Timeout of removing one group.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(120);

/// Arguments of `hc-rig sweep`.
#[derive(Args, Clone, Debug)]
pub struct SweepArgs {
    /// Only list what would be removed
    #[arg(long)]
    pub dry_run: bool,
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
}

/// Removes the expired groups, or only lists them.
///
/// # Errors
/// The cluster does not answer or refuses the request; exit code 6 if something could not be removed.
pub async fn run(args: &SweepArgs) -> Result<Completion, Failure> {
    let client = reach::client(&args.reach.settings().await?)?;
    if !args.dry_run {
        return remove_expired(&client).await;
    }
    let found = leases(&client, Clock::System).await.map_err(|error| reach::failure(&error))?;
    Ok(Completion::passed(would_sweep(&found)))
}

/// Removes every group whose lease has expired; exit code 6 if something could not be removed.
///
/// # Errors
/// As [`run`].
pub async fn remove_expired(client: &Client) -> Result<Completion, Failure> {
    let done = sweep(client, Clock::System, REMOVAL_TIMEOUT).await.map_err(|error| reach::failure(&error))?;
    let text = swept(&done);
    Ok(match done.failed.first() {
        None => Completion::passed(text),
        Some(error) => Completion::failed(text, reach::clean_up_failure(error)),
    })
}
