//! `hc-rig try`: the whole procedure on the embedded fake.

use std::path::Path;

use clap::Args;
use harness::{Client, scale::Plan};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    arguments::{Output, PairSet, Pairs, Repeats, Scaling, chosen},
    command_line,
    demo::{self, Demo},
    dry_run::{self, Planned},
    exit::{Completion, Failure},
    flags::{WHAT, values::duration_or_zero},
    folder::{RunFolder, manifest::Cluster},
    like,
    results::{Gathered, actions, gather, gathered::Ended, repeats},
    run::{
        Definition, Interrupt, Job, Scaled,
        capacity::{Capacity, Room},
        embedded::{Embedded, EmbeddedArgs, Offers, Size},
        measure,
    },
    terminal::{
        closing::{self, Ending},
        layout::field,
        progress::Progress,
    },
};

/// Arguments of `hc-rig try`. Its defaults make a picture of the procedure within a minute: short enough polls to see tasks
/// staged and running before they are healthy, and each target held for longer than Marathon's interval between two requests
/// for offers (5 s with the steps), so that each step waits for the next one and looks alike in every run.
#[derive(Args, Clone, Debug)]
#[command(
    next_help_heading = WHAT,
    mut_arg("pairs", |arg| arg.help("A pair such as mesos,TCP, or all [default: procedure]")),
    mut_arg("poll", |arg| arg.default_value("500ms")),
    mut_arg("hold", |arg| arg
        .help("Time that each target must stay reached [default: 5s; 30s to find a limit]")
        .value_parser(duration_or_zero).default_value("5s").hide_default_value(true)
        .default_value_if("find_limit", "true", "30s")),
)]
pub struct TryArgs {
    /// Run a demo instead; --pair selects the check
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "runs")]
    pub demo: Option<Demo>,
    /// Rebuild the failure of a run on the fake
    ///
    /// RUN is its folder or name. The fake gets the same agents and checks, and tasks that do what those of the run did.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["demo", "pairs", "dry_run", "runs"])]
    pub like: Option<String>,
    /// Which pairs.
    #[command(flatten)]
    pub pairs: Pairs,
    /// How they are scaled.
    #[command(flatten)]
    pub scaling: Scaling,
    /// How often it is run.
    #[command(flatten)]
    pub repeats: Repeats,
    /// Only list requests and load; start nothing
    #[arg(long, conflicts_with_all = ["demo", "json"])]
    pub dry_run: bool,
    /// The fake cluster.
    #[command(flatten)]
    pub embedded: EmbeddedArgs,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

impl TryArgs {
    /// Whether the runs can be repeated: what is repeated is one set-up, which `hc-rig diff` compares.
    fn check_repeats(&self, pairs: usize) -> Result<(), Failure> {
        if self.repeats.runs > 1 && pairs > 1 {
            let why = "--runs repeats one pair, which hc-rig diff compares; name it with --pair";
            return Err(Failure::usage(why));
        }
        Ok(())
    }

    /// Offers come as on a cluster, but for a search: that scales many times, and its limit does not depend on them.
    fn offers(&self) -> Offers {
        self.embedded.offers(if self.scaling.find_limit { Offers::Prompt } else { Offers::Faithful })
    }
}

/// Runs the pairs side by side on one fake.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(args: &TryArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    if let Some(named) = &args.like {
        let line = like::Line { fake: &args.embedded, degraded: args.scaling.judging.degraded, output: &args.output };
        return like::run(named, line, interrupt).await;
    }
    if let Some(demo) = args.demo {
        let line = demo::Line {
            pairs: &args.pairs.pairs,
            fake: &args.embedded,
            degraded: args.scaling.judging.degraded,
            output: &args.output,
        };
        return demo::run(demo, line, interrupt).await;
    }
    let begun = Instant::now();
    let pairs = chosen(&args.pairs.pairs, PairSet::Procedure);
    args.check_repeats(pairs.len())?;
    let definitions =
        pairs.iter().map(|pair| Definition::load(&pair.to_string())).collect::<Result<Vec<_>, Failure>>()?;
    let capacity = Room::of(&args.embedded).capacity();
    let room = share(capacity.as_ref(), pairs.len());
    let mut scaled =
        definitions.iter().map(|definition| args.scaling.scaled(definition, room)).collect::<Result<Vec<_>, _>>()?;
    let plans = scaled.iter_mut().map(|scaled| &mut scaled.plan).collect();
    let lowered = lower(plans, capacity)?;
    if args.dry_run {
        let planned = |(definition, scaled)| Planned { definition, scaled, id_as_is: false };
        let batch = definitions.into_iter().zip(scaled).map(planned).collect();
        let mut done = dry_run::on_the_fake(&args.embedded, &[batch]).await?;
        if let Some(why) = lowered {
            field(&mut done.text, "Lowered", why);
        }
        return Ok(done);
    }
    let progress = args.output.progress("try", Some(&interrupt)).await?;
    let all = args.output.make_folder("try")?;
    let path = all.path().to_owned();
    let runs = Runs { definitions, scaled, lowered };
    let end = match &args.repeats.names()[..] {
        [] => {
            let folders = folders(all, &runs.definitions)?;
            let outcomes = round(args, &runs, &folders, (&progress, &interrupt)).await?;
            let gathered = Gathered::draw(&path, &folders, outcomes)?;
            finish(&path, pairs.len(), gathered, begun.elapsed().as_secs_f64())
        }
        names => {
            let gathered = rounds(args, &runs, (&path, names), (&progress, &interrupt)).await?;
            repeats::conclude(&path, gathered, begun.elapsed().as_secs_f64())
        }
    };
    Ok(args.output.finish(&path, "summary.json", end))
}

