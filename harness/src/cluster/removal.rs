//! Removing what is ours, and waiting until it is gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{CleanUpError, Ownership, RunName};
use crate::{
    marathon::{Client, Error},
    model::{App, Group, Kind},
};

/// The polling interval.
const PAUSE: Duration = Duration::from_millis(250);

/// After this long a deletion that has not even begun to show is asked for again.
const AGAIN: Duration = Duration::from_secs(5);

/// How much longer than usual Marathon takes to kill `tasks` tasks: a hundred at a time (`kill_chunk_size`), and those of
/// Docker only die with the end of their grace period of 3 s, since a shell that is a container's first process ignores
/// SIGTERM. Measured on the fake: 4.5 s a hundred.
#[must_use]
pub fn time_to_kill(tasks: u64) -> Duration {
    Duration::from_secs((tasks / 100).saturating_mul(5))
}

/// Removes everything that carries the run's labels and waits until it is gone. Returns the ids of apps and pods in the
/// run's group that are not ours; they, and then their group, are left alone.
///
/// It can be repeated at any time, also by another process after a crash.
///
/// # Errors
/// If something of ours is left after `timeout` and the time that it takes to kill its tasks, or Marathon refuses.
pub async fn remove_run(client: &Client, run: &RunName, timeout: Duration) -> Result<Vec<String>, CleanUpError> {
    remove(client, &run.group(), &[], run.as_str(), timeout).await
}

/// The same for a group and for apps outside of it that the run created under an id of their own.
pub(super) async fn remove(
    client: &Client,
    group: &str,
    outside: &[(Kind, String)],
    run: &str,
    timeout: Duration,
) -> Result<Vec<String>, CleanUpError> {
    let begun = Instant::now();
    let mut removal = Removal {
        client,
        group,
        outside,
        run,
        left: Vec::new(),
        foreign: Vec::new(),
        instances: 0,
        apps_asked: None,
        group_asked: None,
        deployments: Vec::new(),
        over: false,
    };
    loop {
        let why = match removal.step().await {
            Ok(None) => return Ok(removal.foreign),
            Ok(Some(why)) => why,
            Err(error) if error.is_transient() => error.to_string(),
            Err(error) => return Err(removal.failure(error.to_string())),
        };
        if begun.elapsed() + PAUSE > timeout + time_to_kill(removal.instances) {
            return Err(removal.failure(format!("after {} s {why}", begun.elapsed().as_secs())));
        }
        sleep(PAUSE).await;
    }
}

struct Removal<'a> {
    client: &'a Client,
    group: &'a str,
    outside: &'a [(Kind, String)],
    run: &'a str,
    left: Vec<(Kind, String)>,
    foreign: Vec<String>,
    /// Tasks that were asked for when most of our apps were there.
    instances: u64,
    /// When the deletion of the apps was last asked for.
    apps_asked: Option<Instant>,
    /// When the deletion of the empty group was last asked for.
    group_asked: Option<Instant>,
    /// The deployments of our deletions.
    deployments: Vec<String>,
    /// Nothing was listed and no deployment was running at the previous poll.
    over: bool,
}

