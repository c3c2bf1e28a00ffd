//! Views as text: the lines of a timeline and the sections of a report.
//!
//! Failed waits and the diagnosis of a run describe a task in the same words.

use text::elapsed;
use time::{OffsetDateTime, macros::format_description};

use super::{
    event_log::Logged,
    view::{AppView, Events, TaskView, state_of},
};
use crate::{
    model::{Deployment, Event, HealthResult, Kind, QueueEntry, ServerTime, Task, TaskId, TaskState},
    wait::{Section, View},
};

/// How many tasks, and how many events, are listed.
const TASKS: usize = 10;
const EVENTS: usize = 30;

/// How many unhealthy tasks one line of a timeline names.
const NAMED: usize = 3;

impl View for AppView {
    fn line(&self) -> String {
        app_line(self)
    }

    fn sections(&self) -> Vec<Section> {
        app_sections(self)
    }
}

impl View for TaskView {
    fn line(&self) -> String {
        task_line(self)
    }

    fn sections(&self) -> Vec<Section> {
        task_sections(self)
    }
}

/// A task id as a timeline shows it: the beginning of the instance's UUID and the incarnation, `d71e2a8a.1`.
#[must_use]
pub fn short(id: &str) -> String {
    let id = TaskId::from(id);
    let uuid = id.instance().rsplit_once("instance-").map_or(id.instance(), |(_, uuid)| uuid);
    let uuid = uuid.split('-').next().unwrap_or(uuid);
    match id.incarnation() {
        Some(n) => format!("{uuid}.{n}"),
        None => uuid.to_owned(),
    }
}

fn app_line(view: &AppView) -> String {
    let mut line = view.summary();
    let unhealthy: Vec<String> = view.in_state(TaskState::Unhealthy).take(NAMED).map(failing).collect();
    if !unhealthy.is_empty() {
        line.push_str(&format!(" ({})", unhealthy.join(", ")));
    }
    for deployment in &view.deployments {
        line.push_str(&format!("; {}", step(deployment)));
    }
    if let Some(declined) = view.queue.as_ref().and_then(declined_offers) {
        line.push_str(&format!("; offers declined: {declined}"));
    }
    line
}

/// `d71e2a8a.1 failed 2 times`, if the number is known.
fn failing(task: &Task) -> String {
    let n = task.health_check_results.iter().map(|result| result.consecutive_failures).max().unwrap_or(0);
    match n {
        0 => short(task.id.as_str()),
        1 => format!("{} failed once", short(task.id.as_str())),
        n => format!("{} failed {n} times", short(task.id.as_str())),
    }
}

fn app_sections(view: &AppView) -> Vec<Section> {
    let right = if view.check().is_some() { TaskState::Healthy } else { TaskState::Running };
    let wrong: Vec<&Task> = view.tasks().iter().filter(|task| state_of(task) != right).collect();
    let mut tasks: Vec<String> = wrong.iter().take(TASKS).flat_map(|task| task_lines(task, view.now)).collect();
    if wrong.len() > TASKS {
        tasks.push(format!("and {} more", wrong.len() - TASKS));
    }
    let missing = view.count(TaskState::Scheduled);
    if missing > 0 {
        tasks.push(format!("{missing} of {} not launched yet", view.wanted()));
    }
    let title = format!("tasks that are not {right}");
    let mut sections = vec![Section::new(title, tasks)];
    sections.extend(around(view));
    sections.push(event_section(&view.events, |_| true));
    sections
}

fn task_line(view: &TaskView) -> String {
    let Some(task) = view.task() else {
        let gone = format!("{} is not listed", short(&view.id));
        return match view.successor() {
            Some(next) => format!("{gone}, its successor {} is {}", short(next.id.as_str()), state_of(next)),
            None => gone,
        };
    };
    let what = match state_of(task) {
        TaskState::Unhealthy => format!("unhealthy: {}", failing(task)),
        TaskState::Killing => task.state.clone(),
        state => state.to_string(),
    };
    if view.app.deploying() { format!("{what} (a deployment is in progress)") } else { what }
}

fn task_sections(view: &TaskView) -> Vec<Section> {
    let mut lines = match view.task() {
        Some(task) => task_lines(task, view.app.now),
        None => vec![format!("{} is not listed", view.id)],
    };
    if let Some(next) = view.successor() {
        lines.push("its successor:".to_owned());
        lines.extend(task_lines(next, view.app.now));
    }
    let mut sections = vec![Section::new("the task", lines)];
    sections.extend(around(&view.app));
    let instance = TaskId::from(view.id.as_str());
    sections
        .push(event_section(&view.app.events, |event| event.instance_id().is_none_or(|id| id == instance.instance())));
    sections
}

/// What the reports of an app and of a task share: deployments, queue, unreadable answers.
fn around(view: &AppView) -> Vec<Section> {
    let deployments = view.deployments.iter().map(|deployment| format!("{}  {}", deployment.id, step(deployment)));
    let unreadable = view.app.iter().flat_map(|app| &app.unreadable);
    vec![
        Section::new("deployment", deployments.collect()),
        Section::new("launch queue", view.queue.iter().flat_map(queue_lines).collect()),
        Section::new(
            "unreadable parts of the answer",
            unreadable.take(TASKS).map(|each| format!("a {}: {}: {}", each.what, each.why, each.raw)).collect(),
        ),
    ]
}

