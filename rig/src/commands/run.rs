//! `hc-rig run`: one app on a cluster.

use clap::Args;
use harness::cluster::preflight;
use tokio::time::Instant;

use crate::{
    cli::spoken,
    commands::{
        Done, closing,
        dry_run::{self, Planned},
        output::Output,
        render,
        scaling::Scaling,
    },
    exit::{Code, Failure},
    folder::RunFolder,
    run::{
        Allowance, Definition, Interrupt, Job, Outcome, Scaled, measure,
        reach::{self, Reach},
    },
};

/// What `run` can be told.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The app definition: a JSON file, or a pair such as mesos,MESOS_TCP
    #[arg(value_name = "APP.json|PAIR")]
    pub app: String,
    /// Which cluster.
    #[command(flatten)]
    pub reach: Reach,
    /// How it is scaled.
    #[command(flatten)]
    pub scaling: Scaling,
    /// Deploy under the definition's own id instead of in a group of the run's own
    #[arg(long)]
    pub id_as_is: bool,
    /// Only say which requests would be made and what load they mean; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How much it may use.
    #[command(flatten)]
    pub allowance: Allowance,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

/// Runs it.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(args: &RunArgs, interrupt: Interrupt) -> Result<Done, Failure> {
    let begun = Instant::now();
    let definition = Definition::for_cluster(&args.app)?;
    let mut scaled = args.scaling.scaled(&definition)?;
    if args.dry_run {
        return rehearsed(args, definition, scaled).await;
    }
    let settings = args.reach.settings().await?;
    scaled.step_within = scaled.step_within.mul_f64(settings.timeout_factor.value);
    let client = reach::client(&settings)?;
    let progress = args.output.progress().await?;

    let found = tokio::select! {
        found = preflight(&client) => found.map_err(|error| reach::failure(&error))?,
        () = interrupt.stop.cancelled() => return Err(stopped_early()),
    };
    args.allowance.check(&found, &definition, u64::from(scaled.plan.target()))?;
    let login = if reach::has_login(&settings) { "login ok · " } else { "" };
    progress.say(&format!(
        "{login}{} · {} · {} · {scaled}, poll every {:?}{}",
        reach::marathon_in_words(&found.marathon),
        match &found.mesos {
            Ok(version) => format!("Mesos {version}, {}", text::count(found.agents.len(), "agent")),
            Err(_) => "Mesos cannot be asked".to_owned(),
        },
        definition.pair,
        scaled.poll,
        scaled.conditions(),
    ));

    let folder = RunFolder::create(args.output.folder("run"))?;
    let pair = progress.pair(&definition.pair, scaled.plan.target());
    let job = Job {
        cluster: reach::describe(&settings, &client, &found),
        definition,
        scaled,
        id_as_is: args.id_as_is,
        neighbour: None,
        run: None,
        side_by_side: 1,
        command: spoken::command_line(),
        folder: folder.clone(),
        continues: None,
    };
    let outcome = match measure(&client, job, pair, &interrupt).await {
        Ok(outcome) => outcome,
        Err(failure) => {
            discard(&folder);
            return Err(failure);
        }
    };
    Ok(args.output.with_copy(folder.path(), conclude(&folder, outcome, begun)?))
}

/// Tells what it would do. The cluster is only looked at.
async fn rehearsed(args: &RunArgs, definition: Definition, scaled: Scaled) -> Result<Done, Failure> {
    let client = reach::client(&args.reach.settings().await?)?;
    let found = preflight(&client).await;
    let tasks = u64::from(scaled.plan.target());
    let batches = [vec![Planned { definition, scaled, id_as_is: args.id_as_is }]];
    let mut text = dry_run::told(&batches, found.as_ref().map_err(ToString::to_string)).await?;
    let [batch] = batches;
    if let (Ok(found), [planned]) = (found, &batch[..]) {
        if let Err(refusal) = args.allowance.check(&found, &planned.definition, tasks) {
            // What would be refused is refused now, after everything has been told.
            return Ok(Done { text, trouble: Some(refusal.message), code: refusal.code });
        }
        text.push_str("Fits         nothing was changed\n");
    }
    Ok(Done::well(text))
}

/// Draws what was measured and says how it came out.
///
/// # Errors
/// The results cannot be read back.
pub fn conclude(folder: &RunFolder, outcome: Outcome, begun: Instant) -> Result<Done, Failure> {
    let mut code = outcome.code();
    let mut trouble = outcome.failure.map(|failure| failure.message);
    let read = match render::one(folder) {
        Ok(read) => read,
        Err(failure) => {
            // The samples are safe; what could not be drawn can be drawn later. What went wrong first is told.
            if failure.code.severity() > code.severity() {
                (code, trouble) = (failure.code, Some(failure.message));
            }
            folder.read_knowing(Some(outcome.summary))?
        }
    };
    let text = closing::one(&read, folder.path(), code, begun.elapsed().as_secs_f64());
    Ok(Done { text, trouble, code })
}

/// The user stopped it before anything was there to clean up.
pub fn stopped_early() -> Failure {
    Failure::new(Code::Stopped, "stopped before anything was deployed")
}

/// A run that was refused leaves no folder behind.
pub fn discard(folder: &RunFolder) {
    for name in ["run.json", "samples.jsonl", "events.jsonl", "tasks.jsonl"] {
        drop(std::fs::remove_file(folder.file(name)));
    }
    // Only if nothing else is in it.
    drop(std::fs::remove_dir(folder.path()));
}
