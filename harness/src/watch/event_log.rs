//! The events of one Marathon, kept for waits.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use serde_json::Value;
use tokio::{task::AbortHandle, time::Instant};

use crate::{
    marathon::{
        Client, Result,
        events::{EventStream, StreamItem},
    },
    model::Event,
    wait::{Listener, Notifier},
};

/// How many entries are kept; enough for every event of a thousand tasks that start and stop once.
const KEPT: usize = 20_000;

/// Follows a Marathon's event stream for as long as a clone of it lives.
///
/// Waits read from it what happened between two polls, and observe sooner when something arrives. It is optional: a wait
/// without events observes less often and reports less.
#[derive(Clone, Debug)]
pub struct EventLog {
    kept: Arc<Kept>,
    _reader: Arc<Reader>,
}

/// Something that came in on the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// When it arrived, since the log was opened.
    pub at: Duration,
    /// The event, or how the stream broke so that events may be missing here.
    pub what: std::result::Result<Event, String>,
}

#[derive(Debug)]
struct Kept {
    opened: Instant,
    entries: Mutex<VecDeque<Arc<Logged>>>,
    notifier: Notifier,
}

/// Ends the reading task with the last clone of the log.
#[derive(Debug)]
struct Reader(AbortHandle);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl EventLog {
    /// Opens the stream. What happens from now on is in the log.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    pub async fn open(client: &Client) -> Result<Self> {
        let events = client.events(&[]).await?;
        let kept = Arc::new(Kept::new());
        let reader = tokio::spawn(read(events, Arc::clone(&kept))).abort_handle();
        Ok(Self { kept, _reader: Arc::new(Reader(reader)) })
    }

    /// A listener for a wait.
    #[must_use]
    pub fn listener(&self) -> Listener {
        self.kept.notifier.listener()
    }

    /// The current time on the clock of [`Logged::at`].
    #[must_use]
    pub fn now(&self) -> Duration {
        self.kept.opened.elapsed()
    }

    /// Everything kept that is about an app, and every gap.
    #[must_use]
    pub fn of_app(&self, id: &str) -> Vec<Arc<Logged>> {
        self.kept.lock().iter().filter(|entry| entry.concerns(id)).cloned().collect()
    }
}

impl Kept {
    fn new() -> Self {
        Self { opened: Instant::now(), entries: Mutex::default(), notifier: Notifier::default() }
    }

    fn push(&self, what: std::result::Result<Event, String>) {
        let entry = Logged { at: self.opened.elapsed(), what };
        let mut entries = self.lock();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(Arc::new(entry));
        drop(entries);
        self.notifier.notify();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Logged>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Logged {
    fn concerns(&self, id: &str) -> bool {
        self.what.as_ref().map_or(true, |event| concerns(&event.data, id))
    }
}

async fn read(mut events: EventStream, kept: Arc<Kept>) {
    while let Some(item) = events.next().await {
        match item {
            StreamItem::Event(event) => kept.push(Ok(event)),
            StreamItem::Lost { why } => kept.push(Err(why)),
            StreamItem::Gone { error } => kept.push(Err(error.to_string())),
            // The gap has been noted; the next observation shows what happened in it.
            StreamItem::Reconnected { .. } => kept.notifier.notify(),
        }
    }
}

/// Whether an event is about the app or pod: it names it, or its plan acts on it.
#[must_use]
pub fn concerns(event: &Value, id: &str) -> bool {
    if let Some(app) = event["appId"].as_str().or_else(|| event["runSpecId"].as_str()) {
        return app == id;
    }
    let steps = event["plan"]["steps"].as_array().into_iter().flatten();
    steps
        .flat_map(|step| step["actions"].as_array().into_iter().flatten())
        .any(|action| action["app"] == id || action["pod"] == id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_concerns_the_app_that_it_names_or_acts_on() {
        assert!(concerns(&json!({"appId": "/hc"}), "/hc"));
        assert!(concerns(&json!({"runSpecId": "/hc"}), "/hc"));
        assert!(!concerns(&json!({"appId": "/hc/other"}), "/hc"));
        let plan = json!({"plan": {"steps": [{"actions": [{"action": "ScaleApplication", "app": "/hc"}]}]}});
        assert!(concerns(&plan, "/hc"));
        assert!(!concerns(&plan, "/other"));
        let plan = json!({"plan": {"steps": [{"actions": [{"action": "ScalePod", "pod": "/hc"}]}]}});
        assert!(concerns(&plan, "/hc") && !concerns(&plan, "/other"));
        assert!(!concerns(&json!({"groupId": "/"}), "/hc"));
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_last_events_are_kept_and_each_notifies() {
        let kept = Kept::new();
        let mut listener = kept.notifier.listener();
        for n in 0..=KEPT {
            kept.push(Ok(Event::new("x", json!({"appId": "/hc", "n": n}))));
        }
        let entries = kept.lock().clone();
        assert_eq!(entries.len(), KEPT);
        assert_eq!(entries[0].what.as_ref().expect("an event").data["n"], 1);
        tokio::time::timeout(Duration::from_secs(1), listener.notified()).await.expect("a notification");
    }
}
