//! How the check results of a sample change the life of a task.

use serde_json::Value;

use super::{
    life::{CheckFailure, Happening, TaskLife},
    moment::seconds_between,
    sample::Sample,
};

impl TaskLife {
    /// The health that a sample's own results show, if any of them counts.
    pub(super) fn results(&mut self, sample: &Sample, results: &[Value]) -> Option<bool> {
        let (mut good, mut bad, mut unknown) = (false, false, false);
        for (check, result) in results.iter().enumerate() {
            let text = |key: &str| result[key].as_str().unwrap_or_default();
            let staged = self.staged_at.clone();
            // ISO 8601 in UTC, as Marathon writes it, sorts as text.
            let own = |at: &str| !at.is_empty() && at >= staged.as_str();
            if self.seconds_to_healthy.is_none() && own(text("firstSuccess")) {
                self.seconds_to_healthy = seconds_between(&self.staged_at, text("firstSuccess"));
            }
            match result["alive"].as_bool() {
                Some(false) if own(text("lastFailure")) => {
                    bad = true;
                    self.failed(sample, check, result);
                }
                Some(true) if text("lastSuccess").is_empty() || own(text("lastSuccess")) => good = true,
                Some(false) => {
                    unknown = true;
                    // No failure is counted, and no result was there before: a successor's `false` may be its
                    // predecessor's.
                    let nothing = ["lastFailure", "lastSuccess", "firstSuccess"].iter().all(|key| text(key).is_empty());
                    if nothing && self.life().1 == 1 && self.failed_in_grace.is_none() {
                        self.failed_in_grace = Some(sample.t);
                        self.note(sample.t, Happening::FailedInGrace);
                    }
                }
                Some(true) | None => {}
            }
        }
        if bad { Some(false) } else { (good && !unknown).then_some(true) }
    }

    fn failed(&mut self, sample: &Sample, check: usize, result: &Value) {
        let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
        let failures = result["consecutiveFailures"].as_u64().unwrap_or(0);
        let was_healthy = self.seconds_to_healthy.is_some() || self.first_healthy.is_some();
        let check_failure = self.check_failure.get_or_insert_with(|| CheckFailure {
            check,
            request: sample.request,
            t: sample.t,
            since: text("lastFailure"),
            was_healthy,
            ..CheckFailure::default()
        });
        check_failure.recovered = false;
        check_failure.recovered_at = None;
        check_failure.failures = check_failure.failures.max(failures);
        if check_failure.cause.is_empty() {
            check_failure.cause = text("lastFailureCause");
        }
    }
}
