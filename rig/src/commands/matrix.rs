//! `hc-rig matrix`: pairs × numbers of tasks, each a run of its own, to compare the two levels of checks.

use std::{path::Path, time::Duration};

use clap::Args;
use fixtures::Pair;
use harness::{
    Client,
    cluster::{Preflight, preflight},
    scale::{Advance, Plan},
};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    arguments::{Judging, Output, PairSet, Pairs, StepTimeout, chosen},
    command_line,
    dry_run::{self, Planned},
    exit::{Completion, Failure},
    export::Format,
    flags::{
        PLAN, WHAT,
        values::{count, duration},
    },
    folder::{RunFolder, manifest::Cluster, matrix::Matrix},
    results::{Gathered, actions, gather, gathered::Ended, render},
    run::{
        Allowance, Definition, Interrupt, Job, Scaled,
        cells::{self, Cell},
        embedded::{Embedded, EmbeddedArgs, Offers},
        measure,
        reach::{self, Reach},
    },
    terminal::{
        closing::{self, Ending},
        layout::field,
    },
};

/// Arguments of `hc-rig matrix`.
#[derive(Args, Clone, Debug)]
#[command(
    next_help_heading = WHAT,
    mut_arg("pairs", |arg| arg.help("A pair such as mesos,TCP, or procedure [default: all]")),
    mut_arg("step_timeout", |arg| arg.help("Timeout of reaching the target in one run").default_value("2m")),
)]
pub struct MatrixArgs {
    /// Which pairs.
    #[command(flatten)]
    pub pairs: Pairs,
    /// Numbers of tasks, each in a run of its own
    #[arg(long, value_delimiter = ',', default_value = "10,50,100", value_name = "N,N,…", value_parser = count)]
    pub counts: Vec<u32>,
    /// Run all pairs at the same time, one number of tasks after the other
    #[arg(long, hide_short_help = true)]
    pub side_by_side: bool,
    /// Time that all tasks must stay healthy
    #[arg(long, help_heading = PLAN, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub hold: Duration,
    /// How the runs are polled and judged.
    #[command(flatten)]
    pub judging: Judging,
    /// How long a run may take to its target.
    #[command(flatten)]
    pub timeout: StepTimeout,
    /// Only list requests and load; start nothing
    #[arg(long, conflicts_with = "json")]
    pub dry_run: bool,
    /// Which cluster; without --url the fake in this program.
    #[command(flatten)]
    pub reach: Reach,
    /// The fake cluster.
    #[command(flatten)]
    pub embedded: EmbeddedArgs,
    /// How much of a cluster it may use.
    #[command(flatten)]
    pub allowance: Allowance,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

/// The cluster of the runs.
struct Environment {
    client: Client,
    cluster: Cluster,
    fake: Option<fake_marathon::FakeMarathon>,
}

/// Runs the matrix.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(args: &MatrixArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let begun = Instant::now();
    let pairs = chosen(&args.pairs.pairs, PairSet::All);
    let counts = counts(&args.counts)?;
    let at_once = if args.side_by_side { pairs.len() } else { 1 };
    let batches = cells::batches(&pairs, &counts, args.side_by_side);
    if args.dry_run {
        return rehearse(args, &pairs, &batches, at_once).await;
    }
    let environment = interrupt.before_deployment(environment(args, &pairs, &batches, at_once)).await?;
    let progress = args.output.progress("matrix", Some(&interrupt)).await?;
    progress.note(&format!(
        "{} × {counts:?} tasks, {}, each for {:?}",
        text::count(pairs.len(), "pair"),
        if args.side_by_side { "side by side" } else { "in turn" },
        args.hold
    ));
    let path = args.output.make_folder("matrix")?.path().to_owned();
    let mut folders = Vec::new();
    let mut outcomes: Vec<Ended> = Vec::new();
    for batch in batches {
        if interrupt.stop.is_cancelled() {
            break;
        }
        let mut running = JoinSet::new();
        for cell in batch {
            let job = job(args, &environment, &path, cell, at_once)?;
            folders.push(job.folder.clone());
            let line = progress.run(&format!("{} × {}", cell.pair, cell.count), cell.count);
            let (client, interrupt) = (environment.client.clone(), interrupt.clone());
            running.spawn(async move { measure(&client, job, line, &interrupt).await });
        }
        outcomes.extend(gather(running).await);
    }
    if let Some(fake) = environment.fake {
        fake.shutdown().await;
    }
    let gathered = Gathered::draw(&path, &folders, outcomes)?;
    let end = finish(args, &path, gathered, begun.elapsed().as_secs_f64());
    Ok(args.output.finish(&path, "matrix.json", end))
}

/// The most numbers of tasks: each is a column of a page, and a run of every pair.
const MOST_COUNTS: usize = 100;

