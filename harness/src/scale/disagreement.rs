//! Where polls and events disagree.
//!
//! Both are kept beside each other, and each has its blind spots: polls miss what happens between two of them, the
//! stream loses what happens while it is broken, and both are late. A measurement should say how far they agree.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    model::{EventKind, TaskId},
    record::{Histogram, Observed, Quantiles},
};

/// How many findings are listed; all are counted.
const LISTED: usize = 100;

/// How far polls and events agreed on the health of the tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Agreement {
    /// Changes of health that both reported.
    pub agreed: u64,
    /// Changes that an event reported and that were undone before a poll could see them.
    pub unseen_by_polls: u64,
    /// Changes that a poll saw and no event reported in time.
    pub untold_by_events: u64,
    /// Seconds from the event to the poll that saw the same change.
    #[serde(rename = "polls_behind_seconds")]
    pub polls_behind: Option<Quantiles>,
    /// Seconds from the poll to an event that came after it.
    #[serde(rename = "events_behind_seconds")]
    pub events_behind: Option<Quantiles>,
    /// Events that bear an earlier time than one of the same instance that arrived before.
    pub out_of_order: u64,
    /// The first findings one by one.
    pub findings: Vec<Finding>,
}

/// One disagreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// When it happened, in seconds since the run began.
    #[serde(rename = "at_seconds")]
    pub t: f64,
    /// The instance.
    pub instance: String,
    /// What is odd.
    pub what: Oddity,
}

/// What polls and events can disagree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// See [`Agreement::unseen_by_polls`].
    UnseenByPolls,
    /// See [`Agreement::untold_by_events`].
    UntoldByEvents,
    /// See [`Agreement::out_of_order`].
    OutOfOrder,
}

/// Compares the health that polls see with the health that events report, instance by instance, as both arrive.
#[derive(Debug)]
pub struct Comparer {
    /// How long an event may come after the poll that saw its change.
    grace: f64,
    instances: BTreeMap<String, Known>,
    /// The tasks of the last poll.
    listed: Vec<Arc<Observed>>,
    /// The number of instances when all of them were listed; none while one is not.
    all_listed: Option<usize>,
    agreement: Agreement,
    polls_behind: Histogram,
    events_behind: Histogram,
}

#[derive(Debug, Default)]
struct Known {
    /// The health by the last poll, and by the last event.
    polled: Option<bool>,
    reported: Option<bool>,
    /// The change that an event has reported and no poll has seen.
    unseen: Option<(f64, bool)>,
    /// The change that a poll has seen and no event has reported.
    unreported: Option<(f64, bool)>,
    last_timestamp: Option<String>,
    /// When the last event arrived.
    reported_at: f64,
}

impl Comparer {
    /// Events may come so many seconds after the poll that saw their change; a poll interval is a good measure.
    #[must_use]
    pub fn new(grace: f64) -> Self {
        Self {
            grace,
            instances: BTreeMap::new(),
            listed: Vec::new(),
            all_listed: Some(0),
            agreement: Agreement::default(),
            polls_behind: Histogram::default(),
            events_behind: Histogram::default(),
        }
    }

    /// A poll at `t` listed these tasks, all there are.
    pub fn on_tasks(&mut self, tasks: &[Arc<Observed>], t: f64) {
        let before = std::mem::replace(&mut self.listed, tasks.to_vec());
        let same = |(before, now): (&Arc<Observed>, &Arc<Observed>)| {
            before.id() == now.id() && before.state().health() == now.state().health()
        };
        let nothing_new = before.len() == tasks.len() && before.iter().zip(tasks).all(same);
        if nothing_new && self.all_listed == Some(self.instances.len()) {
            self.expire(t);
            return;
        }
        let listed: BTreeMap<&str, Option<bool>> =
            tasks.iter().map(|task| (TaskId::instance_of(task.id()), task.state().health())).collect();
        for (instance, health) in &listed {
            if let Some(healthy) = *health {
                self.saw(instance, healthy, t);
            }
        }
        self.expire(t);
        // What is listed no more has nothing left to disagree on, unless events were faster than a slow answer.
        let grace = self.grace;
        self.instances
            .retain(|instance, known| listed.contains_key(instance.as_str()) || t - known.reported_at <= grace);
        let all_are = self.instances.keys().all(|instance| listed.contains_key(instance.as_str()));
        self.all_listed = all_are.then_some(self.instances.len());
    }

    fn saw(&mut self, instance: &str, healthy: bool, t: f64) {
        if self.instances.get(instance).is_some_and(|known| known.polled == Some(healthy)) {
            return;
        }
        let known = self.instances.entry(instance.to_owned()).or_default();
        if known.polled.replace(healthy) == Some(healthy) {
            return;
        }
        match known.unseen {
            Some((reported_at, what)) if what == healthy => {
                known.unseen = None;
                self.agreement.agreed += 1;
                self.polls_behind.record(t - reported_at);
            }
            _ if known.reported == Some(healthy) => {}
            _ => known.unreported = Some((t, healthy)),
        }
    }

