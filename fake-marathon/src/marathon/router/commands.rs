//! Commands: which parts carry one out, in which order.

use super::parts::Parts;
use crate::{
    app::{AppDefinition, render},
    ids::DeploymentId,
    marathon::{
        bus::{self, PodChange},
        command::{Answer, Command, Done, KillWhich, Origin},
        deployment::plan::Plan,
        group_manager::{self, AppUpdates, Proposal},
        instances::{Goal, Slot},
        kill_selection,
    },
    refusal::Refused,
};

/// Carries out a command; the answer comes from the part that it is for.
pub(super) fn carry_out(parts: &mut Parts, command: Command) -> Answer {
    let now = parts.now;
    match command {
        Command::CreateApp { app, force, origin } => create_app(parts, *app, force, &origin),
        Command::UpdateApps { updates, force, partial, create, bulk, origin } => {
            let updates = AppUpdates { bodies: &updates, partial, create, bulk };
            update_apps(parts, updates, force, &origin)
        }
        Command::DeleteApp { id, force } => {
            let proposal = parts.groups.delete_app(now, &id, force);
            deploy(parts, proposal)
        }
        Command::RestartApp { id, force } => {
            let proposal = parts.groups.restart_app(now, &id, force);
            deploy(parts, proposal)
        }
        Command::CreatePod { pod, force, origin } => {
            let (proposal, posted) = parts.groups.create_pod(now, *pod, force);
            pod_put(parts, proposal, posted, (PodChange::Created, &origin))
        }
        Command::UpdatePod { pod, force, origin } => {
            let (proposal, posted) = parts.groups.update_pod(now, *pod, force);
            pod_put(parts, proposal, posted, (PodChange::Updated, &origin))
        }
        Command::DeletePod { id, force, origin } => {
            let proposal = parts.groups.delete_pod(now, &id, force);
            let done = deploy(parts, proposal)?;
            parts.publish(bus::pod_event(now, PodChange::Deleted, &origin));
            Ok(done)
        }
        Command::KillPodInstances { id, instances, wipe } => {
            let slots: Vec<Slot> = parts.instances.slots_of(&id);
            let named = |slot: &Slot| parts.instances.get(*slot).is_some_and(|own| instances.contains(&own.id));
            let slots: Vec<Slot> = slots.into_iter().filter(named).collect();
            let unwritable = slots.iter().any(|slot| has_no_word(parts, *slot));
            let done = kill_slots(parts, slots, wipe);
            if unwritable { Err(Refused::Message(500, String::from("None.get"))) } else { Ok(done) }
        }
        Command::KillTasks { which, scale: true, wipe: _, force } => kill_and_scale(parts, &which, force),
        Command::KillTasks { which, scale: false, wipe, force: _ } => kill_tasks(parts, &which, wipe),
        Command::PutGroup { id, body, create, dry_run, force } => {
            let request = parts.groups.read_group(now, &id, &body, create)?;
            if dry_run {
                return parts.groups.dry_run(&request, &mut parts.rng);
            }
            let proposal = parts.groups.put_group(&request, force)?;
            deploy(parts, proposal)
        }
        Command::PatchGroup { id, enforce_role } => parts.groups.patch_group(&id, enforce_role),
        Command::DeleteGroup { id, force } => {
            let proposal = parts.groups.delete_group(now, &id, force);
            deploy(parts, proposal)
        }
        Command::CancelDeployment { id, force } => cancel_deployment(parts, &id, force),
        Command::ResetDelay { id } => parts.launch_queue.reset_delay_of(&id, &parts.instances),
        Command::Abdicate => {
            abdicate(parts);
            Ok(Done::Accepted)
        }
    }
}

fn create_app(parts: &mut Parts, app: AppDefinition, force: bool, origin: &Origin) -> Answer {
    let (proposal, posted) = parts.groups.create_app(parts.now, app, force);
    let deployment = change(parts, proposal)?;
    parts.publish(bus::api_post(parts.now, origin, render::created_event(&posted)));
    Ok(Done::Created { app: Box::new(posted), deployment })
}

fn pod_put(parts: &mut Parts, proposal: Proposal, posted: AppDefinition, what: (PodChange, &Origin)) -> Answer {
    let deployment = change(parts, proposal)?;
    parts.publish(bus::pod_event(parts.now, what.0, what.1));
    Ok(Done::Created { app: Box::new(posted), deployment })
}

fn update_apps(parts: &mut Parts, updates: AppUpdates<'_>, force: bool, origin: &Origin) -> Answer {
    let proposal = parts.groups.update_apps(parts.now, updates, force)?;
    let created = proposal.created;
    let done = deploy(parts, proposal)?;
    if let Some(app) = updates.single().and_then(|id| parts.groups.root().apps.get(id)) {
        let rendered = if created { render::created_event(app) } else { render::event(app) };
        parts.publish(bus::api_post(parts.now, origin, rendered));
    }
    Ok(done)
}

