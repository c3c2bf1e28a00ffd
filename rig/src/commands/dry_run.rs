//! `hc-rig run --dry-run`: every request that would be made, and the load it means, before anybody makes it.

use std::fmt::Write as _;

use harness::cluster::{Preflight, preflight};
use http::Method;
use serde_json::Value;

use crate::{
    commands::{Done, run::RunArgs},
    exit::Failure,
    folder::manifest::{check_facts, is_native, without_secrets},
    run::{
        Definition, Scaled, reach,
        rehearsal::{Rehearsed, rehearse},
    },
};

/// Tells it. The cluster is only looked at; if it cannot be, that is said and nothing is compared.
///
/// # Errors
/// Exit code 2: the definition or the flags are wrong, or the run would not fit.
pub async fn run(args: &RunArgs, definition: &Definition, scaled: &Scaled) -> Result<Done, Failure> {
    let targets = scaled.plan.targets();
    let asked = rehearse(definition, targets, args.id_as_is)
        .await
        .map_err(|error| reach::deploy_failure(&error, &definition.named))?;
    let mut text = requests(&asked, scaled);
    let client = reach::client(&args.reach.settings().await?)?;
    match preflight(&client).await {
        Err(error) => {
            text.push_str(&load(definition, scaled, None));
            let _ = writeln!(text, "Cluster      cannot be looked at, so nothing is compared: {error}");
        }
        Ok(found) => {
            text.push_str(&load(definition, scaled, Some(&found)));
            if let Err(refusal) = args.allowance.check(&found, definition, u64::from(scaled.plan.target())) {
                // What would be refused is refused now, after everything has been told.
                return Ok(Done { text, trouble: Some(refusal.message), code: refusal.code });
            }
            text.push_str("Fits         nothing was changed\n");
        }
    }
    Ok(Done::well(text))
}

/// The writes in order with their bodies; of the reads each kind once, with how often it would be made.
fn requests(asked: &[Rehearsed], scaled: &Scaled) -> String {
    let mut text = String::new();
    let mut polled = false;
    for request in asked {
        let read = request.method == Method::GET;
        if read && (polled || !request.path.starts_with("/v2/apps")) {
            continue;
        }
        polled |= read;
        let often = if read {
            format!("   every {:?}, and once a stream of GET /v2/events", scaled.poll)
        } else {
            String::new()
        };
        let _ = writeln!(text, "{:<6} {}{often}", request.method.as_str(), request.path);
        if let Some(body) = &request.body {
            let _ = writeln!(text, "       {}", without_secrets(body));
        }
    }
    text
}

/// What the cluster would have to do at the last target.
fn load(definition: &Definition, scaled: &Scaled, found: Option<&Preflight>) -> String {
    let tasks = f64::from(scaled.plan.target());
    let (cpus, mem) = definition.needs();
    let checks = definition.json.get("healthChecks").and_then(Value::as_array).map_or(0, Vec::len);
    let facts = check_facts(&definition.json);
    let agents = found.map(|found| found.agents.len()).filter(|agents| *agents > 0);
    let mut text = String::new();
    let _ = writeln!(text, "\nTargets      {scaled}");
    if checks > 0 && facts.interval > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a handful of checks, seconds of an interval")]
        let rate = tasks * checks as f64 / facts.interval as f64;
        let who = if is_native(&facts.protocol) { "a process each on the agents" } else { "all by Marathon itself" };
        #[expect(clippy::cast_precision_loss, reason = "agents of a cluster")]
        let per_agent = agents.map_or_else(String::new, |agents| {
            format!(", {:.1} for tasks of each of {agents} agents", rate / agents as f64)
        });
        let _ = writeln!(text, "Checks       {rate:.1} a second ({}), {who}{per_agent}", facts.protocol);
    }
    let ports = definition.json.get("portDefinitions").and_then(Value::as_array).map_or(0, Vec::len);
    let _ = writeln!(
        text,
        "Needs        {:.3} CPUs, {:.0} MB, {} ports",
        tasks * cpus,
        tasks * mem,
        u64::from(scaled.plan.target()) * ports as u64
    );
    if let Some(found) = found.filter(|found| found.mesos.is_ok()) {
        let free = found.free();
        let _ =
            writeln!(text, "Free         {:.1} CPUs, {:.0} MB on {} agents", free.cpus, free.mem, found.agents.len());
    }
    text
}
