//! Events as the bus carries them, in the field names of the recordings.

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    command::Origin,
    deployment::plan::{self, Plan},
    instances::{Condition, Instance},
};
use crate::{
    app::{AppDefinition, HealthCheck, render},
    clock::Time,
    events::Event,
    ids::{InstanceId, PathId},
    wire::StatusUpdate,
};

/// An event of `now`; `eventType` and `timestamp` (unless `fields` has one) are added.
fn event(now: Time, kind: &'static str, mut fields: Value) -> Event {
    if let Some(object) = fields.as_object_mut() {
        object.insert("eventType".into(), kind.into());
        if !object.contains_key("timestamp") {
            object.insert("timestamp".into(), now.iso().into());
        }
    }
    Event::new(kind, now, &fields)
}

/// One of `ipAddresses[]`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address<'a> {
    ip_address: &'a str,
    protocol: &'static str,
}

/// `ipAddresses[]`.
pub(crate) fn addresses(texts: &[String]) -> Vec<Address<'_>> {
    let protocol = |text: &str| if text.contains(':') { "IPv6" } else { "IPv4" };
    texts.iter().map(|text| Address { ip_address: text, protocol: protocol(text) }).collect()
}

/// The events that each launch and each change of health has are written from their fields at once, in this order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceChanged<'a> {
    instance_id: &'a str,
    condition: &'a str,
    run_spec_id: &'a str,
    agent_id: Option<&'a str>,
    host: Option<&'a str>,
    run_spec_version: Time,
    event_type: &'a str,
    timestamp: Time,
}

pub(crate) fn instance_changed(now: Time, instance: &Instance, condition: Condition) -> Event {
    let event_type = "instance_changed_event";
    let fields = InstanceChanged {
        instance_id: instance.id.as_str(),
        condition: condition.name(),
        run_spec_id: instance.app().as_str(),
        agent_id: instance.agent.as_ref().map(|agent| agent.id.as_str()),
        host: instance.agent.as_ref().map(|agent| agent.host.as_str()),
        run_spec_version: instance.version(),
        event_type,
        timestamp: now,
    };
    Event::new(event_type, now, &fields)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusUpdated<'a> {
    slave_id: &'a str,
    task_id: &'a str,
    task_status: &'a str,
    message: &'a str,
    app_id: &'a str,
    host: &'a str,
    ip_addresses: Vec<Address<'a>>,
    ports: &'a [u16],
    version: Time,
    timestamp: Time,
    event_type: &'a str,
}

pub(crate) fn status_update(now: Time, instance: &Instance, update: &StatusUpdate) -> Event {
    let event_type = "status_update_event";
    let task = instance.task_of(&update.task);
    let fields = StatusUpdated {
        slave_id: update.agent.as_str(),
        task_id: update.task.as_str(),
        task_status: update.state.name(),
        message: update.message.as_deref().unwrap_or_default(),
        app_id: instance.app().as_str(),
        host: instance.agent.as_ref().map(|agent| agent.host.as_str()).unwrap_or_default(),
        ip_addresses: task.map(|task| addresses(&task.ip_addresses)).unwrap_or_default(),
        ports: task.map(|task| task.ports.as_slice()).unwrap_or_default(),
        version: instance.version(),
        timestamp: update.at,
        event_type,
    };
    Event::new(event_type, now, &fields)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceHealthChanged<'a> {
    instance_id: &'a str,
    run_spec_id: &'a str,
    healthy: Option<bool>,
    run_spec_version: Time,
    event_type: &'a str,
    timestamp: Time,
}

/// `healthy` is `None` while a check has no result.
pub(crate) fn instance_health_changed(
    now: Time,
    id: &InstanceId,
    app: &PathId,
    version: Time,
    healthy: Option<bool>,
) -> Event {
    let event_type = "instance_health_changed_event";
    let fields = InstanceHealthChanged {
        instance_id: id.as_str(),
        run_spec_id: app.as_str(),
        healthy,
        run_spec_version: version,
        event_type,
        timestamp: now,
    };
    Event::new(event_type, now, &fields)
}

pub(crate) fn unknown_instance_terminated(now: Time, id: &InstanceId, app: &str, condition: Condition) -> Event {
    let fields = json!({"instanceId": id.as_str(), "runSpecId": app, "condition": condition.name()});
    event(now, "unknown_instance_terminated_event", fields)
}

pub(crate) fn health_check_added(now: Time, app: &AppDefinition, check: &HealthCheck) -> Event {
    let fields = json!({
        "appId": app.id.as_str(),
        "version": app.version.iso(),
        "healthCheck": render::check_event(check),
    });
    event(now, "add_health_check_event", fields)
}

