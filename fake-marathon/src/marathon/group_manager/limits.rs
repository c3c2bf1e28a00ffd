//! Limits of this fake that Marathon does not have, looked at before anything is made.

use crate::{marathon::deployment::plan::Plan, refusal::Violation, tree::Root, tuning::Tuning};

/// Bytes of all events of one plan: the begin and the end of each step are announced with the whole of it. A chain of 1,400
/// apps has fewer.
const MOST_EVENT_BYTES: usize = 256 << 20;

fn instances(root: &Root) -> u64 {
    root.apps.values().map(|app| u64::from(app.instances)).sum()
}

/// What is too much in a changed tree. A change that asks for less than before is always possible.
pub(super) fn violations(from: &Root, target: &Root, tuning: &Tuning) -> Vec<Violation> {
    let (wanted, limit) = (instances(target), tuning.max_instances);
    if wanted <= u64::from(limit) || wanted <= instances(from) {
        return Vec::new();
    }
    let error = format!(
        "all apps together would have {wanted} instances, but this fake is started for at most {limit} \
         (--max-instances); Marathon has no such limit"
    );
    vec![Violation { path: "/instances".to_owned(), errors: vec![error] }]
}

/// What is too much in the plan of a change.
pub(super) fn of_plan(plan: &Plan) -> Vec<Violation> {
    let bytes = plan.json().get().len().saturating_mul(plan.steps.len()).saturating_mul(2);
    if bytes <= MOST_EVENT_BYTES {
        return Vec::new();
    }
    let error = format!(
        "its {} steps would be announced by {} MiB of events, and this fake makes {} MiB of one change at most; Marathon has \
         no such limit",
        plan.steps.len(),
        bytes >> 20,
        MOST_EVENT_BYTES >> 20
    );
    vec![Violation { path: "/dependencies".to_owned(), errors: vec![error] }]
}
