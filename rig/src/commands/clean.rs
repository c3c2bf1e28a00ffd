//! `hc-rig clean`: finishes what a run that was killed could not clean up itself.

use std::{fmt::Write as _, path::Path, time::Duration};

use harness::{
    Client, Clock,
    cluster::{Ownership, RunName, remove_run, sweep},
};

use crate::{
    commands::Done,
    exit::{Code, Failure},
    folder::RunFolder,
    run::reach::{self, Reach},
};

/// How long deleting may take.
const WITHIN: Duration = Duration::from_secs(120);

/// Removes one run's group, or with no run every group whose lease has expired. Only what carries the rig's labels.
///
/// # Errors
/// The cluster cannot be reached or refuses us; exit code 6 if something is left.
pub async fn clean(run: Option<&str>, reach: &Reach) -> Result<Done, Failure> {
    let settings = reach.settings()?;
    let client = reach::client(&settings)?;
    client.info().await.map_err(|error| reach::failure(&error))?;
    match run {
        Some(run) => one(&client, run).await,
        None => expired(&client).await,
    }
}

/// The run by its name, or by its folder: `run.json` is the journal of what was to be made.
async fn one(client: &Client, run: &str) -> Result<Done, Failure> {
    let path = Path::new(run);
    let (name, outside) = if path.join("run.json").is_file() {
        let manifest = RunFolder::open(path)?.manifest()?;
        let name = RunName::known(&manifest.run);
        let outside = (!manifest.app.starts_with(&name.group())).then_some(manifest.app);
        (name, outside)
    } else {
        (RunName::known(run.trim_start_matches("/hc-rig/")), None)
    };
    let mut text = String::new();
    if let Some(app) = outside {
        remove_outside(client, &app, &name, &mut text).await?;
    }
    let foreign =
        remove_run(client, &name, WITHIN).await.map_err(|error| Failure::new(Code::CleanUp, error.to_string()))?;
    let _ = writeln!(text, "nothing of {} is left", name.group());
    for app in foreign {
        let _ = writeln!(text, "left alone, since it is not ours: {app}");
    }
    Ok(Done::well(text))
}

/// An app that was deployed under an id of its own goes only if it carries the run's label.
async fn remove_outside(client: &Client, app: &str, run: &RunName, text: &mut String) -> Result<(), Failure> {
    let found = client.app_opt(app).await.map_err(|error| reach::failure(&error))?;
    match found {
        Some(found) if Ownership::of(&found).is_some_and(|owner| owner.run == run.as_str()) => {
            client
                .delete_app(app, true)
                .await
                .map_err(|error| Failure::new(Code::CleanUp, format!("{app} could not be deleted: {error}")))?;
            let _ = writeln!(text, "deleted {app}");
        }
        Some(_) => {
            let _ = writeln!(text, "left alone, since it is not of this run: {app}");
        }
        None => {}
    }
    Ok(())
}

async fn expired(client: &Client) -> Result<Done, Failure> {
    let swept = sweep(client, Clock::System, WITHIN).await.map_err(|error| reach::failure(&error))?;
    let mut text = String::new();
    for found in &swept.removed {
        let _ = writeln!(text, "removed   {} of {} (expired)", found.group, found.ownership.owner);
    }
    for found in &swept.current {
        let _ = writeln!(
            text,
            "stays     {} of {}, until {}",
            found.group,
            found.ownership.owner,
            found.ownership.expires_text()
        );
    }
    for app in &swept.foreign {
        let _ = writeln!(text, "not ours  {app}");
    }
    for group in &swept.empty {
        let _ = writeln!(text, "empty     {group}");
    }
    if text.is_empty() {
        text.push_str("there is nothing below /hc-rig\n");
    }
    match swept.failed.first() {
        None => Ok(Done::well(text)),
        Some(error) => Ok(Done { text, trouble: Some(error.to_string()), code: Code::CleanUp }),
    }
}
