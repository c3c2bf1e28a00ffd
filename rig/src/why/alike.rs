//! Affected tasks that differ only in their names, places and times: one group with one example.

use crate::why::{Finding, facts::Cause};

/// Tasks of one cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike<'a> {
    /// What happened to each of them: `unhealthy, then killed (HTTP: connection refused)`.
    pub what: String,
    /// The tasks, the earliest first; never empty.
    pub tasks: Vec<&'a Finding>,
}

/// Groups the tasks by check, status and cause: the largest group first, among equals the one that began first.
pub fn alike(findings: &[Finding]) -> Vec<Alike<'_>> {
    let mut groups: Vec<Alike<'_>> = Vec::new();
    for finding in findings {
        let what = what(finding);
        match groups.iter_mut().find(|group| group.what == what) {
            Some(group) => group.tasks.push(finding),
            None => groups.push(Alike { what, tasks: vec![finding] }),
        }
    }
    // The sort is stable, so equals stay in the order in which they began.
    groups.sort_by_key(|group| std::cmp::Reverse(group.tasks.len()));
    groups
}

fn what(finding: &Finding) -> String {
    let Finding { status, check, cause, failures, .. } = finding;
    // Without a failed check there is no cause to name.
    if *failures == 0 && cause.is_empty() {
        return status.clone();
    }
    format!("{status} ({check}: {})", Cause::of(cause).words())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(task: &str, status: &str, cause: &str) -> Finding {
        Finding {
            task: task.to_owned(),
            status: status.to_owned(),
            check: "HTTP".to_owned(),
            cause: cause.to_owned(),
            failures: u64::from(!cause.is_empty()),
            ..Finding::default()
        }
    }

    #[test]
    fn causes_that_differ_only_in_their_place_are_one() {
        let refused = |port: u32| format!("Tcp command [Connect(10.0.0.1:{port})] failed: Connection refused");
        let findings = [
            finding("a", "unhealthy", "500 Internal Server Error"),
            finding("b", "unhealthy", &refused(31001)),
            finding("c", "unhealthy", &refused(31002)),
            finding("d", "killed", ""),
        ];
        let groups = alike(&findings);
        let seen: Vec<(&str, usize)> = groups.iter().map(|group| (group.what.as_str(), group.tasks.len())).collect();
        assert_eq!(
            seen,
            [("unhealthy (HTTP: connection refused)", 2), ("unhealthy (HTTP: HTTP status 500)", 1), ("killed", 1)]
        );
        assert_eq!(groups[0].tasks[0].task, "b", "the earliest is the example");
    }
}
