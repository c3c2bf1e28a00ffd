//! `hc-rig apps`: the apps and pods of a cluster. Changes nothing.

use clap::Args;

use crate::{
    exit::{Completion, Failure},
    run::reach::{self, Reach},
    terminal::apps::table,
};

/// Arguments of `hc-rig apps`.
#[derive(Args, Clone, Debug)]
pub struct AppsArgs {
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
}

/// Lists the apps and pods.
///
/// # Errors
/// The settings are incomplete (2), the login or certificate is refused (4), the cluster does not answer (5).
pub async fn run(args: &AppsArgs) -> Result<Completion, Failure> {
    let client = reach::client(&args.reach.settings().await?)?;
    let apps = client.apps().await.map_err(|error| reach::failure(&error))?;
    let pods = client.pods().await.map_err(|error| reach::failure(&error))?;
    Ok(Completion::passed(table(&[apps.apps, pods].concat())))
}