pub(crate) fn health_check_removed(now: Time, app: &PathId) -> Event {
    event(now, "remove_health_check_event", json!({"appId": app.as_str()}))
}

pub(crate) fn health_check_failed(now: Time, app: &PathId, instance: &InstanceId, check: &HealthCheck) -> Event {
    let fields = json!({
        "appId": app.as_str(),
        "taskId": instance.as_str(),
        "healthCheck": render::check_event(check),
    });
    event(now, "failed_health_check_event", fields)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HealthStatusChanged<'a> {
    app_id: &'a str,
    instance_id: &'a str,
    version: Time,
    alive: bool,
    event_type: &'a str,
    timestamp: Time,
}

pub(crate) fn health_status_changed(
    now: Time,
    app: &PathId,
    instance: &InstanceId,
    version: Time,
    alive: bool,
) -> Event {
    let event_type = "health_status_changed_event";
    let (app_id, instance_id) = (app.as_str(), instance.as_str());
    let fields = HealthStatusChanged { app_id, instance_id, version, alive, event_type, timestamp: now };
    Event::new(event_type, now, &fields)
}

/// The kill of a task whose health check failed at `failed_at` for `reason`; `None` when it has no agent or no task.
pub(crate) fn unhealthy_instance_kill(
    now: Time,
    instance: &Instance,
    version: Time,
    reason: &str,
    failed_at: Time,
) -> Option<Event> {
    let (agent, task) = (instance.agent.as_ref()?, instance.task.as_ref()?);
    let fields = json!({
        "appId": instance.app().as_str(),
        "taskId": task.id.as_str(),
        "instanceId": instance.id.as_str(),
        "version": version.iso(),
        "reason": reason,
        "host": agent.host,
        "slaveId": agent.id.as_str(),
        "timestamp": failed_at.iso(),
    });
    Some(event(now, "unhealthy_instance_kill_event", fields))
}

/// What a request did to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodChange {
    Created,
    Updated,
    Deleted,
}

pub(crate) fn pod_event(now: Time, change: PodChange, origin: &Origin) -> Event {
    let kind = match change {
        PodChange::Created => "pod_created_event",
        PodChange::Updated => "pod_updated_event",
        PodChange::Deleted => "pod_deleted_event",
    };
    event(now, kind, json!({"clientIp": origin.client_ip, "uri": origin.uri}))
}

pub(crate) fn app_terminated(now: Time, app: &PathId) -> Event {
    event(now, "app_terminated_event", json!({"appId": app.as_str()}))
}

/// The events of a deployment, two for each of its steps, share the text of the plan.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepReached<'a> {
    plan: &'a RawValue,
    current_step: Value,
    event_type: &'a str,
    timestamp: Time,
}

fn step_event(now: Time, event_type: &'static str, plan: &Plan, step_index: usize) -> Event {
    let current_step = plan::step(plan.steps.get(step_index).map_or(&[], Vec::as_slice));
    let fields = StepReached { plan: plan.json(), current_step, event_type, timestamp: now };
    Event::new(event_type, now, &fields)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeploymentEnded<'a> {
    id: &'a str,
    plan: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    event_type: &'a str,
    timestamp: Time,
}

fn end_event(now: Time, event_type: &'static str, plan: &Plan, reason: Option<&str>) -> Event {
    let fields = DeploymentEnded { id: plan.id.as_str(), plan: plan.json(), reason, event_type, timestamp: now };
    Event::new(event_type, now, &fields)
}

pub(crate) fn deployment_info(now: Time, plan: &Plan, step_index: usize) -> Event {
    step_event(now, "deployment_info", plan, step_index)
}

pub(crate) fn deployment_step_success(now: Time, plan: &Plan, step_index: usize) -> Event {
    step_event(now, "deployment_step_success", plan, step_index)
}

pub(crate) fn deployment_success(now: Time, plan: &Plan) -> Event {
    end_event(now, "deployment_success", plan, None)
}

pub(crate) fn deployment_failed(now: Time, plan: &Plan, reason: &str) -> Event {
    end_event(now, "deployment_failed", plan, Some(reason))
}

pub(crate) fn group_change_success(now: Time, group: &PathId, version: Time) -> Event {
    event(now, "group_change_success", json!({"groupId": group.as_str(), "version": version.iso()}))
}

pub(crate) fn group_change_failed(now: Time, group: &PathId, version: Time, reason: &str) -> Event {
    let fields = json!({"groupId": group.as_str(), "version": version.iso(), "reason": reason});
    event(now, "group_change_failed", fields)
}

pub(crate) fn api_post(now: Time, origin: &Origin, definition: Value) -> Event {
    let fields = json!({
        "clientIp": origin.client_ip,
        "uri": origin.uri,
        "appDefinition": definition,
    });
    event(now, "api_post_event", fields)
}
