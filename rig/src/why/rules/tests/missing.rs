//! Missing samples invent no end of a task: a long run that scales up and down, and whose tasks only end because they were
//! asked to, with any of its samples left out.

use harness::record::{Counts, EventRecord, Lives, Sample};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::manifest;
use crate::{
    folder::evidence::Evidence,
    why::{Facts, Reason, rules::conclude},
};

/// A line of the record, in the order in which it was written.
#[derive(Clone, Debug)]
enum Line {
    Event(EventRecord),
    Sample(Box<Sample>),
}

fn event(t: f64, event: Value) -> Line {
    Line::Event(serde_json::from_value(json!({"v": 1, "at": "", "t": t, "event": event})).expect("an event"))
}

fn status(t: f64, task: u32, state: &str) -> Line {
    let id = format!("hc.instance-{task}._app.1");
    event(
        t,
        json!({"eventType": "status_update_event", "taskId": id, "taskStatus": state, "message": "Command terminated"}),
    )
}

/// A poll that lists these tasks in full.
fn sample(t: f64, target: usize, tasks: &[u32]) -> Line {
    let task = |n: &u32| {
        let id = format!("hc.instance-{n}._app.1");
        json!({"id": id, "state": "TASK_RUNNING", "healthCheckResults": [{"alive": true, "taskId": id}]})
    };
    let listed: Vec<Value> = tasks.iter().map(task).collect();
    let counts = Counts { healthy: tasks.len() as u64, ..Counts::default() };
    let sample = json!({
        "v": 1, "at": "", "t": t, "request": 1, "step": 1, "target": target, "counts": counts, "deploying": false,
        "took": 0.1, "late": 0.0, "missed": 0, "complete": true, "tasks": listed, "gone": [],
    });
    Line::Sample(Box::new(serde_json::from_value(sample).expect("a sample")))
}

/// The record of a run through these targets: each step starts or kills the tasks that it needs to, then polls twice.
fn record(targets: &[usize]) -> Vec<Line> {
    let (mut lines, mut live, mut next, mut t) = (Vec::new(), Vec::new(), 0, 0.0);
    for (step, target) in targets.iter().enumerate() {
        lines.push(event(t, json!({"eventType": "hc_rig_step", "step": step + 1, "target": target, "asked_at": t})));
        while live.len() < *target {
            lines.push(status(t + 0.5, next, "TASK_RUNNING"));
            live.push(next);
            next += 1;
        }
        while live.len() > *target {
            let last: u32 = live.pop().expect("a task");
            lines.push(status(t + 0.5, last, "TASK_KILLED"));
        }
        lines.extend([1.0, 2.0].map(|after| sample(t + after, *target, &live)));
        t += 10.0;
    }
    lines
}

/// What is concluded of the record, and how many tasks are said to have ended otherwise.
fn read(lines: &[Line]) -> (Vec<Reason>, u64) {
    let mut lives = Lives::keeping_all();
    for line in lines {
        match line {
            Line::Event(event) => lives.event(event),
            Line::Sample(sample) => lives.sample(sample),
        }
    }
    let lost = lives.steps().iter().map(|step| step.tally.losses).sum();
    let lives = lives.finish();
    let (manifest, evidence) = (manifest("MESOS_TCP"), Evidence::default());
    let facts = Facts::new(&manifest, lives.all().collect(), &evidence, Counts::default());
    (conclude(&facts).iter().map(|found| found.reason).collect(), lost)
}

proptest! {
    #[test]
    fn no_end_is_invented_when_samples_are_missing(
        targets in prop::collection::vec(1_usize..12, 1..8),
        kept in prop::collection::vec(any::<bool>(), 16),
    ) {
        let mut kept = kept.into_iter().cycle();
        let lines: Vec<Line> = record(&targets)
            .into_iter()
            .filter(|line| matches!(line, Line::Event(_)) || kept.next().unwrap_or(true))
            .collect();
        let (reasons, lost) = read(&lines);
        prop_assert!(!reasons.contains(&Reason::CrashLoop), "{:?}: {:?}", targets, reasons);
        prop_assert_eq!(lost, 0, "{:?}", targets);
    }
}

/// The property above can fail: tasks that end on their own are found, with and without samples.
#[test]
fn ends_that_nobody_asked_for_are_found_without_samples_too() {
    let mut lines = record(&[5]);
    lines.extend((0..4).map(|n| status(5.0, n, "TASK_FAILED")));
    lines.push(sample(6.0, 5, &[4]));
    let events: Vec<Line> = lines.iter().filter(|line| matches!(line, Line::Event(_))).cloned().collect();
    for lines in [lines, events] {
        let (reasons, lost) = read(&lines);
        assert_eq!((reasons.contains(&Reason::CrashLoop), lost), (true, 4));
    }
}
