//! How the check results of a sample change the life of a task.

use super::{
    life::{CheckFailure, Happening, TaskLife},
    listed::ListedResult,
    moment::seconds_between,
};

impl TaskLife {
    /// The health that the results of the sample at `t` seconds, of this request, show, if any of them counts.
    pub(super) fn results(&mut self, (t, request): (f64, u64), results: &[ListedResult<'_>]) -> Option<bool> {
        let (mut good, mut bad, mut unknown) = (false, false, false);
        for (check, result) in results.iter().enumerate() {
            // ISO 8601 in UTC, as Marathon writes it, sorts as text.
            let own = |life: &Self, at: &str| !at.is_empty() && at >= life.staged_at.as_str();
            if self.seconds_to_healthy.is_none() && own(self, &result.first_success) {
                self.seconds_to_healthy = seconds_between(&self.staged_at, &result.first_success);
            }
            match result.alive {
                Some(false) if own(self, &result.last_failure) => {
                    bad = true;
                    self.failed((t, request), check, result);
                }
                Some(true) if result.last_success.is_empty() || own(self, &result.last_success) => good = true,
                Some(false) => {
                    unknown = true;
                    // No failure is counted, and no result was there before: a successor's `false` may be its
                    // predecessor's.
                    let times = [&result.last_failure, &result.last_success, &result.first_success];
                    let nothing = times.iter().all(|at| at.is_empty());
                    if nothing && self.life().1 == 1 && self.failed_in_grace.is_none() {
                        self.failed_in_grace = Some(t);
                        self.note(t, Happening::FailedInGrace);
                    }
                }
                Some(true) | None => {}
            }
        }
        if bad { Some(false) } else { (good && !unknown).then_some(true) }
    }

    fn failed(&mut self, (t, request): (f64, u64), check: usize, result: &ListedResult<'_>) {
        let was_healthy = self.seconds_to_healthy.is_some() || self.first_healthy.is_some();
        let check_failure = self.check_failure.get_or_insert_with(|| CheckFailure {
            check,
            request,
            t,
            since: result.last_failure.clone().into_owned(),
            was_healthy,
            ..CheckFailure::default()
        });
        check_failure.recovered = false;
        check_failure.recovered_at = None;
        check_failure.failures = check_failure.failures.max(result.consecutive_failures);
        if check_failure.cause.is_empty() {
            check_failure.cause = result.last_failure_cause.as_deref().unwrap_or_default().to_owned();
        }
    }
}
