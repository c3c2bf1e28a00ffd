//! `hc-rig record`: records the fixed cases from a Marathon of the user's own, in a group of their own.

use std::path::PathBuf;

use clap::Args;
use harness::cluster::{Lease, LeaseOptions};

use crate::{
    exit::{Completion, Failure},
    folder,
    recording::{
        scrub::Scrub,
        session::{Session, select},
    },
    run::{
        Interrupt,
        reach::{self, Reach},
    },
    terminal::progress::Progress,
};

/// Arguments of `hc-rig record`.
#[derive(Args, Clone, Debug)]
pub struct RecordArgs {
    /// The folder for the recordings, one file per case
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// The cases to record [default: all]
    pub cases: Vec<String>,
    /// Which Marathon.
    #[command(flatten)]
    pub reach: Reach,
}

/// Records the cases.
///
/// # Errors
/// Unknown case (2), login, certificate or right refused (4), no answer (5), something left behind (6), a file that
/// cannot be written (7), stopped by the user (130).
pub async fn run(args: &RecordArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let names = select(&args.cases)?;
    let out = args.out.as_path();
    // Before anything is asked of the cluster.
    folder::make(out)?;
    let settings = args.reach.settings().await?;
    let client = reach::client(&settings)?;
    client.info_if_allowed().await.map_err(|error| reach::failure(&error))?;
    let run = Lease::take(&client, LeaseOptions::default()).run().clone();
    let session = Session { out, client, run, scrub: Scrub::of(&settings.access.value), interrupt };
    Ok(session.record(&names, &Progress::new(false)).await)
}
