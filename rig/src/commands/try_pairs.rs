//! `hc-rig try`: the whole procedure on an embedded fake Marathon with real processes.

use std::path::Path;

use clap::Args;
use harness::scale::Plan;
use text::count;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    cli::spoken,
    commands::{
        Done, closing,
        demo::{self, Demo},
        dry_run::{self, Planned},
        gathering::{Gathered, gather},
        output::Output,
        pairs::{PairSet, chosen},
        render,
        run::stopped_early,
        scaling::Scaling,
    },
    exit::Failure,
    folder::RunFolder,
    run::{
        Definition, Interrupt, Job, Scaled,
        capacity::{Capacity, Room},
        embedded::{Embedded, EmbeddedArgs, Size},
        measure,
    },
};

/// What `try` can be told.
#[derive(Args, Clone, Debug)]
pub struct TryArgs {
    /// Show something worth seeing instead of running the procedure; --pair says who checks
    #[arg(long, value_enum, value_name = "NAME")]
    pub demo: Option<Demo>,
    /// A pair to run, such as mesos,MESOS_TCP, or all, or seed; may be repeated [default: seed, the procedure's six]
    #[arg(long = "pair", visible_alias = "pairs", value_name = "PAIR")]
    pub pairs: Vec<PairSet>,
    /// How they are scaled.
    #[command(flatten)]
    pub scaling: Scaling,
    /// Only say which requests would be made and what load they mean; start nothing
    #[arg(long, conflicts_with = "demo")]
    pub dry_run: bool,
    /// The fake cluster.
    #[command(flatten)]
    pub embedded: EmbeddedArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

/// Runs the pairs side by side on one fake.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(args: &TryArgs, interrupt: Interrupt) -> Result<Done, Failure> {
    if args.demo.is_some() {
        return demo::run(&args.pairs, &args.embedded, &args.output, interrupt).await;
    }
    let begun = Instant::now();
    let pairs = chosen(&args.pairs, PairSet::Seed);
    let definitions =
        pairs.iter().map(|pair| Definition::load(&pair.to_string())).collect::<Result<Vec<_>, Failure>>()?;
    let mut scaled =
        definitions.iter().map(|definition| args.scaling.scaled(definition)).collect::<Result<Vec<_>, _>>()?;
    let plans = scaled.iter_mut().map(|scaled| &mut scaled.plan).collect();
    let lowered = lower(plans, Room::here().capacity())?;
    if args.dry_run {
        let planned = |(definition, scaled)| Planned { definition, scaled, id_as_is: false };
        let batch = definitions.into_iter().zip(scaled).map(planned).collect();
        let mut done = dry_run::on_the_fake(&args.embedded, &[batch]).await?;
        done.text.extend(lowered.map(|why| format!("Lowered      {why}\n")));
        return Ok(done);
    }
    let progress = args.output.progress().await?;
    let path = args.output.folder("try");
    let folders = folders(&path, &definitions)?;

    let targets = scaled.iter().map(|scaled| scaled.plan.target());
    let size = Size::of(definitions.iter().zip(targets));
    let embedded = tokio::select! {
        started = Embedded::start(&args.embedded, size) => started?,
        () = interrupt.stop.cancelled() => return Err(stopped_early()),
    };
    let Embedded { fake, client, found, mut cluster } = embedded;
    if let Some(why) = &lowered {
        progress.say(why);
    }
    cluster.lowered = lowered;
    progress.say(&format!(
        "Fake Marathon {} on {} · login ok · {} · real processes, real checks\n{} side by side, each {}, poll every {:?}{}",
        found.marathon.version,
        fake.url(),
        count(found.agents.len(), "agent"),
        count(pairs.len(), "pair"),
        scaled.first().map(ToString::to_string).unwrap_or_default(),
        args.scaling.poll,
        scaled.first().map(Scaled::conditions).unwrap_or_default(),
    ));