/// What is run side by side.
struct Runs {
    definitions: Vec<Definition>,
    scaled: Vec<Scaled>,
    /// Why the targets are lower than was asked for.
    lowered: Option<String>,
}

/// Runs everything once for each of these names, in folders below a path.
async fn rounds(
    args: &TryArgs,
    runs: &Runs,
    (path, names): (&Path, &[String]),
    (progress, interrupt): (&Progress, &Interrupt),
) -> Result<Gathered, Failure> {
    let (mut folders, mut outcomes) = (Vec::new(), Vec::<Ended>::new());
    let mut args = args.clone();
    for name in names {
        if interrupt.stop.is_cancelled() || outcomes.last().is_some_and(|ended| !repeats::goes_on(ended)) {
            break;
        }
        let folder = RunFolder::create(path.join(name))?;
        progress.note(&format!("{name} of {}", names.len()));
        outcomes.extend(round(&args, runs, std::slice::from_ref(&folder), (progress, interrupt)).await?);
        folders.push(folder);
        // Another fake and another seed: equal ones would hide how far runs are spread.
        args.embedded.seed = args.embedded.seed.wrapping_add(1);
    }
    Gathered::draw(path, &folders, outcomes)
}

/// Runs everything once, on a fake of its own.
async fn round(
    args: &TryArgs,
    runs: &Runs,
    folders: &[RunFolder],
    (progress, interrupt): (&Progress, &Interrupt),
) -> Result<Vec<Ended>, Failure> {
    let pairs = runs.definitions.len();
    let targets = runs.scaled.iter().map(|scaled| scaled.plan.target());
    let size = Size::of(runs.definitions.iter().zip(targets));
    let Embedded { fake, client, found, mut cluster } =
        interrupt.before_deployment(Embedded::start(&args.embedded, args.offers(), size)).await?;
    if let Some(why) = &runs.lowered {
        progress.note(why);
    }
    cluster.lowered.clone_from(&runs.lowered);
    let agents = text::count(found.agents.len(), "agent");
    progress.note(&format!(
        "Fake Marathon {} on {} · login ok · {agents} · {}",
        found.marathon.version,
        fake.url(),
        args.embedded.tasks.describe(),
    ));
    announce(progress, pairs, &runs.scaled);

    let planned = runs.definitions.iter().cloned().zip(runs.scaled.iter().cloned()).zip(folders.iter().cloned());
    let jobs = planned.map(|((definition, scaled), folder)| job(&cluster, pairs, definition, scaled, folder));
    let outcomes = side_by_side(&client, jobs, progress, interrupt).await;
    let noted = Embedded::note_lateness(&fake, folders).await;
    fake.shutdown().await;
    noted.map(|()| outcomes)
}

/// How far a search without `--target` goes on a machine that does not tell its resources.
const UNKNOWN_ROOM: u32 = 1_000;

/// The run of one pair.
fn job(cluster: &Cluster, side_by_side: usize, definition: Definition, scaled: Scaled, folder: RunFolder) -> Job {
    Job {
        run: Some(definition.stem()),
        definition,
        scaled,
        id_as_is: false,
        neighbour: None,
        cluster: cluster.clone(),
        side_by_side: side_by_side as u64,
        command: command_line::current(),
        folder,
        continues: None,
    }
}