impl Removal<'_> {
    /// Polls, and deletes what must be deleted. `None` when everything is gone, else what is still there.
    async fn step(&mut self) -> Result<Option<String>, Error> {
        let group = self.client.group_opt(self.group).await?;
        let apps = group.as_ref().map(Group::all).unwrap_or_default();
        let (ours, foreign): (Vec<App>, Vec<App>) = apps.into_iter().partition(|app| self.is_ours(app));
        self.foreign = foreign.into_iter().map(|app| app.id).collect();
        self.foreign.extend(group.iter().flat_map(Group::all_unreadable_pods));
        // Only a group without apps is ours by its name; with something foreign in it, it stays for its sake.
        let empty = group.is_some() && ours.is_empty() && self.foreign.is_empty();
        let mut left: Vec<(Kind, String)> = ours.iter().map(|app| (app.kind, app.id.clone())).collect();
        let mut instances: u64 = ours.iter().map(|app| app.instances).sum();
        for (kind, id) in self.outside {
            if let Some(app) = self.client.find_opt(*kind, id).await?.filter(|app| self.is_ours(app)) {
                left.push((*kind, app.id));
                instances = instances.saturating_add(app.instances);
            }
        }
        self.left = left;
        self.instances = self.instances.max(instances);
        if self.left.is_empty() && !empty {
            return self.deployments().await;
        }
        let back = std::mem::take(&mut self.over);
        let due = |asked: Option<Instant>| back || asked.is_none_or(|asked| asked.elapsed() >= AGAIN);
        if back || (empty && self.group_asked.is_some_and(|asked| asked.elapsed() >= AGAIN)) {
            self.client.removes_again(self.group);
        }
        if !self.left.is_empty() && due(self.apps_asked) {
            self.delete_apps().await?;
        }
        if empty && due(self.group_asked) {
            self.delete_group().await?;
        }
        let apps = self.left.iter().filter(|(kind, _)| *kind == Kind::App).count();
        Ok(Some(match (apps, self.left.len() - apps) {
            (0, 0) => "the group is still listed".to_owned(),
            (n, 0) => still_listed(n, Kind::App),
            (0, n) => still_listed(n, Kind::Pod),
            (apps, pods) => format!("{} and {}", text::count(apps, "app"), still_listed(pods, Kind::Pod)),
        }))
    }

    /// Asks for the deletion of each app that is ours, and keeps the deployments that Marathon starts for it. Never of the
    /// group with what is in it: somebody may put an app of theirs there meanwhile.
    async fn delete_apps(&mut self) -> Result<(), Error> {
        self.apps_asked = Some(Instant::now());
        for (kind, id) in &self.left {
            let started = gone_is_fine(self.client.delete(*kind, id, true).await)?;
            self.deployments.extend(started.map(|result| result.deployment_id));
        }
        Ok(())
    }

    /// Asks for the deletion of the empty group, without force: Marathon refuses while somebody deploys into it.
    async fn delete_group(&mut self) -> Result<(), Error> {
        match self.client.delete_group(self.group, false).await {
            Err(error) if error.is_locked() => return Ok(()),
            answer => self.deployments.extend(gone_is_fine(answer)?.map(|result| result.deployment_id)),
        }
        self.group_asked = Some(Instant::now());
        Ok(())
    }

    /// An app is no longer listed as soon as its removal begins; the tasks are gone when the deployment is. A deployment
    /// that was running before may still bring the group back, empty, when it ends: seen on a real Marathon after upgrades
    /// in several groups at once. So once all of them are over, the group is polled again.
    async fn deployments(&mut self) -> Result<Option<String>, Error> {
        let inside = |id: &String| {
            let outside = self.outside.iter().any(|(_, outside)| outside == id);
            id.strip_prefix(self.group).is_some_and(|rest| rest.starts_with('/')) || outside
        };
        let all = self.client.deployments().await?;
        let running = all
            .iter()
            .find(|deployment| deployment.affected().any(inside) || self.deployments.contains(&deployment.id));
        if let Some(deployment) = running {
            self.over = false;
            return Ok(Some(format!("deployment {} is still stopping tasks", deployment.id)));
        }
        if self.over || (self.apps_asked.is_none() && self.group_asked.is_none()) {
            return Ok(None);
        }
        self.over = true;
        Ok(Some("the group is polled once more".to_owned()))
    }

    fn is_ours(&self, app: &App) -> bool {
        Ownership::of(app).is_some_and(|ownership| ownership.run == self.run)
    }

    fn failure(&self, why: String) -> CleanUpError {
        CleanUpError {
            group: self.group.to_owned(),
            why,
            left: self.left.iter().map(|(_, id)| id.clone()).collect(),
            run: self.run.to_owned(),
        }
    }
}

fn still_listed(n: usize, kind: Kind) -> String {
    format!("{} {} still listed", text::count(n, kind.noun()), if n == 1 { "is" } else { "are" })
}

/// What was started; nothing where somebody else, or an earlier attempt, was faster.
fn gone_is_fine<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(started) => Ok(Some(started)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
