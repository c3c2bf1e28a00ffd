//! The store of instances, with the indexes that keep 10,000 of them cheap.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Condition, Instance, Slot};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::{InstanceId, PathId},
    row::Row,
};

/// What of an instance decides in which indexes it is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Membership {
    running: bool,
    inactive: bool,
    scheduled: bool,
    provisioned: bool,
}

impl Membership {
    fn of(instance: &Instance) -> Self {
        Self {
            running: instance.condition == Condition::Running,
            inactive: !instance.is_active(),
            scheduled: instance.is_scheduled(),
            provisioned: instance.is_provisioned(),
        }
    }
}

/// All instances by slot, with indexes by app.
#[derive(Debug, Default)]
pub(super) struct Index {
    all: Row<Box<Instance>>,
    by_id: HashMap<InstanceId, Slot>,
    by_app: BTreeMap<PathId, BTreeSet<Slot>>,
    running: BTreeMap<(PathId, Time), BTreeSet<Slot>>,
    inactive: BTreeMap<PathId, BTreeSet<Slot>>,
    scheduled: BTreeMap<PathId, BTreeSet<Slot>>,
    provisioned: BTreeMap<PathId, BTreeSet<Slot>>,
    next: u64,
}

fn put<K: Ord>(index: &mut BTreeMap<K, BTreeSet<Slot>>, key: K, slot: Slot, member: bool) {
    if member {
        index.entry(key).or_default().insert(slot);
    } else if let Some(set) = index.get_mut(&key) {
        set.remove(&slot);
        if set.is_empty() {
            index.remove(&key);
        }
    }
}

fn listed<K: Ord>(index: &BTreeMap<K, BTreeSet<Slot>>, key: &K) -> Vec<Slot> {
    index.get(key).map(|set| set.iter().copied().collect()).unwrap_or_default()
}

impl Index {
    /// The slot of the next instance.
    pub(super) fn next_slot(&mut self) -> Slot {
        let slot = Slot(self.next);
        self.next += 1;
        slot
    }

    pub(super) fn insert(&mut self, instance: Instance) {
        self.by_id.insert(instance.id.clone(), instance.slot);
        put(&mut self.by_app, instance.app().clone(), instance.slot, true);
        self.update(instance.slot, &instance.spec, [Membership::default(), Membership::of(&instance)]);
        self.all.insert(instance.slot.0, Box::new(instance));
    }

    /// An instance of this definition was in some indexes and is to be in others.
    fn update(&mut self, slot: Slot, spec: &AppDefinition, [before, after]: [Membership; 2]) {
        let app = || spec.id.clone();
        if before.running != after.running {
            put(&mut self.running, (app(), spec.version), slot, after.running);
        }
        if before.inactive != after.inactive {
            put(&mut self.inactive, app(), slot, after.inactive);
        }
        if before.scheduled != after.scheduled {
            put(&mut self.scheduled, app(), slot, after.scheduled);
        }
        if before.provisioned != after.provisioned {
            put(&mut self.provisioned, app(), slot, after.provisioned);
        }
    }

    /// Changes an instance and keeps the indexes right.
    pub(super) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Instance)) -> Option<&Instance> {
        let instance = self.all.get_mut(slot.0)?;
        let before = Membership::of(instance);
        change(instance);
        let after = Membership::of(instance);
        if after != before {
            let spec = instance.spec.clone();
            self.update(slot, &spec, [before, after]);
        }
        self.get(slot)
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<Instance> {
        let instance = self.all.remove(slot.0)?;
        self.by_id.remove(&instance.id);
        put(&mut self.by_app, instance.app().clone(), slot, false);
        self.update(slot, &instance.spec, [Membership::of(&instance), Membership::default()]);
        Some(*instance)
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&Instance> {
        self.all.get(slot.0).map(AsRef::as_ref)
    }

    /// For what no index depends on.
    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Instance> {
        self.all.get_mut(slot.0).map(AsMut::as_mut)
    }

    pub(super) fn find(&self, id: &InstanceId) -> Option<&Instance> {
        self.by_id.get(id).and_then(|slot| self.get(*slot))
    }

    pub(super) fn slots_of(&self, app: &PathId) -> Vec<Slot> {
        listed(&self.by_app, app)
    }

    pub(super) fn of_app<'a>(&'a self, app: &PathId) -> impl DoubleEndedIterator<Item = &'a Instance> {
        self.by_app.get(app).into_iter().flatten().filter_map(|slot| self.get(*slot))
    }

    pub(super) fn running(&self, app: &PathId, version: Time) -> Vec<Slot> {
        listed(&self.running, &(app.clone(), version))
    }

    pub(super) fn inactive(&self, app: &PathId) -> Vec<Slot> {
        listed(&self.inactive, app)
    }

    pub(super) fn scheduled<'a>(&'a self, app: &PathId) -> impl DoubleEndedIterator<Item = &'a Instance> {
        self.scheduled.get(app).into_iter().flatten().filter_map(|slot| self.get(*slot))
    }

    pub(super) fn scheduled_count(&self, app: &PathId) -> usize {
        self.scheduled.get(app).map_or(0, BTreeSet::len)
    }

    pub(super) fn provisioned_count(&self, app: &PathId) -> usize {
        self.provisioned.get(app).map_or(0, BTreeSet::len)
    }

    pub(super) fn apps_scheduled(&self) -> impl Iterator<Item = &PathId> {
        self.scheduled.keys()
    }

    pub(super) fn apps_provisioned(&self) -> impl Iterator<Item = &PathId> {
        self.provisioned.keys()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Instance> {
        self.all.iter().map(|(_, instance)| instance.as_ref())
    }
}
