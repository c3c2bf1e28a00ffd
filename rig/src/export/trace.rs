//! `trace.json`: the tasks' timelines in the Chrome trace event format, which Perfetto opens.
//!
//! A process per agent, a thread per task, a slice per phase (staged, running, healthy, unhealthy), and the counts by
//! state, the age of the oldest result and Marathon's answer time as counters. Times are microseconds on the samples'
//! clock. <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use std::collections::BTreeMap;

use harness::{
    model::TaskState,
    record::{Happening, Moment, TaskLife},
};
use serde_json::{Value, json};

use crate::{chart::states::STACK, folder::Run, report::panels::MEASURES};

/// The process that the counters of the whole app belong to.
const APP: u64 = 1;

/// The trace, one event a line.
pub fn trace(run: &Run) -> Vec<u8> {
    let mut events = vec![metadata("process_name", APP, 0, &run.manifest.app)];
    let mut agents: BTreeMap<&str, u64> = BTreeMap::new();
    let end = run.course.last().map_or(0.0, |point| point.t);
    for (thread, life) in (1..).zip(run.lives.all()) {
        let next = APP + 1 + agents.len() as u64;
        let agent = *agents.entry(life.host.as_str()).or_insert(next);
        if agent == next {
            events.push(metadata("process_name", agent, 0, &format!("agent {}", life.host)));
        }
        events.push(metadata("thread_name", agent, thread, &life.id));
        phases(&mut events, life, agent, thread, end);
    }
    for point in &run.course {
        let counts: serde_json::Map<String, Value> =
            STACK.iter().map(|state| (state.as_str().to_owned(), json!(point.counts.get(*state)))).collect();
        events.push(counter("tasks by state", point.t, counts.into()));
        for measure in &MEASURES {
            if let (Some(name), Some(value)) = (measure.counter, measure.value(point)) {
                let unit = measure.unit.symbol();
                events.push(counter(&format!("{name} ({unit})"), point.t, json!({unit: value})));
            }
        }
    }
    let mut text = String::from("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n");
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    text.push_str(&lines.join(",\n"));
    text.push_str("\n]}\n");
    text.into_bytes()
}

/// A slice from each moment that begins a phase to the next, an instant for each that does not.
fn phases(events: &mut Vec<Value>, life: &TaskLife, agent: u64, thread: u64, end: f64) {
    let until = life.end.as_ref().map_or(end, |end| end.t).max(life.first_seen);
    let mut begun = (life.first_seen, "staged");
    for moment in &life.timeline {
        match phase(moment) {
            Some(next) if next != begun.1 => {
                slice(events, begun, moment.t, agent, thread);
                begun = (moment.t, next);
            }
            Some(_) => {}
            None => events.push(json!({
                "ph": "i", "s": "t", "name": moment.what, "cat": "task", "ts": micros(moment.t), "pid": agent, "tid": thread,
            })),
        }
    }
    slice(events, begun, until, agent, thread);
}

/// The phase that a moment begins, if it begins one.
fn phase(moment: &Moment) -> Option<&'static str> {
    match &moment.what {
        Happening::Staged => Some("staged"),
        Happening::Healthy | Happening::HealthyAgain => Some("healthy"),
        Happening::Unhealthy(_) => Some("unhealthy"),
        Happening::State(state) => match TaskState::of(state, []) {
            state @ (TaskState::Staged | TaskState::Running | TaskState::Killing) => Some(state.as_str()),
            TaskState::Scheduled
            | TaskState::Unreachable
            | TaskState::Unhealthy
            | TaskState::UnhealthyInGrace
            | TaskState::Healthy => None,
        },
        Happening::FailedInGrace
        | Happening::KilledByMarathon
        | Happening::AgentUnreachable
        | Happening::Ended { .. }
        | Happening::Replaced(_) => None,
    }
}

fn slice(events: &mut Vec<Value>, (from, name): (f64, &str), to: f64, agent: u64, thread: u64) {
    if to > from {
        events.push(json!({
            "ph": "X", "name": name, "cat": "task", "ts": micros(from), "dur": micros(to - from), "pid": agent, "tid": thread,
        }));
    }
}

fn metadata(name: &str, process: u64, thread: u64, value: &str) -> Value {
    json!({"ph": "M", "name": name, "pid": process, "tid": thread, "args": {"name": value}})
}

fn counter(name: &str, t: f64, values: Value) -> Value {
    json!({"ph": "C", "name": name, "ts": micros(t), "pid": APP, "args": values})
}

fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}
