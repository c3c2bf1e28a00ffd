//! `--dry-run` of `run`, `try` and `matrix`: every request that would be made, and the load that it means.

mod load;

use std::fmt::Write as _;

use futures::future::try_join_all;
use harness::cluster::Preflight;
use http::Method;
use load::Load;

use crate::{
    exit::{Completion, Failure},
    folder::secrets::without_secrets,
    run::{
        Definition, Scaled,
        capacity::Room,
        embedded::{Embedded, EmbeddedArgs, Offers},
        reach,
        rehearsal::{Rehearsed, rehearse},
    },
    terminal::layout::field,
};

/// A run that is planned and not made.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What would be run.
    pub definition: Definition,
    /// How it would be scaled.
    pub scaled: Scaled,
    /// Under the definition's own id.
    pub id_as_is: bool,
}

/// All requests of these runs, which follow each other batch by batch, and the load of the heaviest batch against the
/// free resources of the cluster, or why the cluster cannot be asked.
///
/// # Errors
/// Exit code 2: a definition cannot be deployed.
pub async fn render(batches: &[Vec<Planned>], cluster: Result<&Preflight, String>) -> Result<String, Failure> {
    let several = batches.iter().map(Vec::len).sum::<usize>() > 1;
    let mut text = String::new();
    // Each waits between the polls of its clean-up, so all of them at once take no longer than one.
    let rehearsed = try_join_all(batches.iter().flatten().map(async |planned| {
        let Planned { definition, scaled, id_as_is } = planned;
        let requests = rehearse(definition, scaled.plan.targets(), *id_as_is).await;
        let requests = requests.map_err(|error| reach::deploy_failure(&error, &definition.named))?;
        Ok::<_, Failure>((planned, requests))
    }));
    for (Planned { definition, scaled, .. }, requests) in rehearsed.await? {
        if several {
            let _ = writeln!(text, "{}: {scaled}", definition.pair);
        }
        list(&mut text, &requests, scaled);
        text.push('\n');
        if !several {
            field(&mut text, "Targets", scaled);
        }
    }
    if let [first, _, ..] = batches {
        field(&mut text, "Order", format_args!("{} in turn, {} at a time", batches.len(), first.len()));
    }
    Load::heaviest(batches).render(&mut text, cluster.as_ref().ok().copied());
    if let Err(why) = cluster {
        field(&mut text, "Cluster", format_args!("cannot be asked, so free resources are unknown: {why}"));
    }
    Ok(text)
}

/// The same for runs on the embedded fake, which is started to see its resources and stopped again; and whether this
/// machine can hold its tasks.
///
/// # Errors
/// As [`render`]; the fake does not start.
pub async fn on_the_fake(args: &EmbeddedArgs, batches: &[Vec<Planned>]) -> Result<Completion, Failure> {
    let size = Load::heaviest(batches).size;
    // What is listed does not depend on when offers come.
    let Embedded { fake, found, .. } = Embedded::start(args, Offers::Faithful, size).await?;
    let text = render(batches, Ok(&found)).await;
    fake.shutdown().await;
    let mut text = text?;
    match Room::of(args).holds(size.tasks.into()) {
        Ok(()) => field(&mut text, "Fits", "yes; nothing was started"),
        Err(why) => field(&mut text, "Fits", format_args!("no: {why}")),
    }
    Ok(Completion::passed(text))
}

/// Whether a read is one of the polls, and not one that a change of a pod needs.
fn is_poll(path: &str) -> bool {
    path.starts_with("/v2/apps") || (path.starts_with("/v2/pods") && path.ends_with("::status"))
}

/// The writes in order with their bodies, and each kind of read once with its interval.
fn list(text: &mut String, requests: &[Rehearsed], scaled: &Scaled) {
    let mut polled = false;
    for request in requests {
        let read = request.method == Method::GET;
        if read && (polled || !is_poll(&request.path)) {
            continue;
        }
        polled |= read;
        let interval = if read {
            format!("   every {:?}, and once the stream GET /v2/events", scaled.poll)
        } else {
            String::new()
        };
        let _ = writeln!(text, "{:<6} {}{interval}", request.method.as_str(), request.path);
        if let Some(body) = &request.body {
            let _ = writeln!(text, "       {}", without_secrets(body));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness::scale::{Advance, Plan};

    use super::*;

    fn planned(pair: &str, target: u32) -> Planned {
        let definition = Definition::load(pair).unwrap();
        let scaled = Scaled {
            plan: Plan::list(1, &[target]).unwrap(),
            advance: Advance::WhenReached,
            poll: Duration::from_secs(2),
            step_within: Duration::from_secs(60),
            hold: Duration::ZERO,
            thresholds: Vec::new(),
            search: None,
            degraded_after: crate::run::DEGRADED_AFTER,
            allow_degraded: false,
        };
        Planned { definition, scaled, id_as_is: false }
    }

    #[tokio::test]
    async fn loads_of_runs_side_by_side_add_up_and_those_in_turn_do_not() {
        let (tcp, native) = (planned("mesos,TCP", 30), planned("docker,MESOS_HTTP", 10));
        let [of_tcp, of_native] = [&tcp, &native].map(|planned| planned.definition.needs().0);
        let together = render(&[vec![tcp.clone(), native.clone()]], Err("nobody there".to_owned())).await.unwrap();
        let rates = "40.0 checks/s (TCP, MESOS_HTTP): 30.0 by Marathon itself, 10.0 by executors on the agents\n";
        assert!(together.contains(rates), "{together}");
        assert!(together.contains(&format!("Needs        {:.3} CPUs", of_tcp * 30.0 + of_native * 10.0)), "{together}");
        assert!(together.contains("mesos,TCP: tasks 1, 30") && together.contains("docker,MESOS_HTTP: "), "{together}");
        assert_eq!(together.matches("\nPUT ").count(), 2, "one step each after the first: {together}");
        assert!(together.ends_with("so free resources are unknown: nobody there\n"), "{together}");

        let in_turn = render(&[vec![tcp], vec![native]], Err(String::new())).await.unwrap();
        assert!(
            in_turn.contains(&format!("Needs        {:.3} CPUs", f64::max(of_tcp * 30.0, of_native * 10.0))),
            "{in_turn}"
        );
        assert!(in_turn.contains("Order        2 in turn, 1 at a time"), "{in_turn}");
    }
}
