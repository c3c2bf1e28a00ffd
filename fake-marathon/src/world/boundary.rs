//! What the world consists of at the start, what comes in, and what goes out.

use std::sync::Arc;

use crate::{
    checkers::{Probe, ProbeId, ProbeOutcome},
    clock::Time,
    events::Published,
    fault::Faults,
    mesos::MesosConfig,
    tuning::Tuning,
    wire::{TaskCall, TaskReport},
};

/// What comes in from the tasks outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The outcome of a probe that went out as an effect.
    Probed(ProbeId, ProbeOutcome),
    /// A report of a process.
    Task(TaskReport),
}

/// What goes out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// For the event bus.
    Publish(Arc<Published>),
    /// A probe to be made now (not of simulated tasks).
    Probe(Probe),
    /// A call to the tasks outside (not to simulated ones).
    Task(TaskCall),
    /// Marathon's process ends, and another one leads, unless nobody does for a while; comes before what that one does.
    StepDown(Option<Absence>),
}

/// When nobody leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The process no longer answers.
    pub from: Time,
    /// It answers again.
    pub until: Time,
}

/// A fresh cluster.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Whether there are no standbys.
    pub alone: bool,
    /// Timing and limits.
    pub tuning: Tuning,
    /// The agents.
    pub mesos: MesosConfig,
    /// Whether tasks are scripts; otherwise effects say what the tasks outside have to do.
    pub simulated: bool,
    /// Seed of ids, ports and phases.
    pub seed: u64,
    /// Lines that the journal keeps.
    pub journal_limit: usize,
    /// The rules of fault injection.
    pub faults: Faults,
    /// The engine's time at the start.
    pub now: Time,
}
