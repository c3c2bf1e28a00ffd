//! How long tasks took to become healthy.

use std::{borrow::Cow, time::Duration};

use super::counts::healthy;
use crate::{
    model::TaskId,
    wait::{Condition, Look},
    watch::view::AppView,
};

/// See [`time_to_healthy`].
#[derive(Clone, Debug)]
pub struct TimeToHealthy {
    n: u64,
}

/// Exactly `n` healthy tasks, as [`healthy`], with the time from `startedAt` to `firstSuccess` of each, by the server's
/// clock. Tasks that inherited the record of a predecessor are left out: theirs is the predecessor's first success.
#[must_use]
pub fn time_to_healthy(n: u64) -> TimeToHealthy {
    TimeToHealthy { n }
}

impl Condition<AppView> for TimeToHealthy {
    type Output = Vec<(TaskId, Duration)>;

    fn look(&mut self, view: &AppView) -> Look<Self::Output> {
        healthy(self.n).look(view).map(|()| {
            let times = view.tasks().iter().filter_map(|task| {
                let results = task.health_check_results.iter();
                // With several checks the last to succeed makes the task healthy.
                let success = results.filter_map(|result| result.first_success).max()?;
                Some((task.id.clone(), Duration::try_from(success - task.started_at?).ok()?))
            });
            times.collect()
        })
    }

    fn name(&self) -> Cow<'_, str> {
        Cow::Owned(Condition::<AppView>::name(&healthy(self.n)).into_owned())
    }
}
