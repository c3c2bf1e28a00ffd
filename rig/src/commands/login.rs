//! `hc-rig login`: logs in and reports what is there. Changes nothing.

use clap::Args;
use harness::cluster::preflight;

use crate::{
    exit::{Completion, Failure},
    run::reach::{self, Reach},
    settings::Sources,
    terminal::findings,
};

/// Arguments of `hc-rig login`.
#[derive(Args, Clone, Debug)]
pub struct LoginArgs {
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
}

/// Logs in and reports versions and free resources. The token is not printed.
///
/// # Errors
/// The settings are incomplete (2), the login or certificate is refused (4), the cluster does not answer (5).
pub async fn run(args: &LoginArgs, sources: &Sources) -> Result<Completion, Failure> {
    let settings = args.reach.settings().await?;
    let client = reach::client(&settings)?;
    let found = preflight(&client).await.map_err(|error| reach::failure(&error))?;
    let login = if reach::has_login(&settings) { "login ok" } else { "ok (no login needed)" };
    let facts = findings::of_login(&args.reach.describe(&settings, sources), &found);
    Ok(Completion::passed(format!("{login}\n{facts}")))
}
