//! The app is at rest, or gone.

use std::borrow::Cow;

use crate::{
    model::TaskState,
    wait::{Condition, Look},
    watch::view::AppView,
};

/// See [`settled`].
#[derive(Clone, Debug)]
pub struct Settled;

/// No deployment acts on the app, every wanted instance is listed, and none is starting or stopping.
#[must_use]
pub fn settled() -> Settled {
    Settled
}

impl Condition<AppView> for Settled {
    type Output = ();

    fn look(&mut self, view: &AppView) -> Look<()> {
        if view.app.is_none() {
            return Look::NotYet(view.summary());
        }
        if view.deploying() {
            return Look::NotYet(format!("a deployment is in progress ({})", view.summary()));
        }
        let moving = [TaskState::Scheduled, TaskState::Staged, TaskState::Killing];
        if moving.iter().any(|&state| view.count(state) > 0) {
            return Look::NotYet(view.summary());
        }
        Look::Met(())
    }

    fn name(&self) -> Cow<'_, str> {
        "the completion of all changes".into()
    }
}

/// See [`deploying`].
#[derive(Clone, Debug)]
pub struct Deploying;

/// A deployment acts on the app.
#[must_use]
pub fn deploying() -> Deploying {
    Deploying
}

impl Condition<AppView> for Deploying {
    type Output = ();

    fn look(&mut self, view: &AppView) -> Look<()> {
        if view.deploying() { Look::Met(()) } else { Look::NotYet("no deployment is in progress".to_owned()) }
    }

    fn name(&self) -> Cow<'_, str> {
        "a deployment".into()
    }
}

/// See [`gone`].
#[derive(Clone, Debug)]
pub struct Gone;

/// The app does not exist, and no deployment acts on it.
#[must_use]
pub fn gone() -> Gone {
    Gone
}

impl Condition<AppView> for Gone {
    type Output = ();

    fn look(&mut self, view: &AppView) -> Look<()> {
        match (&view.app, view.deploying()) {
            (None, false) => Look::Met(()),
            (None, true) => Look::NotYet("the app is gone, but its deletion is still in progress".to_owned()),
            (Some(_), _) => Look::NotYet(format!("the app still exists: {}", view.summary())),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        "the removal".into()
    }
}
