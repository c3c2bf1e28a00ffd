//! `/v2/pods` (`api/v2/PodsResource.scala`).

mod status;

use std::collections::BTreeSet;

use http::{Method, header};
use serde_json::{Value, json};

pub(super) use self::status::in_group;
use super::{Api, Outcome, answer::Answered, apps::timestamp, request::Call};
use crate::{
    app::{Unreachable, absolute, pod},
    ids::{InstanceId, PathId},
    marathon::command::{Command, Done},
    snapshot::{PodInstanceView, Snapshot},
};

/// Everything below `/v2/pods`.
pub(super) async fn serve(api: &Api, call: &Call, rest: &[String]) -> Outcome {
    let path = rest.join("/");
    let (id, part) = path.split_once("::").map_or((path.as_str(), None), |(id, part)| (id, Some(part)));
    let id = absolute(&format!("/{id}"), "/");
    match part {
        None if path.is_empty() => collection(api, call).await,
        None => one(api, call, &id).await,
        Some(part) => below(api, call, &id, part).await,
    }
}

async fn collection(api: &Api, call: &Call) -> Outcome {
    match call.method {
        Method::GET | Method::HEAD => {
            let snapshot = api.snapshot().await?;
            Ok(Answered::ok(&snapshot.pods.values().map(|pod| pod::render(&pod.definition)).collect::<Vec<_>>()))
        }
        Method::POST => create(api, call).await,
        Method::OPTIONS => Ok(super::options("HEAD,POST,GET,OPTIONS")),
        _ => Err(Answered::method_not_allowed()),
    }
}

/// What stands behind two colons.
async fn below(api: &Api, call: &Call, id: &str, part: &str) -> Outcome {
    let read = matches!(call.method, Method::GET | Method::HEAD);
    match (part, &call.method) {
        ("status", _) if read && id == "/" => {
            let snapshot = api.snapshot().await?;
            Ok(Answered::ok(&snapshot.pods.values().map(|pod| status::of(pod, snapshot.now)).collect::<Vec<_>>()))
        }
        // Without a pod in front of it the word is an id, and a bad one.
        ("versions", _) if read && id == "/" => one(api, call, "/::versions").await,
        ("status", _) if read => {
            let (snapshot, id) = known(api, id).await?;
            Ok(Answered::ok(&status::of(&snapshot.pods[&id], snapshot.now)))
        }
        ("versions", _) if read => {
            let (snapshot, id) = known(api, id).await?;
            Ok(Answered::ok(&snapshot.pods[&id].versions.keys().map(|version| version.iso()).collect::<Vec<_>>()))
        }
        ("status" | "versions", &Method::OPTIONS) => Ok(super::options("HEAD,GET,OPTIONS")),
        ("instances", &Method::DELETE) => {
            pod::path(id)?;
            let body = call.json()?;
            pod::instances(&body)?;
            let named = body.as_array().into_iter().flatten().filter_map(Value::as_str).map(InstanceId::new).collect();
            Ok(Answered::ok(&kill(api, call, id, named).await?))
        }
        ("instances", &Method::OPTIONS) => Ok(super::options("DELETE,OPTIONS")),
        _ => match part.split_once('/') {
            Some(("versions", version)) if read => one_version(api, id, version).await,
            Some(("instances", instance)) if call.method == Method::DELETE => {
                pod::path(id)?;
                pod::instance(instance)?;
                let killed = kill(api, call, id, vec![InstanceId::new(instance)]).await?;
                let unknown = || Answered::missing(&format!("Task '{instance}' does not exist"));
                killed.first().map(Answered::ok).ok_or_else(unknown)
            }
            // The part after the colons is not a subresource, so it belongs to the id.
            None if !["status", "versions", "instances"].contains(&part) => {
                one(api, call, &format!("{id}::{part}")).await
            }
            _ => Err(Answered::method_not_allowed()),
        },
    }
}

/// A pod that exists.
async fn known(api: &Api, id: &str) -> Result<(std::sync::Arc<Snapshot>, PathId), Answered> {
    pod::path(id)?;
    let (snapshot, path) = (api.snapshot().await?, PathId::new(id));
    if snapshot.pods.contains_key(&path) { Ok((snapshot, path)) } else { Err(unknown(id)) }
}

async fn one_version(api: &Api, id: &str, version: &str) -> Outcome {
    let wanted = timestamp(version)?;
    pod::path(id)?;
    let snapshot = api.snapshot().await?;
    let view = snapshot.pods.get(&PathId::new(id));
    let found = view.and_then(|view| view.versions.iter().find(|(at, _)| at.iso() == wanted.iso()));
    found.map(|(_, spec)| Answered::ok(&pod::render(spec))).ok_or_else(|| unknown(id))
}