/// One task in full: its state, where it runs, and the last result of each check.
#[must_use]
pub fn task_lines(task: &Task, now: Option<ServerTime>) -> Vec<String> {
    let mut place = vec![format!("  {} on {}", task.state, task.host)];
    if !task.ports.is_empty() {
        let ports: Vec<String> = task.ports.iter().map(u16::to_string).collect();
        place.push(format!("port {}", ports.join(", ")));
    }
    if !task.slave_id.is_empty() {
        place.push(format!("agent {}", task.slave_id));
    }
    if let Some(started) = task.started_at {
        place.push(format!("running since {}", clock(started, now)));
    }
    let mut lines = vec![format!("{}  {}", task.id, state_of(task)), place.join(", ")];
    let containers =
        task.containers.iter().map(|(name, each)| format!("  container {name}: {} {}", each.state, each.id));
    lines.extend(containers.map(|line| line.trim_end().to_owned()));
    if task.health_check_results.is_empty() {
        lines.push("  no check result yet".to_owned());
    }
    lines.extend(task.health_check_results.iter().map(|result| format!("  {}", describe_result(task, result, now))));
    lines
}

fn describe_result(task: &Task, result: &HealthResult, now: Option<ServerTime>) -> String {
    if result.alive {
        let last = result.last_success.map(|at| format!(", last success at {}", clock(at, now))).unwrap_or_default();
        return format!("alive{last}");
    }
    let count = match result.consecutive_failures {
        // Marathon shows a failure in the grace period this way, and every failure of a native check never healthy.
        0 => "not alive, no failures counted".to_owned(),
        1 => "not alive, 1 failure counted".to_owned(),
        n => format!("not alive, {n} failures counted"),
    };
    let last = result.last_failure.map(|at| format!(", last failure at {}", clock(at, now))).unwrap_or_default();
    let cause = match result.last_failure_cause.as_deref() {
        Some("") => ": no cause given (Mesos makes this check)".to_owned(),
        Some(cause) => format!(": {cause}"),
        None => String::new(),
    };
    // A pod forgets its success with the next failure.
    let never = result.first_success.is_none() && task.kind() == Kind::App;
    let before = if never { "; never succeeded" } else { "" };
    format!("{count}{last}{cause}{before}")
}

/// A time of day on the server's clock, and its age if the server's current time is known.
fn clock(at: OffsetDateTime, now: Option<ServerTime>) -> String {
    let day = at.format(format_description!("[hour]:[minute]:[second].[subsecond digits:3]")).unwrap_or_default();
    let ago = now.and_then(|now| (now.now - at).try_into().ok()).map(elapsed);
    ago.map_or_else(|| day.clone(), |ago| format!("{day} ({ago} ago)"))
}

/// `deployment step 1 of 2: ScaleApplication`.
fn step(deployment: &Deployment) -> String {
    let actions: Vec<&str> = deployment.current_actions.iter().map(|action| action.action.as_str()).collect();
    let Deployment { current_step, total_steps, .. } = deployment;
    format!("deployment step {current_step} of {total_steps}: {}", actions.join(", "))
}

fn queue_lines(entry: &QueueEntry) -> Vec<String> {
    let mut lines = vec![format!("{} waiting to be launched", entry.count)];
    if entry.delay.time_left_seconds > 0 {
        lines.push(format!("in back-off for another {} s", entry.delay.time_left_seconds));
    }
    match declined_offers(entry) {
        Some(declined) => lines.push(format!("offers declined: {declined}")),
        None => {
            lines.push(format!("{} offers processed so far", entry.processed_offers_summary.processed_offers_count))
        }
    }
    lines
}

/// `InsufficientCpus 3, InsufficientPorts 1`.
fn declined_offers(entry: &QueueEntry) -> Option<String> {
    let refusals: Vec<String> =
        entry.refusals().iter().map(|each| format!("{} {}", each.reason, each.declined)).collect();
    (!refusals.is_empty()).then(|| refusals.join(", "))
}

fn event_section(events: &Events, concerns: impl Fn(&Event) -> bool) -> Section {
    let title = "events since the start";
    if !events.on {
        return Section::new(title, vec!["the event stream was not followed".to_owned()]);
    }
    let is_relevant = |logged: &&std::sync::Arc<Logged>| logged.what.as_ref().map_or(true, &concerns);
    let relevant: Vec<_> = events.since_start().filter(is_relevant).collect();
    let left_out = relevant.len().saturating_sub(EVENTS);
    let mut lines = Vec::new();
    if left_out > 0 {
        lines.push(format!("({left_out} earlier events omitted)"));
    }
    lines.extend(relevant[left_out..].iter().map(|logged| {
        let at = elapsed(logged.at.saturating_sub(events.since));
        match &logged.what {
            Ok(event) => format!("{at:>9}  {}", event_line(event)),
            Err(why) => format!("{at:>9}  the stream broke, events may be missing: {why}"),
        }
    }));
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    Section::new(title, lines)
}

/// An event on one line, such as `status_update_event d71e2a8a.1 TASK_RUNNING`.
#[must_use]
pub fn event_line(event: &Event) -> String {
    let mut words = vec![event.event_type.clone()];
    words.extend(event.task_id().or_else(|| event.instance_id()).map(short));
    words.extend(
        ["taskStatus", "condition", "reason", "message"]
            .iter()
            .filter_map(|&key| event.text(key).filter(|text| !text.is_empty()).map(str::to_owned)),
    );
    match (event.data.get("alive").or_else(|| event.data.get("healthy")), event.healthy()) {
        (_, Some(true)) => words.push("healthy".to_owned()),
        (_, Some(false)) => words.push("not healthy".to_owned()),
        (Some(_), None) => words.push("health unknown".to_owned()),
        (None, None) => {}
    }
    let actions = event.data["currentStep"]["actions"].as_array().into_iter().flatten();
    words.extend(actions.filter_map(|action| action["action"].as_str().map(str::to_owned)));
    words.join(" ")
}