    /// An event arrived at `t`.
    pub fn on_event(&mut self, event: &Value, t: f64) {
        let health = EventKind::of(event).and_then(|kind| kind.health_change(event));
        let (Some(instance), Some(healthy)) = (event["instanceId"].as_str(), health) else { return };
        let known = self.instances.entry(instance.to_owned()).or_default();
        known.reported_at = t;
        let timestamp = event["timestamp"].as_str().unwrap_or_default();
        // Marathon writes them all alike, so they compare as texts.
        if known.last_timestamp.as_deref().is_some_and(|last| timestamp < last) {
            self.agreement.out_of_order += 1;
            self.agreement.list(t, instance, Oddity::OutOfOrder);
        } else {
            known.last_timestamp = Some(timestamp.to_owned());
        }
        // Native checks report a change twice.
        if known.reported.replace(healthy) == Some(healthy) {
            return;
        }
        if let Some((seen, what)) = known.unreported
            && what == healthy
        {
            known.unreported = None;
            self.agreement.agreed += 1;
            self.events_behind.record(t - seen);
            return;
        }
        if let Some((reported_at, _)) = known.unseen.take() {
            // The change before was undone before a poll could see it.
            self.agreement.unseen_by_polls += 1;
            self.agreement.list(reported_at, instance, Oddity::UnseenByPolls);
        }
        if known.polled != Some(healthy) {
            known.unseen = Some((t, healthy));
        }
    }

    fn expire(&mut self, t: f64) {
        for (instance, known) in &mut self.instances {
            if let Some((seen, _)) = known.unreported
                && t - seen > self.grace
            {
                known.unreported = None;
                self.agreement.untold_by_events += 1;
                self.agreement.list(seen, instance, Oddity::UntoldByEvents);
            }
        }
    }

    /// How far they agreed so far.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        Agreement {
            polls_behind: self.polls_behind.quantiles(),
            events_behind: self.events_behind.quantiles(),
            ..self.agreement.clone()
        }
    }
}

impl Agreement {
    fn list(&mut self, t: f64, instance: &str, what: Oddity) {
        if self.findings.len() < LISTED {
            self.findings.push(Finding { t, instance: instance.to_owned(), what });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn poll(comparer: &mut Comparer, t: f64, alive: bool) {
        let task = json!({
            "id": "hc.instance-1._app.1", "state": "TASK_RUNNING", "healthCheckResults": [{"alive": alive}],
        });
        comparer.on_tasks(&[Observed::of_value(&task)], t);
    }

    fn report(comparer: &mut Comparer, t: f64, alive: bool) {
        let event = json!({
            "eventType": "health_status_changed_event", "instanceId": "hc.instance-1", "alive": alive,
            "timestamp": format!("2026-11-22T17:00:{t:06.3}Z"),
        });
        comparer.on_event(&event, t);
    }

    #[test]
    fn polls_are_behind_events() {
        let mut comparer = Comparer::new(2.0);
        report(&mut comparer, 0.5, true);
        poll(&mut comparer, 2.0, true);
        report(&mut comparer, 2.5, false);
        poll(&mut comparer, 4.0, false);
        let agreement = comparer.agreement();
        assert_eq!((agreement.agreed, agreement.findings.len()), (2, 0));
        assert_eq!(agreement.polls_behind.map(|behind| behind.max), Some(1.5));
        assert_eq!(agreement.events_behind, None);
    }

    #[test]
    fn a_flip_between_two_polls_is_unseen() {
        let mut comparer = Comparer::new(2.0);
        report(&mut comparer, 0.5, true);
        poll(&mut comparer, 2.0, true);
        report(&mut comparer, 2.5, false);
        report(&mut comparer, 3.5, true);
        poll(&mut comparer, 4.0, true);
        let agreement = comparer.agreement();
        assert_eq!(agreement.unseen_by_polls, 1);
        let finding = Finding { t: 2.5, instance: "hc.instance-1".into(), what: Oddity::UnseenByPolls };
        assert_eq!(agreement.findings, [finding]);
    }

    #[test]
    fn an_event_may_be_late_but_not_missing() {
        let mut comparer = Comparer::new(2.0);
        poll(&mut comparer, 0.0, true);
        report(&mut comparer, 0.3, true);
        assert_eq!(comparer.agreement().events_behind.map(|behind| behind.max), Some(0.3));
        poll(&mut comparer, 2.0, false);
        poll(&mut comparer, 4.0, false);
        assert_eq!(comparer.agreement().untold_by_events, 0, "it may still come");
        poll(&mut comparer, 6.0, false);
        assert_eq!(comparer.agreement().untold_by_events, 1);
    }

    #[test]
    fn events_that_overtake_each_other_are_counted() {
        let mut comparer = Comparer::new(2.0);
        report(&mut comparer, 1.0, true);
        let late = json!({
            "eventType": "instance_health_changed_event", "instanceId": "hc.instance-1", "healthy": true,
            "timestamp": "2026-11-22T17:00:00.900Z",
        });
        comparer.on_event(&late, 1.1);
        assert_eq!(comparer.agreement().out_of_order, 1);
    }
}
