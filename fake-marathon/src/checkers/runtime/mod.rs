//! The check runtime: one thread that makes all TCP, HTTP and HTTPS probes of a fake.
//!
//! Most probes never become a task: their connection is made, used and reset in a few system calls of one turn (`quick`).
//! What has to wait is looked at again a few times (`soon`), then becomes a task of the thread's own current-thread runtime, and what is out of the ordinary goes the long
//! way of [`socket`](super::socket), which decides in any case what an outcome is. Outcomes come back in batches.
//!
//! Who asks bounds Marathon's own checks; here only the open files bound all probes under way. A time-out counts from the
//! moment a connection is begun, never from the moment the probe was asked for, so a late runtime makes no task sick; how late
//! probes begin is measured ([`Lateness`]).

mod lateness;
mod quick;
mod serve;
mod soon;
#[cfg(test)]
mod tests;

use std::{io, sync::Arc, thread::JoinHandle};

use tokio::{sync::mpsc, time::Instant};

pub use self::lateness::{Lateness, LatenessFigures};
use super::{Probe, ProbeId, ProbeOutcome, socket::Route};

/// Probes whose outcome is not known at once have one connection each; more of them than this wait.
const MOST_UNDER_WAY: usize = 16_384;

/// A probe to be made.
#[derive(Clone, Debug)]
pub struct Job {
    /// What is asked.
    pub probe: Probe,
    /// Where it goes.
    pub route: Route,
    /// When it was to begin.
    pub due: Instant,
}

/// What came of some probes.
pub type Outcomes = Vec<(ProbeId, ProbeOutcome)>;

/// The thread that makes probes. Dropping it ends those under way without an outcome.
#[derive(Debug)]
pub struct CheckRuntime {
    /// Taken at the end, which the thread notices.
    jobs: Option<mpsc::UnboundedSender<Job>>,
    outcomes: mpsc::UnboundedReceiver<Outcomes>,
    lateness: Arc<Lateness>,
    thread: Option<JoinHandle<()>>,
}

impl CheckRuntime {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives no thread, or no poll to its runtime.
    pub fn start() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (jobs, inbox) = mpsc::unbounded_channel();
        let (results, outcomes) = mpsc::unbounded_channel();
        let lateness = Arc::new(Lateness::default());
        let server = serve::Server::new(inbox, results, Arc::clone(&lateness), MOST_UNDER_WAY);
        let thread =
            std::thread::Builder::new().name(String::from("checks")).spawn(move || runtime.block_on(server.run()))?;
        Ok(Self { jobs: Some(jobs), outcomes, lateness, thread: Some(thread) })
    }

    /// Begins a probe.
    pub fn probe(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A thread that is gone is noticed where outcomes are awaited.
            let _ = jobs.send(job);
        }
    }

    /// The next outcomes. Cancel-safe.
    ///
    /// # Panics
    /// When a probe panicked: the panic is raised again.
    pub async fn next(&mut self) -> Outcomes {
        match self.outcomes.recv().await {
            Some(outcomes) => outcomes,
            None => match self.thread.take().map(JoinHandle::join) {
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                Some(Ok(())) | None => std::future::pending().await,
            },
        }
    }

    /// How late probes began.
    #[must_use]
    pub fn lateness(&self) -> &Lateness {
        &self.lateness
    }
}

impl Drop for CheckRuntime {
    fn drop(&mut self) {
        self.jobs = None;
        self.outcomes.close();
        if let Some(thread) = self.thread.take() {
            // A panic has been printed.
            let _ = thread.join();
        }
    }
}
