//! `hc-rig run`: runs one app on a cluster.

use std::path::Path;

use clap::Args;
use harness::{
    Client,
    cluster::{Preflight, preflight},
};
use tokio::time::Instant;

use crate::{
    arguments::{Output, Repeats, Scaling},
    command_line,
    dry_run::{self, Planned},
    exit::{Completion, Failure},
    flags::WHAT,
    folder::{RunFolder, manifest::Cluster},
    results::{Gathered, conclude, discard, gathered::Ended, repeats},
    run::{
        Allowance, Definition, Interrupt, Job, Outcome, Scaled,
        fitness::{self, Checks},
        measure,
        reach::{self, Reach},
    },
    terminal::{layout::field, progress::Progress},
};

/// Arguments of `hc-rig run`.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = WHAT)]
pub struct RunArgs {
    /// The definition of an app or a pod (JSON), or a pair such as mesos,MESOS_TCP
    ///
    /// A pair is a containerizer (mesos, docker, pod) and the protocol of a health check; it stands for a built-in definition.
    #[arg(value_name = "APP.json|PAIR")]
    pub app: String,
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// How it is scaled.
    #[command(flatten)]
    pub scaling: Scaling,
    /// How often it is run.
    #[command(flatten)]
    pub repeats: Repeats,
    /// Deploy under the definition's own id instead of in a group of the run
    #[arg(long, hide_short_help = true)]
    pub id_as_is: bool,
    /// Run an app without health checks too: its targets are reached when all tasks run
    #[arg(long, hide_short_help = true)]
    pub allow_no_check: bool,
    /// Only list requests and load; change nothing
    #[arg(long, conflicts_with = "json")]
    pub dry_run: bool,
    /// How much it may use.
    #[command(flatten)]
    pub allowance: Allowance,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

impl RunArgs {
    /// Whether the definition can be run as planned, as far as that is known before and after the cluster was looked at.
    fn check(&self, definition: &Definition, scaled: &Scaled, found: Option<&Preflight>) -> Result<(), Failure> {
        let checks = if self.allow_no_check { Checks::Optional } else { Checks::Required };
        let agents = found.filter(|found| found.mesos.is_ok()).map(|found| found.agents.len() as u64);
        fitness::check(definition, scaled.plan.target(), agents, checks)
    }
}

/// Runs the app.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(args: &RunArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let begun = Instant::now();
    let definition = Definition::for_cluster(&args.app)?;
    let mut scaled = args.scaling.scaled(&definition, args.allowance.most(None, &definition))?;
    args.check(&definition, &scaled, None)?;
    if args.dry_run {
        return rehearse(args, definition, scaled).await;
    }
    args.allowance.check_hazards(&definition, &[])?;
    let settings = args.reach.settings().await?;
    scaled.step_within = scaled.step_within.mul_f64(settings.timeout_factor.value);
    let client = reach::client(&settings)?;
    let progress = args.output.progress("run", Some(&interrupt)).await?;

    let preflight = async { preflight(&client).await.map_err(|error| reach::failure(&error)) };
    let found = interrupt.before_deployment(preflight).await?;
    scaled.plan = args.scaling.plan(&definition, args.allowance.most(Some(&found), &definition))?;
    args.check(&definition, &scaled, Some(&found))?;
    args.allowance.check(&found, &definition, u64::from(scaled.plan.target()))?;
    args.allowance.check_hazards(&definition, scaled.plan.targets())?;
    let login = if reach::has_login(&settings) { "login ok · " } else { "" };
    progress.note(&format!(
        "{login}{} · {} · {} · {scaled}, poll every {:?}",
        reach::marathon_version(&found.marathon),
        match &found.mesos {
            Ok(version) => format!("Mesos {version}, {}", text::count(found.agents.len(), "agent")),
            Err(_) => "Mesos does not answer".to_owned(),
        },
        definition.pair,
        scaled.poll,
    ));
    scaled.conditions().iter().for_each(|line| progress.note(line));

