//! `hc-rig resume`: continues a run whose process was killed.

use clap::Args;
use harness::{Client, cluster::preflight, model::Kind};
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::{
    command_line,
    exit::{Completion, Failure},
    flags::LIMITS,
    folder::{locate, manifest::Manifest},
    hazards::{self, Plan},
    results::conclude,
    run::{
        Definition, Interrupt, Job, Scaled,
        continued::{Continued, LastState, check_resumable, position},
        measure,
        reach::{self, Reach},
    },
    terminal::progress::Progress,
};

/// Arguments of `hc-rig resume`.
#[derive(Args, Clone, Debug)]
pub struct ResumeArgs {
    /// The run: its folder, its name, or nothing for the latest
    pub run: Option<String>,
    /// Which cluster [default: the run's].
    #[command(flatten)]
    pub reach: Reach,
    /// Go on with what has broken a Marathon too
    ///
    /// As for `hc-rig run`: a step above 1000 tasks, and a definition that ends the health checks, the lists of apps or the
    /// launches of everybody (hc-rig advise names them).
    #[arg(long, hide_short_help = true, help_heading = LIMITS)]
    pub yes: bool,
    /// Print no progress
    #[arg(long, short)]
    pub quiet: bool,
}

impl ResumeArgs {
    /// Refuses to add tasks of a definition that breaks a real Marathon, or too many in one step; `before` of them are there.
    fn check_hazards(&self, manifest: &Manifest, before: u32, targets: &[u32]) -> Result<(), Failure> {
        hazards::refuse(&manifest.app, Plan { definition: &manifest.definition, before, targets }, self.yes)
    }
}

/// Continues the run in the same folder.
///
/// # Errors
/// The run is over, its app is gone or is not what was deployed, or what is left of it breaks a real Marathon (2), or whatever
/// ends a run early.
pub async fn run(args: &ResumeArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let begun = Instant::now();
    let folder = locate::run(args.run.as_deref())?;
    let manifest = folder.manifest()?;
    check_resumable(&folder, &manifest)?;
    // Before anybody is asked, and once more when the steps that are left are known.
    args.check_hazards(&manifest, 0, &[])?;
    // Released at once: the run claims it again.
    drop(folder.occupy()?);
    let last = LastState::of(&folder)?;
    let settings = args.reach.settings_of(&manifest).await?;
    let client = reach::client(&settings)?;
    let preflight = async { preflight(&client).await.map_err(|error| reach::failure(&error)) };
    let found = interrupt.before_deployment(preflight).await?;
    let cluster = reach::describe(&settings, &client, &found);
    reach::same_cluster(&manifest, client.url(), &found.marathon)?;
    let continued = find(&client, &manifest).await?;
    let now = client.server_time().map_or_else(OffsetDateTime::now_utc, |time| time.now);
    let (plan, before) = position(&manifest, &last, &continued, now)?;
    args.check_hazards(&manifest, plan.targets()[0], plan.targets())?;

    let progress = Progress::new(args.quiet).until(interrupt.stop.clone());
    progress.note(&format!(
        "{} continues at step {} of {} ({}), after {}",
        manifest.run,
        before.steps + 1,
        manifest.plan.targets.len(),
        text::count(plan.targets()[0], "task"),
        text::count(before.samples, "poll"),
    ));
    let pair = progress.run(&manifest.pair, plan.target());
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
        command: command_line::current(),
        folder: folder.clone(),
        continues: Some(Continued { app: continued, before }),
    };
    let outcome = measure(&client, job, pair, &interrupt).await?;
    // This process knows its own part; the files know the whole run.
    folder.write_json("summary.json", &folder.read()?.summary)?;
    conclude(&folder, outcome, begun.elapsed().as_secs_f64())
}

async fn find(client: &Client, manifest: &Manifest) -> Result<harness::model::App, Failure> {
    let found = client
        .find_opt(Kind::of_definition(&manifest.definition), &manifest.app)
        .await
        .map_err(|error| reach::failure(&error))?;
    found.ok_or_else(|| {
        Failure::usage(format!(
            "{} is no longer on the cluster, so there is nothing to resume; start a new run",
            manifest.app
        ))
    })
}
