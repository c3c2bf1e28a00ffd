//! Removing what earlier runs left behind, once their lease has expired.

use std::time::Duration;

use time::OffsetDateTime;

use super::{CleanUpError, Ownership, ROOT, removal::remove};
use crate::{
    clock::Clock,
    marathon::{Client, Error},
};

/// A group of some run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunGroup {
    /// The group.
    pub group: String,
    /// Whose it is.
    pub ownership: Ownership,
    /// Its apps and pods.
    pub apps: Vec<String>,
}

/// What lies below `/hc-rig`.
#[derive(Debug, Default)]
pub struct Leases {
    /// Everything in it is ours, and the lease is over.
    pub expired: Vec<RunGroup>,
    /// Still within their lease.
    pub current: Vec<RunGroup>,
    /// Apps and pods below `/hc-rig` that lack our labels; left alone, and their groups with them.
    pub foreign: Vec<String>,
    /// Groups with nothing in them: their owner is unknown, so they stay.
    pub empty: Vec<String>,
}

/// What a sweep found and did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Removed: everything in it was ours and expired.
    pub removed: Vec<RunGroup>,
    /// What was to stay.
    pub kept: Leases,
    /// What should have been removed and could not be.
    pub failed: Vec<CleanUpError>,
}

/// Lists the groups below `/hc-rig`, by the server's clock where that is known. Changes nothing.
///
/// # Errors
/// If the groups cannot be listed.
pub async fn leases(client: &Client, clock: Clock) -> Result<Leases, Error> {
    let mut leases = Leases::default();
    let Some(root) = client.group_opt(ROOT).await? else { return Ok(leases) };
    let now = earliest_now(client, clock);
    leases.foreign.extend(root.own().into_iter().map(|app| app.id).chain(root.unreadable_pods()));
    for group in &root.groups {
        let apps = group.all();
        let unreadable = group.all_unreadable_pods();
        let owned: Vec<Ownership> = apps.iter().filter_map(Ownership::of).collect();
        let Some(latest) = owned.iter().max_by_key(|ownership| ownership.expires).cloned() else {
            if apps.is_empty() && unreadable.is_empty() {
                leases.empty.push(group.id.clone());
            } else {
                leases.foreign.extend(apps.into_iter().map(|app| app.id).chain(unreadable));
            }
            continue;
        };
        let strangers = apps.iter().filter(|app| Ownership::of(app).is_none_or(|other| other.run != latest.run));
        let strangers: Vec<String> = strangers.map(|app| app.id.clone()).chain(unreadable).collect();
        let found = RunGroup {
            group: group.id.clone(),
            ownership: latest,
            apps: apps.iter().map(|app| app.id.clone()).collect(),
        };
        if !strangers.is_empty() {
            leases.foreign.extend(strangers);
        } else if found.ownership.expires > now {
            leases.current.push(found);
        } else {
            leases.expired.push(found);
        }
    }
    Ok(leases)
}

/// Removes every group below `/hc-rig` whose lease has expired.
///
/// # Errors
/// If the groups cannot be listed.
pub async fn sweep(client: &Client, clock: Clock, timeout: Duration) -> Result<Swept, Error> {
    let mut swept = Swept { kept: leases(client, clock).await?, ..Swept::default() };
    for found in std::mem::take(&mut swept.kept.expired) {
        match remove(client, &found.group, &[], &found.ownership.run, timeout).await {
            Ok(_) => swept.removed.push(found),
            Err(error) => swept.failed.push(error),
        }
    }
    Ok(swept)
}

/// The earliest possible time: an uncertain clock must not make a lease expire.
fn earliest_now(client: &Client, clock: Clock) -> OffsetDateTime {
    client
        .server_time()
        .map_or_else(|| clock.now(), |time| time.now.saturating_sub(time.uncertainty.try_into().unwrap_or_default()))
}