/// `/v2/pods/{id}`.
pub(super) async fn one(api: &Api, call: &Call, id: &str) -> Outcome {
    let force = call.query.flag("force", false);
    match call.method {
        Method::GET | Method::HEAD => {
            pod::path(id)?;
            match api.snapshot().await?.pods.get(&PathId::new(id)) {
                Some(view) => Ok(Answered::ok(&pod::render(&view.definition))),
                // Recorded: the message is JSON within JSON.
                None => Err(Answered::missing(&format!("{{\"message\": \"pod with {id} does not exist\"}}"))),
            }
        }
        Method::PUT => {
            let snapshot = api.snapshot().await?;
            let pod = Box::new(pod::read(&call.json()?, Some(id), &*snapshot.root)?);
            put(api, Command::UpdatePod { pod, force, origin: call.origin() }, None).await
        }
        Method::DELETE => {
            pod::path(id)?;
            known(api, id).await?;
            let command = Command::DeletePod { id: PathId::new(id), force, origin: call.origin() };
            match api.engine.command(command).await?? {
                Done::Deploying { deployment, .. } => Ok(Answered::empty(202)
                    .with(header::LOCATION, &api.location(call, &format!("/{deployment}")))
                    .deploying(deployment.as_str())),
                done @ (Done::Created { .. } | Done::Killing(_) | Done::Plan(_) | Done::Accepted) => {
                    Ok(api.started(done, None))
                }
            }
        }
        Method::OPTIONS => Ok(super::options("HEAD,DELETE,GET,OPTIONS,PUT")),
        _ => Err(Answered::method_not_allowed()),
    }
}

async fn create(api: &Api, call: &Call) -> Outcome {
    let snapshot = api.snapshot().await?;
    let pod = Box::new(pod::read(&call.json()?, None, &*snapshot.root)?);
    let location = api.location(call, pod.id.as_str());
    let command = Command::CreatePod { pod, force: call.query.flag("force", false), origin: call.origin() };
    put(api, command, Some(&location)).await
}

/// The answer has the pod as posted: 201 with `location` for a new one, else 200.
async fn put(api: &Api, command: Command, location: Option<&str>) -> Outcome {
    match api.engine.command(command).await?? {
        Done::Created { app, deployment } => {
            let body = pod::render(&app);
            let answer = match location {
                Some(location) => Answered::json(201, &body).with(header::LOCATION, location),
                None => Answered::ok(&body),
            };
            Ok(answer.deploying(deployment.as_str()))
        }
        done @ (Done::Deploying { .. } | Done::Killing(_) | Done::Plan(_) | Done::Accepted) => {
            Ok(api.started(done, None))
        }
    }
}

/// Kills the named instances of a pod; returns how they were.
async fn kill(api: &Api, call: &Call, id: &str, named: Vec<InstanceId>) -> Result<Vec<Value>, Answered> {
    let snapshot = api.snapshot().await?;
    let path = PathId::new(id);
    let Some(view) = snapshot.pods.get(&path) else {
        return Err(Answered::message(404, &format!("Path '{id}' does not exist")));
    };
    let wanted: BTreeSet<&InstanceId> = named.iter().collect();
    let found: Vec<Value> = view.instances.iter().filter(|own| wanted.contains(&own.id)).map(instance).collect();
    let wipe = call.query.flag("wipe", false);
    api.engine.command(Command::KillPodInstances { id: path, instances: named, wipe }).await??;
    Ok(found)
}

/// An instance as a kill answers it.
fn instance(own: &PodInstanceView) -> Value {
    let active = own.containers.iter().filter_map(|container| container.started_at).min();
    let mut state = json!({"condition": own.condition, "goal": own.goal, "since": own.since.iso()});
    if let Some(active) = active {
        state["activeSince"] = Value::from(active.iso());
    }
    if let Some(healthy) = own.healthy {
        state["healthy"] = Value::from(healthy);
    }
    let mut agent = json!({"host": own.host, "agentId": own.agent.as_str(), "attributes": []});
    for (name, value) in [("region", &own.region), ("zone", &own.zone)] {
        if let Some(value) = value {
            agent[name] = Value::from(value.as_str());
        }
    }
    let unreachable = match own.spec.unreachable {
        Unreachable::Disabled => json!("disabled"),
        Unreachable::After { inactive, expunge } => {
            json!({"inactiveAfterSeconds": inactive.as_secs(), "expungeAfterSeconds": expunge.as_secs()})
        }
    };
    json!({
        "instanceId": own.id.as_str(),
        "agentInfo": agent,
        "runSpecVersion": own.spec.version.iso(),
        "state": state,
        "unreachableStrategy": unreachable,
    })
}

fn unknown(id: &str) -> Answered {
    Answered::missing(&format!("Pod '{id}' does not exist"))
}
