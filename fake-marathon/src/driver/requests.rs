//! What the driver is asked, in order; those who only read can be answered before their turn.

use std::{collections::VecDeque, sync::Arc};

use tokio::sync::{mpsc, oneshot};

use crate::{engine::Request, snapshot::Snapshot};

type Read = oneshot::Sender<Arc<Snapshot>>;

/// The driver's end of the requests.
#[derive(Debug)]
pub(super) struct Requests {
    inbox: mpsc::UnboundedReceiver<Request>,
    /// Those that were looked at and have to wait for their turn.
    waiting: VecDeque<Request>,
    reads: Vec<Read>,
}

impl Requests {
    pub(super) fn new(inbox: mpsc::UnboundedReceiver<Request>) -> Self {
        Self { inbox, waiting: VecDeque::new(), reads: Vec::new() }
    }

    /// The next request; none once nobody can ask any more. Nothing is lost when the future is dropped.
    pub(super) async fn next(&mut self) -> Option<Request> {
        match self.waiting.pop_front() {
            Some(request) => Some(request),
            None => self.inbox.recv().await,
        }
    }

    /// Somebody who reads waits from now on.
    pub(super) fn read(&mut self, reply: Read) {
        self.reads.push(reply);
    }

    /// All who wait to read.
    pub(super) fn take_reads(&mut self) -> Vec<Read> {
        std::mem::take(&mut self.reads)
    }

    /// Finds those who want to read behind other requests. They may go ahead: who asked for a change waits for its answer
    /// before reading.
    pub(super) fn look_for_reads(&mut self) {
        while let Ok(request) = self.inbox.try_recv() {
            match request {
                Request::Snapshot(reply) => self.reads.push(reply),
                request @ (Request::Command(..)
                | Request::Subscribe(..)
                | Request::Mesos(..)
                | Request::Now(..)
                | Request::AdvanceClock(..)
                | Request::Fault(..)
                | Request::KeepSandboxes(..)
                | Request::Inspect(..)
                | Request::Journal(..)) => self.waiting.push_back(request),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;

    #[tokio::test]
    async fn reads_go_ahead_and_the_rest_keeps_its_order() {
        let (engine, inbox) = Engine::channel();
        let mut requests = Requests::new(inbox);
        let ask = |name: &'static str| {
            let engine = engine.clone();
            async move {
                match name {
                    "now" => drop(engine.now().await),
                    "inspect" => drop(engine.ask(Request::Inspect).await),
                    _ => drop(engine.snapshot().await),
                }
            }
        };
        let asked = ["now", "read", "inspect", "read"].map(|name| tokio::spawn(ask(name)));
        tokio::task::yield_now().await;
        assert_eq!(requests.take_reads().len(), 0);
        requests.look_for_reads();
        assert_eq!(requests.take_reads().len(), 2);
        assert!(matches!(requests.next().await, Some(Request::Now(_))));
        assert!(matches!(requests.next().await, Some(Request::Inspect(_))));
        asked.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
