//! What the events of an app tell about the life of each of its instances.

use std::collections::BTreeMap;

use crate::model::Event;

/// Changes of health and ends, counted by instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lives {
    by_instance: BTreeMap<String, Life>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Life {
    /// The last health told.
    pub(super) healthy: Option<bool>,
    /// From healthy to not healthy.
    pub(super) falls: u32,
    /// From not healthy back to healthy, within one incarnation.
    pub(super) recoveries: u32,
    /// Whether the present incarnation has fallen before.
    fallen: bool,
    /// Ends of tasks that were not asked for by a kill: `TASK_FAILED`, `TASK_FINISHED` and their like.
    pub(super) crashes: u32,
    /// Ends of any kind.
    pub(super) ends: u32,
}

impl Lives {
    /// Reads events in order of arrival.
    pub(super) fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut lives = Self::default();
        for event in events {
            lives.take(event);
        }
        lives
    }

    fn take(&mut self, event: &Event) {
        let Some(instance) = event.instance_id() else { return };
        let life = self.by_instance.entry(instance.to_owned()).or_default();
        match event.event_type.as_str() {
            // Native checks tell each change twice here, so only a difference counts.
            "health_status_changed_event" | "instance_health_changed_event" => {
                let Some(healthy) = event.healthy() else { return };
                match (life.healthy, healthy) {
                    (Some(true), false) => {
                        life.falls += 1;
                        life.fallen = true;
                    }
                    (Some(false), true) if life.fallen => life.recoveries += 1,
                    _ => {}
                }
                life.healthy = Some(healthy);
            }
            "status_update_event" => match event.task_status().unwrap_or_default() {
                "TASK_KILLED" => life.end(false),
                "TASK_FAILED"
                | "TASK_FINISHED"
                | "TASK_ERROR"
                | "TASK_LOST"
                | "TASK_DROPPED"
                | "TASK_GONE"
                | "TASK_GONE_BY_OPERATOR" => life.end(true),
                _ => {}
            },
            _ => {}
        }
    }

    /// All instances with their lives.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Life)> {
        self.by_instance.iter().map(|(instance, life)| (instance.as_str(), life))
    }
}

impl Life {
    fn end(&mut self, crash: bool) {
        self.ends += 1;
        self.crashes += u32::from(crash);
        // The successor starts from nothing: its first success is no recovery.
        self.healthy = None;
        self.fallen = false;
    }
}
