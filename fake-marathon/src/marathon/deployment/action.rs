//! The actions of a step: how each begins, and what changes of instances make of it.
//!
//! Rules from Marathon's `core/deployment/impl/{DeploymentActor,TaskStartActor,AppStopActor}.scala`.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Due, Event,
    plan::{Action, Kind},
    ready::Ready,
    replace::Replace,
    scaling::{self, Proposition},
    turn::Turn,
};
use crate::{
    app::AppDefinition,
    clock::Time,
    ids::InstanceId,
    marathon::instances::{Changed, Condition, Goal, Instance, Slot},
};

/// How far an action is.
#[derive(Clone, Debug)]
pub(super) enum Progress {
    Done,
    /// Waits for the last instances of an app to end.
    Stopping(BTreeSet<Slot>),
    /// Waits for surplus instances to end; then starts what is missing.
    ScalingDown(BTreeSet<Slot>),
    /// Waits for new instances to be ready.
    Starting {
        wanted: usize,
        ready: Ready,
    },
    /// Replaces old instances by new ones.
    Replacing(Box<Replace>),
}

impl Progress {
    pub(super) fn begin(turn: &mut Turn<'_>, action: &Action) -> Self {
        match &action.kind {
            Kind::Start => Self::Done,
            Kind::Stop => Self::begin_stop(turn, &action.app),
            Kind::Scale { to_kill } => {
                let Proposition { surplus, .. } = scaling::propose(&action.app, turn.instances, to_kill);
                Self::ScalingDown(decommission(turn, surplus))
            }
            Kind::Restart if action.app.instances == 0 => Self::Done,
            Kind::Restart => {
                let replace = Replace::begin(turn, &action.app);
                if replace.is_finished() { Self::Done } else { Self::Replacing(Box::new(replace)) }
            }
        }
    }

    fn begin_stop(turn: &mut Turn<'_>, app: &Arc<AppDefinition>) -> Self {
        turn.events.push(Event::RemoveChecks(app.id.clone()));
        let awaited = decommission(turn, turn.instances.slots_of(&app.id));
        if awaited.is_empty() {
            turn.app_stopped(app);
            return Self::Done;
        }
        Self::Stopping(awaited)
    }

    /// Whether surplus instances have ended and the missing ones are still to be started.
    pub(super) fn is_scaled_down(&self) -> bool {
        matches!(self, Self::ScalingDown(awaited) if awaited.is_empty())
    }

    /// Starts what is missing and waits for exactly that many new ones.
    pub(super) fn start_missing(turn: &mut Turn<'_>, app: &Arc<AppDefinition>, top_up: (Time, Due)) -> Self {
        let wanted = scaling::missing(app, turn.instances);
        if wanted == 0 {
            return Self::Done;
        }
        turn.launch(app, wanted);
        turn.events.push(Event::Timer(top_up.0, top_up.1));
        Self::Starting { wanted, ready: Ready::new(app) }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// The app's end is waited for, and this instance is among the last.
    pub(super) fn is_stopping(&self, slot: Slot) -> bool {
        matches!(self, Self::Stopping(awaited) if awaited.contains(&slot))
    }

    /// An instance is forgotten or cannot be reached.
    pub(super) fn not_awaited(&mut self, turn: &mut Turn<'_>, app: &Arc<AppDefinition>, slot: Slot) {
        if let Self::Stopping(awaited) = self
            && awaited.remove(&slot)
            && awaited.is_empty()
        {
            *self = Self::Done;
            turn.app_stopped(app);
        }
    }

    /// An instance of the action's app has changed.
    pub(super) fn instance_changed(&mut self, turn: &mut Turn<'_>, changed: &Changed) {
        match self {
            Self::ScalingDown(awaited) => {
                if changed.condition.is_considered_terminal() || changed.expunged {
                    awaited.remove(&changed.slot);
                }
            }
            Self::Starting { wanted, ready } if changed.version == ready.app().version => {
                if changed.condition.is_terminal() {
                    ready.terminated(&changed.id);
                    if changed.goal == Goal::Decommissioned {
                        turn.launch(ready.app(), 1);
                    }
                } else if changed.condition == Condition::Running {
                    if ready.running(&changed.id) {
                        turn.begin_readiness(ready, changed.slot);
                    } else if ready.reached(*wanted) {
                        *self = Self::Done;
                    }
                }
            }
            Self::Replacing(replace) => {
                if replace.instance_changed(turn, changed) {
                    *self = Self::Done;
                }
            }
            Self::Done | Self::Stopping(_) | Self::Starting { .. } => {}
        }
    }

    /// An instance of `version` has become healthy.
    pub(super) fn instance_healthy(&mut self, turn: &mut Turn<'_>, id: &InstanceId, version: Time) {
        let of_version = self.ready_mut().filter(|ready| ready.app().version == version);
        if of_version.is_some_and(|ready| ready.healthy(id)) {
            self.made_progress(turn, id);
        }
    }

    /// An instance has passed its readiness check.
    pub(super) fn instance_ready(&mut self, turn: &mut Turn<'_>, id: &InstanceId) {
        if let Some(ready) = self.ready_mut() {
            ready.ready(id);
            self.made_progress(turn, id);
        }
    }

    /// A new instance has become healthy or ready: the action may be done, or an old instance may go.
    fn made_progress(&mut self, turn: &mut Turn<'_>, id: &InstanceId) {
        let done = match self {
            Self::Starting { wanted, ready } => ready.reached(*wanted),
            Self::Replacing(replace) => {
                if replace.ready().is_done(id) {
                    replace.kill_next_old(turn);
                }
                replace.is_finished()
            }
            Self::Done | Self::Stopping(_) | Self::ScalingDown(_) => false,
        };
        if done {
            *self = Self::Done;
        }
    }

    /// What the action knows of its new instances, if it waits for any.
    pub(super) fn ready(&self) -> Option<&Ready> {
        match self {
            Self::Starting { ready, .. } => Some(ready),
            Self::Replacing(replace) => Some(replace.ready()),
            Self::Done | Self::Stopping(_) | Self::ScalingDown(_) => None,
        }
    }

    pub(super) fn ready_mut(&mut self) -> Option<&mut Ready> {
        match self {
            Self::Starting { ready, .. } => Some(ready),
            Self::Replacing(replace) => Some(replace.ready_mut()),
            Self::Done | Self::Stopping(_) | Self::ScalingDown(_) => None,
        }
    }
}

/// Decommissions instances; returns those whose end is to be waited for.
fn decommission(turn: &mut Turn<'_>, slots: Vec<Slot>) -> BTreeSet<Slot> {
    let is_awaited = |slot: &Slot| turn.instances.get(*slot).is_some_and(Instance::would_be_awaited);
    let awaited = slots.iter().copied().filter(is_awaited).collect();
    turn.events.extend(slots.into_iter().map(Event::Decommission));
    awaited
}
