//! Apps that exist already, watched side by side: `hc-rig watch`, and `hc-rig why /app`. Nothing on the cluster changes.
//!
//! [`select`] finds the apps that the user means; each is watched by [`crate::run::watch()`] into a folder of its own.

pub mod select;

use std::path::Path;

use harness::{Client, cluster::preflight, model::App, scale::Crossing};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    command_line,
    exit::Failure,
    folder::{RunFolder, manifest::Cluster},
    results::{Gathered, gather, gathered::Ended},
    run::{
        self, Interrupt, Watch,
        reach::{self, Reach},
        watch::Terms,
    },
    terminal::progress::Progress,
    watch::select::Selection,
};

/// Apps that are named in full in the first line.
const NAMED: usize = 3;

/// Apps to be watched, and how.
#[derive(Debug)]
pub struct Watching<'a> {
    /// The apps.
    pub selection: Selection<'a>,
    /// How each is watched.
    pub terms: Terms,
    /// Whether the first threshold that is crossed is reported at once and ends the watch.
    pub alert: bool,
    /// Where the results go.
    pub path: &'a Path,
}

/// What the watches of all apps share.
struct Shared {
    client: Client,
    cluster: Cluster,
    side_by_side: u64,
    enough: CancellationToken,
}

impl Watching<'_> {
    /// Watches them to the end of their time, then reads and draws what was found.
    ///
    /// # Errors
    /// No such app (2), whatever keeps the cluster from being read, and what went wrong with the results.
    pub async fn run(&self, reach: &Reach, progress: &Progress, interrupt: &Interrupt) -> Result<Gathered, Failure> {
        let settings = reach.settings().await?;
        let client = reach::client(&settings)?;
        let looking = async {
            let apps = self.selection.find(&client).await?;
            let found = preflight(&client).await.map_err(|error| reach::failure(&error))?;
            Ok((apps, found))
        };
        let (apps, found) = interrupt.before_deployment(looking).await?;
        progress.note(&format!(
            "{} · watching {} for {:?}, poll every {:?}; nothing is changed",
            reach::marathon_version(&found.marathon),
            named(&apps),
            self.terms.span,
            self.terms.poll,
        ));
        let cluster = reach::describe(&settings, &client, &found);
        self.observe((client, cluster), apps, (progress, interrupt)).await
    }

    /// Watches these apps of a cluster that is known already.
    ///
    /// # Errors
    /// What went wrong with the results.
    pub async fn observe(
        &self,
        (client, cluster): (Client, Cluster),
        apps: Vec<App>,
        (progress, interrupt): (&Progress, &Interrupt),
    ) -> Result<Gathered, Failure> {
        let side_by_side = apps.len() as u64;
        let shared = Shared { cluster, client, side_by_side, enough: CancellationToken::new() };
        let folders = folders(self.path, &apps)?;
        let mut running = JoinSet::new();
        for (app, folder) in apps.into_iter().zip(&folders) {
            self.start(&mut running, &shared, (app, folder.clone()), (progress, interrupt));
        }
        Gathered::draw(self.path, &folders, gather(running).await)
    }

    /// Starts the watch of one app.
    fn start(
        &self,
        running: &mut JoinSet<Ended>,
        shared: &Shared,
        (app, folder): (App, RunFolder),
        (progress, interrupt): (&Progress, &Interrupt),
    ) {
        let crossings = self.alert.then(|| {
            let (send, receive) = unbounded_channel();
            tokio::spawn(alert(app.id.clone(), receive, progress.clone(), shared.enough.clone()));
            send
        });
        let line = progress.run(&app.id, u32::try_from(app.instances).unwrap_or(u32::MAX));
        let watch = Watch {
            app,
            terms: self.terms.clone(),
            cluster: shared.cluster.clone(),
            side_by_side: shared.side_by_side,
            command: command_line::current(),
            folder,
            enough: shared.enough.clone(),
            crossings,
        };
        let (client, interrupt) = (shared.client.clone(), interrupt.clone());
        running.spawn(async move { run::watch(&client, watch, line, &interrupt).await });
    }
}

/// Reports the first threshold that is crossed at once; then it is enough, for the other apps too.
async fn alert(app: String, mut crossings: UnboundedReceiver<Crossing>, progress: Progress, enough: CancellationToken) {
    while let Some(crossing) = crossings.recv().await {
        progress.alert(&format!("ALERT {app}: {crossing}"));
        enough.cancel();
    }
}

/// `/prod/api, /prod/web and 3 more`.
fn named(apps: &[App]) -> String {
    let first: Vec<&str> = apps.iter().take(NAMED).map(|app| app.id.as_str()).collect();
    let more = apps.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", first.join(", "))
}

/// One folder for one app, or one each below the folder of all.
fn folders(path: &Path, apps: &[App]) -> Result<Vec<RunFolder>, Failure> {
    let all = RunFolder::create(path)?;
    if apps.len() == 1 {
        return Ok(vec![all]);
    }
    let names = names(apps.iter().map(|app| app.id.as_str()));
    names.iter().map(|name| RunFolder::create(path.join(name))).collect()
}

/// The most bytes of an id in the name of a folder.
const LONGEST_NAME: usize = 100;

/// A name of a folder for each id. An id of Marathon's has neither capitals nor underscores, so that two never share a name and
/// each is told by its own; but a server may send anything, and no name of a server's chooses a path.
fn names<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    let mut names: Vec<String> = Vec::new();
    for id in ids {
        let mut name: String = id.trim_matches('/').chars().map(plain).take(LONGEST_NAME).collect();
        if name.chars().all(|c| c == '.') || id.trim_matches('/').len() > LONGEST_NAME {
            name.push_str("_0");
        }
        while names.contains(&name) {
            name.push_str("_0");
        }
        names.push(name);
    }
    names
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_app_has_a_folder_of_its_own_whatever_a_server_calls_it() {
        assert_eq!(names(["/prod/api", "/prod/web.v2-a"].into_iter()), ["prod_api", "prod_web.v2-a"]);
        let long = ["/", &"x".repeat(300)].concat();
        let hostile =
            ["/..", "/.", "/", "", "/a_b", "/a/b", "/a/../../etc", "/\u{1b}[31m\n", "/ü", &long, &long, "/\0"];
        let names = names(hostile.into_iter());
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), hostile.len(), "{names:?}");
        for name in names {
            let parts: Vec<_> = Path::new(&name).components().collect();
            assert!(matches!(parts[..], [std::path::Component::Normal(_)]) && name.len() < 120, "{name}");
            assert!(name.chars().all(|c| c.is_ascii_graphic()), "{name}");
        }
    }
}
