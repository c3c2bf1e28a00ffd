//! What a run acts upon and where its findings go: the two ends of the driver.

use std::error::Error;
use std::io;

use futures::stream::BoxStream;
use serde_json::Value;

use crate::model::ServerTime;
use crate::record::{EventRecord, Sample, StepReport, TaskPhases};

/// One app that can be observed and scaled.
pub trait Subject: Send {
    /// One poll of the app, all its tasks included.
    fn look(&mut self) -> impl Future<Output = Result<Seen, Trouble>> + Send;

    /// Asks for so many instances; with force even while a deployment is under way.
    fn scale(&mut self, instances: u32, force: bool) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// The events that concern the app, from now on. A stream that ends, or never says anything, is fine: events add
    /// precision, the polls alone decide.
    fn events(&mut self) -> BoxStream<'static, Heard>;
}

/// What one poll saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many instances Marathon understands to be wanted.
    pub instances: u32,
    /// Marathon's `tasksHealthy`.
    pub healthy: u32,
    /// Marathon's `tasksRunning`.
    pub running: u32,
    /// Whether the app has a health check at all: without one, running is all that can be reached.
    pub checked: bool,
    /// Whether a check is made by Mesos, which reports changes only, so that the age of its last check is not known.
    pub native: bool,
    /// Whether a deployment of the app is under way.
    pub deploying: bool,
    /// The task objects as Marathon wrote them.
    pub tasks: Vec<Value>,
    /// The server's time of day when it answered, if it is known.
    pub server_time: Option<ServerTime>,
}

impl Seen {
    /// Whether the app has come to rest at the target.
    #[must_use]
    pub fn reached(&self, target: u32) -> bool {
        let there = if self.checked { self.healthy } else { self.running };
        self.instances == target && there == target && !self.deploying
    }
}

/// Why a request did not do what it should.
#[derive(Debug)]
pub enum Trouble {
    /// It may work the next time.
    Passing(String),
    /// It will not.
    Final(Box<dyn Error + Send + Sync>),
}

/// What came in on the event stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// An event as Marathon wrote it.
    Event(Value),
    /// The stream broke and was opened again, so events may be missing.
    Gap(String),
}

/// Where the findings go, while the run is going. An error ends the run and is its outcome.
pub trait Sink: Send {
    /// A poll has answered.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn on_sample(&mut self, sample: &Sample) -> io::Result<()>;

    /// Something came in on the event stream.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn on_event(&mut self, event: &EventRecord) -> io::Result<()>;

    /// A step is over: its target was reached, or the run ends in it.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn on_step(&mut self, step: &StepReport) -> io::Result<()>;

    /// A step begins: so many tasks were asked for.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn on_target(&mut self, step: usize, target: u32) -> io::Result<()> {
        let _ = (step, target);
        Ok(())
    }

    /// A task's record is complete: it has ended, or the run has.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn on_task(&mut self, task: &TaskPhases) -> io::Result<()> {
        let _ = task;
        Ok(())
    }
}
