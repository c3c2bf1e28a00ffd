//! Limits of this fake that Marathon does not have, looked at before anything is made.

use crate::{refusal::Violation, tree::Root, tuning::Tuning};

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
