//! `hc-rig resume RUN`: goes on where a killed process stopped.

use clap::Args;
use harness::{Client, cluster::preflight};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    cli::spoken,
    commands::{
        Done,
        run::{conclude, stopped_early},
    },
    exit::Failure,
    folder::{locate, manifest::Manifest},
    progress::Progress,
    run::{
        Definition, Interrupt, Job, Scaled,
        continued::{Continued, HowFar, may_go_on, where_to_go_on},
        measure,
        reach::{self, Reach},
    },
};

/// What `resume` can be told.
#[derive(Args, Clone, Debug)]
pub struct ResumeArgs {
    /// The run: its folder, or its name below hc-rig-runs
    pub run: String,
    /// Which cluster, if not the one where it ran.
    #[command(flatten)]
    pub reach: Reach,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// Goes on with the run in the same folder.
///
/// # Errors
/// The run is over, its app is gone or is not what was deployed (2), or whatever ends a run early.
pub async fn resume(args: &ResumeArgs, interrupt: Interrupt) -> Result<Done, Failure> {
    let begun = Instant::now();
    let folder = locate::run(&args.run)?;
    let manifest = folder.manifest()?;
    may_go_on(&folder, &manifest)?;
    // Let go at once: the run itself claims it again.
    drop(folder.occupy()?);
    let how_far = HowFar::of(&folder)?;
    let settings = args.reach.settings_of(&manifest).await?;
    let client = reach::client(&settings)?;
    let found = tokio::select! {
        found = preflight(&client) => found.map_err(|error| reach::failure(&error))?,
        () = interrupt.stop.cancelled() => return Err(stopped_early()),
    };
    let cluster = reach::describe(&settings, &client, &found);
    reach::same_cluster(&manifest, client.url(), &found.marathon)?;
    let continued = find(&client, &manifest).await?;
    let now = client.server_time().map_or_else(OffsetDateTime::now_utc, |time| time.now);
    let (plan, before) = where_to_go_on(&manifest, &how_far, &continued, now)?;

    let progress = Progress::new(args.quiet);
    progress.say(&format!(
        "{} goes on at step {} of {} ({} tasks), after {} polls",
        manifest.run,
        before.steps + 1,
        manifest.plan.targets.len(),
        plan.targets()[0],
        before.samples,
    ));
    let pair = progress.pair(&manifest.pair, plan.target());
    let inside = continued.id.starts_with(&format!("{}/", harness::cluster::RunName::known(&manifest.run).group()));
    let job = Job {
        definition: Definition {
            json: manifest.definition.clone(),
            pair: manifest.pair.clone(),
            named: continued.id.clone(),
        },
        scaled: Scaled::of_manifest(&manifest.plan, plan)
            .map_err(|error| Failure::usage(format!("{}: {error}", folder.file("run.json").display())))?,
        id_as_is: !inside,
        neighbour: None,
        run: Some(manifest.run.clone()),
        cluster,
        side_by_side: 1,
        command: spoken::command_line(),
        folder: folder.clone(),
        continues: Some(Continued { app: continued, before }),
    };
    let outcome = measure(&client, job, pair, &interrupt).await?;
    // This process knows its own part; the files know the whole run.
    folder.write_json("summary.json", &folder.read()?.summary)?;
    conclude(&folder, outcome, begun)
}

async fn find(client: &Client, manifest: &Manifest) -> Result<harness::model::App, Failure> {
    let found = client.app_opt(&manifest.app).await.map_err(|error| reach::failure(&error))?;
    found.ok_or_else(|| {
        Failure::usage(format!(
            "{} is no longer on the cluster: there is nothing to resume, begin a new run",
            manifest.app
        ))
    })
}
