//! The rule about readiness checks: they hold up a deployment, and neither count as health nor kill a task.

use std::collections::BTreeSet;

use text::count;

use crate::{
    folder::evidence::NotReady,
    why::{
        conclusion::{Conclusion, Confidence, Reason, some},
        facts::Facts,
        rules::Found,
    },
};

/// A deployment still waited for readiness checks at the end of a failed run, as Marathon itself listed them.
pub fn not_passed(facts: &Facts<'_>, _: &Found) -> Option<Conclusion> {
    let seen = facts.evidence.readiness.last().filter(|seen| facts.failed && !seen.not_ready.is_empty())?;
    let tasks: BTreeSet<&str> = seen.not_ready.iter().map(|one| one.task.as_str()).collect();
    let checks: BTreeSet<&str> = seen.not_ready.iter().map(|one| one.check.as_str()).collect();
    let checks: Vec<String> = checks.into_iter().map(str::to_owned).collect();
    let answered = seen.not_ready.iter().any(|one| one.status.is_some());
    let (tasks_are, readiness) = (text::count_irregular(tasks.len(), "task is", "tasks are"), some(&checks));
    Some(Conclusion {
        reason: Reason::NotReady,
        title: format!("{tasks_are} not ready: the readiness check {readiness} has not passed"),
        text: format!(
            "The deployment waits until the readiness check {readiness} of {} passes. A readiness check holds up the \
             deployment only: it changes no task's health and kills nothing, so the tasks run and may be healthy.",
            count(tasks.len(), "task")
        ),
        evidence: seen.not_ready.iter().take(3).map(|one| sentence(one, seen.t)).collect(),
        // Marathon reports the result itself; with the last response there is a second observation.
        confidence: if answered { Confidence::High } else { Confidence::Medium },
        tasks: tasks.into_iter().map(str::to_owned).collect(),
        next: vec![
            "correct the readiness check (portName, path, httpStatusCodesForReady) or the answer of the app to it"
                .to_owned(),
        ],
    })
}

fn sentence(one: &NotReady, t: f64) -> String {
    let NotReady { task, check, status, answer } = one;
    let last = match status {
        None => "no response is preserved (preserveLastResponse)".to_owned(),
        Some(504) => format!("the last response is 504 of Marathon's own: {answer}"),
        Some(status) if answer.is_empty() => format!("the last response was {status}"),
        Some(status) => format!("the last response was {status}, `{answer}`"),
    };
    format!("GET /v2/deployments at {t:.1} s: {task} has not passed {check}; {last}")
}
