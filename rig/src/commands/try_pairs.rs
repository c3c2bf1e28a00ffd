//! `hc-rig try`: the whole procedure on an embedded fake Marathon with real processes.

use std::{net::SocketAddr, path::Path};

use clap::Args;
use fake_marathon::{FakeMarathon, Tasks};
use fixtures::Pair;
use harness::{
    cluster::preflight,
    settings::{Flags, Settings},
};
use tokio::{task::JoinSet, time::Instant};
use uuid::Uuid;

use crate::{
    cli::spoken,
    commands::{
        Done, closing,
        output::Output,
        render,
        run::{discard, stopped_early},
        scaling::Scaling,
    },
    exit::{Code, Failure},
    folder::{
        RunFolder,
        manifest::{Cluster, EMBEDDED, FORMAT},
        summary::{Combined, Verdict},
    },
    progress::Progress,
    report::several,
    run::{Definition, Interrupt, Job, Outcome, Scaled, measure, reach},
};

/// What `try` can be told.
#[derive(Args, Clone, Debug)]
pub struct TryArgs {
    /// A pair to run, such as mesos,MESOS_TCP; may be repeated [default: the procedure's six]
    #[arg(long = "pair", value_name = "PAIR")]
    pub pairs: Vec<Pair>,
    /// How they are scaled.
    #[command(flatten)]
    pub scaling: Scaling,
    /// Agents of the fake cluster
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    pub agents: u16,
    /// Seed of everything that chance decides in the fake
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Offers come in Mesos's cycles instead of at once: slower, as a real cluster
    #[arg(long)]
    pub faithful_offers: bool,
    /// Where results go.
    #[command(flatten)]
    pub output: Output,
}

