//! `hc-rig try --like RUN`: a run's failure rebuilt on the built-in fake from its folder, to be shown and shared.
//!
//! [`scene`] reads from the folder what each task did; the fake gets apps that do the same, and they are watched.

pub mod scene;

use std::{path::Path, time::Duration};

use fake_marathon::fault::{AgentAction, FaultGuard, Rule};
use fixtures::Behaviour;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    arguments::{Degraded, Output},
    exit::{Code, Completion, Failure},
    folder::{RunFolder, locate},
    like::scene::Scene,
    run::{
        Definition, Interrupt,
        embedded::{Embedded, EmbeddedArgs, Offers, Size},
        watch::Terms,
    },
    terminal::{closing::Ending, layout::field, watched},
    watch::{Watching, select::Selection},
};

/// Interval of two polls.
const POLL: Duration = Duration::from_millis(500);

/// What the command line says beside the name of the run.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The fake cluster; its agents are those of the run.
    pub fake: &'a EmbeddedArgs,
    /// When the watch is degraded.
    pub degraded: Degraded,
    /// Where results go.
    pub output: &'a Output,
}

/// Rebuilds the run of this name or folder.
///
/// # Errors
/// There is no such run, it cannot be rebuilt, or what went wrong with the results.
pub async fn run(named: &str, line: Line<'_>, interrupt: Interrupt) -> Result<Completion, Failure> {
    let begun = Instant::now();
    let run = locate::run(Some(named))?.read()?;
    let scene = Scene::of(&run)?;
    let definitions = scene.apps.iter().map(|(app, ..)| app.to_json()).collect::<Vec<Value>>();
    let progress = line.output.progress("like", None).await?;
    let path = line.output.folder("like");
    let parsed = definitions.iter().map(|json| Definition::parse("a rebuilt app", &json.to_string()));
    let parsed = parsed.collect::<Result<Vec<_>, _>>()?;
    let size = Size::of(parsed.iter().zip(scene.apps.iter().map(|(_, _, tasks)| *tasks)));
    let args = EmbeddedArgs { agents: scene.agents, ..line.fake.clone() };
    let Embedded { fake, client, cluster, .. } =
        interrupt.before_deployment(Embedded::start(&args, Offers::Prompt, size)).await?;
    progress.note(&format!("{} rebuilt on {}", run.manifest.name(), text::count(scene.agents, "agent")));
    for (_, behaviour, tasks) in &scene.apps {
        progress.note(&format!("  {}: {behaviour}", text::count(*tasks, "task")));
    }
    if !scene.lost.is_empty() {
        progress.note(&format!("  {} lost", text::count(scene.lost.len(), "agent")));
    }
    for definition in &definitions {
        let made = client.create_app(definition).await;
        made.map_err(|error| Failure::new(Code::Internal, format!("the fake refuses a rebuilt app: {error}")))?;
    }
    // In force while the guards live.
    let lose = |(n, after): (usize, &Duration)| {
        let agent = usize::from(scene.agents).checked_sub(n + 1).filter(|agent| *agent > 0)?;
        Some(fake.faults().install(Rule::agent(agent, AgentAction::Lost).starting(*after)))
    };
    let _lost: Vec<FaultGuard> = scene.lost.iter().enumerate().filter_map(lose).collect();
    let watching = Watching {
        selection: Selection { named: &[], label: None },
        terms: Terms {
            span: scene.span,
            poll: POLL,
            thresholds: Vec::new(),
            degraded_after: line.degraded.degraded_after,
            allow_degraded: line.degraded.allow_degraded,
        },
        alert: false,
        path: &path,
    };
    let apps = watching.selection.find(&client).await?;
    let gathered = watching.observe((client, cluster), apps, (&progress, &interrupt)).await;
    fake.shutdown().await;
    let mut gathered = gathered?;
    gathered.draw_over(&path);
    locate::mark_latest(&path);
    let end = gathered.end;
    let seconds = begun.elapsed().as_secs_f64();
    let mut end = watched::render(&gathered.runs, Ending { folder: &path, code: end.code, seconds }).end(end);
    keep(&path, &definitions, &scene, &mut end)?;
    Ok(line.output.finish(&path, "summary.json", end))
}

/// Keeps the definitions, and names the scenario's line for each.
fn keep(path: &Path, definitions: &[Value], scene: &Scene, end: &mut Completion) -> Result<(), Failure> {
    RunFolder::at(path).write_json("scene.json", &definitions)?;
    field(&mut end.text, "Scene", format_args!("{}/scene.json   (definitions of the rebuilt apps)", path.display()));
    for (_, behaviour, tasks) in &scene.apps {
        if *behaviour != Behaviour::Well {
            field(
                &mut end.text,
                "Scenario",
                format_args!("App::of(pair).instances({tasks}).behaviour(Behaviour::{behaviour:?})"),
            );
        }
    }
    Ok(())
}
