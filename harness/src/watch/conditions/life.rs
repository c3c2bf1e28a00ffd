//! What the events of an app report about each of its instances.

use std::collections::BTreeMap;

use crate::model::{Event, TaskId, TaskStatus};

/// Changes of health and ends, counted by instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lives {
    by_instance: BTreeMap<String, Life>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Life {
    /// The last health reported.
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
    /// The incarnation that ended last: the containers of a pod end one after the other, the first for its own reason.
    ended: Option<u64>,
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
        // Native checks report each change twice, so only a difference counts.
        if let Some(healthy) = event.health_change() {
            match (life.healthy, healthy) {
                (Some(true), false) => {
                    life.falls += 1;
                    life.fallen = true;
                }
                (Some(false), true) if life.fallen => life.recoveries += 1,
                (Some(true), true) | (Some(false), _) | (None, _) => {}
            }
            life.healthy = Some(healthy);
        } else if let Some(status) = event.terminal_status() {
            let task = event.task_id().unwrap_or_default();
            let container = TaskId::is_container(task);
            let incarnation = TaskId::incarnation_of(task);
            // A container that finishes leaves the others alone.
            if container && (status == TaskStatus::Finished || (incarnation.is_some() && life.ended == incarnation)) {
                return;
            }
            life.ended = incarnation;
            life.end(status != TaskStatus::Killed);
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
