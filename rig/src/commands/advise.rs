//! `hc-rig advise`: what the checks of an app mean, before anything breaks. Changes nothing.

use std::path::Path;

use clap::Args;
use harness::{environment::variable, model::Kind, record::json};
use serde::Serialize;

use crate::{
    advise::{
        Advice,
        facts::{Facts, Load},
        prove::{Proof, prove},
    },
    exit::{Code, Completion, Failure},
    flags::values::whole,
    run::{
        Definition, Interrupt,
        reach::{self, Reach},
    },
    terminal::advice::render,
};

/// Arguments of `hc-rig advise`.
#[derive(Args, Clone, Debug)]
pub struct AdviseArgs {
    /// The app definition, a JSON file or a pair; or the id of an app on the cluster, such as /prod/api
    #[arg(value_name = "APP.json|/APP")]
    pub app: String,
    /// Health checks that Marathon makes at the same time (its --max_concurrent_marathon_health_checks, which no API tells)
    #[arg(long, hide_short_help = true, default_value_t = 256, value_name = "N", value_parser = whole(1, u32::MAX))]
    pub slots: u32,
    /// Replay the settings before and after on the built-in fake, in virtual time
    #[arg(long)]
    pub prove: bool,
    /// The same as JSON, with the patch
    #[arg(long)]
    pub json: bool,
    /// Which cluster, to measure its load and the app's start; required for an id.
    #[command(flatten)]
    pub reach: Reach,
}

/// The advice and its proof as data.
#[derive(Serialize)]
struct Proved<'a> {
    #[serde(flatten)]
    advice: &'a Advice,
    proof: Option<Proof>,
}

/// Reads the definition and, if one is named, the cluster.
///
/// # Errors
/// There is no such file or app (2), or the cluster cannot be read.
pub async fn run(args: &AdviseArgs, interrupt: Interrupt) -> Result<Completion, Failure> {
    let advice = Advice::of(interrupt.before_deployment(facts(args)).await?);
    let proof = if args.prove { Some(interrupt.before_deployment(prove(&advice)).await?) } else { None };
    if args.json {
        let json = json::pretty(&Proved { advice: &advice, proof });
        return json.map(Completion::passed).map_err(|error| Failure::new(Code::Internal, error.to_string()));
    }
    Ok(Completion::passed(render(&advice, proof.as_ref())))
}

async fn facts(args: &AdviseArgs) -> Result<Facts, Failure> {
    let is_id = args.app.starts_with('/') && !Path::new(&args.app).exists();
    let is_set = |name| variable(name).is_some();
    let of_cluster = is_id || args.reach.url.is_some() || is_set("DCOS_URL") || is_set("MARATHON_URL");
    let definition = if is_id { None } else { Some(Definition::load(&args.app)?) };
    if let Some(pod) = definition.as_ref().filter(|definition| definition.kind() == Kind::Pod) {
        return Err(Failure::usage(format!(
            "{}: this is a pod, whose checks Mesos makes beside its containers; what hc-rig advises is about the checks of \
             apps",
            pod.named
        )));
    }
    if let (Some(definition), false) = (&definition, of_cluster) {
        return Ok(Facts::of(&definition.json, args.slots, None));
    }
    let client = reach::client(&args.reach.settings().await?)?;
    let apps = client.apps().await.map_err(|error| reach::failure(&error))?.apps;
    let json = match definition {
        Some(definition) => definition.json,
        None => {
            let id = args.app.trim_end_matches('/');
            let found = apps.iter().find(|app| app.id == id);
            found.map(|app| app.raw.clone()).ok_or_else(|| {
                Failure::usage(format!("{id} is neither a file nor an app of the cluster; hc-rig apps lists its apps"))
            })?
        }
    };
    let id = format!("/{}", json["id"].as_str().unwrap_or_default().trim_matches('/'));
    Ok(Facts::of(&json, args.slots, Some(Load::of(&apps, &id))))
}
