//! What observes a run beside the driver: the executors of its tasks, the probes of unhealthy ones, the load of this machine.

use harness::{
    Client,
    model::Kind,
    scale::{Outcome, RunReport},
};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    folder::evidence::Machine,
    probe::Prober,
    run::{Interrupt, executors::Executors, machine, sink::FolderSink},
};

/// What is observed.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The absolute id of the app or pod.
    pub app: &'a str,
    /// Which of the two it is.
    pub kind: Kind,
    /// Another app whose unhealthy tasks are probed as well, by its absolute id.
    pub neighbour: Option<&'a str>,
    /// The origin of the samples' clock.
    pub start: Instant,
}

/// The observers of one run, each a task of its own.
pub struct Observers {
    executors: JoinHandle<()>,
    prober: JoinHandle<Prober>,
    machine: JoinHandle<Option<Machine>>,
    done: CancellationToken,
}

impl Observers {
    /// Starts them; they append to the sink's events.
    pub fn spawn(client: &Client, sink: &FolderSink, observed: Observed<'_>) -> Self {
        let Observed { app, kind, neighbour, start } = observed;
        let done = CancellationToken::new();
        let executors = Executors::new(client.clone(), sink.new_tasks(), sink.events(), start);
        let prober = Prober::new(client.clone(), app, sink.observations(), sink.events(), start)
            .with_kind(kind)
            .with_neighbour(neighbour.map(str::to_owned));
        Self {
            executors: tokio::spawn(executors.follow(done.clone())),
            prober: tokio::spawn(prober.follow(done.clone())),
            machine: tokio::spawn(machine::follow(sink.events(), start, done.clone())),
            done,
        }
    }

    /// Stops them after a last round, which a second Ctrl-C skips; returns the median load of the machine.
    pub async fn finish(self, report: &RunReport, interrupt: &Interrupt) -> JoinHandle<Option<Machine>> {
        self.done.cancel();
        tokio::select! {
            finished = async { tokio::join!(self.executors, last_probes(self.prober, report)) } => drop(finished),
            () = interrupt.quit.cancelled() => {}
        }
        self.machine
    }
}

/// At the end of a failed run, the rig probes the affected tasks once more before they are removed.
async fn last_probes(prober: JoinHandle<Prober>, report: &RunReport) {
    let failed = match report.outcome {
        Outcome::NotReached { .. } | Outcome::Crossed(_) => true,
        Outcome::Held | Outcome::Interrupted | Outcome::Failed(_) => false,
    };
    if let Ok(prober) = prober.await
        && failed
    {
        prober.last_round().await;
    }
}