fn kill_and_scale(parts: &mut Parts, which: &KillWhich, force: bool) -> Answer {
    let named = kill_selection::named_to_scale(which, parts.groups.root(), &parts.instances)?;
    let killed = kill_selection::count(&named, &parts.instances);
    let proposal = parts.groups.scale_down(parts.now, &killed, named, force);
    deploy(parts, proposal)
}

fn kill_tasks(parts: &mut Parts, which: &KillWhich, wipe: bool) -> Answer {
    let named = kill_selection::named(which, parts.groups.root(), &parts.instances)?;
    let slots: Vec<Slot> = named.into_values().flatten().collect();
    Ok(kill_slots(parts, slots, wipe))
}

fn kill_slots(parts: &mut Parts, slots: Vec<Slot>, wipe: bool) -> Done {
    let tasks = kill_selection::tasks(&slots, &parts.instances);
    if wipe {
        slots.iter().for_each(|slot| parts.decommission(*slot));
        slots.iter().for_each(|slot| parts.expunge(*slot));
    } else {
        for slot in slots {
            if parts.instances.get(slot).is_some_and(|instance| instance.is_active()) {
                parts.kill(slot);
            }
        }
    }
    Done::Killing(tasks)
}

/// Whether Marathon's answer, which shows the instance as it was before the kill, has no word for its condition: the types of
/// the API know neither `Scheduled` nor `Provisioned` (`InstanceConversion.scala`). The kill is carried out all the same.
fn has_no_word(parts: &Parts, slot: Slot) -> bool {
    parts.instances.get(slot).is_some_and(|instance| instance.is_scheduled() || instance.is_provisioned())
}

fn cancel_deployment(parts: &mut Parts, id: &DeploymentId, force: bool) -> Answer {
    if force {
        let failed = parts.deployments.cancel(parts.now, id);
        let failed = failed.ok_or_else(|| Refused::UnknownDeployment(id.clone()))?;
        parts.on_deployments(vec![failed]);
        return Ok(Done::Accepted);
    }
    let plan = parts.deployments.plan(id).ok_or_else(|| Refused::UnknownDeployment(id.clone()))?;
    let proposal = parts.groups.revert(plan);
    deploy(parts, proposal)
}

/// Changes the tree and starts the deployment that leads there.
fn deploy(parts: &mut Parts, proposal: Proposal) -> Answer {
    let (version, created) = (proposal.change.version, proposal.created);
    let deployment = change(parts, proposal)?;
    Ok(Done::Deploying { deployment, version, created })
}

/// The same; events report success or failure.
fn change(parts: &mut Parts, proposal: Proposal) -> Result<DeploymentId, Refused> {
    let (group, version) = (proposal.change.group.clone(), proposal.change.version);
    let changed = try_change(parts, proposal);
    parts.publish(match &changed {
        Ok(_) => bus::group_change_success(parts.now, &group, version),
        Err(refused) => bus::group_change_failed(parts.now, &group, version, &group_manager::reason(refused)),
    });
    changed
}

fn try_change(parts: &mut Parts, Proposal { change, target, .. }: Proposal) -> Result<DeploymentId, Refused> {
    let plan = parts.groups.plan(&change, target?, &mut parts.rng)?;
    match parts.deployments.admit(parts.now, &plan, change.force) {
        Ok(cancelled) => parts.on_deployments(cancelled),
        Err(refused) => {
            let reason = group_manager::reason(&refused);
            parts.publish(bus::deployment_failed(parts.now, &plan, &reason));
            return Err(refused);
        }
    }
    Ok(start(parts, plan))
}

fn start(parts: &mut Parts, plan: Plan) -> DeploymentId {
    let id = plan.id.clone();
    for app in plan.affected().iter().filter_map(|id| plan.target.apps.get(id)) {
        if let Some(why) = app.unwritable() {
            parts.broken(format!("every list with {} answers 500 until it is deleted: {why}", app.id));
        }
    }
    parts.groups.adopt(plan.target.clone());
    parts.deployments.add(plan);
    parts.drive(&id);
    id
}

/// Gives up leadership and is elected again: what was in memory only is lost (own health results, launch delays,
/// launch statistics, kills under way); what was stored goes on.
pub(super) fn abdicate(parts: &mut Parts) {
    parts.launch_queue.restart(parts.now);
    parts.kills.clear();
    parts.readiness.clear();
    let events = parts.health.restart(parts.now, parts.groups.root(), &parts.instances);
    parts.on_health(events);
    let all: Vec<(Slot, Goal)> = parts.instances.all().map(|instance| (instance.slot, instance.goal)).collect();
    for (slot, goal) in all {
        match goal {
            Goal::Running => parts.launch_queue.update_demand(parts.now, slot, &parts.instances),
            Goal::Decommissioned => parts.kill(slot),
        }
    }
    for id in parts.deployments.restart() {
        parts.drive(&id);
    }
}
