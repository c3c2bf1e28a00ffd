//! The loop of the check runtime.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::Instant,
};

use super::{
    Job, Lateness, Outcomes,
    quick::{self, Begun, Step},
    soon::{SoFar, Soon, Waiting},
};
use crate::checkers::{
    ProbeId, ProbeOutcome,
    socket::{self, Resumed},
};

/// Probes that are begun in one turn: connections are made while others are begun.
const TURN: usize = 128;
/// The first piece of an answer that is read.
const CHUNK: usize = 4096;
/// After this time a socket is asked for again, when none could be had and no probe ends.
const ROOM_AGAIN: Duration = Duration::from_millis(10);

/// Makes the probes.
pub(super) struct Server {
    jobs: mpsc::UnboundedReceiver<Job>,
    results: mpsc::UnboundedSender<Outcomes>,
    lateness: Arc<Lateness>,
    /// Probes that wait for their peer.
    under_way: JoinSet<(ProbeId, ProbeOutcome)>,
    most_under_way: usize,
    /// Probes that are looked at again before they become tasks.
    soon: Soon,
    /// Probes for which no socket could be had.
    waiting: VecDeque<Job>,
    done: Outcomes,
}

impl Server {
    pub(super) fn new(
        jobs: mpsc::UnboundedReceiver<Job>,
        results: mpsc::UnboundedSender<Outcomes>,
        lateness: Arc<Lateness>,
        most_under_way: usize,
    ) -> Self {
        let (under_way, soon, waiting, done) = (JoinSet::new(), Soon::default(), VecDeque::new(), Vec::new());
        Self { jobs, results, lateness, under_way, most_under_way, soon, waiting, done }
    }

    /// Whether another probe may begin.
    fn has_room(&self) -> bool {
        self.under_way.len() + self.soon.len() < self.most_under_way
    }

    /// Serves until nobody asks any more.
    pub(super) async fn run(mut self) {
        let mut turn = Vec::new();
        loop {
            let room = self.waiting.is_empty() && self.has_room();
            let look = self.soon.next();
            tokio::select! {
                n = self.jobs.recv_many(&mut turn, TURN), if room => {
                    if n == 0 {
                        return;
                    }
                    self.begin_all(turn.drain(..));
                }
                Some(ended) = self.under_way.join_next() => self.end(ended),
                // Also while there is no room, when nobody looks who asks.
                () = self.results.closed() => return,
                () = tokio::time::sleep(ROOM_AGAIN), if !self.waiting.is_empty() => {}
                () = tokio::time::sleep_until(look.unwrap_or_else(Instant::now)), if look.is_some() => {}
            }
            if look.is_some() {
                self.look_again();
            }
            while let Some(ended) = self.under_way.try_join_next() {
                self.end(ended);
            }
            if !self.waiting.is_empty() && self.has_room() {
                let some = self.waiting.len().min(TURN);
                turn.extend(self.waiting.drain(..some));
                self.begin_all(turn.drain(..));
            }
            // Whoever asked may be gone, which the next turn notices.
            if !self.done.is_empty() && self.results.send(std::mem::take(&mut self.done)).is_err() {
                return;
            }
        }
    }

    fn end(&mut self, ended: Result<(ProbeId, ProbeOutcome), JoinError>) {
        match ended {
            Ok(ended) => self.done.push(ended),
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => {}
        }
    }

    /// Begins all these connections, then uses them, then reads what was answered meanwhile.
    fn begin_all(&mut self, jobs: impl Iterator<Item = Job>) {
        let mut begun = Vec::with_capacity(TURN);
        for job in jobs {
            let (due, id) = (job.due, job.probe.id);
            let step = quick::begin(job);
            if !matches!(step, Step::NoRoom(_)) {
                self.lateness.note(due.elapsed());
            }
            begun.extend(self.take(id, step, SoFar::begun(Instant::now())));
        }
        let so_far = SoFar::begun(Instant::now());
        let mut asked = Vec::new();
        for one in begun {
            let id = one.job.probe.id;
            asked.extend(self.take(id, quick::use_connection(one), so_far));
        }
        let mut chunk = [0; CHUNK];
        for one in asked {
            let id = one.job.probe.id;
            // An answer is never to be waited for twice.
            let _none = self.take(id, quick::read(one, &mut chunk), so_far);
        }
    }

