//! The two ends of the driver: what a run observes and scales, and where its results go.

use std::{io, sync::Arc};

use futures::stream::BoxStream;
use serde_json::Value;

use crate::{
    model::ServerTime,
    record::{EventRecord, Observed, PolledSample, StepReport},
    scale::{guard::Crossing, search::Bracket},
    wait::AttemptError,
};

/// One app that can be observed and scaled.
pub trait Subject: Send {
    /// One poll of the app, all its tasks included.
    fn observe(&mut self) -> impl Future<Output = Result<Observation, AttemptError>> + Send;

    /// Requests so many instances; with force even while a deployment is in progress.
    fn scale(&mut self, instances: u32, force: bool) -> impl Future<Output = Result<(), AttemptError>> + Send;

    /// The events that concern the app, from now on. A stream that ends, or stays silent, is fine: events add precision,
    /// the polls alone decide.
    fn events(&mut self) -> BoxStream<'static, Incoming>;
}

/// The result of one poll.
#[derive(Clone, Debug, Default)]
pub struct Observation {
    /// The instances of the app's definition.
    pub instances: u32,
    /// Marathon's `tasksHealthy`.
    pub healthy: u32,
    /// Marathon's `tasksRunning`.
    pub running: u32,
    /// Whether the app has a health check: without one, a target is reached once its tasks run.
    pub checked: bool,
    /// Whether a check is made by Mesos, which reports changes only, so that the age of its last check is not known.
    pub native: bool,
    /// Whether a deployment of the app is in progress.
    pub deploying: bool,
    /// The tasks as Marathon wrote them, in its order.
    pub tasks: Vec<Arc<Observed>>,
    /// The server's time of day when it answered, if it is known.
    pub server_time: Option<ServerTime>,
}

impl Observation {
    /// Whether the app has reached the target and is at rest.
    #[must_use]
    pub fn reached(&self, target: u32) -> bool {
        let there = if self.checked { self.healthy } else { self.running };
        self.instances == target && there == target && !self.deploying
    }
}

/// What arrived on the event stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// An event as Marathon wrote it.
    Event(Value),
    /// The stream broke and was opened again, so events may be missing.
    Gap(String),
}

/// Where results go while the run is in progress. An error ends the run and becomes its outcome.
pub trait Sink: Send {
    /// A poll has answered.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn on_sample(&mut self, sample: &PolledSample) -> io::Result<()>;

    /// Something arrived on the event stream.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn on_event(&mut self, event: &EventRecord) -> io::Result<()>;

    /// A step is over: its target was reached, or the run ended in it.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn on_step(&mut self, step: &StepReport) -> io::Result<()>;

    /// A step begins: `target` tasks are requested.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn on_target(&mut self, step: usize, target: u32) -> io::Result<()> {
        let _ = (step, target);
        Ok(())
    }

    /// A threshold was crossed for the first time in a watch, which goes on.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn on_crossing(&mut self, crossing: &Crossing) -> io::Result<()> {
        let _ = crossing;
        Ok(())
    }

    /// A search tries a number of tasks.
    ///
    /// # Errors
    /// If it cannot be stored.
    fn on_search(&mut self, bracket: &Bracket) -> io::Result<()> {
        let _ = bracket;
        Ok(())
    }
}