/// Each number once, increasing.
fn counts(asked: &[u32]) -> Result<Vec<u32>, Failure> {
    let mut counts = asked.to_vec();
    counts.sort_unstable();
    counts.dedup();
    match counts.first() {
        None | Some(0) => Err(Failure::usage("--counts needs numbers of at least 1, such as 10,50,100")),
        Some(_) if counts.len() > MOST_COUNTS => {
            let why = format!("--counts has {} numbers, and a matrix has at most {MOST_COUNTS}", counts.len());
            Err(Failure::usage(why))
        }
        Some(_) => Ok(counts),
    }
}

async fn environment(
    args: &MatrixArgs,
    pairs: &[Pair],
    batches: &[Vec<Cell>],
    at_once: usize,
) -> Result<Environment, Failure> {
    if args.reach.url.is_none() {
        let size = cells::size(batches, &args.embedded)?;
        let Embedded { fake, client, cluster, .. } =
            Embedded::start(&args.embedded, args.embedded.offers(Offers::Prompt), size).await?;
        return Ok(Environment { client, cluster, fake: Some(fake) });
    }
    let settings = args.reach.settings().await?;
    let client = reach::client(&settings)?;
    let found = preflight(&client).await.map_err(|error| reach::failure(&error))?;
    allowed(args, &found, pairs, at_once)?;
    Ok(Environment { cluster: reach::describe(&settings, &client, &found), client, fake: None })
}

/// Whether the largest number of tasks of each pair fits.
fn allowed(args: &MatrixArgs, found: &Preflight, pairs: &[Pair], at_once: usize) -> Result<(), Failure> {
    let most = args.counts.iter().copied().max().unwrap_or_default();
    for pair in pairs {
        let definition = Definition::for_cluster(&pair.to_string())?;
        args.allowance.check(found, &definition, u64::from(most) * at_once as u64)?;
        args.allowance.check_hazards(&definition, &[most])?;
    }
    Ok(())
}

/// Lists the requests and the load of a dry run.
async fn rehearse(
    args: &MatrixArgs,
    pairs: &[Pair],
    batches: &[Vec<Cell>],
    at_once: usize,
) -> Result<Completion, Failure> {
    let on_the_fake = args.reach.url.is_none();
    let planned = |cell: &Cell| {
        Ok(Planned { definition: cell.definition(on_the_fake)?, scaled: scaled(args, cell.count)?, id_as_is: false })
    };
    let batches: Vec<Vec<Planned>> = batches
        .iter()
        .map(|batch| batch.iter().map(planned).collect::<Result<_, Failure>>())
        .collect::<Result<_, _>>()?;
    if on_the_fake {
        return dry_run::on_the_fake(&args.embedded, &batches).await;
    }
    let found = preflight(&reach::client(&args.reach.settings().await?)?).await;
    let mut text = dry_run::render(&batches, found.as_ref().map_err(ToString::to_string)).await?;
    match found.map(|found| allowed(args, &found, pairs, at_once)) {
        Ok(Err(refusal)) => return Ok(Completion::failed(text, refusal)),
        Ok(Ok(())) => field(&mut text, "Fits", "yes; nothing was changed"),
        Err(_) => {}
    }
    Ok(Completion::passed(text))
}

/// One step to the number of the cell.
fn scaled(args: &MatrixArgs, count: u32) -> Result<Scaled, Failure> {
    Ok(Scaled {
        plan: Plan::list(count, &[count]).map_err(|error| Failure::usage(error.to_string()))?,
        advance: Advance::WhenReached,
        poll: args.judging.poll,
        step_within: args.timeout.of(count),
        hold: args.hold,
        thresholds: args.judging.fail_if.clone(),
        search: None,
        degraded_after: args.judging.degraded.degraded_after,
        allow_degraded: args.judging.degraded.allow_degraded,
    })
}

fn job(args: &MatrixArgs, environment: &Environment, path: &Path, cell: Cell, at_once: usize) -> Result<Job, Failure> {
    let definition = cell.definition(environment.fake.is_some())?;
    let name = format!("{}-{}", definition.stem(), cell.count);
    Ok(Job {
        folder: RunFolder::create(path.join(&name))?,
        run: environment.fake.is_some().then_some(name),
        definition,
        scaled: scaled(args, cell.count)?,
        id_as_is: false,
        neighbour: None,
        cluster: environment.cluster.clone(),
        continues: None,
        side_by_side: at_once as u64,
        command: command_line::current(),
    })
}

/// Draws the results and reports them.
fn finish(args: &MatrixArgs, path: &Path, gathered: Gathered, seconds: f64) -> Completion {
    let matrix = Matrix::of(&gathered.runs, args.side_by_side);
    let written = RunFolder::at(path)
        .write_json("summary.json", &gathered.combined())
        .and_then(|()| render::matrix(path, &matrix, &gathered.runs, &Format::ALL));
    let Gathered { runs, mut end } = gathered;
    if let Err(failure) = written {
        end.worsen(failure);
    }
    let end = closing::matrix(&matrix, &runs, Ending { folder: path, code: end.code, seconds }).end(end);
    actions::of_matrix(path, &matrix, &runs, end)
}