    /// Looks again at the probes whose peers had not answered.
    fn look_again(&mut self) {
        let mut chunk = [0; CHUNK];
        for Waiting { begun, so_far, sent } in self.soon.take_due() {
            let id = begun.job.probe.id;
            let step = if sent { quick::read(begun, &mut chunk) } else { quick::use_connection(begun) };
            if let Some(begun) = self.take(id, step, so_far) {
                self.wait(Waiting { begun, so_far, sent: true });
            }
        }
    }

    /// Does what a step leads to; returns the connection that goes on.
    fn take(&mut self, id: ProbeId, step: Step, so_far: SoFar) -> Option<Begun> {
        match step {
            Step::Done(outcome) => self.done.push((id, outcome)),
            Step::On(begun) => return Some(begun),
            Step::Connecting(begun) => self.wait(Waiting { begun, so_far, sent: false }),
            Step::Reading(begun, seen) if seen.is_empty() => self.wait(Waiting { begun, so_far, sent: true }),
            Step::Reading(begun, seen) => {
                self.under_way.spawn(async move { (id, reading(begun, seen, so_far.since).await) });
            }
            Step::Long(job) => {
                self.under_way.spawn(async move { (id, socket::probe(&job.probe, job.route).await) });
            }
            Step::NoRoom(job) => self.waiting.push_back(job),
        }
        None
    }

    /// Looks at a probe again soon, or leaves it to a task.
    fn wait(&mut self, one: Waiting) {
        let Some(Waiting { begun, so_far, sent }) = self.soon.keep(one) else { return };
        let id = begun.job.probe.id;
        if sent {
            self.under_way.spawn(async move { (id, reading(begun, Vec::new(), so_far.since).await) });
        } else {
            self.under_way.spawn(async move { (id, connecting(begun, so_far.since).await) });
        }
    }
}

/// A connection that is not made yet.
async fn connecting(begun: Begun, since: Instant) -> ProbeOutcome {
    let Begun { job, stream, .. } = begun;
    match handed_over(stream) {
        Ok(stream) => socket::resume(&job.probe, job.route, Resumed::new(stream), since).await,
        Err(error) => socket::outcome_of(&error),
    }
}

/// An answer that has not come, or is not of the usual kind.
async fn reading(begun: Begun, mut seen: Vec<u8>, since: Instant) -> ProbeOutcome {
    let Begun { job, stream, .. } = begun;
    let stream = match handed_over(stream) {
        Ok(stream) => stream,
        Err(error) => return socket::outcome_of(&error),
    };
    if seen.is_empty() {
        let timeout = job.probe.timeout.filter(|timeout| !timeout.is_zero());
        let first = socket::within(since, timeout, async {
            match first_piece(&stream, &mut seen).await {
                Ok(()) => quick::answer(&job.probe, &seen).unwrap_or(ProbeOutcome::Transient),
                Err(error) => socket::outcome_of(&error),
            }
        });
        match first.await {
            // No outcome yet.
            ProbeOutcome::Transient => {}
            outcome => return outcome,
        }
    }
    socket::resume(&job.probe, job.route, Resumed::sent(stream, seen), since).await
}

async fn first_piece(stream: &TcpStream, seen: &mut Vec<u8>) -> io::Result<()> {
    let mut chunk = [0; CHUNK];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut chunk) {
            Ok(n) => {
                seen.extend_from_slice(&chunk[..n]);
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

fn handed_over(stream: mio::net::TcpStream) -> io::Result<TcpStream> {
    TcpStream::from_std(stream.into())
}
