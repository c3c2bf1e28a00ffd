//! Requests that change apps.
//!
//! Rules from Marathon's `api/v2/AppsResource.scala` and `api/v2/AppTasksResource.scala`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use super::{Change, GroupManager, Proposal, pods};
use crate::{
    app::{self, AppDefinition, update::Manner},
    clock::Time,
    ids::PathId,
    marathon::{command::Refused, instances::Slot, versions},
    tree::Root,
};

/// `PUT` and `PATCH` on one app or on the collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppUpdates<'a> {
    /// Target and the posted object, in order.
    pub(crate) bodies: &'a [(PathId, Value)],
    /// Whether an app is merged with its present definition instead of replaced.
    pub(crate) partial: bool,
    /// Whether missing apps are created.
    pub(crate) create: bool,
    /// Whether it is a collection.
    pub(crate) bulk: bool,
}

impl AppUpdates<'_> {
    /// The app, when the request is about one.
    pub(crate) fn single(&self) -> Option<&PathId> {
        self.bodies.first().filter(|_| !self.bulk).map(|(id, _)| id)
    }

    fn manner(&self) -> Manner {
        match (self.partial, self.bulk) {
            (false, _) => Manner::Replace,
            (true, false) => Manner::Merge,
            (true, true) => Manner::MergeAmongSeveral,
        }
    }
}

impl GroupManager {
    /// `POST /v2/apps`; also returns the app as posted, with its version.
    pub(crate) fn create_app(&mut self, now: Time, mut app: AppDefinition, force: bool) -> (Proposal, AppDefinition) {
        let version = self.new_version(now);
        app.version = version;
        app.last_scaling_at = version;
        app.last_config_change_at = version;
        let posted = app.clone();
        let change = Change::new(app.id.parent(), version, force);
        let proposal = self.propose(change, |target| {
            match target.apps.get(&app.id) {
                Some(other) if other.pod.is_some() => return Err(pods::clash()),
                Some(_) => return Err(Refused::AppExists(app.id)),
                None => {}
            }
            target.make_way(&app.id);
            target.put_app(app);
            Ok(())
        });
        (proposal, posted)
    }

    /// `PUT` and `PATCH` on one app or on the collection. A body that is refused never reaches the group manager of
    /// Marathon, so it leaves no event.
    pub(crate) fn update_apps(&mut self, now: Time, updates: AppUpdates<'_>, force: bool) -> Result<Proposal, Refused> {
        let version = self.new_version(now);
        let group = match updates.bodies {
            [(id, _)] if !updates.bulk => id.parent(),
            _ => PathId::new("/"),
        };
        let created = updates.single().is_some_and(|id| self.root.app(id).is_none());
        // Of several apps each is looked up before what it would become is validated.
        let unknown = updates.bodies.iter().find(|(id, _)| self.root.app(id).is_none());
        if let Some((id, _)) = unknown.filter(|_| updates.bulk && !updates.create) {
            return Err(Refused::UnknownApp(id.clone()));
        }
        let apps: Vec<AppDefinition> =
            updates.bodies.iter().map(|(id, body)| self.updated(id, body, updates)).collect::<Result<_, _>>()?;
        let proposal = self.propose(Change::new(group, version, force), |target| {
            for app in apps {
                match target.apps.get(&app.id) {
                    Some(other) if other.pod.is_some() => return Err(pods::clash()),
                    Some(old) if !versions::is_upgrade(old, &app) && old.instances == app.instances => {}
                    _ => {
                        target.make_way(&app.id);
                        target.put_app(app);
                    }
                }
            }
            Ok(())
        });
        Ok(Proposal { created, ..proposal })
    }

    /// One app after an update of it.
    fn updated(&self, id: &PathId, body: &Value, updates: AppUpdates<'_>) -> Result<AppDefinition, Refused> {
        let old = self.root.app(id);
        // A new app is read as a whole definition, whose `version` means nothing.
        if updates.partial && (updates.bulk || old.is_some()) {
            let wanted = app::update::wanted_version(body)?.filter(|_| old.is_some());
            if let Some(wanted) = wanted {
                let wanted = app::moment::read(wanted).map_or_else(|| wanted.to_owned(), Time::iso);
                let versions = self.app_versions.get(id);
                let found = versions.and_then(|versions| versions.values().find(|app| app.version.iso() == wanted));
                return found.map(|app| AppDefinition::clone(app)).ok_or_else(|| Refused::UnknownApp(id.clone()));
            }
        }
        let updated = app::update::apply(old.map(AsRef::as_ref), id, body, updates.manner(), &*self.root)?;
        if old.is_none() && !updates.create {
            return Err(Refused::UnknownApp(id.clone()));
        }
        Ok(updated)
    }

    /// `DELETE /v2/apps/{id}`.
    pub(crate) fn delete_app(&mut self, now: Time, id: &PathId, force: bool) -> Proposal {
        let change = Change::new(id.parent(), self.new_version(now), force);
        self.propose(change, |target| {
            if target.app(id).is_none() {
                return Err(Refused::UnknownApp(id.clone()));
            }
            target.remove_app(id);
            Ok(())
        })
    }

    /// `POST /v2/apps/{id}/restart`.
    pub(crate) fn restart_app(&mut self, now: Time, id: &PathId, force: bool) -> Proposal {
        let restarted = BTreeSet::from([id.clone()]);
        let change = Change { restarted, ..Change::new(id.parent(), self.new_version(now), force) };
        self.propose(change, |_| self.known_app(id))
    }

    /// A kill with `scale=true`: each app's number of instances goes down by that of its killed ones.
    pub(crate) fn scale_down(
        &mut self,
        now: Time,
        killed: &BTreeMap<PathId, usize>,
        to_kill: BTreeMap<PathId, Vec<Slot>>,
        force: bool,
    ) -> Proposal {
        let change = Change { to_kill, ..Change::new(PathId::new("/"), self.new_version(now), force) };
        self.propose(change, |target| {
            scale_down(target, killed);
            Ok(())
        })
    }
}

fn scale_down(target: &mut Root, killed: &BTreeMap<PathId, usize>) {
    for (app, killed) in killed.iter().filter(|(_, killed)| **killed > 0) {
        if let Some(app) = target.apps.get_mut(app) {
            let app = Arc::make_mut(app);
            app.instances = app.instances.saturating_sub(u32::try_from(*killed).unwrap_or(u32::MAX));
        }
    }
}
