//! `hc-rig clean`: finishes what a run that was killed could not clean up itself.

use std::{fmt::Write as _, path::Path, time::Duration};

use harness::{
    Client,
    cluster::{Lease, LeaseOptions, RunName, remove_run},
    model::Info,
    settings::Settings,
};

use crate::{
    commands::{Done, sweep},
    exit::Failure,
    folder::{
        RunFolder, locate,
        manifest::{EMBEDDED, Manifest},
        summary::COMPLETE,
    },
    run::reach::{self, Reach},
};

/// How long deleting may take.
const WITHIN: Duration = Duration::from_secs(120);

/// Removes what one run left, or with no run what every run folder below `below` and every expired lease tells of. Only
/// what carries the rig's labels.
///
/// # Errors
/// The cluster cannot be reached or refuses us; exit code 6 if something is left.
pub async fn clean(run: Option<&str>, below: &Path, reach: &Reach) -> Result<Done, Failure> {
    let Some(run) = run else { return everything(below, reach).await };
    let path = Path::new(run);
    let folders = if path.is_dir() { locate::all(path) } else { locate::by_name(run, below).into_iter().collect() };
    if folders.is_empty() {
        if path.is_dir() {
            RunFolder::open(path)?;
        }
        let client = connect(reach.settings().await?).await?.0;
        let name = RunName::known(run.trim_start_matches("/hc-rig/"));
        return remove(&client, &name).await.map(Done::well);
    }
    let mut text = String::new();
    for folder in folders {
        let manifest = folder.manifest()?;
        if manifest.cluster.kind == EMBEDDED {
            let _ =
                writeln!(text, "{} ran on the fake Marathon inside hc-rig: it ended with that program", manifest.run);
            continue;
        }
        let _occupied = folder.occupy()?;
        let (client, marathon) = connect(reach.settings_of(&manifest).await?).await?;
        reach::same_cluster(&manifest, client.url(), &marathon)?;
        text.push_str(&one(&client, &folder, &manifest).await?);
    }
    Ok(Done::well(text))
}

async fn connect(settings: Settings) -> Result<(Client, Info), Failure> {
    let client = reach::client(&settings)?;
    let info = client.info_if_allowed().await.map_err(|error| reach::failure(&error))?;
    Ok((client, info))
}

/// What the folders tell first, since their runs may be young; then what has expired, whoever made it.
async fn everything(below: &Path, reach: &Reach) -> Result<Done, Failure> {
    let (client, marathon) = connect(reach.settings().await?).await?;
    let mut text = String::new();
    for folder in locate::all(below) {
        let Ok(manifest) = folder.manifest() else { continue };
        let elsewhere = reach::same_cluster(&manifest, client.url(), &marathon).is_err();
        let clean = folder.summary().is_some_and(|summary| summary.clean_up.starts_with(COMPLETE));
        if manifest.cluster.kind == EMBEDDED || elsewhere || clean {
            continue;
        }
        match folder.occupy() {
            Ok(_occupied) => text.push_str(&one(&client, &folder, &manifest).await?),
            Err(_) => {
                let _ = writeln!(text, "{} still goes on", manifest.run);
            }
        }
    }
    let mut done = sweep::expired(&client).await?;
    done.text.insert_str(0, &text);
    Ok(done)
}

/// What a run's own folder tells: `run.json` is the journal of what was to be made.
async fn one(client: &Client, folder: &RunFolder, manifest: &Manifest) -> Result<String, Failure> {
    let lease =
        Lease::take(client, LeaseOptions { run: Some(RunName::known(&manifest.run)), ..LeaseOptions::default() });
    let mut text = String::new();
    // An app under an id of its own lies outside of the group, and may be somebody else's by now.
    if let Some(app) = client.app_opt(&manifest.app).await.map_err(|error| reach::failure(&error))?
        && let Err(error) = lease.adopt(&app)
    {
        let _ = writeln!(text, "{error}");
    }
    let foreign = lease.release(WITHIN).await.map_err(|error| reach::clean_up_failure(&error))?;
    text.push_str(&told(&lease.group(), &foreign));
    // From now on the folder says so too: the run is over, and nobody needs to look again.
    let mut summary = folder.read()?.summary;
    summary.clean_up = format!("{COMPLETE}, by hc-rig clean");
    if let Err(failure) = folder.write_json("summary.json", &summary) {
        let _ = writeln!(text, "the folder does not say so, and will be looked at again: {failure}");
    }
    Ok(text)
}

async fn remove(client: &Client, name: &RunName) -> Result<String, Failure> {
    let foreign = remove_run(client, name, WITHIN).await.map_err(|error| reach::clean_up_failure(&error))?;
    Ok(told(&name.group(), &foreign))
}

fn told(group: &str, foreign: &[String]) -> String {
    let mut text = format!("nothing of {group} is left\n");
    for app in foreign {
        let _ = writeln!(text, "left alone, since it is not ours: {app}");
    }
    text
}
