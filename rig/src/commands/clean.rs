//! `hc-rig clean`: removes what a killed run left behind.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName, remove_run},
    model::{Info, Kind},
    settings::Settings,
};

use crate::{
    commands::sweep::remove_expired,
    exit::{Completion, Failure},
    folder::{
        RunFolder,
        clean_up::CleanUp,
        locate,
        manifest::{ClusterKind, Manifest},
    },
    run::reach::{self, Reach},
    terminal::leases::removed,
};

/// Timeout of removing a group.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(120);

/// Arguments of `hc-rig clean`.
#[derive(Args, Clone, Debug)]
pub struct CleanArgs {
    /// The run, by name or folder [default: every run below --below, and every group whose lease has expired]
    pub run: Option<String>,
    /// Where to look for run folders if no run is named
    #[arg(long, value_name = "DIR", default_value = locate::BELOW)]
    pub below: PathBuf,
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
}

/// Removes what one run left behind, or without a run everything that the folders below `--below` and expired leases
/// name. Only what carries hc-rig's labels is removed.
///
/// # Errors
/// The cluster does not answer or refuses the request; exit code 6 if something is left.
pub async fn run(args: &CleanArgs) -> Result<Completion, Failure> {
    let CleanArgs { run, below, reach } = args;
    let Some(run) = run else { return everything(below, reach).await };
    if !run.contains(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '.') {
        let why = format!("\"{run}\" names no run; without a name hc-rig clean removes what every run left");
        return Err(Failure::usage(why));
    }
    let path = Path::new(run);
    // A run, or the runs of one command; whatever else lies below is not named by this.
    let is_folder = path.is_dir();
    let folders = if is_folder { RunFolder::find(path)? } else { locate::by_name(run, below).into_iter().collect() };
    if folders.is_empty() {
        let client = connect(reach.settings().await?).await?.0;
        let name = RunName::known(run.trim_start_matches("/hc-rig/"));
        let foreign =
            remove_run(&client, &name, REMOVAL_TIMEOUT).await.map_err(|error| reach::clean_up_failure(&error))?;
        return Ok(Completion::passed(removed(&name.group(), &foreign)));
    }
    let mut text = String::new();
    let several = folders.len() > 1;
    for folder in folders {
        let manifest = folder.manifest()?;
        if manifest.cluster.kind == ClusterKind::Embedded {
            let _ = writeln!(text, "{} ran on the fake inside hc-rig, which ended with the run", manifest.run);
            continue;
        }
        if manifest.is_watch() {
            let _ = writeln!(text, "{} only watched {}, so it left nothing", manifest.run, manifest.app);
            continue;
        }
        if several && is_clean(&folder) {
            let _ = writeln!(text, "{} left nothing, says its folder", manifest.run);
            continue;
        }
        let _occupied = folder.occupy()?;
        let (client, marathon) = connect(reach.settings_of(&manifest).await?).await?;
        reach::same_cluster(&manifest, client.url(), &marathon)?;
        text.push_str(&one(&client, &folder, &manifest).await?);
    }
    Ok(Completion::passed(text))
}

async fn connect(settings: Settings) -> Result<(Client, Info), Failure> {
    let client = reach::client(&settings)?;
    let info = client.info_if_allowed().await.map_err(|error| reach::failure(&error))?;
    Ok((client, info))
}

/// First the runs of the folders, whose leases may not have expired; then what has expired, whoever made it.
async fn everything(below: &Path, reach: &Reach) -> Result<Completion, Failure> {
    let (client, marathon) = connect(reach.settings().await?).await?;
    let mut text = String::new();
    for folder in locate::all(below) {
        let Ok(manifest) = folder.manifest() else { continue };
        let elsewhere = reach::same_cluster(&manifest, client.url(), &marathon).is_err();
        let not_here = manifest.cluster.kind == ClusterKind::Embedded || manifest.is_watch() || elsewhere;
        if not_here || is_clean(&folder) {
            continue;
        }
        match folder.occupy() {
            Ok(_occupied) => text.push_str(&one(&client, &folder, &manifest).await?),
            Err(_) => {
                let _ = writeln!(text, "{} is still running", manifest.run);
            }
        }
    }
    let mut done = remove_expired(&client).await?;
    done.text.insert_str(0, &text);
    Ok(done)
}

/// Whether the run's folder says that nothing is left.
fn is_clean(folder: &RunFolder) -> bool {
    folder.summary().is_some_and(|summary| summary.clean_up.is_complete())
}

/// One run, by its folder: `run.json` is the journal of what was to be deployed.
async fn one(client: &Client, folder: &RunFolder, manifest: &Manifest) -> Result<String, Failure> {
    let lease =
        Lease::take(client, LeaseOptions { run: Some(RunName::known(&manifest.run)), ..LeaseOptions::default() });
    let mut text = String::new();
    // An app under its own id is outside of the group, and may belong to somebody else by now.
    let found = client.find_opt(Kind::of_definition(&manifest.definition), &manifest.app).await;
    if let Some(app) = found.map_err(|error| reach::failure(&error))?
        && let Err(error) = lease.adopt(&app)
    {
        let _ = writeln!(text, "{}", text::visible(&error.to_string()));
    }
    let foreign = lease.release(REMOVAL_TIMEOUT).await.map_err(|error| reach::clean_up_failure(&error))?;
    text.push_str(&removed(&lease.group(), &foreign));
    if is_clean(folder) {
        return Ok(text);
    }
    // The folder records it, so that the next `hc-rig clean` skips the run.
    let mut summary = folder.read()?.summary;
    summary.clean_up = CleanUp::CompletedBy("hc-rig clean".to_owned());
    if let Err(failure) = folder.write_json("summary.json", &summary) {
        let _ = writeln!(
            text,
            "the folder could not be updated, so the next hc-rig clean checks it again: {}",
            text::visible(&failure.message)
        );
    }
    Ok(text)
}
