//! `hc-rig sweep`: removes the groups of runs whose lease has expired, whoever made them.

use std::{fmt::Write as _, time::Duration};

use harness::{
    Client, Clock,
    cluster::{Found, Leases, leases, sweep},
};

use crate::{
    commands::Done,
    exit::{Code, Failure},
    run::reach::{self, Reach},
};

/// How long deleting one group may take.
const WITHIN: Duration = Duration::from_secs(120);

/// Removes them, or only says which they are.
///
/// # Errors
/// The cluster cannot be reached or refuses us.
pub async fn run(reach: &Reach, dry: bool) -> Result<Done, Failure> {
    let client = reach::client(&reach.settings().await?)?;
    if !dry {
        return expired(&client).await;
    }
    let found = leases(&client, Clock::System).await.map_err(|error| reach::failure(&error))?;
    let mut text = String::new();
    for expired in &found.expired {
        let _ = writeln!(text, "expired   {}, would be removed with {}", line(expired), expired.apps.join(", "));
    }
    text.push_str(&rest(&found));
    Ok(Done::well(something(text)))
}

/// Removes what has expired; exit code 6 if some of it could not be.
///
/// # Errors
/// As [`run`].
pub async fn expired(client: &Client) -> Result<Done, Failure> {
    let swept = sweep(client, Clock::System, WITHIN).await.map_err(|error| reach::failure(&error))?;
    let mut text = String::new();
    for found in &swept.removed {
        let _ = writeln!(text, "removed   {} (expired)", line(found));
    }
    text.push_str(&rest(&swept.kept));
    let text = something(text);
    match swept.failed.first() {
        None => Ok(Done::well(text)),
        Some(error) => Ok(Done { text, trouble: Some(reach::unfinished(error)), code: Code::CleanUp }),
    }
}

/// What stays.
fn rest(leases: &Leases) -> String {
    let mut text = String::new();
    for found in &leases.current {
        let _ = writeln!(text, "stays     {}, until {}", line(found), found.ownership.expires_text());
    }
    for app in &leases.foreign {
        let _ = writeln!(text, "not ours  {app}");
    }
    for group in &leases.empty {
        let _ = writeln!(text, "empty     {group}");
    }
    text
}

fn line(found: &Found) -> String {
    format!("{} of {}", found.group, found.ownership.owner)
}

fn something(text: String) -> String {
    if text.is_empty() { "there is nothing below /hc-rig\n".to_owned() } else { text }
}