/// Runs the pairs side by side on one fake.
///
/// # Errors
/// Whatever is wrong before anything is deployed, and what went wrong with the results.
pub async fn run(args: &TryArgs, interrupt: Interrupt) -> Result<Done, Failure> {
    let begun = Instant::now();
    let mut pairs = if args.pairs.is_empty() { Pair::SEED.to_vec() } else { args.pairs.clone() };
    let mut seen = std::collections::BTreeSet::new();
    pairs.retain(|pair| seen.insert(*pair));
    let definitions =
        pairs.iter().map(|pair| Definition::load(&pair.to_string())).collect::<Result<Vec<_>, Failure>>()?;
    let scaled = definitions.iter().map(|definition| args.scaling.scaled(definition)).collect::<Result<Vec<_>, _>>()?;
    let progress = Progress::new(args.output.quiet);
    let path = args.output.folder("try");
    let folders = folders(&path, &definitions)?;

    let fake = start(args).await?;
    let settings = login(fake.url())?;
    let client = reach::client(&settings)?;
    let found = tokio::select! {
        found = preflight(&client) => found.map_err(|error| reach::failure(&error))?,
        () = interrupt.stop.cancelled() => return Err(stopped_early()),
    };
    let cluster = Cluster {
        kind: EMBEDDED.to_owned(),
        tasks: Some("process".to_owned()),
        prompt_offers: !args.faithful_offers,
        ..reach::describe(&settings, &client, &found)
    };
    progress.say(&format!(
        "Fake Marathon {} on {} · login ok · {} agents · real processes, real checks\n{} pair{} side by side, each {}, poll every {:?}{}",
        found.marathon.version,
        fake.url(),
        found.agents.len(),
        pairs.len(),
        if pairs.len() == 1 { "" } else { "s" },
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
    finish(args, &path, &folders, outcomes, begun.elapsed().as_secs_f64())
}

/// One folder for one pair, or one each below the folder of all.
fn folders(path: &Path, definitions: &[Definition]) -> Result<Vec<RunFolder>, Failure> {
    let all = RunFolder::create(path)?;
    if definitions.len() == 1 {
        return Ok(vec![all]);
    }
    definitions.iter().map(|definition| RunFolder::create(path.join(definition.stem()))).collect()
}

/// A fake on loopback with a user, as DC/OS has one: the login is a part of the procedure.
async fn start(args: &TryArgs) -> Result<FakeMarathon, Failure> {
    let tools = std::env::current_exe()
        .map_err(|error| Failure::new(Code::Internal, format!("cannot find this program's own file: {error}")))?;
    let mut builder = FakeMarathon::builder()
        .tasks(Tasks::Process)
        .task_tools(tools)
        .agents(usize::from(args.agents))
        .seed(args.seed)
        .listen(SocketAddr::from(([127, 0, 0, 1], 0)))
        .user(USER, password());
    if !args.faithful_offers {
        builder = builder.prompt_offers();
    }
    builder
        .start()
        .await
        .map_err(|error| Failure::new(Code::Internal, format!("the fake Marathon did not start: {error}")))
}

const USER: &str = "bootstrapuser";

/// One password for this process: nobody else can use its fake.
fn password() -> String {
    static PASSWORD: once_cell::sync::Lazy<String> = once_cell::sync::Lazy::new(|| Uuid::new_v4().to_string());
    PASSWORD.clone()
}

fn login(url: &str) -> Result<Settings, Failure> {
    let flags = Flags { url: Some(url.to_owned()), ..Flags::default() };
    let variable = |name: &str| match name {
        "DCOS_USERNAME" => Some(USER.to_owned()),
        "DCOS_PASSWORD" => Some(password()),
        _ => None,
    };
    Settings::resolve(&flags, variable).map_err(|error| Failure::new(Code::Internal, error.to_string()))
}

async fn gather(mut running: JoinSet<Result<Outcome, Failure>>) -> Vec<Result<Outcome, Failure>> {
    let mut outcomes = Vec::new();
    while let Some(joined) = running.join_next().await {
        outcomes.push(match joined {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                // A bug must be seen as one, not as a failed run.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(Failure::new(Code::Internal, error.to_string())),
            },
        });
    }
    outcomes
}

/// Draws everything and says how it came out.
fn finish(
    args: &TryArgs,
    path: &Path,
    folders: &[RunFolder],
    outcomes: Vec<Result<Outcome, Failure>>,
    took: f64,
) -> Result<Done, Failure> {
    let mut code = Code::Held;
    let mut trouble = None;
    for outcome in outcomes {
        let (one, message) = match outcome {
            Ok(outcome) => (outcome.code(), outcome.failure.map(|failure| failure.message)),
            Err(failure) => (failure.code, Some(failure.message)),
        };
        if one.gravity() > code.gravity() {
            code = one;
            trouble = message;
        }
    }
    if folders.iter().all(|folder| folder.summary().is_none())
        && let Some(message) = &trouble
    {
        let message = message.clone();
        folders.iter().for_each(discard);
        drop(std::fs::remove_dir(path));
        return Err(Failure::new(code, message));
    }
    let mut runs = Vec::new();
    for folder in folders {
        let run = match render::one(folder) {
            Ok(run) => run,
            Err(failure) => {
                // The samples are safe; what could not be drawn can be drawn later.
                if failure.code.gravity() > code.gravity() {
                    (code, trouble) = (failure.code, Some(failure.message));
                }
                folder.read()?
            }
        };
        let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        runs.push((name, run));
    }
    let text = match (&runs[..], args.pairs.len()) {
        ([(_, run)], 1) => closing::one(run, path, code, took),
        _ => {
            let combined = Combined {
                format: FORMAT,
                verdict: several::verdict(&runs),
                sentence: several::sentence(&runs),
                exit: code.status(),
                held: runs.iter().filter(|(_, run)| run.summary.verdict == Verdict::Held).count() as u64,
                folders: runs.iter().map(|(name, _)| name.clone()).collect(),
                runs: runs.iter().map(|(_, run)| run.summary.clone()).collect(),
            };
            let drawn =
                RunFolder::at(path).write_json("summary.json", &combined).and_then(|()| render::over(path, &runs));
            if let Err(failure) = drawn
                && failure.code.gravity() > code.gravity()
            {
                (code, trouble) = (failure.code, Some(failure.message));
            }
            closing::over(&runs, path, code, took)
        }
    };
    Ok(Done { text, trouble, code })
}