    let mut running = JoinSet::new();
    for ((definition, scaled), folder) in definitions.into_iter().zip(scaled).zip(&folders) {
        let pair = progress.pair(&definition.pair, scaled.plan.target());
        let job = Job {
            run: Some(definition.stem()),
            definition,
            scaled,
            id_as_is: false,
            neighbour: None,
            cluster: cluster.clone(),
            side_by_side: pairs.len() as u64,
            command: spoken::command_line(),
            folder: folder.clone(),
            continues: None,
        };
        let (client, interrupt) = (client.clone(), interrupt.clone());
        running.spawn(async move { measure(&client, job, pair, &interrupt).await });
    }
    let outcomes = gather(running).await;
    fake.shutdown().await;
    let gathered = Gathered::draw(&path, &folders, outcomes)?;
    Ok(args.output.with_copy(&path, finish(&path, pairs.len(), gathered, begun.elapsed().as_secs_f64())))
}

/// Lowers the targets to what this machine can hold, shared evenly; says so if anything had to be.
///
/// # Errors
/// Exit code 2: not even the first targets fit.
fn lower(plans: Vec<&mut Plan>, capacity: Option<Capacity>) -> Result<Option<String>, Failure> {
    let asked: u64 = plans.iter().map(|plan| u64::from(plan.target())).sum();
    let Some(capacity) = capacity.filter(|capacity| capacity.tasks < asked) else { return Ok(None) };
    let each = u32::try_from(capacity.tasks / plans.len() as u64).unwrap_or(u32::MAX);
    if each == 0 {
        let why = format!("this machine cannot hold so many tasks: {}; run fewer pairs", capacity.because);
        return Err(Failure::usage(why));
    }
    for plan in plans {
        let first = plan.targets().first().copied().unwrap_or(1);
        let mut targets: Vec<u32> = plan.targets().iter().copied().filter(|target| *target < each).collect();
        targets.push(each);
        *plan = Plan::list(first.min(each), &targets).map_err(|error| Failure::usage(error.to_string()))?;
    }
    Ok(Some(format!(
        "{each} tasks a pair instead of what was asked for, since this machine ends there: {}",
        capacity.because
    )))
}

/// One folder for one pair, or one each below the folder of all.
fn folders(path: &Path, definitions: &[Definition]) -> Result<Vec<RunFolder>, Failure> {
    let all = RunFolder::create(path)?;
    if definitions.len() == 1 {
        return Ok(vec![all]);
    }
    definitions.iter().map(|definition| RunFolder::create(path.join(definition.stem()))).collect()
}

/// Draws everything over all and says how it came out.
fn finish(path: &Path, pairs: usize, mut gathered: Gathered, took: f64) -> Done {
    if let ([(_, run)], 1) = (&gathered.runs[..], pairs) {
        let text = closing::one(run, path, gathered.code, took);
        return Done { text, trouble: gathered.trouble, code: gathered.code };
    }
    let drawn = RunFolder::at(path)
        .write_json("summary.json", &gathered.combined())
        .and_then(|()| render::over(path, &gathered.runs));
    if let Err(failure) = drawn {
        gathered.failed(failure);
    }
    let text = closing::over(&gathered.runs, path, gathered.code, took);
    Done { text, trouble: gathered.trouble, code: gathered.code }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_lowered_to_what_the_machine_holds_and_not_below() {
        let plan = || Plan::linear(1, std::num::NonZeroU32::MIN.saturating_add(99), 500).unwrap();
        let capacity = |tasks| Some(Capacity { tasks, because: "memory".to_owned() });
        let (mut one, mut two) = (plan(), plan());
        assert_eq!(lower(vec![&mut one, &mut two], capacity(1_000)).unwrap(), None);
        assert_eq!(lower(vec![&mut one, &mut two], None).unwrap(), None);
        let said = lower(vec![&mut one, &mut two], capacity(300)).unwrap().unwrap();
        assert!(said.starts_with("150 tasks a pair") && said.ends_with("memory"), "{said}");
        assert_eq!([one.targets(), two.targets()], [[1, 101, 150], [1, 101, 150]]);
        assert!(lower(vec![&mut one, &mut two], capacity(1)).is_err());
    }
}