/// Measures the jobs at the same time, each with a progress line.
async fn side_by_side(
    client: &Client,
    jobs: impl Iterator<Item = Job>,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Vec<Ended> {
    let mut running = JoinSet::new();
    for job in jobs {
        let line = progress.run(&job.definition.pair, job.scaled.plan.target());
        let (client, interrupt) = (client.clone(), interrupt.clone());
        running.spawn(async move { measure(&client, job, line, &interrupt).await });
    }
    gather(running).await
}

/// Notes what will be run.
fn announce(progress: &Progress, pairs: usize, scaled: &[Scaled]) {
    let Some(first) = scaled.first() else { return };
    let pairs = if pairs == 1 { "1 pair".to_owned() } else { format!("{pairs} pairs side by side, each") };
    progress.note(&format!("{pairs} {first}, poll every {:?}", first.poll));
    first.conditions().iter().for_each(|line| progress.note(line));
}

/// How many tasks each of so many pairs may have on this machine.
fn share(capacity: Option<&Capacity>, pairs: usize) -> u32 {
    capacity.map_or(UNKNOWN_ROOM, |capacity| u32::try_from(capacity.tasks / pairs.max(1) as u64).unwrap_or(u32::MAX))
}

/// Lowers the targets to what this machine can hold, in equal shares; returns why, if it had to.
///
/// # Errors
/// Exit code 2: not even the first targets fit.
fn lower(plans: Vec<&mut Plan>, capacity: Option<Capacity>) -> Result<Option<String>, Failure> {
    let asked: u64 = plans.iter().map(|plan| u64::from(plan.target())).sum();
    let Some(capacity) = capacity.filter(|capacity| capacity.tasks < asked) else { return Ok(None) };
    let each = share(Some(&capacity), plans.len());
    if each == 0 {
        let why = format!("this machine cannot hold that many tasks: {}; run fewer pairs", capacity.because);
        return Err(Failure::usage(why));
    }
    for plan in plans {
        let first = plan.targets().first().copied().unwrap_or(1);
        let mut targets: Vec<u32> = plan.targets().iter().copied().filter(|target| *target < each).collect();
        targets.push(each);
        *plan = Plan::list(first.min(each), &targets).map_err(|error| Failure::usage(error.to_string()))?;
    }
    Ok(Some(format!(
        "targets lowered to {} a pair, the limit of this machine: {}",
        text::count(each, "task"),
        capacity.because
    )))
}

/// One folder for one pair, or one each below the folder of all.
fn folders(all: RunFolder, definitions: &[Definition]) -> Result<Vec<RunFolder>, Failure> {
    if definitions.len() == 1 {
        return Ok(vec![all]);
    }
    definitions.iter().map(|definition| RunFolder::create(all.file(&definition.stem()))).collect()
}

/// Draws the results and reports them.
fn finish(path: &Path, pairs: usize, mut gathered: Gathered, seconds: f64) -> Completion {
    gathered.draw_over(path);
    let Gathered { runs, end } = gathered;
    let ending = Ending { folder: path, code: end.code, seconds };
    let closing = match &runs[..] {
        [(_, run)] if pairs == 1 => closing::one(run, ending),
        _ => closing::over(&runs, ending),
    };
    actions::of_runs(path, &runs, closing.end(end))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: TryArgs,
    }

    #[test]
    fn the_defaults_make_a_picture_and_a_search_has_its_own() {
        let of = |line: &str| {
            let args = Line::try_parse_from(std::iter::once("hc-rig").chain(line.split_whitespace())).unwrap().args;
            let scaled = args.scaling.scaled(&Definition::load("mesos,TCP").unwrap(), 1_000).unwrap();
            (args.offers(), scaled.poll, scaled.hold)
        };
        let (half, secs) = (Duration::from_millis(500), Duration::from_secs);
        assert_eq!(of(""), (Offers::Faithful, half, secs(5)));
        assert_eq!(of("--prompt-offers --poll 2s --hold 0"), (Offers::Prompt, secs(2), Duration::ZERO));
        assert_eq!(of("--find-limit"), (Offers::Prompt, half, secs(30)));
        assert_eq!(of("--find-limit --faithful-offers --hold 1s"), (Offers::Faithful, half, secs(1)));
    }

    #[test]
    fn targets_are_lowered_to_what_the_machine_holds_and_not_below() {
        let plan = || Plan::linear(1, std::num::NonZeroU32::MIN.saturating_add(99), 500).unwrap();
        let capacity = |tasks| Some(Capacity { tasks, because: "memory".to_owned() });
        let (mut one, mut two) = (plan(), plan());
        assert_eq!(lower(vec![&mut one, &mut two], capacity(1_000)).unwrap(), None);
        assert_eq!(lower(vec![&mut one, &mut two], None).unwrap(), None);
        let why = lower(vec![&mut one, &mut two], capacity(300)).unwrap().unwrap();
        assert!(why.starts_with("targets lowered to 150 tasks a pair") && why.ends_with("memory"), "{why}");
        assert_eq!([one.targets(), two.targets()], [[1, 101, 150], [1, 101, 150]]);
        assert!(lower(vec![&mut one, &mut two], capacity(1)).is_err());
    }
}