    let folder = args.output.make_folder("run")?;
    let path = folder.path().to_owned();
    let cluster = reach::describe(&settings, &client, &found);
    let runs = Runs { args, client, cluster, definition, scaled, progress };
    let end = match &args.repeats.names()[..] {
        [] => runs.once(folder, &interrupt, begun).await?,
        names => runs.repeated(&path, names, &interrupt, begun).await?,
    };
    Ok(args.output.finish(&path, "summary.json", end))
}

/// What one or several runs have in common.
struct Runs<'a> {
    args: &'a RunArgs,
    client: Client,
    cluster: Cluster,
    definition: Definition,
    scaled: Scaled,
    progress: Progress,
}

impl Runs<'_> {
    /// The run into this folder, called so in its progress line.
    async fn measure(&self, folder: &RunFolder, name: &str, interrupt: &Interrupt) -> Result<Outcome, Failure> {
        let job = Job {
            cluster: self.cluster.clone(),
            definition: self.definition.clone(),
            scaled: self.scaled.clone(),
            id_as_is: self.args.id_as_is,
            neighbour: None,
            run: None,
            side_by_side: 1,
            command: command_line::current(),
            folder: folder.clone(),
            continues: None,
        };
        let line = self.progress.run(name, self.scaled.plan.target());
        measure(&self.client, job, line, interrupt).await
    }

    /// One run, whose folder is that of the results.
    async fn once(&self, folder: RunFolder, interrupt: &Interrupt, begun: Instant) -> Result<Completion, Failure> {
        let measured = self.measure(&folder, &self.definition.pair, interrupt).await;
        let outcome = measured.inspect_err(|_| discard(&folder))?;
        conclude(&folder, outcome, begun.elapsed().as_secs_f64())
    }

    /// A run for each of these names, in folders below `path`.
    async fn repeated(
        &self,
        path: &Path,
        names: &[String],
        interrupt: &Interrupt,
        begun: Instant,
    ) -> Result<Completion, Failure> {
        let (mut folders, mut outcomes) = (Vec::new(), Vec::<Ended>::new());
        for name in names {
            if interrupt.stop.is_cancelled() || outcomes.last().is_some_and(|ended| !repeats::goes_on(ended)) {
                break;
            }
            let folder = RunFolder::create(path.join(name))?;
            outcomes.push(self.measure(&folder, name, interrupt).await);
            folders.push(folder);
        }
        let gathered = Gathered::draw(path, &folders, outcomes)?;
        Ok(repeats::conclude(path, gathered, begun.elapsed().as_secs_f64()))
    }
}

/// Lists what would be done. The cluster is only read.
async fn rehearse(args: &RunArgs, definition: Definition, mut scaled: Scaled) -> Result<Completion, Failure> {
    let client = reach::client(&args.reach.settings().await?)?;
    let found = preflight(&client).await;
    scaled.plan = args.scaling.plan(&definition, args.allowance.most(found.as_ref().ok(), &definition))?;
    let tasks = u64::from(scaled.plan.target());
    let batches = [vec![Planned { definition: definition.clone(), scaled: scaled.clone(), id_as_is: args.id_as_is }]];
    let mut text = dry_run::render(&batches, found.as_ref().map_err(ToString::to_string)).await?;
    let fits = found.as_ref().map_or(Ok(()), |found| {
        args.check(&definition, &scaled, Some(found))?;
        args.allowance.check(found, &definition, tasks)
    });
    if let Err(refusal) = fits.and_then(|()| args.allowance.check_hazards(&definition, scaled.plan.targets())) {
        // What the run would be refused for is a failure here too, after everything is listed.
        return Ok(Completion::failed(text, refusal));
    }
    if found.is_ok() {
        field(&mut text, "Fits", "yes; nothing was changed");
    }
    Ok(Completion::passed(text))
}
